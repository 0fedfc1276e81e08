"""Where a life is played: the desks, what the test knows, and what the records tell."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.authentication import Caller
from app.accounts.life_facts import ChangeFacts
from app.accounts.posting_plan import Notice
from app.accounts.request import Request
from app.audit.changes import Event
from app.audit.record import Draft
from app.cli import invented
from tests.accounts.life import DAY, a_notice
from tests.lives.ground import Desks, Ground, give_passwords
from tests.lives.known import Known, Person
from tests.lives.rules import hold
from tests.lives.steps import Step

HERE = Request("127.0.0.1", "01981c5e-0000-7000-8000-000000000000")


@dataclass
class Scene:
    """`units` are in the order of their making, `tokens` by session with whose they are."""

    ground: Ground
    desks: Desks
    known: Known
    units: list[UUID]
    tokens: dict[UUID, tuple[UUID, str]] = field(default_factory=dict)

    @property
    def connection(self) -> AsyncConnection:
        return self.desks.connection

    @property
    def today(self) -> date:
        return self.desks.clock.today

    def moment(self) -> datetime:
        """Return a moment later than the last one: no two things happen at once."""
        self.desks.clock.time += timedelta(seconds=1)
        return self.desks.clock.time

    def unit(self, number: int) -> UUID:
        return self.units[number % len(self.units)]

    def notice(self, step: Step) -> Notice:
        return a_notice(self.today + step.offset * DAY, self.today)

    async def put(self, *said: ChangeFacts | Event) -> None:
        """Put what was done on record."""
        for one in said:
            facts = one.leaf() if isinstance(one, ChangeFacts) else one.facts
            await self.desks.log.append(Draft(one.kind, self.desks.clock.time, facts))

    def caller(self, who: UUID) -> Caller | None:
        """Return somebody as they stand behind a request; None where they may do nothing today."""
        if self.known.right(who, self.today) is None:
            return None
        officer = self.desks.accounts.current.officers[who]
        unit = self.desks.units.current.find(officer.unit_id)
        assert unit is not None
        client = self.desks.accounts.current.clients[invented.CLIENT_ID]
        return Caller(officer, unit, client, UUID(int=1), HERE)

    def check_post(self, unit_id: UUID, since: date, until: date | None = None) -> None:
        is_kept = self.known.exists_from(unit_id, since, until)
        hold("nobody is posted to a unit that does not exist", is_kept=is_kept, since=since, until=until)

    async def welcome(self, who: UUID, person: Person, unit_id: UUID, since: date) -> None:
        """Know a new officer, who has chosen a password by now."""
        self.check_post(unit_id, since)
        await give_passwords(self.connection, person.login_name, self.desks.clock.time)
        person.paint(unit_id, since)
        person.signs_of_use.append(self.today)
        self.known.people[who] = person

    def move(self, who: UUID, unit_id: UUID, since: date) -> None:
        """Know of a transfer: for good, but a leave that is planned stays planned."""
        person = self.known.people[who]
        end = next((day for day, at in person.units.items() if day >= since and at is None), None)
        self.check_post(unit_id, since, end)
        if end is not None:
            person.paint(None, end)
        person.paint(unit_id, since, end)
