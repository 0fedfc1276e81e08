"""Carries lists of officers out: each as a whole or not at all, by one rule for all ways in."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.life_facts import ChangeFacts
from app.accounts.list_postings import ListDays, Move, PostingJudge
from app.accounts.postings import posting_change_facts, read_timelines, write_changes
from app.accounts.registering import NewOfficer, register_officers
from app.accounts.registration.form import WANTED, Column
from app.accounts.registration.planning import plan_list
from app.accounts.registration.positions import POSITIONS
from app.accounts.registration.values import Action, Plan, PlannedRow, Terms, list_rows
from app.accounts.registration_store import Ground, correct_officers, hold_registration, load_ground
from app.audit.changes import Change, Event, Unchanged, Work
from app.audit.record import Value
from app.clock import local_day
from app.errors import GatewayError, InvalidRequestError, ProblemCode
from app.sheets.reading import DEFAULT_LIMITS, read_sheets
from app.sheets.tables import Table, find_table
from app.sheets.values import Limits

T = TypeVar("T")
Progress = Callable[[int], None]
_BATCH: Final = 500
_OLDEST: Final = timedelta(days=366)
_LONGEST_DOCUMENT: Final = 100


class ListBusyError(GatewayError):
    """Other lists are being read or carried out; try again in a moment."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(ProblemCode.LIST_BUSY)


@dataclass(frozen=True, slots=True)
class Importer:
    """Who sends a list: the unit they may register for and below (None: all), and what records say of them.

    `person_code` is their own: nobody registers or changes an account of their own.
    """

    root_id: UUID | None = None
    person_code: str | None = None
    facts: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OfficerList:
    """A list as it was read, and what stands for rows that name no document or day of their own."""

    table: Table[Column] = field(repr=False)
    document_number: str = ""
    effective_on: date | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a list comes to, or came to."""

    plan: Plan
    table: Table[Column] = field(repr=False)


def read_list(
    content: bytes, name: str, sheet: str | None = None, limits: Limits = DEFAULT_LIMITS
) -> Table[Column]:
    """Return the list's table; blocks for seconds, and raises SheetError."""
    return find_table(read_sheets(content, name, limits), WANTED, sheet)


def check_terms(document_number: str, effective_on: date | None, today: date) -> None:
    """Raise InvalidRequestError for a document's number or a day that no row could bear either."""
    if len(document_number) > _LONGEST_DOCUMENT or not document_number.isprintable():
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/document_number",))
    if effective_on is not None and not today - _OLDEST <= effective_on <= today:
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/effective_on",))


async def twice(make: Callable[[Work[T]], Awaitable[T]], work: Work[T]) -> T:
    """Do the work; where somebody registered the same person meanwhile, plan once more and name the row."""
    try:
        return await make(work)
    except IntegrityError:
        pass  # what it collided with is committed: the second plan sees it
    try:
        return await make(work)
    except IntegrityError:
        raise ListBusyError from None


def checking(
    asked: OfficerList, importer: Importer, today: date
) -> Callable[[AsyncConnection], Awaitable[Report]]:
    """Return the work of a dry run."""

    async def work(connection: AsyncConnection) -> Report:
        plan, _ = await _plan(connection, asked, importer, today)
        return Report(plan, asked.table)

    return work


def applying(
    asked: OfficerList, importer: Importer, now: datetime, progress: Progress = lambda _: None
) -> Work[Report]:
    """Return the work that carries a list out in one transaction, one or more records per row changed."""

    async def work(connection: AsyncConnection) -> Change[Report] | Unchanged[Report]:
        logins = (row.text(Column.LOGIN_NAME).lower() for row in list_rows(asked.table))
        # From here on the tree stays as it is: what is planned is what is carried out.
        if not await hold_registration(connection, logins):
            raise ListBusyError
        plan, moves = await _plan(connection, asked, importer, local_day(now))
        report = Report(plan, asked.table)
        if not plan.may_be_applied or plan.changes_nothing:
            return Unchanged(report)
        facts = await _carry_out(connection, plan, moves, asked, now, progress)
        events = [Event(one.kind, {**importer.facts, **one.leaf()}) for one in facts]
        return Change.of_events(report, events)

    return work


async def _plan(
    connection: AsyncConnection, asked: OfficerList, importer: Importer, today: date
) -> tuple[Plan, Mapping[UUID, Move]]:
    ground = await load_ground(connection, today, importer.root_id)
    plan = await asyncio.to_thread(_plan_on, ground, asked, importer, today)
    leaving = [row.officer_id for row in plan.rows if row.action is Action.TRANSFER and row.officer_id]
    timelines = await read_timelines(connection, leaving)
    judge = PostingJudge(timelines, ground.units, ListDays(asked.effective_on, today))
    return Plan(tuple(map(judge.judge, plan.rows))), judge.moves


def _plan_on(ground: Ground, asked: OfficerList, importer: Importer, today: date) -> Plan:
    terms = Terms(ground.scope, today, asked.document_number, importer.person_code)
    return plan_list(list_rows(asked.table), ground.officers, ground.units, terms)


async def _carry_out(
    connection: AsyncConnection,
    plan: Plan,
    moves: Mapping[UUID, Move],
    asked: OfficerList,
    now: datetime,
    progress: Progress,
) -> list[ChangeFacts]:
    days, facts = ListDays(asked.effective_on, local_day(now)), list[ChangeFacts]()
    changing = [row for row in plan.rows if row.action in {Action.ADD, Action.UPDATE, Action.TRANSFER}]
    for start in range(0, len(changing), _BATCH):
        rows = changing[start : start + _BATCH]
        added = [(_new(row), days.notice(row)) for row in rows if row.action is Action.ADD]
        if added:
            facts += await register_officers(connection, added, now)
        facts += await correct_officers(connection, [row for row in rows if row.officer_id], now)
        facts += await _move(connection, rows, moves)
        progress(len(rows))
    return facts


async def _move(
    connection: AsyncConnection, rows: Iterable[PlannedRow], moves: Mapping[UUID, Move]
) -> list[ChangeFacts]:
    ids = [row.officer_id for row in rows if row.officer_id is not None]
    moved = {officer_id: moves[officer_id] for officer_id in ids if officer_id in moves}
    await write_changes(connection, {officer_id: move.change for officer_id, move in moved.items()})
    return [
        posting_change_facts(officer_id, move.postings, move.change, move.notice)
        for officer_id, move in moved.items()
    ]


def _new(row: PlannedRow) -> NewOfficer:
    wish = row.wish
    if wish is None:
        raise ValueError("a row that adds somebody says whom")
    return NewOfficer(
        wish.login_name,
        wish.full_name,
        wish.role,
        wish.unit_id,
        POSITIONS[wish.role],
        wish.upstream_officer_code,
        wish.person_code,
    )
