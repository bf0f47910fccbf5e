"""Logging: one logger, structured extras, no secret at any level.

Records carry what can be searched for as attributes (`operation`, `open_id`, `publish_id`, `code`, `log_id`,
`attempt`, `seconds`). httpx logs the address of every request, and the query of an upload address is a
secret; while a call of this library is under way, addresses in httpx's own records are shown without their
query.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

LOGGER: Final = logging.getLogger("tiktok_api_client")
"""The one logger of the facade."""

LOGGER.addHandler(logging.NullHandler())

_calling: ContextVar[bool] = ContextVar("tiktok_api_client_calling", default=False)


class _HideQueries(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if _calling.get() and isinstance(record.args, tuple):
            record.args = tuple(
                str(value).partition("?")[0] if type(value).__name__ == "URL" else value
                for value in record.args
            )
        return True


_filter = _HideQueries()


@contextmanager
def quietly() -> Generator[None, None, None]:
    """While this lasts, in this context, httpx's log shows no queries."""
    logging.getLogger("httpx").addFilter(_filter)  # adding it twice does nothing
    token = _calling.set(True)
    try:
        yield
    finally:
        _calling.reset(token)
