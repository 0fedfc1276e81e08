"""Where the department opens reviews, and administrators answer for their officers."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.administration import Action
from app.accounts.administration_desk import Directory
from app.accounts.authentication import Caller
from app.accounts.life_problems import life_problems
from app.accounts.officer_changes import find_account
from app.accounts.refusals import Refusals
from app.accounts.review import Answer, ReviewFault, ReviewRefusedError, ReviewRound
from app.accounts.review_store import (
    ReviewedOfficer,
    answer_for,
    find_open_round,
    find_round,
    open_round,
    reviewed_officers,
)
from app.accounts.units_in_reach import reaches
from app.accounts.values import Officer
from app.audit.changes import Change, ChangeLog, Event, Unchanged
from app.clock import Clock, local_day

CURRENT: Final = "current"


@dataclass(frozen=True, slots=True)
class ReviewedAccount:
    """One account a review asks about, and whose it is as far as is known."""

    reviewed: ReviewedOfficer
    officer: Officer | None


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

    async def show(self, caller: Caller, review: str) -> tuple[ReviewRound, list[ReviewedAccount]]:
        """Return a review, `current` for the open one, and the accounts that are the caller's to answer for.

        An officer who moved meanwhile is shown to their present unit. Raises NotFoundError(REVIEW_UNKNOWN).
        """
        async with self._engine.connect() as connection:
            with life_problems():
                found = await _named(connection, review)
            reviewed = await reviewed_officers(connection, found.round_id)
        officers = self._directory.accounts.current.officers
        accounts = [ReviewedAccount(one, officers.get(one.officer_id)) for one in reviewed]
        mine = [
            one
            for one in accounts
            if reaches(self._directory, caller, one.officer.unit_id if one.officer else None)
        ]
        return found, sorted(mine, key=lambda one: one.reviewed.answer is not None)

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
