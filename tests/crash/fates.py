"""What must become of the very lookup that stood at the barrier when its gateway was killed."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from app.audit.record import Outcome, RecordKind
from tests.crash.barriers import Barrier
from tests.crash.clients import Receipt
from tests.crash.evidence import Evidence, doubtful
from tests.crash.processes import Report

OUTCOMES_AT: Final[Mapping[Barrier, Collection[Outcome | None]]] = {
    Barrier.INTENT_HANDED_OVER: {None},
    Barrier.INTENT_DURABLE: {Outcome.UNKNOWN},
    # Here the gateway is not stopped: on a busy machine its budget may end before the kill comes.
    Barrier.QUESTION_ASKED: {Outcome.UNKNOWN, Outcome.UPSTREAM_UNAVAILABLE},
    Barrier.QUESTION_ANSWERED: {Outcome.UNKNOWN},
    Barrier.ANSWER_NARROWED: {Outcome.UNKNOWN},
    Barrier.OUTCOME_HANDED_OVER: {Outcome.UNKNOWN},
    Barrier.OUTCOME_DURABLE: {Outcome.FOUND},
    Barrier.RESPONSE_READY: {Outcome.FOUND},
    Barrier.RESPONSE_HALF_SENT: {Outcome.FOUND},
    Barrier.RESPONSE_SENT: {Outcome.FOUND},
}
COMMITTING: Final = {
    Barrier.INTENT_COMMITTING: RecordKind.LOOKUP_INTENT,
    Barrier.OUTCOME_COMMITTING: RecordKind.LOOKUP_OUTCOME,
}


def wrong_fates(
    barrier: Barrier, stopped: Iterable[UUID | None], evidence: Evidence, receipts: Sequence[Receipt]
) -> Iterator[str]:
    """Yield where a lookup that *stopped* at *barrier* ended or reached the client otherwise."""
    if barrier not in OUTCOMES_AT:
        return
    received = {receipt.lookup_id: receipt for receipt in receipts if receipt.has_citizen}
    for lookup_id in stopped:
        outcome = None if lookup_id is None else evidence.outcomes.get(lookup_id)
        if lookup_id is None or outcome not in OUTCOMES_AT[barrier]:
            yield f"I3 lookup {lookup_id} was stopped at {barrier} and has the outcome {outcome}"
        receipt = received.get(lookup_id)
        if (receipt is not None, receipt is not None and receipt.is_whole) != _reached_client(barrier):
            yield f"I2 lookup {lookup_id} was stopped at {barrier} and reached the client otherwise"


def wrong_commits(
    barrier: Barrier, reports: Sequence[Report], evidence: Evidence, *, is_kept: bool
) -> Iterator[str]:
    """Yield where no commit pended although one was held, or where one broken off went through."""
    kind = COMMITTING.get(barrier)
    if kind is None:
        return
    in_doubt = {lookup_id for lookup_id, doubted in doubtful(reports) if doubted == kind.value}
    kept = in_doubt & kept_lookups(evidence, kind)
    if is_kept and not kept:
        yield f"I3 a commit was let through at {barrier}, and nothing of it is on record"
    if not is_kept and not in_doubt - kept:
        yield f"I3 a commit was broken off at {barrier}, and all of it is on record"


def kept_lookups(evidence: Evidence, kind: RecordKind) -> set[UUID]:
    """Return the lookups of which a record of *kind*, made by a gateway itself, is there."""
    if kind is RecordKind.LOOKUP_INTENT:
        return evidence.intents
    return {lookup_id for lookup_id, outcome in evidence.outcomes.items() if outcome != Outcome.UNKNOWN.value}


def _reached_client(barrier: Barrier) -> tuple[bool, bool]:
    has_any = barrier in {Barrier.RESPONSE_HALF_SENT, Barrier.RESPONSE_SENT}
    return has_any, barrier is Barrier.RESPONSE_SENT
