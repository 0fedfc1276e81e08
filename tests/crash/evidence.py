"""What must hold after every kill: what the database says beside what mock, clients and gateways saw."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from http import HTTPStatus
from itertools import groupby
from uuid import UUID

import asyncpg

from app.audit.record import Outcome, RecordKind, Value, read_leaf
from tests.crash.clients import Receipt
from tests.crash.ground import AGE_SECONDS
from tests.crash.processes import Report

_GENESIS = bytes(32).hex()
_INTENT, _OUTCOME = RecordKind.LOOKUP_INTENT.value, RecordKind.LOOKUP_OUTCOME.value


@dataclass(frozen=True, slots=True)
class Row:
    """A record as stored, with the facts of its leaf."""

    facts: Mapping[str, Value]
    leaf: bytes
    leaf_hash: bytes

    @property
    def lookup_id(self) -> UUID:
        """The lookup an intent or outcome belongs to."""
        return UUID(str(self.facts["record_id" if self.facts["kind"] == _INTENT else "lookup_id"]))

    @property
    def time(self) -> datetime:
        """When it was drafted, which is before it was stored."""
        return datetime.fromisoformat(str(self.facts["time"]))


@dataclass(frozen=True)
class Evidence:
    """Everything the audit tables hold."""

    rows: Sequence[Row]
    open_intents: frozenset[UUID] = frozenset()

    def of_kind(self, kind: str) -> list[Row]:
        """Return the records of one kind."""
        return [row for row in self.rows if row.facts["kind"] == kind]

    @cached_property
    def outcomes(self) -> dict[UUID, str]:
        """The outcome of each lookup."""
        return {row.lookup_id: str(row.facts["outcome"]) for row in self.of_kind(_OUTCOME)}

    @cached_property
    def intents(self) -> set[UUID]:
        """The lookups whose intent is on record."""
        return {row.lookup_id for row in self.of_kind(_INTENT)}


@dataclass
class Witnesses:
    """What everybody else saw, from the first kill on."""

    seen: list[UUID] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    bystanders: list[Receipt] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)


async def read_evidence(owner_url: str) -> Evidence:
    """Read the audit tables as their owner, in one snapshot."""
    connection = await asyncpg.connect(owner_url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            rows = await connection.fetch(
                "select leaf, leaf_hash from audit_record order by writer_id, writer_sequence"
            )
            intents = await connection.fetch("select lookup_id from audit_open_intent")
    finally:
        await connection.close()
    return Evidence(
        [_row(row["leaf"], row["leaf_hash"]) for row in rows],
        frozenset(row["lookup_id"] for row in intents),
    )


@lru_cache(maxsize=65_536)
def _row(leaf: bytes, stored_hash: bytes) -> Row:
    """Return a record read; each kill reads the same ones again."""
    return Row(read_leaf(leaf), leaf, stored_hash)


def violations(
    evidence: Evidence, witnesses: Witnesses, *, age_seconds: float = AGE_SECONDS
) -> Iterator[str]:
    """Yield each broken promise in words; *age_seconds* are a lookup's budget and margin."""
    yield from _questions_without_intent(evidence, witnesses.seen)
    yield from _citizens_without_outcome(evidence, [*witnesses.receipts, *witnesses.bystanders])
    yield from _open_lookups(evidence)
    yield from _broken_chains(evidence)
    yield from _closed_early(evidence, age_seconds)
    yield from _unanswered(witnesses.bystanders)
    yield from _repeated_keys(evidence)
    yield from _lost_or_changed(evidence, witnesses.reports)


def _questions_without_intent(evidence: Evidence, seen: Iterable[UUID]) -> Iterator[str]:
    recorded = {str(row.facts["national_request_id"]): row.lookup_id for row in evidence.of_kind(_INTENT)}
    for lookup_id, times in Counter(seen).items():
        if recorded.get(lookup_id.hex) != lookup_id:
            yield f"I1 the national side was asked {lookup_id.hex}, which no intent names"
        if times > 1:
            yield f"I1 the national side was asked {lookup_id.hex} {times} times"


def _citizens_without_outcome(evidence: Evidence, receipts: Iterable[Receipt]) -> Iterator[str]:
    found = {
        row.lookup_id: frozenset(str(row.facts["fields_disclosed"]).split())
        for row in evidence.of_kind(_OUTCOME)
        if row.facts["outcome"] == Outcome.FOUND.value
    }
    for receipt in receipts:
        if not receipt.has_citizen:
            continue
        lookup_id = receipt.lookup_id
        if lookup_id is None or lookup_id not in found:
            yield f"I2 a citizen was received in lookup {lookup_id}, which has no outcome `found`"
        elif receipt.fields_shown - found[lookup_id]:
            yield f"I2 lookup {lookup_id} showed fields that its outcome does not name"


def _open_lookups(evidence: Evidence) -> Iterator[str]:
    closings = Counter(row.lookup_id for row in evidence.of_kind(_OUTCOME))
    for lookup_id in evidence.open_intents:
        yield f"I3 lookup {lookup_id} is still on the list of open intents"
    for lookup_id in evidence.intents:
        if closings[lookup_id] != 1:
            yield f"I3 lookup {lookup_id} has {closings[lookup_id]} outcomes"
    for lookup_id in closings.keys() - evidence.intents:
        yield f"I3 lookup {lookup_id} has an outcome and no intent"


def _broken_chains(evidence: Evidence) -> Iterator[str]:
    for writer_id, rows in groupby(evidence.rows, key=lambda row: row.facts["writer_id"]):
        previous = _GENESIS
        for expected, row in enumerate(rows, start=1):
            if row.facts["writer_sequence"] != expected:
                yield f"I4 writer {writer_id} has {row.facts['writer_sequence']} in place of {expected}"
            if row.facts["previous_hash"] != previous:
                yield f"I4 writer {writer_id} breaks its chain at {expected}"
            if hashlib.sha256(b"\x00" + row.leaf).digest() != row.leaf_hash:
                yield f"I4 writer {writer_id} stores a wrong hash at {expected}"
            previous = row.leaf_hash.hex()


def _closed_early(evidence: Evidence, least_seconds: float) -> Iterator[str]:
    """Nobody but its own gateway may close a lookup before budget and margin are over."""
    asked_at = {row.lookup_id: row.time for row in evidence.of_kind(_INTENT)}
    for row in evidence.of_kind(_OUTCOME):
        if row.facts["outcome"] != Outcome.UNKNOWN.value or row.lookup_id not in asked_at:
            continue
        age_seconds = (row.time - asked_at[row.lookup_id]).total_seconds()
        if age_seconds < least_seconds:
            yield f"I5 lookup {row.lookup_id} was closed as unknown after only {age_seconds} s"


def _unanswered(bystanders: Iterable[Receipt]) -> Iterator[str]:
    """A lookup of a gateway that lives on is answered; only too slow a machine may spoil it."""
    for receipt in bystanders:
        if receipt.status != HTTPStatus.OK and not was_too_slow(receipt):
            yield f"I5 a live gateway's lookup {receipt.lookup_id} was answered {receipt.status}"


def was_too_slow(receipt: Receipt) -> bool:
    """Whether answer or outcome came beyond its time limit, as it may when others keep the machine busy."""
    is_limit = any(code in receipt.body for code in (b"upstream_unavailable", b"audit_unavailable"))
    return is_limit and receipt.status in {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE}


def _repeated_keys(evidence: Evidence) -> Iterator[str]:
    intents = Counter(row.facts["dossier_code"] for row in evidence.of_kind(_INTENT))
    for dossier_code, times in intents.items():
        if times > 1:
            yield f"I6 the request for {dossier_code} came twice with one key and was asked {times} times"


def _lost_or_changed(evidence: Evidence, reports: Sequence[Report]) -> Iterator[str]:
    """What a gateway took for durable must be there, and only what it handed over may be."""
    handed = {
        (report.lookup_id, report.kind): report.outcome for report in reports if report.event == "handed"
    }
    for report in reports:
        if report.event != "durable" or report.lookup_id is None:
            continue
        if report.kind == _INTENT and report.lookup_id not in evidence.intents:
            yield f"I7 the durable intent of lookup {report.lookup_id} is gone"
        if report.kind == _OUTCOME and evidence.outcomes.get(report.lookup_id) != report.outcome:
            yield f"I7 the durable outcome of lookup {report.lookup_id} is not on record"
    for lookup_id, outcome in evidence.outcomes.items():
        is_own = (lookup_id, _INTENT) in handed
        if is_own and outcome not in {Outcome.UNKNOWN.value, handed.get((lookup_id, _OUTCOME))}:
            yield f"I7 lookup {lookup_id} has the outcome {outcome}, which nobody handed over"


def doubtful(reports: Sequence[Report]) -> set[tuple[UUID, str]]:
    """Return the records handed to a writer whose durability the gateway never learnt: lookup and kind."""
    durable = {(report.lookup_id, report.kind) for report in reports if report.event == "durable"}
    return {
        (report.lookup_id, report.kind)
        for report in reports
        if report.event == "handed"
        and report.lookup_id is not None
        and (report.lookup_id, report.kind) not in durable
    }
