"""The records of one lookup: what intent, refusal and outcome say; field names and never values."""

import re
from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

import orjson

from app.accounts.authentication import Caller
from app.audit.leaf import is_clean
from app.audit.record import Draft, Outcome, RecordKind, Value
from app.audit.record_ids import new_record_id
from app.errors import ProblemCode
from app.lookup.command import LookupCommand
from app.lookup.decision import Permit
from app.lookup.paper import PaperRuling
from app.lookup.source import Journey
from app.procedures.fields import Field

_LOOKUP_INTENT: Final = RecordKind.LOOKUP_INTENT  # looked up once: an enum's members cost as much as a call
_LOOKUP_OUTCOME: Final = RecordKind.LOOKUP_OUTCOME
_PERSONAL_NUMBER: Final = re.compile(r"[0-9]{9}|[0-9]{12}")
"""What some authorities have for officers' codes; no record says one."""


def intent_draft(caller: Caller, command: LookupCommand, permit: Permit, road: str, now: datetime) -> Draft:
    """Return the record that must be durable before the national side is asked."""
    lookup_id = new_record_id()
    facts = _asking(caller, command)
    facts["legal_basis"] = permit.legal_basis
    facts["fields_asked"] = _asked_names(permit.fields)
    facts["national_request_id"] = national_request_id(lookup_id)
    facts["road"] = road
    if is_recordable_code(permit.officer_code):
        facts["upstream_officer_code"] = permit.officer_code  # to be compared with the national side's log
    return Draft(
        _LOOKUP_INTENT,
        now,
        facts,
        subject=_subject(command),
        searched_number=command.question.id_number.digits,
        claim=command.claim,
        record_id=lookup_id,
    )


def is_recordable_code(officer_code: str) -> bool:
    """Whether a record may say this upstream officer code: it is clean text and no personal number."""
    return is_clean(officer_code) and not _PERSONAL_NUMBER.fullmatch(officer_code)


def refusal_draft(caller: Caller, command: LookupCommand, code: ProblemCode, now: datetime) -> Draft:
    """Return the one record of a lookup that was not allowed: somebody tried to look this person up."""
    facts = _asking(caller, command) | {"problem_code": code.value}
    if command.fields is not None:
        facts["fields_asked"] = _asked_names(command.fields)
    return Draft(
        RecordKind.LOOKUP_REFUSED,
        now,
        facts,
        subject=_subject(command),
        searched_number=command.question.id_number.digits,
    )


def outcome_draft(
    lookup_id: UUID,
    outcome: Outcome,
    paper: PaperRuling,
    now: datetime,
    duration_seconds: float,
    *,
    journey: Journey,
    disclosed: tuple[str, ...] = (),
    differing: Collection[str] = (),
    notices: Collection[str] = (),
    faults: Collection[str] = (),
    problem: ProblemCode | None = None,
    claims_answered: int | None = None,
) -> Draft:
    """Return the record that must be durable before anything is shown."""
    facts: dict[str, Value] = {
        "lookup_id": str(lookup_id),
        "outcome": str(outcome),
        "fields_disclosed": _disclosed_names(disclosed),
        "fields_differing": _names(differing),
        "paper_may_ask": int(paper.may_ask),
        "paper_because": str(paper.because),
        "duration_ms": round(duration_seconds * 1000),
    }
    if notices:
        facts["notices"] = _names(notices)
    if faults:
        facts["data_faults"] = _names(faults)
    if claims_answered is not None:
        facts["claims_answered"] = claims_answered
    if problem is not None:
        facts["problem_code"] = problem.value
    _add_journey(facts, journey)
    return Draft(_LOOKUP_OUTCOME, now, facts)


def _add_journey(facts: dict[str, Value], journey: Journey) -> None:
    """Say over which road the question went, how often it was tried, and which roads did not carry it."""
    if journey.road is not None:
        facts["road"] = journey.road
    if journey.passed_over:
        facts["roads_passed_over"] = " ".join(journey.passed_over)
    if (journey.road is not None or journey.passed_over) and journey.tries != 1:
        facts["tries"] = journey.tries


def national_request_id(lookup_id: UUID) -> str:
    """Return the upstream request id (MaYeuCau) of a lookup: unique, 32 characters (R66)."""
    return lookup_id.hex


def _asking(caller: Caller, command: LookupCommand) -> dict[str, Value]:
    facts = caller.facts()
    facts["procedure_code"] = command.procedure_code
    facts["verification_method"] = str(command.verification_method)
    facts["reception_channel"] = str(command.reception_channel)
    if command.dossier_code is not None:
        facts["dossier_code"] = command.dossier_code
    if command.no_dossier_reason is not None:
        facts["no_dossier_reason"] = command.no_dossier_reason.value
    if command.card is not None:
        facts["entered_by"] = "card_qr" if command.is_card_proof else "card_qr_without_accents"
    if command.retry_of is not None:
        facts["retry_of"] = str(command.retry_of)
    if command.citizen_claims:
        facts["question_type"] = command.question_type.value
        facts["claims_asked"] = _names([claim.kind.value for claim in command.citizen_claims])
    elif command.asks_yes_no:
        facts["question_type"] = command.question_type.value
    return facts


def _subject(command: LookupCommand) -> bytes:
    question = command.question
    person = {
        "id_number": question.id_number.digits,
        "full_name": question.full_name.text,
        "birth_date": question.birth_date.iso,
    }
    if command.second_number is not None:
        person["old_id_number"] = command.second_number.digits
    if command.purpose is not None:
        person["purpose"] = command.purpose  # free text may name people, so it is sealed with them
    return orjson.dumps(person, option=orjson.OPT_SORT_KEYS)


@lru_cache(maxsize=256)  # as many as procedures have different fields
def _asked_names(fields: frozenset[Field]) -> str:
    return _names(fields)


@lru_cache(maxsize=1024)  # as many as there are ways to lack some of them
def _disclosed_names(names: tuple[str, ...]) -> str:
    return _names(names)


def _names(names: Collection[str]) -> str:
    return " ".join(sorted(names)) if names else ""
