"""Where lookups made without a dossier get theirs, and where heads of units see which still wait."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.administration_desk import Directory
from app.accounts.authentication import Caller
from app.accounts.refusals import Refusals
from app.accounts.trouble import database_trouble
from app.accounts.units_in_reach import reachable_unit, reaches, units_and_formers
from app.accounts.values import Officer, Permission, Role
from app.audit.changes import Change, ChangeLog
from app.audit.record import RecordKind, Value
from app.clock import Clock
from app.errors import ConflictError, NotAllowedError, NotFoundError, ProblemCode
from app.lookup.dossier import DossierCode, NoDossierReason, belongs_to
from app.lookup.dossier_links import DossierLink, DossierLinks, Unlinked, note_link
from app.lookup.store import LookupStore
from app.units.store import UnitRegister
from app.units.values import Unit

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class WaitingLookup:
    """A lookup that waits for its dossier; officer and unit as far as they are still known."""

    link: DossierLink
    officer: Officer | None
    unit: Unit | None
    waited_days: int


class DossierLinkDesk:
    """Links lookups to dossiers; what its callers may not do is on record."""

    def __init__(
        self,
        links: DossierLinks,
        lookups: LookupStore,
        directory: Directory,
        changes: ChangeLog,
        refusals: Refusals,
        clock: Clock,
    ) -> None:
        """Read from *links*, judge by *directory*, change through *changes*."""
        self._links = links
        self._lookups = lookups
        self._directory = directory
        self._changes = changes
        self._refusals = refusals
        self._clock = clock

    async def link(self, caller: Caller, lookup_id: UUID, dossier: DossierCode) -> None:
        """Link the lookup to its dossier, once: whoever made it, or an administrator of its unit.

        Raises NotFoundError(LOOKUP_UNKNOWN), NotAllowedError (on record), ConflictError(LOOKUP_HAS_DOSSIER)
        and AuditUnavailableError.
        """
        waiting = await self._known(caller, lookup_id)
        async with self._refusals(caller, changed_unit_id=waiting.unit_id):
            self._check(caller, waiting, dossier)

        async def work(connection: AsyncConnection) -> Change[None]:
            officer_id, now = caller.officer.officer_id, self._clock.now()
            if not await note_link(connection, lookup_id, dossier.text, officer_id, now):
                raise ConflictError(ProblemCode.LOOKUP_HAS_DOSSIER, lookup_id=lookup_id)
            return Change(None, RecordKind.DOSSIER_LINKED, _facts(caller, waiting, dossier))

        with database_trouble():
            await self._changes.make(work)

    async def waiting(
        self,
        caller: Caller,
        unit: str | None,
        reason: NoDossierReason | None,
        older_than_days: int,
        *,
        after: UUID | None,
        most: int,
    ) -> list[WaitingLookup]:
        """Return at most *most* waiting lookups of units in the caller's reach, the oldest first.

        *unit* is the id or code of one of them, whose units below are included.
        Raises NotFoundError(UNIT_UNKNOWN) and NotAllowedError(OUTSIDE_OWN_UNITS), which is on record.
        """
        now = self._clock.now()
        async with self._refusals(caller):
            wanted = Unlinked(self._unit_ids(caller, unit), reason, now - timedelta(days=older_than_days))
        officers = self._directory.accounts.current.officers
        units = self._directory.units.current
        return [
            WaitingLookup(
                link, officers.get(link.officer_id), units.find(link.unit_id), (now - link.asked_at).days
            )
            for link in await self._links.waiting(wanted, after=after, most=most)
        ]

    async def every_waiting(
        self, caller: Caller, unit: str | None, reason: NoDossierReason | None, older_than_days: int
    ) -> AsyncIterator[WaitingLookup]:
        """Yield all of them, page by page; raises what `waiting` raises."""
        after = None
        while page := await self.waiting(caller, unit, reason, older_than_days, after=after, most=_PAGE):
            for each in page:
                yield each
            after = page[-1].link.lookup_id

    async def _known(self, caller: Caller, lookup_id: UUID) -> DossierLink:
        waiting = await self._links.find(lookup_id)
        if waiting is not None and (
            waiting.officer_id == caller.officer.officer_id or caller.officer.may(Permission.FOLLOW_DOSSIERS)
        ):
            return waiting
        made = await self._lookups.find(lookup_id)
        if made is not None and made.dossier_code and made.officer_id == caller.officer.officer_id:
            raise ConflictError(ProblemCode.LOOKUP_HAS_DOSSIER, lookup_id=lookup_id)
        raise NotFoundError(ProblemCode.LOOKUP_UNKNOWN)

    def _check(self, caller: Caller, waiting: DossierLink, dossier: DossierCode) -> None:
        heirs = _heirs(self._directory.units.current, waiting.unit_id)
        if waiting.officer_id != caller.officer.officer_id and not any(
            reaches(self._directory, caller, unit_id)
            for unit_id in (waiting.unit_id, *(u.unit_id for u in heirs))
        ):
            raise NotAllowedError(ProblemCode.OUTSIDE_OWN_UNITS)
        if not any(belongs_to(dossier, unit.agency_codes) for unit in heirs):
            raise NotAllowedError(ProblemCode.DOSSIER_OF_ANOTHER_AGENCY)

    def _unit_ids(self, caller: Caller, unit: str | None) -> frozenset[UUID] | None:
        if unit is not None:
            root_id = reachable_unit(self._directory, caller, unit).unit_id
        elif caller.officer.role is Role.DEPARTMENT_ADMINISTRATOR:
            return None
        else:
            root_id = caller.unit.unit_id
        return units_and_formers(self._directory.units.current, root_id)


def _heirs(register: UnitRegister, unit_id: UUID) -> list[Unit]:
    """Return the unit, or those that took its place if it is no longer in force."""
    own = register.find(unit_id)
    candidates = [own] if own is not None else map(register.find, sorted(register.successors(unit_id)))
    return [unit for unit in candidates if unit is not None]


def _facts(caller: Caller, waiting: DossierLink, dossier: DossierCode) -> dict[str, Value]:
    facts = caller.facts() | {
        "lookup_id": str(waiting.lookup_id),
        "dossier_code": dossier.text,
        "procedure_code": waiting.procedure_code,
    }
    if waiting.officer_id != caller.officer.officer_id:
        facts["changed_officer_id"] = str(waiting.officer_id)
    return facts
