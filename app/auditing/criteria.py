"""What an auditor searches for, and where a page of the answer ends."""

import base64
import json
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.audit.keyring import months_from
from app.audit.record import Outcome
from app.clock import VIETNAM
from app.errors import InvalidRequestError, ProblemCode

_TURN: Final = timedelta(hours=1)
_LETTER: Final = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỹ"  # Latin only: digits of other scripts could hide a number
_CASE_NUMBER: Final = re.compile(rf"(?=.*[0-9{_LETTER}])[0-9{_LETTER}/._ -]{{1,80}}")
LIKE_ID_NUMBER: Final = re.compile(
    r"(?<![0-9])(?:[0-9]{9}|[0-9]{12}|[0-9]{3}(?:[/._ -][0-9]{3}){2,3})(?![0-9])"
)
"""Nine or twelve digits, in one or as cards and people write them, in threes."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: the last record's time and id (keyset paging)."""

    recorded_at: datetime
    record_id: UUID

    def to_text(self) -> str:
        """Return the position as the opaque cursor clients hand back."""
        plain = json.dumps([self.recorded_at.isoformat(), str(self.record_id)])
        return base64.urlsafe_b64encode(plain.encode()).decode()

    @classmethod
    def from_text(cls, text: str) -> "Position":
        """Read a cursor; InvalidRequestError for anything else."""
        refusal = InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/cursor",))
        try:
            written_at, record_id = json.loads(base64.urlsafe_b64decode(text.encode()))
            recorded_at = datetime.fromisoformat(written_at)
            if recorded_at.tzinfo is None:
                raise refusal
            return cls(recorded_at.astimezone(UTC), UUID(record_id))
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            raise refusal from None


class About(StrEnum):
    """What is searched: looks at citizens, looks at the evidence, or changes of accounts and rights."""

    LOOKUPS = "lookups"
    AUDIT_READS = "audit_reads"
    ACCOUNT_CHANGES = "account_changes"


RUNNING: Final = "running"
"""What is asked for in place of an outcome where there is none yet."""


@dataclass(frozen=True, slots=True)
class Search:
    """What of a period is searched, from one day in Vietnam through another, newest first.

    Of the criteria each that is given narrows; without any the whole period is meant. `unit_ids` are a unit
    and all whose place it took. `dossier_code` also finds lookups that were linked to the dossier later.
    `outcome` is one of the desk's, `not_permitted` for what was refused, or RUNNING. `paper_may_ask` is what
    the lookup ruled; `paper_asked` is whether any record says that paper was asked for. What the hidden
    officers did never comes back: they are the auditor's own accounts. What came of a lookup at *as_of* or
    later counts as not there.
    """

    case_number: str
    number: str | None = field(repr=False)
    officer_id: UUID | None
    first_day: date
    last_day: date
    page_size: int
    after: Position | None = None
    unit_ids: frozenset[UUID] = frozenset()
    client_id: str | None = None
    dossier_code: str | None = None
    procedure_code: str | None = None
    outcome: str | None = None
    paper_asked: bool | None = None
    hidden_officer_id: UUID | None = None
    paper_may_ask: bool | None = None
    about: About = About.LOOKUPS
    further_hidden_ids: frozenset[UUID] = frozenset()
    as_of: datetime | None = None

    @property
    def hidden_ids(self) -> list[UUID]:
        """The accounts of the auditor, whose records never come back."""
        own = {self.hidden_officer_id} if self.hidden_officer_id is not None else set()
        return sorted(own | self.further_hidden_ids)

    @property
    def is_selective(self) -> bool:
        """Whether it names somebody or something that only few records are about."""
        return any((self.number, self.officer_id, self.dossier_code))

    @property
    def criteria(self) -> list[str]:
        """The names of what narrows it, the period aside, in the order that records write them."""
        given = {
            "citizen": self.number,
            "officer": self.officer_id,
            "unit": self.unit_ids,
            "client": self.client_id,
            "dossier": self.dossier_code,
            "procedure": self.procedure_code,
            "outcome": self.outcome,
        }
        paper = {"paper_may_ask": self.paper_may_ask, "paper_asked": self.paper_asked}
        return [name for name, value in given.items() if value] + [
            name for name, value in paper.items() if value is not None
        ]

    @property
    def starts_at(self) -> datetime:
        """The first instant searched."""
        return datetime.combine(self.first_day, time(), VIETNAM)

    @property
    def ends_at(self) -> datetime:
        """The first instant no longer searched."""
        return datetime.combine(self.last_day + timedelta(days=1), time(), VIETNAM)

    @property
    def months(self) -> list[str]:
        """The UTC months whose keys a record of the period may bear; one may be written as a month turns."""
        from_month, until = self.starts_at.astimezone(UTC), self.ends_at.astimezone(UTC) + _TURN
        count = (until.year - from_month.year) * 12 + until.month - from_month.month + 1
        return months_from(from_month.date(), count)


OUTCOMES: Final = frozenset({*(one.value for one in Outcome), RUNNING})


def parse_case_number(text: str) -> str:
    """Return the case number in NFC with single spaces; it stands in the record in clear.

    Raises InvalidRequestError(INVALID_VALUE), also for what could be a personal number: that has a field
    of its own, which the record seals.
    """
    case_number = " ".join(unicodedata.normalize("NFC", text).split())
    if not _CASE_NUMBER.fullmatch(case_number) or LIKE_ID_NUMBER.search(case_number):
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/case_number",))
    return case_number
