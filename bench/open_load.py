"""`python -m bench.open_load`: what the gateway adds to the national side's own time, at a fixed pace.

Lookups arrive on a schedule, whatever became of those before them, at a gateway with fsync in front of a
national side with a log-normal delay. What a lookup took, from when it was due, less what its own question
took over there (matched by MaYeuCau) is what the gateway, its two commits and the way there and back added.
Then so many are sent at once that 2,000 are in flight. Exit code 1 where a bar is missed or an answer wrong.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from stat import S_IMODE
from typing import Final
from uuid import UUID

from app.lookup.evidence import national_request_id
from bench.arrivals import Reply, Schedule, arrive, post
from bench.desk import question
from bench.endings import Rule, run_rules
from bench.failure import BenchError
from bench.slow_ground import Delay, Ground, open_slow_ground

_OFFICERS: Final = 16
_WARM_UP_SECONDS: Final = 3.0
_MOST_ADDED_MS: Final = 15.0
_OK: Final = 200
MANY_IN_FLIGHT: Final[Mapping[str, str]] = {
    "DANCU_NATIONAL_CALLS_AT_ONCE": "2500",
    "DANCU_UPSTREAM_MAX_CONNECTIONS": "2500",
    # A side that takes eight seconds for everybody is not silent, and is waited for.
    "DANCU_UPSTREAM_BREAKER_SILENCE_SECONDS": "30",
    "DANCU_LOOKUP_BUDGET_SECONDS": "30",
    "DANCU_RECONCILE_MARGIN_SECONDS": "60",
}
"""What lets one process hold so many; the rest of the settings are the usual ones."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of the run."""

    per_second: float
    seconds: float
    median_ms: float
    sigma: float
    in_flight: int


def main() -> int:
    """Run both loads, print what came of them, and return 1 where a bar was missed."""
    plan = _read_plan()
    return run_rules(lambda folder: [*_measure_pace(plan, folder), *_measure_many(plan, folder)])


def _measure_pace(plan: Plan, folder: Path) -> list[Rule]:
    delay = Delay(plan.median_ms, plan.sigma)
    # A machine that stands still for a moment is no silent road; and no place is to run out.
    settings = {"DANCU_NATIONAL_CALLS_AT_ONCE": "512", "DANCU_UPSTREAM_MAX_CONNECTIONS": "512"}
    with open_slow_ground(_within(folder, "pace"), delay, _OFFICERS, settings) as g:
        print(f"{plan.per_second:g} lookups/s for {plan.seconds:g} s; national side {delay}")
        replies = _send(g, Schedule(plan.per_second, plan.seconds))
        national, most = g.national_times()
        g.desk.evidence()
    rows = [row for row in _matched(replies, national) if row[0].due >= _WARM_UP_SECONDS]
    if not rows:
        raise BenchError("no lookup was answered")
    print(f"{'ms':<26}{'p50':>9}{'p95':>9}{'p99':>9}{'longest':>9}")
    added = [reply.took_seconds - there for reply, there in rows]
    _print("lookup, from when due", [reply.took_seconds for reply, _ in rows])
    _print("national side's own", [there for _, there in rows])
    _print("added by the gateway", added)
    p95 = percentile(added, 95) * 1000
    return [
        (len(rows) >= 0.99 * sum(each.due >= _WARM_UP_SECONDS for each in replies), _told(replies, most)),
        (
            p95 <= _MOST_ADDED_MS,
            f"95 of 100 lookups were held up by {p95:.1f} ms or less; the bar is {_MOST_ADDED_MS:g}",
        ),
    ]


def _measure_many(plan: Plan, folder: Path) -> list[Rule]:
    delay = Delay(median_ms=8000, sigma=0.02, longest_ms=10_000)
    seconds = 7.0
    schedule = Schedule(plan.in_flight * 1.05 / seconds, seconds, ahead=plan.in_flight)
    with open_slow_ground(_within(folder, "many"), delay, _OFFICERS, MANY_IN_FLIGHT) as g:
        replies = _send(g, schedule)
        _, most = g.national_times()
        evidence = g.desk.evidence()
    found = sum(reply.status == _OK for reply in replies)
    return [
        (most >= plan.in_flight, f"{most} questions were under way at the national side at once"),
        (
            found == len(replies),
            f"{found} of {len(replies)} were answered with the person; {_codes(replies)}",
        ),
        (
            evidence.intents == evidence.outcomes == len(replies),
            f"{evidence.intents} intents and {evidence.outcomes} outcomes on record",
        ),
    ]


def _within(folder: Path, name: str) -> Path:
    inner = folder / name
    inner.mkdir()
    inner.chmod(S_IMODE(folder.stat().st_mode))  # whoever may pass through the one may through the other
    return inner


def _send(ground: Ground, schedule: Schedule) -> list[Reply]:
    url, body = ground.desk.url, question()
    return arrive(url, [post(url, body, token) for token in ground.desk.tokens], schedule)


def _matched(replies: Sequence[Reply], national: Mapping[str, float]) -> list[tuple[Reply, float]]:
    """Return each answered lookup with what its question took at the national side."""
    rows = []
    for reply in replies:
        if reply.status == _OK:
            there = national.get(national_request_id(UUID(reply.header("X-Lookup-Id"))))
            if there is None:
                raise BenchError("a lookup was answered whose question the national side never had")
            rows.append((reply, there))
    return rows


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that so many of a hundred do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def _print(name: str, values: Sequence[float]) -> None:
    cuts = [percentile(values, percent) * 1000 for percent in (50, 95, 99)]
    print(f"{name:<26}" + "".join(f"{cut:>9.1f}" for cut in (*cuts, max(values) * 1000)))


def _told(replies: Sequence[Reply], most: int) -> str:
    return f"{_codes(replies)}; up to {most} under way at once"


def _codes(replies: Sequence[Reply]) -> str:
    counts: dict[int, int] = {}
    for reply in replies:
        counts[reply.status] = counts.get(reply.status, 0) + 1
    return ", ".join(f"HTTP {status}: {count}" for status, count in sorted(counts.items()))


def _read_plan() -> Plan:
    parser = argparse.ArgumentParser(prog="python -m bench.open_load", description=__doc__)
    parser.add_argument("--per-second", type=float, default=100)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--median-ms", type=float, default=300)
    parser.add_argument("--sigma", type=float, default=0.8)
    parser.add_argument("--in-flight", type=int, default=2000)
    given = parser.parse_args()
    return Plan(given.per_second, given.seconds, given.median_ms, given.sigma, given.in_flight)


if __name__ == "__main__":
    sys.exit(main())
