"""Steps of an account's life: by written notices, by silence, by an administrator's word."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from app.accounts.lapse import LapseRules
from app.accounts.leaving import let_leave
from app.accounts.postings import appoint_officer, second_officer, transfer_officer
from app.accounts.registering import NewOfficer, register_officer
from app.accounts.registration.positions import POSITIONS
from app.accounts.review import Answer
from app.accounts.review_store import (
    answer_for,
    close_round,
    find_open_round,
    find_silent,
    open_round,
    suspend_silent,
)
from app.accounts.standing import StatusReason, resume_officer, set_term, suspend_officer
from app.accounts.unused_accounts import find_unused, suspend_unused
from app.accounts.values import Role
from tests.accounts.life import DAY, TODAY, a_notice
from tests.lives.known import HORIZON, UNUSED_DAYS, Person
from tests.lives.rules import hold
from tests.lives.scene import Scene
from tests.lives.steps import Step

ROLES = (Role.RECEPTION, Role.PROCESSING, Role.RECEPTION, Role.UNIT_ADMINISTRATOR)
_RULES = LapseRules(UNUSED_DAYS)
_AT_WORK = text(
    "insert into officer_activity values (:who, :day)"
    " on conflict (officer_id) do update set last_active_on = :day"
)


class Postings:
    """Does steps to the database first, then to what the test knows: a refused one leaves no trace."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.known, self.connection = scene, scene.known, scene.connection
        self.reviewed: dict[UUID, UUID | None] = {}

    async def register(self, step: Step, _: UUID) -> None:
        notice, unit, role = (
            self.scene.notice(step),
            self.scene.unit(step.unit),
            ROLES[step.turn % len(ROLES)],
        )
        number = len(self.known.people)
        name = f"can.bo{number}"
        code = f"CB{number}"
        new = NewOfficer(name, "Cán Bộ", role, unit, POSITIONS.get(role), person_code=code)
        facts = await register_officer(self.connection, new, notice, self.scene.moment())
        await self.scene.put(facts)
        assert facts.officer_id is not None
        await self.scene.welcome(facts.officer_id, Person(name, role, code), unit, notice.on)

    async def appoint(self, step: Step, who: UUID) -> None:
        notice, unit = self.scene.notice(step), self.scene.unit(step.unit)
        until = notice.on + step.length * DAY
        await self.scene.put(await appoint_officer(self.connection, who, unit, notice, until))
        self.scene.check_post(unit, notice.on, until)
        self.known.people[who].paint(unit, notice.on, until)

    async def transfer(self, step: Step, who: UUID) -> None:
        notice, unit = self.scene.notice(step), self.scene.unit(step.unit)
        await self.scene.put(await transfer_officer(self.connection, who, unit, notice))
        self.scene.move(who, unit, notice.on)

    async def second(self, step: Step, who: UUID) -> None:
        notice, unit = self.scene.notice(step), self.scene.unit(step.unit)
        until = notice.on + step.length * DAY
        await self.scene.put(await second_officer(self.connection, who, unit, notice, until))
        self.scene.check_post(unit, notice.on, until)
        self.known.people[who].paint(unit, notice.on, until)

    async def leave(self, step: Step, who: UUID) -> None:
        notice, person = self.scene.notice(step), self.known.people[who]
        facts = await let_leave(self.connection, who, notice, self.scene.moment())
        await self.scene.put(facts)
        left = person.units[notice.on]
        is_named = left is None or facts.unit_id == left
        hold("the record of a leave names the unit that was left", is_kept=is_named, unit=left)
        person.paint(None, notice.on)
        never_begins = person.active_from is not None and notice.on <= person.active_from
        if notice.on <= self.scene.today or never_begins:
            person.stop()
        else:
            person.active_until = min(notice.on, person.active_until or notice.on)

    async def suspend(self, _: Step, who: UUID) -> None:
        reason = StatusReason.ADMINISTRATOR
        await self.scene.put(await suspend_officer(self.connection, who, reason, self.scene.moment()))
        self.known.people[who].stop()

    async def resume(self, _: Step, who: UUID) -> None:
        notice, person = a_notice(self.scene.today, self.scene.today), self.known.people[who]
        await self.scene.put(await resume_officer(self.connection, who, notice, self.scene.moment()))
        person.is_active = True
        person.signs_of_use.append(self.scene.today)
        if person.active_until is not None and person.active_until <= self.scene.today:
            person.active_until = None

    async def limit(self, step: Step, who: UUID) -> None:
        person, notice = self.known.people[who], self.scene.notice(step)
        until = notice.on + step.length * DAY
        await self.scene.put(await set_term(self.connection, who, notice.on, until, notice))
        person.active_from, person.active_until = notice.on, until

    async def lapse(self, _: Step, __: UUID) -> None:
        found = await find_unused(self.connection, self.scene.today, _RULES)
        await self.scene.put(*await suspend_unused(self.connection, found, self.scene.moment(), _RULES))
        for person in self.known.people.values():
            if person.has_lapsed(self.scene.today):
                person.stop()

    async def review(self, step: Step, _: UUID) -> None:
        review, facts = await open_round(
            self.connection, self.scene.today, self.scene.today + step.length * DAY
        )
        await self.scene.put(facts)
        people = self.known.people
        self.reviewed = {who: one.units[self.scene.today] for who, one in people.items()}
        self.known.asked = {who for who, one in people.items() if one.may_act(self.scene.today)} & {
            who for who, unit in self.reviewed.items() if unit is not None
        }
        first, second, third = self.scene.ground.administrators
        for who, by in ((first, second), (second, first), (third, first)):
            if who in self.known.asked:
                await self._say(review.round_id, who, Answer.KEEP, by)

    async def answer(self, step: Step, who: UUID) -> None:
        review = await find_open_round(self.connection)
        if review is not None:
            answer = (Answer.KEEP, Answer.REMOVE)[step.turn % 2]
            by = list(self.known.people)[step.turn % len(self.known.people)]
            await self._say(review.round_id, who, answer, by)

    async def _say(self, round_id: UUID, who: UUID, answer: Answer, by: UUID) -> None:
        facts = await answer_for(self.connection, round_id, who, answer, by, self.scene.moment())
        await self.scene.put(*facts)
        is_of_its_day = facts[0].unit_id == self.reviewed[who]
        hold("an answer names the unit that was asked", is_kept=is_of_its_day, unit=self.reviewed[who])
        self.known.asked.discard(who)
        if answer is Answer.REMOVE:
            self.known.people[who].stop()

    async def close(self, _: Step, __: UUID) -> None:
        review = await find_open_round(self.connection)
        if review is not None and review.is_over(self.scene.today):
            silent: Sequence[UUID] = await find_silent(self.connection, review.round_id)
            await self.scene.put(*await suspend_silent(self.connection, review, silent, self.scene.moment()))
            closed = await close_round(self.connection, review, self.scene.today)
            assert closed is not None
            await self.scene.put(closed)
            for who in self.known.asked:
                self.known.people[who].stop()
            self.known.asked.clear()

    async def pass_days(self, step: Step, _: UUID) -> None:
        end = TODAY + (HORIZON - 60) * DAY
        days = min(step.length, (end - self.scene.today).days)
        self.scene.desks.clock.time += max(days, 0) * DAY
        for who in self.scene.ground.administrators:  # at work every day
            if self.known.people[who].may_act(self.scene.today):
                await self.connection.execute(_AT_WORK, {"who": who, "day": self.scene.today})
                self.known.people[who].signs_of_use.append(self.scene.today)

    async def wait(self, _: Step, __: UUID) -> None:
        self.scene.desks.clock.time += timedelta(minutes=6)
