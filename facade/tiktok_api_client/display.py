"""Reading a user's profile and public videos (Display API).

Sources: https://developers.tiktok.com/doc/tiktok-api-v2-get-user-info,
https://developers.tiktok.com/doc/tiktok-api-v2-video-list,
https://developers.tiktok.com/doc/tiktok-api-v2-video-query
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TypeVar, Union, cast

from tiktok_openapi import (
    Impossible,
    User,
    UserField,
    Video,
    VideoField,
    VideoFilters,
    VideoPage,
    description,
)
from tiktok_openapi.limits import VIDEO_IDS_PER_QUERY, VIDEOS_PER_PAGE_MAX
from tiktok_openapi.operations import display as ops
from tiktok_openapi.routes import BY_ID

from ._flow import Flow, Stream, emit
from ._session import Session
from .errors import unreadable

T = TypeVar("T")

UserFields = Iterable[Union[UserField, str]]
VideoFields = Iterable[Union[VideoField, str]]

Before = Union[datetime, int, None]
"""A moment: an aware `datetime`, or milliseconds since 1970 as TikTok counts; None for now."""


@lru_cache(maxsize=1)
def scopes_of_fields() -> Mapping[str, str]:
    """Field of a profile → the scope it needs."""
    node: object = description()
    for key in ("components", "schemas", UserField.__name__, "x-values"):
        node = cast("Mapping[str, object]", node)[key]
    values = cast("Mapping[str, Mapping[str, str]]", node)
    return {name: value["scope"] for name, value in values.items() if "scope" in value}


def choose_user_fields(fields: UserFields | None, held: Sequence[str] | None) -> list[UserField | str]:
    """The fields to ask for: those named, else all whose scope is held.

    Raises:
        Impossible: one is unknown, or needs a scope that the user did not grant; or there are none.
    """
    needed = scopes_of_fields()
    if fields is None:
        scopes = set(held) if held is not None else {needed[UserField.OPEN_ID.value]}
        chosen: list[UserField | str] = [field for field in UserField if needed.get(field.value) in scopes]
        if not chosen:
            wanted = sorted(set(needed.values()))
            raise Impossible(
                "fields", f"scopes {', '.join(held or ())}", f"one of the scopes {', '.join(wanted)}"
            )
        return chosen
    chosen = _known("fields", fields, [field.value for field in UserField])
    if held is not None:
        missing = {str(getattr(f, "value", f)): needed.get(str(getattr(f, "value", f)), "") for f in chosen}
        lacking = {name: scope for name, scope in missing.items() if scope and scope not in held}
        if lacking:
            raise Impossible(
                "fields",
                ", ".join(lacking),
                f"only fields whose scope is granted (missing: {', '.join(sorted(set(lacking.values())))})",
                "leave them out, or let the user log in again and grant the scope",
            )
    return chosen


def _known(name: str, fields: Iterable[str], known: Sequence[str]) -> list[UserField | str]:
    if isinstance(fields, str):
        raise Impossible(name, repr(fields), "a list of fields", f"write {name}={fields.split(',')!r}")
    chosen = list(dict.fromkeys(str(getattr(field, "value", field)) for field in fields))
    if not chosen:
        raise Impossible(name, "none", "at least one field", f"known: {', '.join(known)}")
    for field in chosen:
        if field not in known:
            raise Impossible(name, repr(field), f"one of {', '.join(known)}")
    return list(chosen)


def choose_video_fields(fields: VideoFields | None) -> list[VideoField | str]:
    """The fields to ask for: those named, else all.

    Raises:
        Impossible: one is unknown, or there are none.
    """
    if fields is None:
        return list(VideoField)
    return list(_known("fields", fields, [field.value for field in VideoField]))


def user_info(session: Session, fields: UserFields | None, access_token: str | None) -> Flow[User]:
    """A user's profile."""
    held = None if access_token is not None else (yield from session.scopes())
    chosen = choose_user_fields(fields, held)
    profile = yield from session.ask(
        lambda token: ops.get_user_info(access_token=token, fields=chosen), access_token
    )
    return profile.user


def pages(
    session: Session,
    fields: VideoFields | None,
    page_size: int,
    before: Before,
    access_token: str | None,
) -> Stream[VideoPage]:
    """A user's public videos, page by page, newest first."""
    return _listed(lambda page: (page,), session, fields, page_size, before, access_token)


def videos(
    session: Session,
    fields: VideoFields | None,
    page_size: int,
    before: Before,
    access_token: str | None,
) -> Stream[Video]:
    """A user's public videos, one by one, newest first."""
    return _listed(lambda page: page.videos, session, fields, page_size, before, access_token)


def _listed(
    items: Callable[[VideoPage], Iterable[T]],
    session: Session,
    fields: VideoFields | None,
    page_size: int,
    before: Before,
    access_token: str | None,
) -> Stream[T]:
    """What is to be shown of each page, page after page."""
    chosen, cursor = choose_video_fields(fields), _milliseconds(before)
    _check_page_size(page_size)
    while True:
        page = yield from _page(session, chosen, page_size, cursor, access_token)
        for item in items(page):
            yield from emit(item)
        if not page.has_more:
            return
        cursor = _moved(page, cursor)


def query_videos(
    session: Session, video_ids: Iterable[str], fields: VideoFields | None, access_token: str | None
) -> Flow[list[Video]]:
    """Certain videos of the user."""
    if isinstance(video_ids, str):
        raise Impossible("video_ids", repr(video_ids), "a list of ids", f"write video_ids=[{video_ids!r}]")
    ids, chosen = list(dict.fromkeys(video_ids)), choose_video_fields(fields)
    found: list[Video] = []
    for first in range(0, len(ids), VIDEO_IDS_PER_QUERY):
        found += yield from _batch(session, ids[first : first + VIDEO_IDS_PER_QUERY], chosen, access_token)
    return found


def _batch(
    session: Session, ids: list[str], fields: list[VideoField | str], access_token: str | None
) -> Flow[list[Video]]:
    answer = yield from session.ask(
        lambda token: ops.query_videos(
            access_token=token, fields=fields, filters=VideoFilters(video_ids=ids)
        ),
        access_token,
    )
    return list(answer.videos)


def _page(
    session: Session,
    fields: list[VideoField | str],
    page_size: int,
    cursor: int | None,
    access_token: str | None,
) -> Flow[VideoPage]:
    return (
        yield from session.ask(
            lambda token: ops.list_videos(
                access_token=token, fields=fields, cursor=cursor, max_count=page_size
            ),
            access_token,
        )
    )


def _moved(page: VideoPage, cursor: int | None) -> int:
    """The cursor of the next page. One that does not go back in time would give the same videos for ever."""
    if (cursor is not None and page.cursor >= cursor) or page.cursor <= 0:
        expected = "an earlier moment than that of the page before"
        raise unreadable(BY_ID["listVideos"], "$.data.cursor", expected, str(page.cursor))
    return page.cursor


def _milliseconds(before: Before) -> int | None:
    if not isinstance(before, datetime):
        return before
    if before.tzinfo is None:
        raise Impossible("before", "a datetime without a time zone", "an aware datetime")
    return int(before.timestamp() * 1000)


def _check_page_size(page_size: int) -> None:
    if not 1 <= page_size <= VIDEOS_PER_PAGE_MAX:
        raise Impossible("page_size", str(page_size), f"1 to {VIDEOS_PER_PAGE_MAX}")
