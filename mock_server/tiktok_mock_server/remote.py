"""A world in a mock that runs elsewhere, for tests of which many share one server."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import httpx

from .faults import UnusedFaults
from .switches import changed, chosen


class RemoteWorld:
    """One world of a running mock: made at the beginning, dropped at the end."""

    def __init__(self, server: str, settings: dict[str, Any]) -> None:
        switches = changed(chosen(settings.get("switches")))
        self._server = server.rstrip("/")
        self._client = httpx.Client(trust_env=False, timeout=10.0)
        self._last: str | None = None
        try:
            made = self._make({**settings, "switches": switches})
        except BaseException:
            self._client.close()
            raise
        self.name: str = made["name"]
        self.url = f"{self._server}/_world/{self.name}"

    def _make(self, body: dict[str, Any]) -> Any:
        try:
            answer = self._client.post(f"{self._server}/_mock/worlds", json=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise RuntimeError(
                f"no mock answers at {self._server} ({error}): start one with `tiktok-mock serve`, or leave "
                "--tiktok-mock-url and TIKTOK_MOCK_URL out"
            ) from None
        if answer.status_code != 200:
            raise RuntimeError(f"{self._server} made no world: {answer.text}")
        return answer.json()

    @property
    def journal(self) -> RemoteWorld:
        """What was asked and answered; it can only be reported."""
        return self

    def report(self, number: int) -> str:
        """The newest exchanges and why any was refused."""
        if self._last is not None:
            return self._last
        try:
            query = {"limit": str(number), "as": "text"}
            return self._client.get(f"{self.url}/_mock/journal", params=query).text.rstrip("\n")
        except httpx.HTTPError as error:
            return f"the mock at {self._server} does not answer: {error}"

    def assert_used_up(self) -> None:
        """Raise `UnusedFaults` when a planned fault did not happen."""
        answer = self._client.post(f"{self.url}/_mock/journal/verify", json={"faults_used_up": True})
        if answer.status_code == 409:
            raise UnusedFaults(answer.json()["error"])

    def met(self) -> dict[str, list[str]]:
        """What of the API that server has met so far; nothing when it is gone."""
        try:
            areas = self._client.get(f"{self._server}/_mock/coverage").json()
        except httpx.HTTPError:
            return {}
        return {name: area["met"] for name, area in areas.items() if isinstance(area, dict)}

    def drop(self) -> None:
        """Forget the world, but for what it saw last."""
        self._last = self.report(10)
        with suppress(httpx.HTTPError):  # a server that is gone has no world to forget
            self._client.delete(f"{self._server}/_mock/worlds/{self.name}")
        self._client.close()
