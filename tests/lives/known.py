"""What the test itself knows: painted day by day, told without postings, versions, triggers or records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from app.accounts.values import Role
from tests.accounts.life import DAY, TODAY
from tests.lives.rules import Place, Right

HORIZON = 200
DAYS = tuple(TODAY + number * DAY for number in range(-30, HORIZON))
MOST_FAILURES = 3
UNUSED_DAYS = 45
DESK_ROLES = frozenset({Role.RECEPTION, Role.PROCESSING})


@dataclass
class Lock:
    """Wrong tries under one login name: the third closes it for five minutes, then for twice as long."""

    failures: int = 0
    locks: int = 0
    last_failure: datetime | None = None
    until: datetime | None = None

    def is_on(self, now: datetime) -> bool:
        return self.until is not None and now < self.until

    def fail(self, now: datetime) -> bool:
        """Count a wrong try and return whether it closed the account."""
        if self.is_on(now):
            return False
        if self.last_failure is not None:
            if now - self.last_failure >= timedelta(minutes=15):
                self.failures = 0
            if now - max(self.last_failure, self.until or self.last_failure) >= timedelta(hours=24):
                self.locks = 0
        self.failures, self.last_failure, self.until = self.failures + 1, now, None
        if self.failures < MOST_FAILURES:
            return False
        self.until = now + min(timedelta(minutes=5) * 2**self.locks, timedelta(hours=12))
        self.failures, self.locks = 0, self.locks + 1
        return True

    def open(self) -> None:
        """A right sign-in ends the count; the locks so far are remembered."""
        self.failures, self.until = 0, None

    def forget(self) -> None:
        """Two administrators take the lock off."""
        self.failures, self.locks, self.until = 0, 0, None


@dataclass
class Person:
    """An account: its unit on each day, whether it may act, and the sessions it has."""

    login_name: str
    role: Role
    person_code: str
    units: dict[date, UUID | None] = field(default_factory=lambda: dict.fromkeys(DAYS))
    is_active: bool = True
    active_from: date | None = None
    active_until: date | None = None
    signs_of_use: list[date] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    sessions: dict[UUID, UUID | None] = field(default_factory=dict)

    def paint(self, unit: UUID | None, since: date, until: date | None = None) -> None:
        """Post them, from a day until another; whoever is posted anew has no session any more."""
        for day in DAYS:
            if since <= day and (until is None or day < until):
                self.units[day] = unit
        self.sessions.clear()

    def may_act(self, day: date) -> bool:
        has_begun = self.active_from is None or self.active_from <= day
        return self.is_active and has_begun and (self.active_until is None or day < self.active_until)

    def stop(self) -> None:
        """Suspend them."""
        self.is_active = False
        self.sessions.clear()

    def has_lapsed(self, today: date) -> bool:
        signs = [*self.signs_of_use, self.active_from or TODAY]
        return self.may_act(today) and (today - max(signs)).days >= UNUSED_DAYS


@dataclass
class Known:
    """People, units and grants; `asked` are those whom the review under way still asks about."""

    procedures: Mapping[str, frozenset[Role]]
    people: dict[UUID, Person] = field(default_factory=dict)
    places: dict[UUID, dict[date, Place | None]] = field(default_factory=dict)
    grants: dict[UUID, dict[date, frozenset[str]]] = field(default_factory=dict)
    asked: set[UUID] = field(default_factory=set)

    def add_unit(self, unit_id: UUID, place: Place, since: date, procedures: frozenset[str]) -> None:
        self.places[unit_id] = {day: place if since <= day else None for day in DAYS}
        self.grants[unit_id] = {day: procedures if since <= day else frozenset() for day in DAYS}

    def place(self, unit_id: UUID | None, day: date) -> Place | None:
        return self.places[unit_id][day] if unit_id is not None else None

    def recode(self, unit_id: UUID, code: str, since: date) -> None:
        for day, place in self.places[unit_id].items():
            if place is not None and since <= day:
                self.places[unit_id][day] = Place(code, place.parent_id)

    def close(self, unit_id: UUID, since: date) -> None:
        """End a unit: who is posted there may do nothing from that day on."""
        for day in DAYS:
            if since <= day:
                self.places[unit_id][day] = None

    def merge(self, former: UUID, successor: UUID, since: date) -> None:
        """Let one unit take the place of another: people, grants, and what stands below it."""
        for day in (day for day in DAYS if since <= day):
            above = self.places[former][day]
            for unit_id, days in self.places.items():
                place = days[day]
                if place is not None and place.parent_id == former:
                    parent = above.parent_id if unit_id == successor and above else successor
                    days[day] = Place(place.code, parent)
            self.grants[successor][day] |= self.grants[former][day]
            self.grants[former][day] = frozenset()
        self.close(former, since)
        for person in self.people.values():
            moving = [day for day in DAYS if since <= day and person.units[day] == former]
            person.units |= dict.fromkeys(moving, successor)
            if moving:
                person.sessions.clear()

    def is_within(self, unit_id: UUID | None, root_id: UUID | None, day: date) -> bool:
        """Whether a unit exists on the day, at or below another one; None for the root is the province."""
        passed: set[UUID] = set()
        while unit_id is not None and unit_id not in passed:
            place = self.place(unit_id, day)
            if place is None:
                return False
            if root_id in {None, unit_id}:
                return True
            passed.add(unit_id)
            unit_id = place.parent_id
        return False

    def is_listed(self, unit_id: UUID, root_id: UUID | None, today: date) -> bool:
        """Whether a list sent for *root_id* reaches a unit: at or below it today, or when it ended."""
        passed: set[UUID] = set()
        while unit_id not in passed:
            if root_id in {None, unit_id}:
                return True
            passed.add(unit_id)
            days = self.places[unit_id]
            last = next((days[day] for day in reversed(DAYS) if day <= today and days[day] is not None), None)
            if last is None or last.parent_id is None:
                return False
            is_orphan = days[today] is not None and self.places[last.parent_id][today] is None
            if is_orphan:
                return False
            unit_id = last.parent_id
        return False

    def exists_from(self, unit_id: UUID, since: date, until: date | None = None) -> bool:
        """Whether a unit exists on every day from one until another."""
        days = (day for day in DAYS if since <= day and (until is None or day < until))
        return all(self.places[unit_id][day] is not None for day in days)

    def right(self, who: UUID, day: date) -> Right | None:
        """Return what somebody may do on a day."""
        person = self.people[who]
        unit_id = person.units[day]
        place = self.place(unit_id, day)
        if unit_id is None or place is None or not person.may_act(day):
            return None
        granted = (code for code in self.grants[unit_id][day] if person.role in self.procedures[code])
        return Right(unit_id, place.code, person.role, frozenset(granted))

    def session_right(self, who: UUID, session_id: UUID, day: date) -> Right | None:
        """Return what a session gives: nothing once it has ended, or in another unit than its own."""
        right, sessions = self.right(who, day), self.people[who].sessions
        is_open = right is not None and sessions.get(session_id) == right.unit_id
        return right if is_open else None

    def may_administer(self, actor: UUID, subject: UUID, day: date) -> bool:
        """Whether one may unlock the other: never their own, at a desk of theirs unless of the department."""
        one, other = self.people[actor], self.people[subject]
        if actor == subject or self.right(actor, day) is None:
            return False
        if one.role is Role.DEPARTMENT_ADMINISTRATOR:
            return True
        is_theirs = self.is_within(other.units[day], one.units[day], day)
        return one.role is Role.UNIT_ADMINISTRATOR and other.role in DESK_ROLES and is_theirs
