"""What a unit holds, officers' postings and grants of procedures, and how it passes to another unit."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from app.accounts.posting_plan import Document, Notice
from app.accounts.postings import move_unit_officers
from app.accounts.table import OFFICER_POSTING
from app.audit.changes import Event
from app.audit.record import RecordKind, Value
from app.procedures.table import PERMISSION_GRANT
from app.units.changing import Held
from app.units.values import Decision

Period = tuple[date, date | None]
_CODES_PER_RECORD: Final = 500  # a record has 32 KiB


class PostingsAndGrants:
    """The keeper of both: what held before the day stays as it was, what follows is rows of its own."""

    def __init__(self, today: date) -> None:
        """Tell by *today* what has begun from what is planned."""
        self._today = today

    async def move(self, connection: AsyncConnection, former: UUID, successor: UUID, by: Decision) -> Held:
        """Let all that *former* has from the day on be *successor*'s; return what that was."""
        document = Document(by.document) if by.document is not None else None
        moved = await move_unit_officers(
            connection, {former: successor}, Notice(by.on, self._today, document)
        )
        since = max(by.on, self._today)  # of days that are past stands what was allowed on them
        grants = await _take(connection, former, since, by.document)
        held = await _rows(connection, PERMISSION_GRANT, successor, since)
        for grant in grants:
            same = [one for one in held if one["procedure_code"] == grant["procedure_code"]]
            periods = [(one["valid_from"], one["valid_to"]) for one in same]
            for start, end in uncovered((grant["valid_from"], grant["valid_to"]), periods):
                gap = grant | {"unit_id": successor, "valid_from": start, "valid_to": end}
                gap |= {"deciding_document": by.document}
                await connection.execute(insert(PERMISSION_GRANT).values(gap))
        events = [Event(facts.kind, facts.leaf()) for facts in moved]
        events += _moved(grants, former, successor, Decision(since, by.document))
        return Held(len(moved), len(grants), tuple(events))

    async def officers(self, connection: AsyncConnection, unit_id: UUID, since: date) -> int:
        """Return how many officers are posted to the unit on that day or later."""
        count = select(func.count(OFFICER_POSTING.c.officer_id.distinct()))
        result = await connection.execute(count.where(_from(OFFICER_POSTING, unit_id, since)))
        return int(result.scalar_one())

    async def end_grants(self, connection: AsyncConnection, unit_id: UUID, by: Decision) -> int:
        """End all grants of the unit with that day; return how many there were."""
        return len(await _take(connection, unit_id, max(by.on, self._today), by.document))


def uncovered(wanted: Period, held: Iterable[Period]) -> Iterator[Period]:
    """Yield the parts of *wanted* that no period of *held* covers, in their order; None is for ever."""
    start, end = wanted
    for held_from, held_to in sorted(held, key=lambda period: period[0]):
        if held_to is not None and held_to <= start:
            continue
        if end is not None and held_from >= end:
            break
        if held_from > start:
            yield start, held_from
        if held_to is None:
            return
        start = held_to
    if end is None or start < end:
        yield start, end


async def _take(
    connection: AsyncConnection, unit_id: UUID, day: date, document: str | None
) -> list[dict[str, Any]]:
    """End the unit's grants with *day* and return what they would have said from then on."""
    grant = PERMISSION_GRANT.c
    rows = await _rows(connection, PERMISSION_GRANT, unit_id, day)
    # Rows that had not begun by then say nothing of the days before.
    await connection.execute(
        delete(PERMISSION_GRANT).where(grant.unit_id == unit_id, grant.valid_from >= day)
    )
    ended = update(PERMISSION_GRANT).where(_from(PERMISSION_GRANT, unit_id, day))
    await connection.execute(ended.values(valid_to=day, ending_document=document))
    return [row | {"valid_from": max(row["valid_from"], day)} for row in rows]


def _moved(grants: Sequence[dict[str, Any]], former: UUID, successor: UUID, by: Decision) -> Iterator[Event]:
    """Yield the records of grants that pass to a successor, some hundred codes in each."""
    codes = sorted({grant["procedure_code"] for grant in grants})
    for start in range(0, len(codes), _CODES_PER_RECORD):
        facts: dict[str, Value] = {
            "changed_unit_id": str(successor),
            "before": str(former),
            "after": " ".join(codes[start : start + _CODES_PER_RECORD]),
            "effective_on": by.on.isoformat(),
        }
        if by.document is not None:
            facts["document_number"] = by.document
        yield Event(RecordKind.GRANT_MOVED, facts)


async def _rows(
    connection: AsyncConnection, table: Table, unit_id: UUID, day: date
) -> Sequence[dict[str, Any]]:
    result = await connection.execute(select(table).where(_from(table, unit_id, day)))
    return [dict(row) for row in result.mappings()]


def _from(table: Table, unit_id: UUID, day: date) -> ColumnElement[bool]:
    """Match the unit's rows that hold on *day* or later."""
    return and_(table.c.unit_id == unit_id, or_(table.c.valid_to.is_(None), table.c.valid_to > day))
