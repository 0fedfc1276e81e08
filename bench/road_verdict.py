"""What came of the lookups over two roads: as callers saw it, on record, and in the national side's logs."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

import asyncpg
import httpx

from app.audit.record import RecordKind, read_leaf
from bench.endings import Rule
from bench.road_load import Load, Lookup, Plan

_NOTICED_SECONDS: Final = 2.0
_SLACK_SECONDS: Final = 1.5
"""What a loaded machine may take beyond the budget for two commits and the way to the caller."""
_FAILED: Final = "upstream_unavailable"


@dataclass(frozen=True, slots=True)
class NationalLogs:
    """What the two stand-ins noted: how many questions arrived at each, and under which request ids.

    A question that hangs is counted and has no id: the stand-in never came to read it.
    """

    arrived: tuple[int, int]
    ids: tuple[Sequence[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Record:
    """A lookup on record: its request id, and the outcome's road, tries and problem."""

    request_id: str
    outcome: str | None
    road: str | None
    tries: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The figures, and each rule with whether it was kept."""

    table: str
    rules: Sequence[Rule]


def read_national_logs(*sides: tuple[str, Path]) -> NationalLogs:
    """Return what the stand-ins at these addresses noted, with the access logs they keep."""
    arrived, ids = [], []
    for url, log in sides:
        arrived.append(int(httpx.get(f"{url}/mock/stats", trust_env=False).json()["calls"]))
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        ids.append([line["MaYeuCau"] for line in map(json.loads, lines) if line["MaYeuCau"]])
    return NationalLogs((arrived[0], arrived[1]), (ids[0], ids[1]))


async def read_records(database_url: str) -> dict[str, Record]:
    """Return the lookups on record by lookup id."""
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(
            "select leaf from audit_record where kind in ($1, $2)",
            RecordKind.LOOKUP_INTENT.value,
            RecordKind.LOOKUP_OUTCOME.value,
        )
    finally:
        await connection.close()
    leaves: list[dict[str, Any]] = [read_leaf(row["leaf"]) for row in rows]
    outcomes = {leaf["lookup_id"]: leaf for leaf in leaves if leaf["kind"] == RecordKind.LOOKUP_OUTCOME}
    return {
        leaf["record_id"]: _record(leaf, outcomes.get(leaf["record_id"], {}))
        for leaf in leaves
        if leaf["kind"] == RecordKind.LOOKUP_INTENT
    }


def _record(intent: dict[str, Any], outcome: dict[str, Any]) -> Record:
    return Record(
        intent["national_request_id"],
        outcome.get("outcome"),
        outcome.get("road"),
        outcome.get("tries", 1),
        outcome.get("problem_code"),
    )


def judge(plan: Plan, load: Load, records: dict[str, Record], logs: NationalLogs) -> Verdict:
    """Return the figures and which rules were kept."""
    back_at = _back_at(load)
    returned = f" {back_at - load.recovered_at:.1f} s after it recovered" if back_at else ""
    rules = [
        *_callers_rules(plan, load),
        *_evidence_rules(load, records),
        *_sending_rules(load, records, logs),
        (back_at is not None, f"the first road was used again{returned}"),
    ]
    return Verdict(_table(plan, load), rules)


def _callers_rules(plan: Plan, load: Load) -> list[tuple[bool, str]]:
    failed = [each for each in load.lookups if each.outcome != "found"]
    noticed_at = load.hung_at + _NOTICED_SECONDS
    last = max((each.sent_at for each in failed), default=load.hung_at) - load.hung_at
    longest = max(each.took_seconds for each in load.lookups)
    why = ", ".join(f"{word} {count}" for word, count in Counter(each.why for each in failed).items())
    return [
        (
            all(each.outcome == _FAILED and each.why and each.paper_may_ask for each in failed),
            f"{len(failed)} lookups failed, each as {_FAILED}, told why ({why}) and that paper is open",
        ),
        (
            all(load.hung_at - 1 <= each.sent_at <= noticed_at for each in failed),
            f"none failed that arrived over {_NOTICED_SECONDS:.0f} s after the hang (last: {last:.2f} s)",
        ),
        (
            longest <= plan.budget_seconds + _SLACK_SECONDS,
            f"each ended at its budget of {plan.budget_seconds} s at the latest (longest: {longest:.2f} s)",
        ),
    ]


def _evidence_rules(load: Load, records: dict[str, Record]) -> list[tuple[bool, str]]:
    told = {each.lookup_id: each for each in load.lookups}
    agree = all(
        records[lookup_id].outcome == each.outcome and each.road in {"", records[lookup_id].road}
        for lookup_id, each in told.items()
        if lookup_id in records
    )
    return [
        (
            len(told) == len(load.lookups) and told.keys() == records.keys(),
            f"{len(records)} lookups on record, which are those that were answered",
        ),
        (
            all(record.outcome for record in records.values()) and agree,
            "each has its outcome on record, with the road that answered",
        ),
    ]


def _sending_rules(load: Load, records: dict[str, Record], logs: NationalLogs) -> list[tuple[bool, str]]:
    ids = [*logs.ids[0], *logs.ids[1]]
    asked = sum(record.tries > 0 for record in records.values())
    failed = {records[each.lookup_id].request_id for each in load.lookups if each.outcome != "found"}
    return [
        (len(ids) == len(set(ids)), f"no MaYeuCau stands twice in the national logs ({len(ids)} read there)"),
        (
            sum(logs.arrived) == asked,
            f"{logs.arrived[0]} and {logs.arrived[1]} questions arrived for {asked} lookups that were asked",
        ),
        (failed.isdisjoint(ids), "no question that hung was answered, or asked on the other road"),
    ]


def _back_at(load: Load) -> float | None:
    """Return when the lookup was sent from which on the first road carried all of them."""
    roads = [(each.sent_at, each.road) for each in load.lookups if each.sent_at >= load.recovered_at]
    first = load.lookups[0].road
    others = [sent_at for sent_at, road in roads if road != first]
    if not roads or roads[-1][1] != first:
        return None
    return next((sent_at for sent_at, _ in roads if sent_at > max(others, default=0.0)), None)


def _table(plan: Plan, load: Load) -> str:
    noticed_at = load.hung_at + _NOTICED_SECONDS
    back_at = _back_at(load) or float(plan.seconds)
    phases = (
        ("before", 0.0, load.hung_at),
        (f"first {_NOTICED_SECONDS:.0f} s", load.hung_at, noticed_at),
        ("hung", noticed_at, load.recovered_at),
        ("returning", load.recovered_at, back_at),
        ("after", back_at, float(plan.seconds) + 1),
    )
    lines = [f"{'phase':<11}{'lookups':>8}{'road 1':>8}{'road 2':>8}{'failed':>8}{'p50 ms':>8}{'p99 ms':>8}"]
    for name, begins, ends in phases:
        lines.append(_line(name, [each for each in load.lookups if begins <= each.sent_at < ends], load))
    return "\n".join(lines)


def _line(name: str, lookups: Sequence[Lookup], load: Load) -> str:
    first = load.lookups[0].road
    over_first = sum(each.road == first for each in lookups)
    failed = sum(each.outcome != "found" for each in lookups)
    found_ms = [each.took_seconds * 1000 for each in lookups if each.outcome == "found"]
    cuts = quantiles(found_ms, n=100) if len(found_ms) > 1 else [0.0] * 99
    return (
        f"{name:<11}{len(lookups):>8}{over_first:>8}{len(lookups) - over_first - failed:>8}{failed:>8}"
        f"{cuts[49]:>8.0f}{cuts[98]:>8.0f}"
    )
