"""Whether a search goes on with one that was begun: a cursor alone does not say so, anybody can write one."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.audit.partitions import first_id
from app.audit.record import RecordKind
from app.audit.table import AUDIT_RECORD
from app.auditing.criteria import Search
from app.auditing.queries import says
from app.auditing.reader import AuditReader
from app.auditing.search_facts import CONTINUED, SEARCHED, searched_facts

_READ_WITHIN: Final = timedelta(hours=1)
_ID_SLACK: Final = timedelta(days=1)


async def is_continued(reader: AuditReader, officer_id: UUID, search: Search, now: datetime) -> bool:
    """Return whether this auditor began the same search within the hour; AuditUnavailableError.

    What does not go on with anything counts as a search of its own, whatever cursor it bears: else whoever
    writes their own cursors would read one officer without an alert.
    """
    if search.after is None:
        return False
    record, since = AUDIT_RECORD.c, now - _READ_WITHIN
    begun = await reader.records(
        record.officer_id == officer_id,
        record.kind == RecordKind.AUDIT_SEARCHED.value,
        record.recorded_at > since,
        record.record_id >= first_id(since, -_ID_SLACK),
        ~says(record.leaf, CONTINUED),
    )
    wanted = searched_facts(search)
    return any(
        {name: value for name, value in one.facts.items() if name in SEARCHED} == wanted
        and (one.person or {}).get("id_number") == search.number
        for one in begun
    )
