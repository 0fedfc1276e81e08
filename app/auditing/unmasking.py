"""Who sees whose person: one auditor asks for one lookup, another one decides, the first one reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from app.accounts.values import Officer
from app.audit.record import RecordKind, Value
from app.clock import rfc3339
from app.errors import ProblemCode

LASTS: Final = timedelta(hours=24)
STEPS: Final = (RecordKind.AUDIT_UNMASK_ASKED, RecordKind.AUDIT_UNMASK_DECIDED, RecordKind.AUDIT_UNMASKED)


class UnmaskingState(StrEnum):
    """What became of a request; one that expired stays open, and nobody can decide it any more."""

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """How often, and for how long after its approval, a person may be read."""

    readings: int
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class Unmasking:
    """One request; `looked_up_by` is the officer of the lookup, who has no say in it."""

    unmasking_id: UUID
    lookup_id: UUID
    looked_up_by: UUID | None
    case_number: str
    reason: str = field(repr=False)
    requested_by: UUID
    requested_at: datetime
    expires_at: datetime
    state: UnmaskingState = UnmaskingState.OPEN
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    readable_until: datetime | None = None
    readings_left: int = 0

    @classmethod
    def new(
        cls, lookup_id: UUID, looked_up_by: UUID | None, why: tuple[str, str], auditor: UUID, now: datetime
    ) -> "Unmasking":
        """Return a request made now; *why* is the case number and the reason."""
        return cls(uuid7(), lookup_id, looked_up_by, *why, auditor, now, now + LASTS)

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be decided."""
        return self.state is UnmaskingState.OPEN and now < self.expires_at

    def is_readable(self, now: datetime) -> bool:
        """Whether who asked may read the person now."""
        return self.readable_until is not None and now < self.readable_until and self.readings_left > 0

    def facts(self) -> dict[str, Value]:
        """Return what records say of it."""
        # By the officer's id the searches of whoever made the lookup leave these records out.
        by = {"looked_up_by": str(self.looked_up_by)} if self.looked_up_by is not None else {}
        return {
            "unmasking_id": str(self.unmasking_id),
            "lookup_id": str(self.lookup_id),
            "case_number": self.case_number,
            "reason": self.reason,
            "requested_by": str(self.requested_by),
            "expires_at": rfc3339(self.expires_at),
            **by,
        }

    def readings_on_record(self, records: Sequence[Mapping[str, Value]], now: datetime) -> int:
        """Return how often the log lets who asked read this lookup; *records* are of this id, oldest first.

        What the table says of lookup, auditors, time and readings opens nobody unless both auditors' records
        say the same.
        """
        wanted = {"lookup_id": str(self.lookup_id), "requested_by": str(self.requested_by)}
        alike = [one for one in records if wanted.items() <= one.items()]
        asked, decided, read = ([one for one in alike if one.get("kind") == kind.value] for kind in STEPS)
        if not decided or wanted["requested_by"] not in [one.get("officer_id") for one in asked]:
            return 0
        last = decided[-1]
        is_approved = last.get("unmasking_decision") == UnmaskingState.APPROVED.value
        is_in_time = rfc3339(now) < str(last.get("expires_at", ""))
        if not is_approved or not is_in_time or last.get("officer_id") == wanted["requested_by"]:
            return 0
        return int(last.get("readings_left", 0)) - len(read)


def decision_refusal(
    decider: Officer, unmasking: Unmasking, officers: Mapping[UUID, Officer]
) -> ProblemCode | None:
    """Return why *decider* may not decide it, or None: never who asked, nor who made the lookup."""
    if is_account_of(decider, unmasking.requested_by, officers):
        return ProblemCode.SECOND_PERSON_NEEDED
    if is_account_of(decider, unmasking.looked_up_by, officers):
        return ProblemCode.OWN_RECORDS
    return None


def is_account_of(person: Officer, officer_id: UUID | None, officers: Mapping[UUID, Officer]) -> bool:
    """Whether an account is this person's, this one or another one."""
    other = officers.get(officer_id) if officer_id is not None else None
    return person.officer_id == officer_id or (other is not None and person.is_same_person(other))
