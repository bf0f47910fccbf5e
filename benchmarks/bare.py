"""The smallest Starlette application that does what is compared: read JSON, answer JSON.

Served by uvicorn on a free port; prints one JSON line with its address.
"""

from __future__ import annotations

import asyncio
import json

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from benchmarks.payloads import STATUS

_ANSWER = json.loads(STATUS)


async def status(request: Request) -> JSONResponse:
    """Read the body, answer the status."""
    await request.json()
    return JSONResponse(_ANSWER)


async def health(_request: Request) -> JSONResponse:
    """That it is there."""
    return JSONResponse({"ok": True})


def create_app() -> Starlette:
    """Two routes."""
    return Starlette(
        routes=[
            Route("/v2/post/publish/status/fetch/", status, methods=["POST"]),
            Route("/_mock/health", health),
        ]
    )


async def _serve() -> None:
    import uvicorn

    config = uvicorn.Config(create_app(), port=0, log_level="warning", access_log=False, ws="none")
    server = uvicorn.Server(config)

    async def tell() -> None:
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.001)
        port = server.servers[0].sockets[0].getsockname()[1]
        print(json.dumps({"url": f"http://127.0.0.1:{port}"}), flush=True)

    await asyncio.gather(server.serve(), tell())


if __name__ == "__main__":
    asyncio.run(_serve())
