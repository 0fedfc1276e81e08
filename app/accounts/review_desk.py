"""Where the department opens reviews, and administrators answer for their officers."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.administration import Action
from app.accounts.administration_desk import Directory
from app.accounts.authentication import Caller
from app.accounts.exports import ExportedTable
from app.accounts.life_problems import life_problems
from app.accounts.officer_changes import find_account
from app.accounts.refusals import Refusals
from app.accounts.review import Answer, ReviewFault, ReviewRefusedError, ReviewRound
from app.accounts.review_list import (
    EVERYBODY,
    ReviewedAccount,
    ReviewFilter,
    place_of,
    review_table,
)
from app.accounts.review_store import (
    answer_for,
    find_open_round,
    find_round,
    list_rounds,
    open_round,
    reviewed_officers,
)
from app.accounts.units_in_reach import code_of, reachable_unit, reaches, units_below
from app.audit.changes import Change, ChangeLog, Event, Unchanged
from app.clock import Clock, local_day

CURRENT: Final = "current"


class ReviewDesk:
    """Opens and shows reviews, and takes answers."""

    def __init__(
        self,
        engine: AsyncEngine,
        directory: Directory,
        changes: ChangeLog,
        refusals: Refusals,
        clock: Clock,
        *,
        usual_days: int,
    ) -> None:
        """Judge by *directory*, change through *changes*; reviews are answered for *usual_days*."""
        self._engine = engine
        self._directory = directory
        self._changes = changes
        self._refusals = refusals
        self._clock = clock
        self._usual = timedelta(days=usual_days)

    async def open(self, caller: Caller, due_on: date | None) -> ReviewRound:
        """Ask every unit about each officer in use; ConflictError, InvalidRequestError."""
        today = local_day(self._clock.now())

        async def work(connection: AsyncConnection) -> Change[ReviewRound]:
            with life_problems():
                review, facts = await open_round(connection, today, due_on or today + self._usual)
            return Change(review, facts.kind, caller.facts() | facts.leaf())

        return await self._changes.make(work)

    async def rounds(self, before: UUID | None, most: int) -> list[ReviewRound]:
        """Return reviews, the latest first."""
        async with self._engine.connect() as connection:
            return await list_rounds(connection, before=before, most=most)

    async def show(
        self, caller: Caller, review: str, wanted: ReviewFilter = EVERYBODY
    ) -> tuple[ReviewRound, list[ReviewedAccount]]:
        """Return a review, `current` for the open one, and the accounts that are the caller's to answer for.

        An officer who moved meanwhile is shown to their present unit. Raises NotFoundError (REVIEW_UNKNOWN,
        UNIT_UNKNOWN) and NotAllowedError (on record) for units of others.
        """
        async with self._refusals(caller):
            below = self._below(caller, wanted.unit)
        async with self._engine.connect() as connection:
            with life_problems():
                found = await _named(connection, review)
            reviewed = await reviewed_officers(connection, found.round_id)
        officers = self._directory.accounts.current.officers
        accounts = [ReviewedAccount(one, officers.get(one.officer_id)) for one in reviewed]
        mine = [
            one
            for one in accounts
            if reaches(self._directory, caller, one.unit_id)
            and (below is None or one.unit_id in below)
            and wanted.passes(one)
        ]
        return found, sorted(mine, key=place_of)

    def table(self, review: ReviewRound, accounts: Sequence[ReviewedAccount]) -> ExportedTable:
        """Return the accounts of a review as a table to export."""
        officers = self._directory.accounts.current.officers
        return review_table(review, accounts, self._directory.units.current, officers)

    def unit_code(self, text: str | None) -> str | None:
        """Return the code of a unit that a condition names; NotFoundError(UNIT_UNKNOWN)."""
        return code_of(self._directory.units.current, text)

    async def answer(self, caller: Caller, review: str, officer_id: UUID, answer: Answer) -> None:
        """Take the caller's word on an officer; `remove` suspends at once.

        Raises NotFoundError, NotAllowedError (on record: also for oneself), ConflictError.
        """

        async def work(connection: AsyncConnection) -> Change[None] | Unchanged[None]:
            accounts = self._directory.accounts.current
            account = await find_account(connection, accounts, officer_id, is_held=True)
            self._directory.check(caller, account.officer, Action.ANSWER_REVIEW)
            with life_problems():
                found = await _named(connection, review)
                facts = await answer_for(
                    connection,
                    found.round_id,
                    officer_id,
                    answer,
                    caller.officer.officer_id,
                    self._clock.now(),
                )
            events = [Event(one.kind, caller.facts() | one.leaf()) for one in facts]
            return Change.of_events(None, events)

        async with self._refusals(caller, changed_officer_id=officer_id):
            await self._changes.make(work)

    def _below(self, caller: Caller, unit_name: str | None) -> frozenset[UUID] | None:
        if unit_name is None:
            return None
        unit = reachable_unit(self._directory, caller, unit_name)
        return frozenset(units_below(self._directory.units.current, unit.unit_id))


async def _named(connection: AsyncConnection, review: str) -> ReviewRound:
    """Return the review by its id, or the open one; ReviewRefusedError(ROUND_UNKNOWN)."""
    if review == CURRENT:
        found = await find_open_round(connection)
        if found is None:
            raise ReviewRefusedError(ReviewFault.ROUND_UNKNOWN)
        return found
    try:
        round_id = UUID(review)
    except ValueError:
        raise ReviewRefusedError(ReviewFault.ROUND_UNKNOWN) from None
    return await find_round(connection, round_id)
