"""The book of citizens' requests, and what the catalogue said of procedures on past days."""

from collections.abc import Collection
from dataclasses import fields
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, insert, or_, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.auditing.subject_table import SUBJECT_REQUEST
from app.auditing.subject_values import (
    IdentityCheck,
    Means,
    Requester,
    RequestState,
    Result,
    SubjectCounts,
    SubjectRequest,
)
from app.procedures.table import PROCEDURE_VERSION

_BOOK_LOCK: Final = text("select pg_advisory_xact_lock(hashtext('dancu subject requests'))")
_ENUMS: Final[dict[str, Any]] = {
    "requester": Requester,
    "identity_check": IdentityCheck,
    "acknowledged_through": Means,
    "ended_through": Means,
    "result": Result,
}
_NAMES: Final = tuple(field.name for field in fields(SubjectRequest))
_BOOK: Final = SUBJECT_REQUEST.c

Place = tuple[date, UUID]
"""Where a page of the list ends: the last day for the answer, and which request."""


async def open_book(connection: AsyncConnection, year: int) -> int:
    """Return the next serial number of *year*; nobody else writes into the book until this one is done."""
    await connection.execute(_BOOK_LOCK)
    highest = select(func.coalesce(func.max(_BOOK.serial), 0)).where(_BOOK.year == year)
    return int(await connection.scalar(highest) or 0) + 1


async def registered_since(connection: AsyncConnection, officer_id: UUID, since: datetime) -> int:
    """Return how many requests the officer has registered since then."""
    query = select(func.count()).where(_BOOK.registered_by == officer_id, _BOOK.registered_at >= since)
    return int(await connection.scalar(query) or 0)


async def add_request(connection: AsyncConnection, request: SubjectRequest) -> None:
    """Write a new request into the book."""
    await connection.execute(insert(SUBJECT_REQUEST).values({n: getattr(request, n) for n in _NAMES}))


async def find_request(
    connection: AsyncConnection, year: int, serial: int, *, is_held: bool = False
) -> SubjectRequest | None:
    """Return the request of this number; with *is_held* nobody else changes it before this one is done."""
    query = select(SUBJECT_REQUEST).where(_BOOK.year == year, _BOOK.serial == serial)
    row = (await connection.execute(query.with_for_update() if is_held else query)).one_or_none()
    return _read(row) if row is not None else None


async def change_request(connection: AsyncConnection, report_id: UUID, **values: object) -> SubjectRequest:
    """Note a step, and return what the book says then."""
    statement = update(SUBJECT_REQUEST).where(_BOOK.report_id == report_id).values(**values)
    return _read((await connection.execute(statement.returning(SUBJECT_REQUEST))).one())


async def list_requests(
    connection: AsyncConnection, state: RequestState, today: date, *, after: Place | None, most: int
) -> list[SubjectRequest]:
    """Return at most *most* requests in *state*, those first whose answer is due first."""
    query = select(SUBJECT_REQUEST).where(_in_state(state, today))
    if after is not None:
        query = query.where(tuple_(_BOOK.answer_by, _BOOK.report_id) > after)
    query = query.order_by(_BOOK.answer_by, _BOOK.report_id).limit(most)
    return [_read(row) for row in await connection.execute(query)]


async def count_requests(connection: AsyncConnection, today: date, since: datetime) -> SubjectCounts:
    """Return how many requests are open, overdue, and registered since then."""
    counted = (
        func.count().filter(_in_state(RequestState.OPEN, today)),
        func.count().filter(_in_state(RequestState.OVERDUE, today)),
        func.count().filter(_BOOK.registered_at >= since),
    )
    row = (await connection.execute(select(*counted).select_from(SUBJECT_REQUEST))).one()
    return SubjectCounts(*row)


async def procedure_names(
    connection: AsyncConnection, codes: Collection[str]
) -> dict[str, list[tuple[date, date | None, str]]]:
    """Return what the catalogue called each procedure, from which day and until before which."""
    said = PROCEDURE_VERSION.c
    query = (
        select(said.procedure_code, said.holds_from, said.holds_to, said.name)
        .where(said.procedure_code.in_(codes))
        .order_by(said.procedure_code, said.holds_from)
    )
    names = dict[str, list[tuple[date, date | None, str]]]()
    for code, holds_from, holds_to, name in await connection.execute(query):
        names.setdefault(code, []).append((holds_from, holds_to, name))
    return names


def _in_state(state: RequestState, today: date) -> ColumnElement[bool]:
    is_open = _BOOK.ended_on.is_(None)
    match state:
        case RequestState.OPEN:
            return is_open
        case RequestState.OVERDUE:
            unanswered = and_(_BOOK.acknowledged_on.is_(None), _BOOK.acknowledge_by < today)
            return and_(is_open, or_(unanswered, _BOOK.answer_by < today))
        case RequestState.ENDED:
            return ~is_open
        case RequestState.ALL:
            return _BOOK.serial > 0


def _read(row: Row[Any]) -> SubjectRequest:
    values: dict[str, Any] = {name: getattr(row, name) for name in _NAMES}
    return SubjectRequest(
        **{
            name: _ENUMS[name](value) if name in _ENUMS and value is not None else value
            for name, value in values.items()
        }
    )
