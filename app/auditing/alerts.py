"""An auditor who keeps reading one officer is noticed: on record, in the log, and by the auditor's unit."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.accounts.authentication import Caller
from app.accounts.life_table import UNIT_NOTICE
from app.accounts.unit_notices import NoticeCode
from app.audit.changes import Change, ChangeLog
from app.audit.partitions import first_id
from app.audit.record import RecordKind
from app.audit.table import AUDIT_RECORD
from app.auditing.criteria import About, Search
from app.auditing.kinds import KINDS_ABOUT
from app.auditing.queries import says
from app.auditing.reader import AuditReader
from app.auditing.search_facts import CONTINUED
from app.clock import Clock, local_day
from app.logs import LogEvent, get_logger

_ID_SLACK: Final = timedelta(days=1)
_READS: Final = tuple(
    kind.value for kind in KINDS_ABOUT[About.AUDIT_READS] if kind is not RecordKind.AUDIT_ALERTED
)
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AlertRule:
    """So many searches by one officer within so many days, further pages not counted."""

    searches: int
    days: int


class ReadingAlert:
    """Notices who reads one officer too often; once in each stretch of days."""

    def __init__(self, reader: AuditReader, changes: ChangeLog, rule: AlertRule, clock: Clock) -> None:
        """Count with *reader*, tell through *changes*."""
        self._reader = reader
        self._changes = changes
        self._rule = rule
        self._clock = clock

    async def look(self, auditor: Caller, search: Search) -> None:
        """Raise an alert where this search, which is on record, was one too many; AuditUnavailableError."""
        if search.officer_id is None:
            return
        since = self._clock.now() - timedelta(days=self._rule.days)
        reads = await self._count(auditor, search.officer_id, since, _READS)
        if reads < self._rule.searches:
            return
        alerts = (RecordKind.AUDIT_ALERTED.value,)
        if not await self._count(auditor, search.officer_id, since, alerts):
            await self._raise_it(auditor, search.officer_id, reads, since)

    async def _count(self, auditor: Caller, officer_id: UUID, since: datetime, kinds: tuple[str, ...]) -> int:
        record = AUDIT_RECORD.c
        query = select(func.count()).where(
            record.officer_id == auditor.officer.officer_id,
            record.kind.in_(kinds),
            record.recorded_at > since,
            record.record_id >= first_id(since, -_ID_SLACK),
            says(AUDIT_RECORD.c.leaf, f'"searched_officer_id":"{officer_id}"'.encode()),
            ~says(AUDIT_RECORD.c.leaf, CONTINUED),
        )
        return int((await self._reader.scalars(query))[0])

    async def _raise_it(self, auditor: Caller, officer_id: UUID, reads: int, since: datetime) -> None:
        now = self._clock.now()
        notice = {
            "since": local_day(since).isoformat(),
            "searches": str(reads),
        }  # never whom: that may be one of its readers

        async def work(connection: AsyncConnection) -> Change[None]:
            await connection.execute(
                insert(UNIT_NOTICE).values(
                    notice_id=uuid7(),
                    unit_id=auditor.unit.unit_id,
                    officer_id=auditor.officer.officer_id,
                    code=NoticeCode.AUDITOR_READS_ONE_OFFICER.value,
                    facts=notice,
                    created_at=now,
                )
            )
            facts = auditor.facts() | {
                "searched_officer_id": str(officer_id),
                "search_results": reads,
                "alert_days": self._rule.days,
            }
            return Change(None, RecordKind.AUDIT_ALERTED, facts)

        await self._changes.make(work)
        _log.warning(LogEvent.AUDITOR_ALERTED, count=reads)
