"""How often one auditor may do something: counted from the log's own records, which no restart resets."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from app.audit.partitions import first_id
from app.audit.record import RecordKind
from app.audit.table import AUDIT_RECORD
from app.auditing.reader import AuditReader
from app.clock import Clock
from app.errors import ProblemCode, TooManyError

_ID_SLACK: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Quota:
    """So many records of a kind within any stretch of time."""

    kind: RecordKind
    most: int
    within: timedelta


class QuotaKeeper:
    """Holds one auditor to a quota: looked at before the work, and once more when its record is durable.

    Without the second look many requests at once would all pass the first.
    """

    def __init__(self, reader: AuditReader, quota: Quota, clock: Clock) -> None:
        """Count with *reader*."""
        self._reader = reader
        self._quota = quota
        self._clock = clock

    async def check(self, officer_id: UUID) -> None:
        """Raise TooManyError(AUDIT_QUOTA_REACHED) where one more would be too many."""
        await self._check(officer_id, self._quota.most - 1)

    async def confirm(self, officer_id: UUID) -> None:
        """Raise it where there are too many already, the one just recorded included."""
        await self._check(officer_id, self._quota.most)

    async def _check(self, officer_id: UUID, fitting: int) -> None:
        """Raise where there are more than *fitting*; the quota opens when the oldest of the most is over."""
        quota, record, now = self._quota, AUDIT_RECORD.c, self._clock.now()
        since = now - quota.within
        query = (
            select(record.recorded_at)
            .where(
                record.officer_id == officer_id,
                record.kind == quota.kind.value,
                record.recorded_at > since,
                record.record_id >= first_id(since, -_ID_SLACK),
            )
            .order_by(record.recorded_at.desc(), record.record_id.desc())
            .limit(fitting + 1)
        )
        times = await self._reader.scalars(query)
        if len(times) > fitting:
            opens_at = times[min(quota.most, len(times)) - 1] + quota.within
            seconds = max(1, math.ceil((opens_at - now).total_seconds()))
            raise TooManyError(ProblemCode.AUDIT_QUOTA_REACHED, retry_after_seconds=seconds)
