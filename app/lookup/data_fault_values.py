"""A report that a national record is wrong: what it says, and how far it has come."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.lookup.data_faults import FaultClass
from app.procedures.fields import Field


class FaultStatus(StrEnum):
    """How far a report has come; it never goes back."""

    NEW = "new"
    SENT = "sent"
    ANSWERED = "answered"
    CLOSED = "closed"


class FaultResult(StrEnum):
    """What the commune police answered."""

    CORRECTED = "corrected"
    NO_FAULT = "no_fault"
    CITIZEN_NEEDED = "citizen_needed"


_ORDER: Final = tuple(FaultStatus)


@dataclass(frozen=True, slots=True)
class FaultReport:
    """One report; the police find the person by the lookup's national request id, so none is named here."""

    fault_id: UUID
    lookup_id: UUID
    fault_class: FaultClass
    fields: tuple[Field, ...]
    officer_id: UUID
    unit_id: UUID
    status: FaultStatus
    result: FaultResult | None
    version: int
    filed_at: datetime
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None


def may_follow(present: FaultStatus, wanted: FaultStatus, result: FaultResult | None) -> bool:
    """Whether a report may go on to *wanted*: forward only, to be answered only once sent, by a result.

    Closing is always open: a report that was a mistake need not be sent.
    """
    if (wanted is FaultStatus.ANSWERED) is (result is None):
        return False
    if wanted is FaultStatus.ANSWERED and present is not FaultStatus.SENT:
        return False
    return _ORDER.index(present) < _ORDER.index(wanted)
