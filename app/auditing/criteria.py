"""What an auditor searches for, and where a page of the answer ends."""

import base64
import binascii
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from app.audit.keyring import months_from
from app.clock import VIETNAM
from app.errors import InvalidRequestError, ProblemCode

_TURN: Final = timedelta(hours=1)


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
        try:
            recorded_at, record_id = json.loads(base64.urlsafe_b64decode(text.encode()))
            position = cls(datetime.fromisoformat(recorded_at), UUID(record_id))
        except (ValueError, TypeError, AttributeError, binascii.Error):
            raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/cursor",)) from None
        if position.recorded_at.tzinfo is None:
            raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/cursor",))
        return position


@dataclass(frozen=True, slots=True)
class Search:
    """By citizen, by officer, or both, from one day in Vietnam through another, newest first."""

    case_number: str
    number: str | None = field(repr=False)
    officer_id: UUID | None
    first_day: date
    last_day: date
    page_size: int
    after: Position | None = None

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
