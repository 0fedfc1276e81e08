"""`python -m bench.overload`: three times what a gateway can do, and what becomes of everybody.

First how many lookups a second one process answers; then three times as many arrive on a schedule, while
health, an officer's own page and an administrator's, which is read from the database, are asked beside them;
then a third of it. Exit code 1 where nobody was turned away or somebody without Retry-After, health or a page
took too long, an intent has no outcome or an answer no record, too few were answered, or the gateway did not
recover by itself; and, without a verdict, where the sender could not send so much.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import asyncpg
import httpx

from app.audit.record import RecordKind
from bench.administrator import administrator_token
from bench.arrivals import Reply, Schedule, arrive, arrive_at_once, post
from bench.desk import question
from bench.directory_ground import Size, fill
from bench.endings import Rule, run_rules
from bench.failure import BenchError
from bench.open_load import MANY_IN_FLIGHT, percentile
from bench.processor import choose_pinning, starting_on
from bench.slow_ground import Delay, Ground, open_slow_ground

_OFFICERS: Final = 16
_CALLERS: Final = 64
_CONNECTIONS: Final = 1500
_MOST_SECONDS: Final = 1.0
_LEAST_KEPT: Final = 0.4
_SETTLING_SECONDS: Final = 4.0
_BETWEEN_SECONDS: Final = 0.2
_OK: Final = 200
_UNAVAILABLE: Final = 503
_OFFICERS_PAGES: Final = ("/livez", "/readyz", "/v1/me")
_ADMINISTRATORS_PAGE: Final = "/v1/officers"
_LISTED: Final = Size(officers=500, units=50, procedures=10, grants=100)
"""More officers than stand on a page."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long each part takes, and how many times its capacity the gateway is asked."""

    times: float
    capacity_seconds: float
    overload_seconds: float
    recovery_seconds: float


@dataclass(frozen=True, slots=True)
class Loads:
    """What came of each part, and how long the pages took during the second one."""

    capacity: float
    overload: Sequence[Reply]
    pages: dict[str, list[float]] = field(repr=False)
    recovery: Sequence[Reply] = ()


def main() -> int:
    """Run the measurement, print what came of it, and return 1 where a rule was broken."""
    plan = _read_plan()
    return run_rules(lambda folder: _measure(folder, plan))


def _measure(folder: Path, plan: Plan) -> list[Rule]:
    delay, listed = Delay(20, 0.5), partial(fill, size=_LISTED)
    pinning = choose_pinning()
    pinning.apply_to_others()
    with ExitStack() as stack:
        # One core for all that answers: nobody could send three times what a gateway with its own answers.
        with starting_on(pinning.measured):
            opened = open_slow_ground(folder, delay, _OFFICERS, MANY_IN_FLIGHT, fill=listed)
            ground = stack.enter_context(opened)
        loads = _load(ground, plan)
        evidence = ground.desk.evidence()
        outcomes = asyncio.run(_outcomes(ground.desk.database_url))
    print(f"one process answers {loads.capacity:.0f} lookups/s to {_CALLERS} callers that ask again at once")
    print(f"{'':<30}{'a second':>9}{'p50 ms':>9}{'p99 ms':>9}")
    accepted = [each for each in loads.overload if each.status == _OK]
    shed = [each for each in loads.overload if each.status == _UNAVAILABLE]
    for name, replies in (("arrived", loads.overload), ("answered", accepted), ("turned away", shed)):
        took = [each.took_seconds * 1000 for each in replies] or [0.0]
        pace = len(replies) / plan.overload_seconds
        print(f"{name:<30}{pace:>9.0f}{percentile(took, 50):>9.0f}{percentile(took, 99):>9.0f}")
    if not shed and max(each.due + each.took_seconds for each in accepted) > 1.5 * plan.overload_seconds:
        raise BenchError("the sender, not the gateway, was what could not keep up: no verdict")
    told = {each.header("X-Lookup-Id") for each in (*accepted, *loads.recovery) if each.status == _OK}
    return [
        *_overload_rules(plan, loads, accepted, shed),
        (
            evidence.intents == evidence.outcomes,
            f"{evidence.intents} intents and {evidence.outcomes} outcomes are on record",
        ),
        (told <= outcomes, f"each of {len(told)} answers has its outcome on record"),
        _recovered(loads.recovery),
    ]


def _overload_rules(plan: Plan, loads: Loads, accepted: Sequence[Reply], shed: Sequence[Reply]) -> list[Rule]:
    others = len(loads.overload) - len(accepted) - len(shed)
    kept = len(accepted) / plan.overload_seconds / loads.capacity
    rules = [
        (
            bool(shed) and others == 0,
            f"{len(accepted)} were answered, {len(shed)} turned away, {others} met something else",
        ),
        (
            all(each.header("Retry-After") and b"gateway_overloaded" in each.body for each in shed),
            "each of these was told gateway_overloaded and when to come again",
        ),
        (kept >= _LEAST_KEPT, f"answered at {kept:.2f} of its capacity; at least {_LEAST_KEPT} is asked for"),
    ]
    for page, took in loads.pages.items():
        slowest = percentile(took, 95) if took else float("inf")
        text = f"{page} answered {len(took)} times, 95 of 100 in {slowest:.2f} s"
        rules.append((slowest <= _MOST_SECONDS, text))
    return rules


def _recovered(replies: Sequence[Reply]) -> Rule:
    refused = [each.due for each in replies if each.status != _OK]
    since = max(refused, default=0.0)
    return since < _SETTLING_SECONDS, f"{since:.1f} s after the load fell nobody was turned away any more"


def _load(ground: Ground, plan: Plan) -> Loads:
    url, tokens = ground.desk.url, ground.desk.tokens
    readers = dict.fromkeys(_OFFICERS_PAGES, tokens[0])
    readers[_ADMINISTRATORS_PAGE] = administrator_token(ground.desk)
    requests = [post(url, question(), token) for token in tokens]
    # A process of its own sends, and so is held up by nothing else.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as sender:
        warm = sender.submit(arrive_at_once, url, requests, callers=_CALLERS, seconds=1)
        warm.result()
        capacity = sender.submit(
            arrive_at_once, url, requests, callers=_CALLERS, seconds=plan.capacity_seconds
        ).result()
        much = Schedule(plan.times * capacity, plan.overload_seconds, ahead=_CONNECTIONS, most=_CONNECTIONS)
        overload = sender.submit(arrive, url, requests, much, most_late_seconds=5.0)
        pages = _ask_pages(ground.desk.base_url, readers, overload.done)
        little = Schedule(capacity / 3, plan.recovery_seconds, ahead=64)
        replies = overload.result()
        recovery = sender.submit(arrive, url, requests, little, most_late_seconds=5.0).result()
    return Loads(capacity, replies, pages, recovery)


def _ask_pages(url: str, readers: Mapping[str, str], is_over: Callable[[], bool]) -> dict[str, list[float]]:
    """Ask the pages by turns, each with its reader's token, until *is_over*.

    Return how long each took, an unanswered one for ever.
    """
    pages: dict[str, list[float]] = {page: [] for page in readers}
    with httpx.Client(base_url=url, trust_env=False, timeout=10) as http:
        while not is_over():
            for page, took in pages.items():
                began = time.perf_counter()
                try:
                    is_good = http.get(page, headers={"Authorization": f"Bearer {readers[page]}"}).is_success
                except httpx.TransportError:
                    is_good = False
                took.append(time.perf_counter() - began if is_good else float("inf"))
            time.sleep(_BETWEEN_SECONDS)
    return pages


async def _outcomes(database_url: str) -> set[str]:
    """Return the ids of all lookups whose outcome is on record."""
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(
            "select lookup_id from audit_record where kind = $1", RecordKind.LOOKUP_OUTCOME.value
        )
    finally:
        await connection.close()
    return {str(row["lookup_id"]) for row in rows}


def _read_plan() -> Plan:
    parser = argparse.ArgumentParser(prog="python -m bench.overload", description=__doc__)
    parser.add_argument("--times", type=float, default=3)
    parser.add_argument("--capacity-seconds", type=float, default=5)
    parser.add_argument("--overload-seconds", type=float, default=12)
    parser.add_argument("--recovery-seconds", type=float, default=8)
    given = parser.parse_args()
    return Plan(given.times, given.capacity_seconds, given.overload_seconds, given.recovery_seconds)


if __name__ == "__main__":
    sys.exit(main())
