"""Compares the gateway, the records and what the test knows, after each step."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from app.accounts.store import Accounts, load_accounts
from app.audit.record import Draft, RecordKind
from app.clock import local_day
from app.errors import NotAllowedError, NotAuthenticatedError
from app.procedures.store import load_catalogue
from app.units.store import load_history
from app.units.values import Unit
from tests.accounts.life import DAY
from tests.lives.ground import SINCE
from tests.lives.rules import Right, hold
from tests.lives.scene import HERE, Scene
from tests.lives.told import Told

_OF_UNITS: Final = {RecordKind.UNIT_ADDED, RecordKind.UNIT_CHANGED}  # nothing else moves a grant
_OTHER_DAYS: Final = (-4, -1, 1, 6, 30)
_SESSIONS_LOOKED_AT: Final = 5  # the latest: each costs a signature
_BEGUN: Final = text(
    "select officer_id, valid_from, unit_id, kind, document_number,"
    " case when valid_to <= :today then valid_to end"
    " from officer_posting where valid_from < :today"
)


class Checker:
    """Asks the gateway what everybody may do, and holds it against records and knowledge."""

    def __init__(self, scene: Scene, told: Told) -> None:
        self.scene, self.told, self.known = scene, told, scene.known
        self._read = 0
        self._catalogue = scene.ground.catalogue

    async def check(self) -> None:
        """Check what has happened since the last check, and today's rights."""
        records = self.scene.desks.log.drafts[self._read :]
        self._read += len(records)
        self.told.read(records)
        if any(record.kind in _OF_UNITS for record in records):
            self._catalogue = await load_catalogue(self.scene.connection, SINCE)
        for record in records:
            self._check_unit_of(record)
        await self.scene.desks.refresh()
        desks = self.scene.desks
        self._check_people(desks.accounts.current)
        self._check_rights(self.scene.today, desks.accounts.current, desks.units.current.units)
        await self._check_sessions()

    async def check_other_days(self) -> None:
        """Check the days before and after today, as planned so far."""
        history = await load_history(self.scene.connection)
        for offset in _OTHER_DAYS:
            day = self.scene.today + offset * DAY
            accounts = await load_accounts(self.scene.connection, day)
            self._check_rights(day, accounts, history.units(day))

    async def check_old_records(self) -> None:
        """Check that each record still names a unit as it was on the record's day."""
        history = await load_history(self.scene.connection)
        for record in self.scene.desks.log.drafts:
            if "unit_code" in record.facts:
                day, unit_id = local_day(record.time), UUID(str(record.facts["unit_id"]))
                # A decision of the same day may have come after the record: then the eve's code stands there.
                held = [history.on(on).get(unit_id) for on in (day, day - DAY)]
                codes = [
                    (one.details.agency_code, one.details.level.value) for one in held if one is not None
                ]
                said = record.facts["unit_code"], record.facts["unit_level"]
                hold("old records keep their unit and level", is_kept=said in codes, said=said, held=codes)

    async def begun(self) -> set[tuple[Any, ...]]:
        """Return what no later change may touch: postings begun before today, but for ends to come."""
        rows = await self.scene.connection.execute(_BEGUN, {"today": self.scene.today})
        return {tuple(row) for row in rows}

    def check_begun(self, before: set[tuple[Any, ...]], after: set[tuple[Any, ...]]) -> None:
        """Check that postings begun before today stand as they stood."""
        is_kept = {row for row in before if row[5] is not None} <= after
        is_kept &= {row[:5] for row in before} <= {row[:5] for row in after}
        hold("postings of the past stand", is_kept=is_kept, before=before, after=after)

    def _check_people(self, accounts: Accounts) -> None:
        """Check that there is nobody whom no record names, or nobody asked for."""
        in_use = {officer.officer_id for officer in accounts.officers.values() if officer.is_active}
        people = set(self.known.people)
        hold("nobody has an account that no record gives", is_kept=in_use <= set(self.told.accounts))
        hold("nobody has an account that nobody asked for", is_kept=set(self.told.accounts) == people)

    def _check_rights(self, day: date, accounts: Accounts, units: Mapping[UUID, Unit]) -> None:
        catalogue = self._catalogue
        for who, person in self.known.people.items():
            officer = accounts.officers[who]
            unit = units.get(officer.unit_id) if officer.unit_id is not None else None
            held = None
            if officer.is_active and unit is not None:
                granted = catalogue.granted_to(unit.unit_id, officer.role, day)
                codes = frozenset(procedure.procedure_code for procedure in granted)
                held = Right(unit.unit_id, unit.agency_code, officer.role, codes)
            self._compare(held, self.told.right(who, day), self.known.right(who, day), day)
            account = self.told.accounts[who]
            now = (officer.is_active, officer.unit_id, officer.role.value)
            said = (account.may_act(day), account.unit(day), account.role)
            meant = (person.may_act(day), person.units[day], person.role.value)
            hold("records replay to the same account", is_kept=now == said, now=now, said=said, day=day)
            hold("an account is as was ordered", is_kept=now == meant, now=now, meant=meant, day=day)
        for unit_id, days in self.known.grants.items():
            rows = {code for code in self.known.procedures if catalogue.is_granted(unit_id, code, day)}
            hold("grants are as was ordered", is_kept=rows == days[day], now=rows, meant=days[day], day=day)

    async def _check_sessions(self) -> None:
        """Check that a session gives what its account may do, as long as nothing of that has changed."""
        today = self.scene.today
        for session_id, (who, token) in list(self.scene.tokens.items())[-_SESSIONS_LOOKED_AT:]:
            meant = _of_a_session(self.known.session_right(who, session_id, today))
            said = _of_a_session(self.told.session_right(session_id, today))
            self._compare(await self._right_of(token), said, meant, today)

    async def _right_of(self, token: str) -> Right | None:
        try:
            caller = await self.scene.desks.authenticator.authenticate(
                f"Bearer {token}", HERE, allows_restricted=True
            )
        except (NotAllowedError, NotAuthenticatedError):
            return None
        return Right(caller.unit.unit_id, caller.unit.agency_code, caller.officer.role, frozenset())

    def _compare(self, held: Right | None, said: Right | None, meant: Right | None, day: date) -> None:
        about = {"held": held, "said": said, "meant": meant, "day": day}
        is_given = held is None or held == said
        hold("nobody holds a right that no record gives", is_kept=is_given, **about)
        hold("records replay to the same rights", is_kept=held == said, **about)
        hold("rights are as was ordered", is_kept=held == meant, **about)

    def _check_unit_of(self, record: Draft) -> None:
        """Check that a record names the unit its officer was in when it was made."""
        facts = record.facts
        if record.kind is RecordKind.OFFICER_SUSPENDED:
            of_day = self.known.people[UUID(str(facts["changed_officer_id"]))].units[self.scene.today]
            is_named = facts.get("changed_unit_id") == (str(of_day) if of_day else None)
            hold("a suspension names the unit of its day", is_kept=is_named, unit=of_day)
        if "unit_id" not in facts or "officer_id" not in facts or record.kind is RecordKind.TOKEN_REFUSED:
            return
        unit_id = self.known.people[UUID(str(facts["officer_id"]))].units[local_day(record.time)]
        hold("a record names the unit of its day", is_kept=facts["unit_id"] == str(unit_id), kind=record.kind)
        place = self.known.place(unit_id, local_day(record.time))
        if "unit_code" in facts:
            is_named = place is not None and facts["unit_code"] == place.code
            hold("a record names the unit's code of its day", is_kept=is_named, kind=record.kind)


def _of_a_session(right: Right | None) -> Right | None:
    """Return what a session tells of a right: not in which procedures."""
    return replace(right, procedures=frozenset()) if right is not None else None
