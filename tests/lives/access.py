"""Steps at the door: officers sign in, somebody guesses, two administrators unlock, lists arrive."""

import json
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.accounts.administration import Action
from app.accounts.registering_lists import OfficerList
from app.accounts.registration.form import TITLES, WANTED, Column
from app.accounts.registration_routes import importer_of
from app.accounts.sign_in import Credentials, SignInError
from app.accounts.values import Role
from app.audit.record import Draft, RecordKind
from app.cli import invented
from app.errors import ConflictError, NotAllowedError
from app.sheets.tables import Table, find_table
from app.sheets.values import CellKind, Row, Sheet
from tests.accounts.life import DAY
from tests.lives.ground import PASSWORD
from tests.lives.known import DESK_ROLES, Person
from tests.lives.rules import hold
from tests.lives.scene import HERE, Scene
from tests.lives.steps import Step

POSITIONS = (
    ("công chức TN-TKQ", Role.RECEPTION),
    ("Công chức xử lý hồ sơ", Role.PROCESSING),
    ("cán bộ TN-TKQ", Role.RECEPTION),
    ("Quản trị đơn vị", None),
)
_COLUMNS = (
    Column.LOGIN_NAME,
    Column.FULL_NAME,
    Column.UNIT,
    Column.POSITION,
    Column.AGENCY_CODE,
    Column.DOCUMENT_NUMBER,
    Column.EFFECTIVE_DATE,
)


class Door:
    """Signs in by the gateway's own desk."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.known = scene, scene.known

    async def sign_in(self, _: Step, who: UUID) -> None:
        """Sign in; who is posted to a unit that has ended gets in, and may do nothing."""
        person, now, today = self.known.people[who], self.scene.moment(), self.scene.today
        is_posted = person.may_act(today) and person.units[today] is not None
        token = await self._try(person, PASSWORD)
        is_kept = (token is not None) is (is_posted and not person.lock.is_on(now))
        hold("who may act and is not locked gets in, nobody else", is_kept=is_kept, lock=person.lock, at=now)
        if token is None:
            self._fail(person)
            return
        begun = [one for one in self.scene.desks.log.drafts if one.kind is RecordKind.SIGN_IN_SUCCEEDED]
        session_id = UUID(str(begun[-1].facts["session_id"]))
        person.lock.open()
        person.signs_of_use.append(today)
        person.sessions[session_id] = person.units[today]
        self.scene.tokens[session_id] = (who, token)
        if self.known.right(who, today) is not None:
            caller = await self.scene.desks.authenticator.authenticate(
                f"Bearer {token}", HERE, allows_restricted=True
            )
            await self.scene.desks.log.append(Draft(RecordKind.NOTICE_ACCEPTED, now, caller.facts()))

    async def guess(self, step: Step, who: UUID) -> None:
        for _ in range(1 + step.turn % 4):
            self.scene.moment()
            token = await self._try(self.known.people[who], "a guess")
            hold("a wrong password lets nobody in", is_kept=token is None)
            self._fail(self.known.people[who])

    async def unlock(self, step: Step, who: UUID) -> None:
        """One asks, another decides; pairs are drawn among administrators and the officer."""
        some = (*self.scene.ground.administrators, who)
        asking, deciding = some[step.turn % 4], some[step.unit % 4]
        one, two = self.scene.caller(asking), self.scene.caller(deciding)
        person, now = self.known.people[who], self.scene.moment()
        if one is None or two is None:
            return
        may = all(self.known.may_administer(actor, who, self.scene.today) for actor in (asking, deciding))
        is_locked = person.lock.is_on(now)
        is_right, desk = may and asking != deciding and is_locked, self.scene.desks.approvals
        try:
            approval = await desk.request(one, Action.UNLOCK, who, "đã xác minh")
            await desk.decide(two, approval.approval_id, approves=True)
        except (NotAllowedError, ConflictError):
            hold("what two administrators of theirs agree on is done", is_kept=not is_right)
            raise
        hold("two administrators of theirs unlock, nobody else", is_kept=is_right)
        person.lock.forget()

    async def _try(self, person: Person, password: str) -> str | None:
        client = self.scene.desks.accounts.current.clients[invented.CLIENT_ID]
        credentials = Credentials(person.login_name, password)
        try:
            return (await self.scene.desks.sign_in.sign_in(client, credentials, HERE)).access_token
        except SignInError:
            return None

    def _fail(self, person: Person) -> None:
        if person.lock.fail(self.scene.desks.clock.now()):
            person.sessions.clear()


@dataclass(frozen=True)
class Line:
    """One row of a list; without *who* it is somebody new."""

    login_name: str
    who: UUID | None
    unit_id: UUID
    position: int
    on: date


class Lists:
    """Sends lists of officers as administrators do, and knows what each row may do."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.known = scene, scene.known

    async def bring_in(self, step: Step, who: UUID) -> None:
        sender = self.scene.ground.administrators[step.turn % 3]
        caller = self.scene.caller(sender)
        if caller is None:
            return
        root_id = None if caller.officer.role is Role.DEPARTMENT_ADMINISTRATOR else caller.unit.unit_id
        lines = self._lines(step, who)
        faults = [fault for line in lines for fault in self._faults(line, root_id)]
        self.scene.moment()
        asked = OfficerList(self._table(lines), "9/TB-UBND", None)
        report = await self.scene.desks.registration.apply(asked, importer_of(caller))
        if not report.plan.may_be_applied:
            is_plain = all(line.who is None for line in lines) and not faults
            hold("a list without faults lands", is_kept=not is_plain, report=report.plan.rows)
            return
        hold("a list with a fault never lands", is_kept=not faults, faults=faults)
        for line in lines:
            await self._know(line)

    def _lines(self, step: Step, who: UUID) -> list[Line]:
        """Return one row or two: of somebody known, or new, or both."""
        today, people = self.scene.today, list(self.known.people)
        on = today + min(step.offset, 0) * DAY
        count = len(people)
        other = people[(people.index(who) + step.unit) % count]
        new = Line(f"moi.den{count}", None, self.scene.unit(step.unit), step.turn % 4, on)
        known = Line(
            self.known.people[who].login_name,
            who,
            self.scene.unit(step.unit),
            (step.who + step.turn // 3) % 4,
            on,
        )
        third = Line(self.known.people[other].login_name, other, self.scene.unit(step.unit + 1), 0, today)
        lines = {0: [new], 1: [known], 2: [known, new], 3: [known, third]}[step.length % 4]
        return lines[:1] if len({line.login_name for line in lines}) < len(lines) else lines

    def _faults(self, line: Line, root_id: UUID | None) -> list[str]:
        """Return why a row may not land, as far as rights go."""
        today, role = self.scene.today, POSITIONS[line.position][1]
        faults = []
        if role is None:
            faults.append("a list gives no role that administers")
        if self.known.place(line.unit_id, today) is None or not self.known.is_listed(
            line.unit_id, root_id, today
        ):
            faults.append("a list posts to units in reach only")
        if line.who is None:
            is_there = self.known.exists_from(line.unit_id, line.on)
            return faults if is_there else [*faults, "a unit's end is planned, or it began later"]
        person = self.known.people[line.who]
        present = person.units[today]
        if present is None or not self.known.is_listed(present, root_id, today):
            faults.append("a list touches officers in reach only")
        if person.role not in DESK_ROLES and present != line.unit_id:
            faults.append("a list changes no administrator, least of all who sends it")
        return faults

    def _table(self, lines: list[Line]) -> Table[Column]:
        """Return the list as it is once its file is read, found below its header as in any file."""
        rows = [tuple(TITLES[column] for column in _COLUMNS), *map(self._cells, lines)]
        sheet = Sheet(
            "", tuple(Row(number, row, CellKind.TEXT.value * len(row)) for number, row in enumerate(rows, 1))
        )
        return find_table([sheet], WANTED)

    def _cells(self, line: Line) -> tuple[str, ...]:
        days = self.known.places[line.unit_id]
        begun = [place.code for day, place in days.items() if place is not None and day <= self.scene.today]
        name = "Quản Trị" if line.who in self.scene.ground.administrators else "Cán Bộ"
        unit = f"UBND xã Thử {self.scene.units.index(line.unit_id)}"
        code, position = begun[-1] if begun else "", POSITIONS[line.position][0]
        return (line.login_name, name, unit, position, code, "9/TB", f"{line.on:%d/%m/%Y}")

    async def _know(self, line: Line) -> None:
        role = POSITIONS[line.position][1]
        assert role is not None
        if line.who is None:
            who = self._registered(line.login_name)
            await self.scene.welcome(who, Person(line.login_name, role, ""), line.unit_id, line.on)
            return
        person = self.known.people[line.who]
        if person.role in DESK_ROLES and person.role is not role:
            person.role = role
            person.sessions.clear()
        if person.units[self.scene.today] != line.unit_id:
            self.scene.move(line.who, line.unit_id, line.on)

    def _registered(self, login_name: str) -> UUID:
        added = [one for one in self.scene.desks.log.drafts if one.kind is RecordKind.OFFICER_ADDED]
        (who,) = (
            UUID(str(one.facts["changed_officer_id"]))
            for one in added
            if json.loads(str(one.facts["after"]))["login_name"] == login_name
        )
        return who
