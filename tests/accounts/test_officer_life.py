"""Random lives of officers: records alone tell who is active where, and nobody ever is without one."""

from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.lapse import LapseRules
from app.accounts.leaving import let_leave
from app.accounts.life_facts import ChangeFacts
from app.accounts.posting_plan import PostingRefusedError
from app.accounts.postings import appoint_officer, move_unit_officers, second_officer, transfer_officer
from app.accounts.registering import NewOfficer, register_officer
from app.accounts.review import Answer, ReviewRefusedError
from app.accounts.review_store import answer_for, close_round, find_open_round, find_silent, open_round
from app.accounts.review_store import suspend_silent as suspend_silent_of
from app.accounts.standing import (
    StandingRefusedError,
    StatusReason,
    resume_officer,
    set_term,
    suspend_officer,
)
from app.accounts.store import load_accounts
from app.accounts.unused_accounts import find_unused, suspend_unused
from app.accounts.values import Role
from tests.accounts.life import DAY, TODAY, Office, a_notice, an_office, noon
from tests.accounts.replaying import replay
from tests.world import Database

ROLES = (Role.RECEPTION, Role.PROCESSING, Role.AUDITOR)
HORIZON = 200
RULES = LapseRules()
REFUSED = (PostingRefusedError, StandingRefusedError, ReviewRefusedError)


@dataclass
class Person:
    """What the test itself knows, told without postings: a unit for each day, and whether they may act."""

    units: dict[date, UUID | None]
    is_active: bool = True
    active_from: date | None = None
    active_until: date | None = None
    signs_of_use: list[date] = field(default_factory=list)

    def paint(self, unit: UUID | None, since: date, until: date | None = None) -> None:
        for day in self.units:
            if since <= day and (until is None or day < until):
                self.units[day] = unit

    def may_act(self, day: date) -> bool:
        has_begun = self.active_from is None or self.active_from <= day
        return self.is_active and has_begun and (self.active_until is None or day < self.active_until)


@dataclass(frozen=True)
class Step:
    """One thing that happens; what it does not need it leaves alone."""

    what: str
    who: int
    unit: int
    offset: int
    length: int


class Life:
    """Does steps to the database and to what the test knows."""

    def __init__(self, connection: AsyncConnection, units: tuple[UUID, ...]) -> None:
        self.connection = connection
        self.units = units
        self.today = TODAY
        self.people: dict[UUID, Person] = {}
        self.facts: list[ChangeFacts] = []
        self.asked: set[UUID] = set()
        self.moments = 0

    async def do(self, step: Step) -> None:
        done: Callable[[Step, UUID], Coroutine[Any, Any, None]] = getattr(self, f"_{step.what}")
        if step.what == "register" or self.people:
            people = list(self.people) or [UUID(int=0)]
            try:
                await done(step, people[step.who % len(people)])
            except REFUSED:
                return  # and nothing may have changed: what the test knows has not

    def _moment(self) -> datetime:
        """Return a moment of today, later than the last one: no two things happen at once."""
        self.moments += 1
        return noon(self.today) + timedelta(seconds=self.moments)

    def _notice(self, step: Step) -> Any:
        return a_notice(self.today + step.offset * DAY, self.today)

    async def _register(self, step: Step, _: UUID) -> None:
        notice, unit = self._notice(step), self.units[step.unit]
        name = f"can.bo{len(self.people)}"
        new = NewOfficer(name, "Cán Bộ", ROLES[step.who % 3], unit, person_code=name.upper())
        facts = await register_officer(self.connection, new, notice, self._moment())
        days = [TODAY + number * DAY for number in range(-30, HORIZON)]
        person = Person(dict.fromkeys(days), signs_of_use=[self.today])
        person.paint(unit, notice.on)
        assert facts.officer_id is not None
        self.people[facts.officer_id] = person
        self.facts.append(facts)

    async def _appoint(self, step: Step, who: UUID) -> None:
        notice, unit = self._notice(step), self.units[step.unit]
        until = notice.on + step.length * DAY
        self.facts.append(await appoint_officer(self.connection, who, unit, notice, until))
        self.people[who].paint(unit, notice.on, until)

    async def _transfer(self, step: Step, who: UUID) -> None:
        notice, unit, person = self._notice(step), self.units[step.unit], self.people[who]
        self.facts.append(await transfer_officer(self.connection, who, unit, notice))
        end = next((day for day, at in person.units.items() if day >= notice.on and at is None), None)
        if end is not None:
            person.paint(None, end)
        person.paint(unit, notice.on, end)

    async def _second(self, step: Step, who: UUID) -> None:
        notice, unit = self._notice(step), self.units[step.unit]
        until = notice.on + step.length * DAY
        self.facts.append(await second_officer(self.connection, who, unit, notice, until))
        self.people[who].paint(unit, notice.on, until)

    async def _merge(self, step: Step, _: UUID) -> None:
        former, successor = self.units[step.unit], self.units[(step.unit + 1) % 3]
        notice = a_notice(self.today + abs(step.offset) * DAY, self.today)
        self.facts += await move_unit_officers(self.connection, {former: successor}, notice)
        for person in self.people.values():
            for day, unit in person.units.items():
                if day >= notice.on and unit == former:
                    person.units[day] = successor

    async def _leave(self, step: Step, who: UUID) -> None:
        notice, person = self._notice(step), self.people[who]
        self.facts.append(await let_leave(self.connection, who, notice, self._moment()))
        person.paint(None, notice.on)
        never_begins = person.active_from is not None and notice.on <= person.active_from
        if notice.on <= self.today or never_begins:
            person.is_active = False
        else:
            person.active_until = min(notice.on, person.active_until or notice.on)

    async def _suspend(self, _: Step, who: UUID) -> None:
        reason = StatusReason.ADMINISTRATOR
        self.facts.append(await suspend_officer(self.connection, who, reason, self._moment()))
        self.people[who].is_active = False

    async def _resume(self, _: Step, who: UUID) -> None:
        notice, person = a_notice(self.today, self.today), self.people[who]
        self.facts.append(await resume_officer(self.connection, who, notice, self._moment()))
        person.is_active = True
        person.signs_of_use.append(self.today)
        if person.active_until is not None and person.active_until <= self.today:
            person.active_until = None

    async def _limit(self, step: Step, who: UUID) -> None:
        person, notice = self.people[who], self._notice(step)
        until = notice.on + step.length * DAY
        self.facts.append(await set_term(self.connection, who, notice.on, until, notice))
        person.active_from, person.active_until = notice.on, until

    async def _use(self, _: Step, who: UUID) -> None:
        if self.people[who].may_act(self.today):
            await self.connection.execute(
                text(
                    "insert into officer_activity values (:who, :day)"
                    " on conflict (officer_id) do update set last_active_on = :day"
                ),
                {"who": who, "day": self.today},
            )
            self.people[who].signs_of_use.append(self.today)

    async def _lapse(self, _: Step, __: UUID) -> None:
        found = await find_unused(self.connection, self.today, RULES)
        self.facts += await suspend_unused(self.connection, found, self._moment(), RULES)
        for person in self.people.values():
            signs = [*person.signs_of_use, person.active_from or TODAY]
            if person.may_act(self.today) and (self.today - max(signs)).days >= RULES.unused_days:
                person.is_active = False

    async def _review(self, step: Step, _: UUID) -> None:
        _round, facts = await open_round(self.connection, self.today, self.today + step.length * DAY)
        self.facts.append(facts)
        people = self.people.items()
        self.asked = {who for who, one in people if one.may_act(self.today) and one.units[self.today]}

    async def _answer(self, step: Step, who: UUID) -> None:
        review = await find_open_round(self.connection)
        if review is not None:
            answer = (Answer.KEEP, Answer.REMOVE)[step.unit % 2]
            by = list(self.people)[step.length % len(self.people)]
            self.facts += await answer_for(self.connection, review.round_id, who, answer, by, self._moment())
            self.asked.remove(who) if who in self.asked else None
            self.people[who].is_active &= answer is Answer.KEEP

    async def _close(self, _: Step, __: UUID) -> None:
        review = await find_open_round(self.connection)
        if review is not None and review.is_over(self.today):
            silent = await find_silent(self.connection, review.round_id)
            self.facts += await suspend_silent_of(self.connection, review, silent, self._moment())
            assert await close_round(self.connection, review, self.today)
            for who in self.asked:
                self.people[who].is_active = False

    async def _pass(self, step: Step, _: UUID) -> None:
        self.today = min(self.today + step.length * DAY, TODAY + (HORIZON - 60) * DAY)

    async def check(self) -> None:
        """Compare the database, the records and what the test knows, on days before, at and after today."""
        told = replay(self.facts)
        for offset in (-4, -1, 0, 1, 6, 30):
            day = self.today + offset * DAY
            accounts = await load_accounts(self.connection, day)
            for officer_id, person in self.people.items():
                officer, record = accounts.officers[officer_id], told[str(officer_id)]
                unit = record.unit(day)
                assert (officer.is_active, officer.unit_id, officer.role.value) == (
                    record.is_active(day),
                    UUID(unit) if unit else None,
                    record.role,
                )
                assert (officer.is_active, officer.unit_id) == (person.may_act(day), person.units[day])

    async def begun(self) -> set[tuple[Any, ...]]:
        """Return what no later change may touch: postings begun before today, but for ends to come."""
        rows = await self.connection.execute(
            text(
                "select officer_id, valid_from, unit_id, kind, document_number,"
                " case when valid_to <= :today then valid_to end"
                " from officer_posting join officer using (officer_id)"
                " where login_name like 'can.bo%' and valid_from < :today"
            ),
            {"today": self.today},
        )
        return {tuple(row) for row in rows}


WEIGHTS = {
    "transfer": 4,
    "second": 4,
    "pass": 5,
    "resume": 3,
    "leave": 2,
    "appoint": 2,
    "lapse": 2,
    "close": 2,
    "review": 2,
    "answer": 2,
    "limit": 1,
    "merge": 2,
    "register": 1,
    "suspend": 1,
    "use": 2,
}
STEPS = st.builds(
    Step,
    what=st.sampled_from([what for what, weight in WEIGHTS.items() for _ in range(weight)]),
    who=st.integers(0, 2),
    unit=st.integers(0, 2),
    offset=st.sampled_from([0, 1, 0, 4, 2, -3, 12]),
    length=st.sampled_from([3, 10, 1, 44, 46, 0]),
)
FIRST = st.just(Step("register", 0, 0, 0, 0))


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    async with an_office(database) as opened:
        yield opened


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(first=FIRST, steps=st.lists(STEPS, min_size=20, max_size=40))
async def test_nobody_is_ever_active_without_a_record_and_records_replay_to_the_same_state(
    office: Office, first: Step, steps: list[Step]
) -> None:
    async with office.owner.connect() as connection:
        life = Life(connection, office.units)
        for step in (first, *steps):
            begun = await life.begun()
            today = life.today
            await life.do(step)
            if life.today == today:
                kept = await life.begun()
                assert {row for row in begun if row[5] is not None} <= kept
                assert {row[:5] for row in begun} <= {row[:5] for row in kept}
            await life.check()
        await connection.rollback()
