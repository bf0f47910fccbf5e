"""What the publishing methods give: typed, and readable by key as the documented library writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeVar, cast, overload

import attrs

from tiktok_openapi import Answer, CreatorInfo, PublishStatus, Receipt

T = TypeVar("T")

Body = dict[str, Any]
"""JSON as TikTok sent it."""


@attrs.frozen(eq=False)
class Submitted:
    """TikTok has taken a post. It is not published yet: `wait(publish_id)` tells what becomes of it.

    Read by key as well: a file has ``["initial_response"]`` and ``["final_response"]``, photos have
    ``["photo_upload_response"]``; all have the ``["data"]`` and the ``["error"]`` of the first answer.
    """

    publish_id: str
    """The id of this post, for `wait`, `check_upload_status`, `resume` and `cancel`."""
    parts: tuple[str, ...] = attrs.field(repr=False)
    """The names it can be read by."""
    body: Body = attrs.field(repr=False)
    """The answer to the init. It holds the upload address, a secret, where there is one."""
    receipt: Receipt | None = attrs.field(default=None, repr=False)
    """The answer to the last chunk; None for what TikTok pulls, and when nothing was left to send."""
    resumed: bool = False
    """Whether an earlier call had begun this post."""

    def __getitem__(
        self, key: Literal["data", "error", "initial_response", "final_response", "photo_upload_response"]
    ) -> Body:
        if key not in self.parts:
            raise KeyError(key)
        if key == "final_response":
            return {"status_code": self.receipt.status} if self.receipt is not None else {}
        if key in {"data", "error"}:
            return cast("Body", self.body[key])
        return self.body

    def __contains__(self, key: object) -> bool:
        return key in self.parts

    def __iter__(self) -> Iterator[str]:
        return iter(self.parts)

    def keys(self) -> list[str]:
        """The names it can be read by."""
        return list(self.parts)


class _Answered:
    """Adds the whole answer to a payload: ``["data"]`` and ``["error"]`` beside the payload's own names."""

    __slots__ = ()

    body: Body

    @overload
    def __getitem__(self, key: Literal["data", "error"]) -> Body: ...
    @overload
    def __getitem__(self, key: str) -> object: ...
    def __getitem__(self, key: str) -> object:
        if key in {"data", "error"}:
            return self.body[key]
        return self.body["data"][key]

    def __contains__(self, key: object) -> bool:
        return key in self.body or key in self.body["data"]

    def keys(self) -> list[str]:
        """The names of the answer's parts."""
        return list(self.body)


@attrs.frozen(eq=False)
class Creator(_Answered, CreatorInfo):
    """What a creator may do; also read as ``creator["data"]["privacy_level_options"]``."""

    body: Body = attrs.field(kw_only=True, repr=False)
    """The whole answer."""


@attrs.frozen(eq=False)
class Status(_Answered, PublishStatus):
    """How far a post is; also read as ``status["data"]["status"]``."""

    body: Body = attrs.field(kw_only=True, repr=False)
    """The whole answer."""


def with_body(kind: Callable[..., T], answer: Answer[Any]) -> T:
    """A payload together with the whole answer it came in."""
    value = answer.value
    payload: type[attrs.AttrsInstance] = value.__class__
    fields = {name: getattr(value, name) for name in attrs.fields_dict(payload)}
    return kind(**fields, body=answer.body)
