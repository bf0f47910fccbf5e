"""Ask both clients the same thing, and read the bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, Union

import httpx

import tiktok_openapi
from tiktok_openapi import Answer, AsyncClient, Call, Client

Colour = Literal["sync", "async"]
Handler = Callable[[httpx.Request], httpx.Response]
Json = Union[dict[str, Any], list[Any], str, int, float, bool, None]

LOG = "20261122091530C0FFEE0123456789ABCD"


async def ask(
    colour: Colour, handler: Handler, area: str, method: str, *given: object, **named: object
) -> Any:
    """What a method of a face gives when `handler` answers."""
    transport = httpx.MockTransport(handler)
    if colour == "sync":
        with Client(transport=transport) as client:
            return getattr(getattr(client, area), method)(*given, **named)
    async with AsyncClient(transport=transport) as waiting:
        return await getattr(getattr(waiting, area), method)(*given, **named)


async def answer(colour: Colour, handler: Handler, call: Call[Any]) -> Answer[Any]:
    """The answer to a call when `handler` answers."""
    transport = httpx.MockTransport(handler)
    if colour == "sync":
        with Client(transport=transport) as client:
            return client.answer(call)
    async with AsyncClient(transport=transport) as waiting:
        return await waiting.answer(call)


def always(response: httpx.Response) -> Handler:
    """A handler that gives one answer, once."""
    return lambda _: response


BUNDLE: dict[str, Any] = tiktok_openapi.description()


def resolve(node: dict[str, Any]) -> dict[str, Any]:
    """What a reference points to, or the node itself."""
    while "$ref" in node:
        found: Any = BUNDLE
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        node = found
    return node


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation of the bundle by its id."""
    for item in BUNDLE["paths"].values():
        for method, operation in item.items():
            if method in {"get", "put", "post", "delete"}:
                yield operation["operationId"], operation


def examples(media: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The examples of a media type, by name."""
    if "example" in media:
        yield "example", media["example"]
    for name, example in media.get("examples", {}).items():
        yield name, resolve(example)["value"]
