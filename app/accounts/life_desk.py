"""Where administrators post officers by written notices, let them leave, and date their accounts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.administration import Action
from app.accounts.administration_desk import AdministrationDesk, Directory
from app.accounts.authentication import Caller
from app.accounts.leaving import let_leave
from app.accounts.life_facts import ChangeFacts
from app.accounts.life_problems import life_problems
from app.accounts.life_schemas import PostingMove
from app.accounts.officer_changes import Account
from app.accounts.posting_plan import Document, Notice, Posting
from app.accounts.postings import appoint_officer, hold_postings, second_officer, transfer_officer
from app.accounts.standing import set_term
from app.accounts.units_in_reach import reachable_unit
from app.audit.record import RecordKind, Value
from app.clock import Clock, local_day
from app.errors import InvalidRequestError, ProblemCode

Write = Callable[[AsyncConnection], Awaitable[ChangeFacts]]


@dataclass(frozen=True, slots=True)
class Move:
    """What a written notice orders about an officer."""

    kind: PostingMove
    unit: str
    on: date
    until: date | None
    document: Document

    def __post_init__(self) -> None:
        """Raise InvalidRequestError: a secondment names its end, a transfer has none."""
        needs_end = self.kind is PostingMove.SECONDMENT
        has_end = self.until is not None
        if self.kind is not PostingMove.APPOINTMENT and needs_end is not has_end:
            raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/until",))


class LifeDesk:
    """Changes postings and terms, each change under the version it was decided on."""

    def __init__(
        self, engine: AsyncEngine, directory: Directory, accounts: AdministrationDesk, clock: Clock
    ) -> None:
        """Judge and record as *accounts* does."""
        self._engine = engine
        self._directory = directory
        self._accounts = accounts
        self._clock = clock

    async def postings(self, caller: Caller, officer_id: UUID) -> tuple[tuple[Posting, ...], int]:
        """Return an officer's postings and the account's version; raises as `AdministrationDesk.view`."""
        version = (await self._accounts.view(caller, officer_id)).account.version
        async with self._engine.begin() as connection:
            with life_problems():
                return await hold_postings(connection, officer_id), version

    async def post(self, caller: Caller, officer_id: UUID, version: int, move: Move) -> int:
        """Post the officer as the notice says and return the next version.

        The unit must be in the caller's reach as much as the officer. Raises as `AdministrationDesk.change`
        does, NotFoundError(UNIT_UNKNOWN), and what `life_problems` says of postings.
        """

        async def write(connection: AsyncConnection) -> ChangeFacts:
            unit_id = reachable_unit(self._directory, caller, move.unit).unit_id
            notice = self._notice(move.on, move.document)
            if move.kind is PostingMove.TRANSFER:
                return await transfer_officer(connection, officer_id, unit_id, notice)
            if move.kind is PostingMove.SECONDMENT and move.until is not None:
                return await second_officer(connection, officer_id, unit_id, notice, move.until)
            return await appoint_officer(connection, officer_id, unit_id, notice, move.until)

        return await self._change(caller, officer_id, version, write, RecordKind.OFFICER_POSTED)

    async def leave(self, caller: Caller, officer_id: UUID, version: int, on: date, letter: Document) -> int:
        """End postings and access on the day, at once where it has come, and return the next version."""

        async def write(connection: AsyncConnection) -> ChangeFacts:
            return await let_leave(connection, officer_id, self._notice(on, letter), self._clock.now())

        return await self._change(caller, officer_id, version, write, RecordKind.OFFICER_LEFT)

    async def set_term(
        self,
        caller: Caller,
        officer_id: UUID,
        version: int,
        term: tuple[date | None, date | None],
        letter: Document,
    ) -> int:
        """Date the account's use, first day and first day after it, and return the next version."""

        async def write(connection: AsyncConnection) -> ChangeFacts:
            today = local_day(self._clock.now())
            return await set_term(connection, officer_id, *term, self._notice(today, letter))

        return await self._change(caller, officer_id, version, write, RecordKind.OFFICER_TERM_SET)

    async def _change(
        self, caller: Caller, officer_id: UUID, version: int, write: Write, kind: RecordKind
    ) -> int:
        async def work(connection: AsyncConnection, _: Account) -> dict[str, Value]:
            return (await write(connection)).leaf()

        return await self._accounts.change(caller, officer_id, version, Action.POST, work, kind=kind)

    def _notice(self, on: date, document: Document) -> Notice:
        return Notice(on, local_day(self._clock.now()), document)
