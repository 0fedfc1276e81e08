"""What records say of citizens' requests: whom they are about only sealed."""

import json
from collections.abc import Sequence
from datetime import date

from app.accounts.authentication import Caller
from app.audit.record import Value
from app.auditing.subject_values import Means, SubjectRequest


def sealed_numbers(numbers: Sequence[str]) -> bytes:
    """Return what records seal of whom a request is about."""
    return json.dumps({"id_number": numbers[0], "other_numbers": list(numbers[1:])}).encode()


def registered_facts(caller: Caller, request: SubjectRequest) -> dict[str, Value]:
    """Return how a request was registered."""
    registered: dict[str, Value] = {
        "report_number": request.number,
        "requester": request.requester.value,
        "requested_numbers": request.number_count,
        "identity_check": request.identity_check.value,
        "identity_reference": request.identity_reference,
        "received_on": request.received_on.isoformat(),
        "answer_by": request.answer_by.isoformat(),
    }
    return caller.facts() | registered


def told_facts(caller: Caller, request: SubjectRequest, on: date, through: Means) -> dict[str, Value]:
    """Return what the citizen was told when, and how."""
    told: dict[str, Value] = {
        "report_number": request.number,
        "told_on": on.isoformat(),
        "told_through": through.value,
    }
    return caller.facts() | told
