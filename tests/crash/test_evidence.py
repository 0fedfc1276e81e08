"""The check that follows each kill sees what it is there to see."""

import json
from collections.abc import Iterable, Mapping
from uuid import UUID, uuid4

from app.audit.record import Value, canonical, leaf_hash
from tests.crash.barriers import Barrier
from tests.crash.clients import Receipt, Request
from tests.crash.evidence import Evidence, Row, Witnesses, violations
from tests.crash.fates import wrong_commits, wrong_fates
from tests.crash.processes import Report

LOOKUP = UUID(int=1)
WRITER = str(UUID(int=2))
LATER = "2026-11-22T01:00:01.500Z"
DOSSIER = "000.12.34.H19-230301-0001"


def an_intent(lookup_id: UUID = LOOKUP, dossier_code: str = DOSSIER) -> dict[str, Value]:
    return {
        "kind": "lookup.intent",
        "time": "2026-11-22T01:00:00.000Z",
        "record_id": str(lookup_id),
        "national_request_id": lookup_id.hex,
        "dossier_code": dossier_code,
    }


def an_outcome(outcome: str, lookup_id: UUID = LOOKUP, time: str = LATER) -> dict[str, Value]:
    return {
        "time": time,
        "kind": "lookup.outcome",
        "record_id": str(uuid4()),
        "lookup_id": str(lookup_id),
        "outcome": outcome,
        "fields_disclosed": "full_name" if outcome == "found" else "",
    }


def evidence_of(*facts: Mapping[str, Value], open_intents: Iterable[UUID] = ()) -> Evidence:
    """Return records in one unbroken chain."""
    rows, previous = list[Row](), bytes(32)
    for sequence, own in enumerate(facts, start=1):
        placed = {
            "writer_id": WRITER,
            "writer_sequence": sequence,
            "previous_hash": previous.hex(),
            **own,
        }
        leaf = canonical(placed)
        previous = leaf_hash(leaf)
        rows.append(Row(placed, leaf, previous))
    return Evidence(rows, frozenset(open_intents))


def a_receipt(status: int = 200, cut: int = 0, **citizen: str) -> Receipt:
    body = json.dumps({"citizen": citizen or None, "notices": []}, separators=(",", ":")).encode()
    head = f"HTTP/1.1 {status} OK\r\ncontent-length: {len(body)}\r\nx-lookup-id: {LOOKUP}\r\n\r\n"
    return Receipt(Request(DOSSIER, b""), (head.encode() + body)[: -cut or None])


def broken(evidence: Evidence, witnesses: Witnesses | None = None) -> set[str]:
    return {words[:2] for words in violations(evidence, witnesses or Witnesses())}


def test_complete_evidence_breaks_nothing() -> None:
    witnesses = Witnesses(
        seen=[LOOKUP],
        receipts=[a_receipt(full_name="A")],
        bystanders=[a_receipt(full_name="A")],
        reports=[
            Report("handed", LOOKUP, "lookup.intent"),
            Report("durable", LOOKUP, "lookup.intent"),
            Report("handed", LOOKUP, "lookup.outcome", "found"),
            Report("durable", LOOKUP, "lookup.outcome", "found"),
        ],
    )
    assert broken(evidence_of(an_intent(), an_outcome("found")), witnesses) == set()


def test_a_question_needs_an_intent() -> None:
    assert broken(evidence_of(), Witnesses(seen=[LOOKUP])) == {"I1"}


def test_a_question_is_asked_once() -> None:
    evidence = evidence_of(an_intent(), an_outcome("unknown"))
    assert broken(evidence, Witnesses(seen=[LOOKUP, LOOKUP])) == {"I1"}


def test_part_of_a_citizen_needs_the_outcome_found() -> None:
    evidence = evidence_of(an_intent(), an_outcome("unknown"))
    assert broken(evidence, Witnesses(receipts=[a_receipt(full_name="Trần", cut=20)])) == {"I2"}


def test_fields_shown_are_fields_recorded() -> None:
    evidence = evidence_of(an_intent(), an_outcome("found"))
    assert broken(evidence, Witnesses(receipts=[a_receipt(religion="none")])) == {"I2"}


def test_an_intent_ends_with_one_outcome() -> None:
    assert broken(evidence_of(an_intent())) == {"I3"}
    assert broken(evidence_of(an_intent(), an_outcome("unknown"), an_outcome("unknown"))) == {"I3"}
    assert broken(evidence_of(an_outcome("unknown"))) == {"I3"}


def test_no_intent_stays_on_the_work_list() -> None:
    assert broken(evidence_of(an_intent(), an_outcome("unknown"), open_intents=[LOOKUP])) == {"I3"}


def test_a_chain_without_its_first_record_is_broken() -> None:
    whole = evidence_of(an_intent(), an_outcome("unknown"), an_outcome("unknown", UUID(int=3)))
    assert "I4" in broken(Evidence(whole.rows[1:]))


def test_a_changed_leaf_breaks_the_chain() -> None:
    first, second = evidence_of(an_intent(), an_outcome("unknown")).rows
    assert broken(Evidence([Row(first.facts, first.leaf + b" ", first.leaf_hash), second])) == {"I4"}


def test_no_lookup_is_closed_before_budget_and_margin_are_over() -> None:
    too_soon = an_outcome("unknown", time="2026-11-22T01:00:01.499Z")
    assert broken(evidence_of(an_intent(), too_soon)) == {"I5"}


def test_a_live_gateways_lookup_must_be_answered() -> None:
    evidence = evidence_of(an_intent(), an_outcome("unknown"))
    dead_line = Receipt(Request(DOSSIER, b""))
    assert broken(evidence, Witnesses(bystanders=[a_receipt(500)])) == {"I5"}
    assert broken(evidence, Witnesses(bystanders=[dead_line])) == {"I5"}


def test_one_key_leads_to_one_intent() -> None:
    other = UUID(int=3)
    twice = [an_intent(), an_outcome("unknown"), an_intent(other), an_outcome("unknown", other)]
    assert broken(evidence_of(*twice)) == {"I6"}


def test_what_was_durable_stays() -> None:
    intent = Report("durable", LOOKUP, "lookup.intent")
    outcome = Report("durable", LOOKUP, "lookup.outcome", "found")
    assert broken(evidence_of(), Witnesses(reports=[intent])) == {"I7"}
    evidence = evidence_of(an_intent(), an_outcome("unknown"))
    assert broken(evidence, Witnesses(reports=[outcome])) == {"I7"}


def test_an_outcome_nobody_handed_over_can_only_be_unknown() -> None:
    handed = Report("handed", LOOKUP, "lookup.intent")
    evidence = evidence_of(an_intent(), an_outcome("not_found"))
    assert broken(evidence, Witnesses(reports=[handed])) == {"I7"}


def test_the_lookup_at_the_barrier_must_have_its_fate() -> None:
    closed = evidence_of(an_intent(), an_outcome("found"))
    assert list(wrong_fates(Barrier.RESPONSE_READY, [LOOKUP], closed, [])) == []
    assert list(wrong_fates(Barrier.RESPONSE_SENT, [LOOKUP], closed, [a_receipt(full_name="A")])) == []
    assert len(list(wrong_fates(Barrier.QUESTION_ANSWERED, [LOOKUP], closed, []))) == 1
    assert len(list(wrong_fates(Barrier.RESPONSE_HALF_SENT, [LOOKUP], closed, []))) == 1


def test_a_commit_let_through_is_kept_and_one_broken_off_is_not() -> None:
    reports = [Report("handed", LOOKUP, "lookup.intent")]
    kept, lost = evidence_of(an_intent(), an_outcome("unknown")), evidence_of()
    at = Barrier.INTENT_COMMITTING
    assert list(wrong_commits(at, reports, kept, is_kept=True)) == []
    assert list(wrong_commits(at, reports, lost, is_kept=False)) == []
    assert len(list(wrong_commits(at, reports, lost, is_kept=True))) == 1
    assert len(list(wrong_commits(at, reports, kept, is_kept=False))) == 1
