"""A citizen's request to know who looked them up, from the day it came to the answer (R87, R88)."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from app.audit.record import RecordKind

LONGEST_REFERENCE: Final = 80


class Requester(StrEnum):
    """Who asks: the citizen, or somebody who acts for them."""

    CITIZEN = "citizen"
    REPRESENTATIVE = "representative"


class IdentityCheck(StrEnum):
    """How it was made sure that they are who they say; documents themselves are never kept (R90)."""

    CARD = "card"
    CHIP_READER = "chip_reader"
    VNEID = "vneid"
    AUTHORISATION = "authorisation"
    """A representative's: their own card, and the paper that says they may act for the citizen."""


class Means(StrEnum):
    """How the citizen was told something, or given the report."""

    IN_PERSON = "in_person"
    POST = "post"
    ELECTRONIC = "electronic"


class Result(StrEnum):
    """How a request ended."""

    HANDED_OVER = "handed_over"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Due(StrEnum):
    """What a request still waits for."""

    ACKNOWLEDGEMENT = "acknowledgement"
    ANSWER = "answer"


class RequestState(StrEnum):
    """Which requests a list shows."""

    OPEN = "open"
    OVERDUE = "overdue"
    ENDED = "ended"
    ALL = "all"


OfficerPolicy = Literal["hidden", "name"]
AuditPolicy = Literal["day", "case"]


@dataclass(frozen=True, slots=True)
class SubjectRules:
    """What the department settles: deadlines, who makes reports, what they say.

    Which limit of R88 fits which right was only partly seen, so both are settings.
    """

    answer_working_days: int = 2
    report_days: int = 10
    extension_days: int = 15
    most_numbers: int = 3
    per_officer_per_day: int = 20
    needs_second_person: bool = True
    officers: OfficerPolicy = "hidden"
    audits: AuditPolicy = "day"


@dataclass(frozen=True, slots=True)
class SubjectRequest:
    """A request as it is kept: nothing in it says whom it is about.

    `report_id` is also the id of its record, in which the numbers are sealed.
    """

    report_id: UUID
    year: int
    serial: int
    requester: Requester
    identity_check: IdentityCheck
    identity_reference: str
    number_count: int
    received_on: date
    registered_at: datetime
    registered_by: UUID
    acknowledge_by: date
    answer_by: date
    acknowledged_on: date | None = None
    acknowledged_through: Means | None = None
    extended_days: int | None = None
    extended_because: str | None = None
    extension_told_on: date | None = None
    made_at: datetime | None = None
    made_by: UUID | None = None
    made_count: int = 0
    look_count: int | None = None
    ended_on: date | None = None
    ended_through: Means | None = None
    result: Result | None = None
    ended_because: str | None = None

    @property
    def number(self) -> str:
        """Its number in the department's book, such as `2026-00012`."""
        return f"{self.year}-{self.serial:05d}"

    @property
    def due(self) -> tuple[Due, date] | None:
        """What is due next, and the last day for it; None once the request has ended."""
        if self.ended_on is not None:
            return None
        if self.acknowledged_on is None and self.acknowledge_by <= self.answer_by:
            return Due.ACKNOWLEDGEMENT, self.acknowledge_by
        return Due.ANSWER, self.answer_by

    def is_overdue(self, today: date) -> bool:
        """Whether what is due next should have been done before *today*."""
        return self.due is not None and self.due[1] < today


@dataclass(frozen=True, slots=True)
class SubjectCounts:
    """How requests stand: what monitoring is told."""

    open: int
    overdue: int
    registered_today: int


AUDIT_LOOKS: Final = (
    RecordKind.AUDIT_SEARCHED.value,
    RecordKind.AUDIT_UNMASKED.value,
    RecordKind.AUDIT_SEARCH_EXPORTED.value,
    RecordKind.SUBJECT_REPORT_MADE.value,
)
"""Kinds of record by which auditing looked somebody up, where they name them: by sealed number or lookup."""
