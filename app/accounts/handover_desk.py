"""Where administrators issue activation codes for a unit: slips drawn once, a record, a receipt."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.activation import Batch, HandoverRefusedError, IssuedCodes, issue_codes, note_receipt
from app.accounts.activation import HandoverFault as Fault
from app.accounts.administration import Action
from app.accounts.administration_desk import Directory
from app.accounts.authentication import Caller
from app.accounts.exports import Export, ExportedTable, ExportLog, ListName
from app.accounts.handover_list import handover_table
from app.accounts.handover_papers import Heading, record_of, slips_of
from app.accounts.handover_store import (
    HandoverFilter,
    HandoverView,
    ListedHandover,
    SlipHolder,
    find_handover,
    list_handovers,
    named_officers,
    not_activated,
)
from app.accounts.life_problems import life_problems
from app.accounts.life_schemas import MOST_SLIPS
from app.accounts.posting_plan import Document
from app.accounts.refusals import Refusals
from app.accounts.units_in_reach import reachable_unit, reaches, units_below
from app.accounts.values import Role
from app.audit.changes import Change, ChangeLog, Event
from app.clock import Clock, local_day
from app.errors import ConflictError, NotAllowedError, ProblemCode
from app.papers.press import PaperPress
from app.units.store import UnitRegister
from app.units.values import Unit


@dataclass(frozen=True, slots=True)
class HandoverRules:
    """How long a code works, and the page on which it is typed."""

    code_lasts: timedelta
    activation_address: str


@dataclass(frozen=True, slots=True)
class Slips:
    """A handover's slips as PDF: the only time its codes are seen."""

    batch_id: UUID
    pdf: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Issued:
    codes: IssuedCodes = field(repr=False)
    batch: Batch
    unit_name: str
    holders: tuple[SlipHolder, ...]


class HandoverDesk:
    """Issues codes to officers of one unit, and draws their papers beside the event loop."""

    def __init__(
        self,
        engine: AsyncEngine,
        directory: Directory,
        changes: ChangeLog,
        refusals: Refusals,
        press: PaperPress,
        rules: HandoverRules,
        exports: ExportLog,
        clock: Clock,
    ) -> None:
        """Judge by *directory*, change through *changes*, draw on *press*."""
        self._exports = exports
        self._engine = engine
        self._directory = directory
        self._changes = changes
        self._refusals = refusals
        self._press = press
        self._rules = rules
        self._clock = clock

    async def issue(
        self, caller: Caller, unit_name: str, officer_ids: Sequence[UUID] | None, letter: Document | None
    ) -> Slips:
        """Issue a code to each named officer of the unit, or to all who are not activated yet.

        Codes they had no longer work. Raises NotFoundError, NotAllowedError (on record), ConflictError and
        PapersBusyError; no code was issued then.
        """
        self._press.check_room()

        async def work(connection: AsyncConnection) -> Change[_Issued]:
            unit = reachable_unit(self._directory, caller, unit_name)
            with life_problems():
                issued = await self._issue(connection, caller, unit, officer_ids, letter)
            events = [Event(one.kind, caller.facts() | one.leaf()) for one in issued.codes.facts]
            return Change(issued, events[0].kind, events[0].facts, events[1:])

        async with self._refusals(caller):
            issued = await self._changes.make(work)
        draw = slips_of(
            issued.codes.batch_id,
            issued.codes.codes,
            issued.holders,
            issued.unit_name,
            issued.batch.expires_at,
            Heading(caller.unit.name),
            self._rules.activation_address,
        )
        return Slips(issued.codes.batch_id, await self._press.draw(draw))

    async def record(self, caller: Caller, batch_id: UUID) -> bytes:
        """Return the handover record as PDF, without codes, once it is on record that it left.

        Raises NotFoundError, NotAllowedError (on record), PapersBusyError and AuditUnavailableError.
        """
        self._press.check_room()
        async with self._refusals(caller), self._engine.connect() as connection:
            handover = await self._find(connection, caller, batch_id)
        unit = self._directory.units.current.find(handover.unit_id)
        heading = self._heading(caller, handover)
        paper = await self._press.draw(record_of(handover, unit.name if unit else "", heading))
        which = {"handover": str(batch_id)}
        export = Export(ListName.HANDOVER_RECORD, "pdf", len(handover.holders), which)
        await self._exports.note(caller, export)
        return paper

    async def listed(
        self,
        caller: Caller,
        unit_name: str | None,
        *,
        is_received: bool | None,
        before: UUID | None = None,
        most: int | None = None,
    ) -> list[ListedHandover]:
        """Return handovers of units in the caller's reach, or of one unit and those below, newest first.

        Raises NotFoundError(UNIT_UNKNOWN) and NotAllowedError (on record).
        """
        async with self._refusals(caller):
            unit_ids = self._reached(caller, unit_name)
        async with self._engine.connect() as connection:
            wanted = HandoverFilter(unit_ids, is_received)
            return await list_handovers(connection, wanted, before=before, most=most)

    @property
    def units(self) -> UnitRegister:
        """The units of today; DirectoryStaleError."""
        return self._directory.units.current

    def table(self, handovers: Sequence[ListedHandover]) -> ExportedTable:
        """Return handovers as a table to export."""
        return handover_table(handovers, self.units, self._directory.accounts.current.officers)

    async def note_receipt(self, caller: Caller, batch_id: UUID, received_by: str) -> None:
        """Note who took the slips; NotFoundError, NotAllowedError, ConflictError."""

        async def work(connection: AsyncConnection) -> Change[None]:
            await self._find(connection, caller, batch_id)
            with life_problems():
                facts = await note_receipt(connection, batch_id, received_by, self._clock.now())
            return Change(None, facts.kind, caller.facts() | facts.leaf())

        async with self._refusals(caller):
            await self._changes.make(work)

    async def _issue(
        self,
        connection: AsyncConnection,
        caller: Caller,
        unit: Unit,
        officer_ids: Sequence[UUID] | None,
        letter: Document | None,
    ) -> _Issued:
        now = self._clock.now()
        if officer_ids is None:
            unactivated = await not_activated(connection, unit.unit_id, local_day(now))
            holders = [one for one in unactivated if self._may_issue(caller, one)][:MOST_SLIPS]
        else:
            holders = await named_officers(connection, officer_ids, local_day(now))
            for holder in holders:
                self._directory.check(caller, holder.officer, Action.ISSUE_CODE)
            if any(holder.officer.unit_id != unit.unit_id for holder in holders):
                raise ConflictError(ProblemCode.OFFICER_NOT_IN_UNIT)
        if not holders:
            raise HandoverRefusedError(Fault.NOBODY)
        ids = [holder.officer.officer_id for holder in holders]
        expires_at = now + self._rules.code_lasts
        batch = Batch(unit.unit_id, ids, now, expires_at, caller.officer.officer_id, letter)
        return _Issued(await issue_codes(connection, batch), batch, unit.name, tuple(holders))

    def _may_issue(self, caller: Caller, holder: SlipHolder) -> bool:
        try:
            self._directory.check(caller, holder.officer, Action.ISSUE_CODE)
        except NotAllowedError:
            return False
        return True

    async def _find(self, connection: AsyncConnection, caller: Caller, batch_id: UUID) -> HandoverView:
        with life_problems():
            handover = await find_handover(connection, batch_id, local_day(self._clock.now()))
        if not reaches(self._directory, caller, handover.unit_id):
            raise NotAllowedError(ProblemCode.OUTSIDE_OWN_UNITS)
        return handover

    def _reached(self, caller: Caller, unit_name: str | None) -> frozenset[UUID] | None:
        if unit_name is not None:
            unit = reachable_unit(self._directory, caller, unit_name)
            return frozenset(units_below(self.units, unit.unit_id))
        if caller.officer.role is Role.DEPARTMENT_ADMINISTRATOR:
            return None
        return frozenset(units_below(self.units, caller.unit.unit_id))

    def _heading(self, caller: Caller, handover: HandoverView) -> Heading:
        """Return who handed over as far as the directory knows; the reader's own unit where a command did."""
        giver = (
            self._directory.accounts.current.officers.get(handover.issued_by) if handover.issued_by else None
        )
        unit = self._directory.units.current.find(giver.unit_id) if giver else None
        return Heading(unit.name if unit else caller.unit.name, giver.full_name if giver else None)
