"""What is asked of a gateway under overload, and whether it was kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bench.callers import Answer, Came, Fate
from bench.endings import Rule
from bench.failure import BenchError
from bench.on_record import Evidence
from bench.open_load import percentile

_MOST_SECONDS: Final = 1.0
_LEAST_KEPT: Final = 0.4
_MOST_CROWDED: Final = 0.02
"""Of those turned away: before the valve has seen it, all places are taken."""
_LEAST_OFFERED: Final = 5 / 6
_SETTLING_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How long each part takes, how often whom is asked, and how many times its capacity the gateway."""

    times: float
    capacity_seconds: int
    overload_seconds: int
    recovery_seconds: int
    think_ms: int
    national_ms: float
    has_many_places: bool


@dataclass(frozen=True, slots=True)
class Loads:
    """What came of each part, how long the pages took during the second one, and the gateway's CPU.

    `used_seconds` are those of the first part and of the second.
    """

    capacity: Came
    overload: Came
    recovery: Came
    pages: Mapping[str, Sequence[float]] = field(repr=False)
    used_seconds: tuple[float, float]


def show_paces(loads: Loads) -> None:
    """Print how many were answered how fast."""
    print(f"{'':<30}{'a second':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}")
    capacity, overload = loads.capacity, loads.overload
    for name, came, fate in (
        ("64 callers, found", capacity, Fate.FOUND),
        ("overload, found", overload, Fate.FOUND),
        ("overload, turned away", overload, Fate.SHED),
        ("a third, found", loads.recovery, Fate.FOUND),
    ):
        took = [each.took_seconds * 1000 for each in came.of(fate)] or [0.0]
        cuts = "".join(f"{percentile(took, percent):>9.0f}" for percent in (50, 95, 99))
        print(f"{name:<30}{came.pace(fate):>9.0f}{cuts}")
    for name, came, used in zip(
        ("64 callers", "overload"), (capacity, overload), loads.used_seconds, strict=True
    ):
        found = len(came.of(Fate.FOUND))
        print(
            f"{name}: the gateway used {100 * used / came.seconds:.0f} % of a core and answered"
            f" {found / used:.0f} in a second of its processor time"
        )


def judge(plan: Plan, loads: Loads) -> list[Rule]:
    """Return the rules and whether they were kept; BenchError where nothing can be said."""
    capacity, overload = loads.capacity, loads.overload
    if len(capacity.of(Fate.FOUND)) < len(capacity.answers) or capacity.broken:
        raise BenchError("64 callers were not all answered with the person: there is no capacity to speak of")
    offered = overload.pace() / capacity.pace()
    if offered < _LEAST_OFFERED * plan.times:
        raise BenchError(
            f"{offered:.2f} times the capacity came and not {plan.times:g} times: this machine cannot send"
            " so much, or the gateway answers too slowly to be asked more; no verdict"
        )
    return [
        (True, f"{overload.pace():.0f} a second were sent, {offered:.2f} times what 64 callers get"),
        *_answer_rules(capacity, overload),
        *(_page_rule(page, took) for page, took in loads.pages.items()),
        _recovered(loads.recovery),
    ]


def recorded(loads: Loads, evidence: Evidence, outcomes: Collection[str]) -> list[Rule]:
    """Return whether all that was answered, and all that was begun, is on record to its end."""
    parts = (loads.capacity, loads.overload, loads.recovery)
    told = {each.lookup_id for came in parts for each in came.of(Fate.FOUND)}
    return [
        (
            evidence.intents == evidence.outcomes,
            f"{evidence.intents} intents and {evidence.outcomes} outcomes are on record",
        ),
        (told.issubset(outcomes), f"each of {len(told)} answers has its outcome on record"),
    ]


def _answer_rules(capacity: Came, overload: Came) -> list[Rule]:
    found, shed, odd = (overload.of(fate) for fate in (Fate.FOUND, Fate.SHED, Fate.ODD))
    crowded = len(overload.of(Fate.CROWDED))
    kept = overload.pace(Fate.FOUND) / capacity.pace()
    slowest = percentile([each.took_seconds for each in found], 95) if found else float("inf")
    return [
        (
            bool(shed) and not odd and not overload.broken,
            (
                f"{len(found)} were answered, {len(shed)} told gateway_overloaded and when to come again,"
                f" {len(odd)} something else{_statuses(odd)}, {overload.broken} not at all"
            ),
        ),
        (
            crowded <= _MOST_CROWDED * (len(shed) + crowded),
            f"{crowded} of those turned away were begun before (national_side_crowded)",
        ),
        (kept >= _LEAST_KEPT, f"answered at {kept:.2f} of its capacity; at least {_LEAST_KEPT} is asked for"),
        (slowest <= _MOST_SECONDS, f"95 of 100 answers came within {slowest:.2f} s"),
    ]


def _page_rule(page: str, took: Sequence[float]) -> Rule:
    slowest = percentile(took, 95) if took else float("inf")
    return slowest <= _MOST_SECONDS, f"{page} answered {len(took)} times, 95 of 100 in {slowest:.2f} s"


def _recovered(recovery: Came) -> Rule:
    refused = [each.sent_seconds for each in recovery.answers if each.fate is not Fate.FOUND]
    since = max(refused, default=0.0)
    return since < _SETTLING_SECONDS, f"{since:.1f} s after the load fell nobody was turned away any more"


def _statuses(answers: Sequence[Answer]) -> str:
    return " ".join(f" (HTTP {status})" for status in sorted({each.status for each in answers}))
