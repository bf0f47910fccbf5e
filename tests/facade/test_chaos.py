"""Several faults in a row, and a caller who does not give up: still at most one post comes of it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.facade.matrix import COLOURS, FAULTS, Cell, Fault, Faults, Run
from tiktok_api_client import Error, OutcomeUnknown, Sent
from tiktok_mock_server.world import Stage

# A login that is gone is another story: nothing more can happen then.
KINDS = [fault for fault in FAULTS if fault.kind not in {"rotated token", "expired token"}]
CAN_COME_OUT = {Stage.DOWNLOADING, Stage.PROCESSING, Stage.PUBLISHED, Stage.IN_INBOX}
CALLS = 6


class Planned(Faults):
    """The n-th request meets the n-th fault of a plan."""

    plan: Sequence[Fault | None] = ()

    def at(self, request: httpx.Request) -> Fault | None:
        super().at(request)
        if not self.plan:
            return None
        fault, self.plan = self.plan[0], self.plan[1:]
        if fault is not None and request.method != "PUT" and fault.kind == "expired session":
            return None
        return fault


class Chaos(Run):
    """A caller who makes the same call until it works or nobody knows."""

    faults: Any

    def make_faults(self) -> Faults:
        return Planned(self.mock, self.cell)

    def go(self, plan: Sequence[Fault | None]) -> None:
        self.faults.plan = plan
        result: Any = None
        for _ in range(CALLS):
            result = self.try_(self.post)
            if isinstance(result, OutcomeUnknown) or not (result is None or isinstance(result, Error)):
                break
            if isinstance(result, Error) and getattr(result, "sent", None) is Sent.UNKNOWN:
                break
        posts = self.mock.world.posts
        alive = [post for post in posts.values() if post.stage in CAN_COME_OUT]
        self.expect(len(alive) <= 1, f"at most one post can come out, after {plan}")
        if result is not None and not isinstance(result, Error):
            self.expect(alive == [posts[result.publish_id]], f"the result is the post, after {plan}")
        for secret in self.faults.secrets - {"act.mock.dead"}:
            self.expect(not any(secret in text for text in self.said), f"no secret is shown, after {plan}")


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.none() | st.sampled_from(KINDS), min_size=1, max_size=14),
    st.sampled_from(["bytes", "url", "draft"]),
    st.sampled_from(COLOURS),
)
def test_whatever_goes_wrong_one_post_comes_of_it(plan: list[Fault | None], kind: str, colour: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        chaos = Chaos(Cell(kind, "any", FAULTS[0], colour), Path(folder))
        try:
            chaos.go(plan)
        finally:
            chaos.mock.close()
