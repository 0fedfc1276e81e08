"""What every life starts from: units with grants, their administrators, and the gateway's own desks."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.access_rules import AccessRules
from app.accounts.activity import ActivityBook
from app.accounts.administration_desk import Directory
from app.accounts.approval_desk import ApprovalDesk
from app.accounts.authentication import Authenticator
from app.accounts.credential_store import CredentialStore
from app.accounts.guarding import SignInGuards
from app.accounts.lockout import LockRules
from app.accounts.password_policy import PROFILES
from app.accounts.passwords import PasswordVault
from app.accounts.refusals import Refusals
from app.accounts.registering import NewOfficer, register_officer
from app.accounts.registration_desk import RegistrationDesk
from app.accounts.second_factor_desk import SecondFactorDesk
from app.accounts.session_desk import SessionDesk
from app.accounts.sessions import SessionRules, SessionStore
from app.accounts.sign_in import SignInDesk
from app.accounts.store import Accounts, load_accounts
from app.accounts.throttling import SignInThrottle
from app.accounts.tokens import TokenMint
from app.accounts.values import Role
from app.audit.changes import ChangeLog
from app.audit.coalescing import Coalescer
from app.audit.record import Draft
from app.audit.sealing import RootKey
from app.cli import invented
from app.clock import local_day
from app.database import migrate
from app.database.address import sqlalchemy_address
from app.database.connect import open_engine
from app.database.live import LiveView
from app.procedures.store import Catalogue, add_grants, load_catalogue
from app.sheets.values import Limits
from app.units.store import UnitRegister, add_unit, find_unit_id, load_units
from app.units.values import UnitKind, UnitLevel
from tests.accounts.held_keys import HeldKeys
from tests.accounts.life import NOW, TODAY, a_notice
from tests.fakes import FakeAuditLog
from tests.lives.known import MOST_FAILURES
from tests.world import A_TOKEN_KEY, ROOT_KEY

T = TypeVar("T")
SINCE = date(2023, 1, 1)
PASSWORD = "Mật-khẩu-của-Thử-1"
PROCEDURES = (invented.RESIDENCE_PROCEDURE, invented.HOUSEHOLD_PROCEDURE, invented.PROCESSING_PROCEDURE)
GRANTED = ((0, 2), (1,), (0, 1), (0,))
_LONG = timedelta(days=1000)  # no session ends by itself: whatever ends one here is a rule about rights


@dataclass(frozen=True)
class Ground:
    """Units, the last one below the first; two administrators of the department, one of the first unit."""

    units: tuple[UUID, ...]
    department_id: UUID
    administrators: tuple[UUID, ...]
    roles: tuple[Role, ...]
    records: tuple[Draft, ...]
    catalogue: Catalogue


async def make_province(url: str) -> None:
    """Fill an empty database with the tables and the invented province."""
    await migrate.upgrade(sqlalchemy_address(url))
    engine = open_engine(url)
    async with engine.begin() as connection:
        await invented.invent_province(connection, RootKey.from_text(ROOT_KEY))
    await engine.dispose()


async def lay_ground(owner_url: str) -> Ground:
    """Commit it to a database of the invented province, whose own officers are suspended."""
    owner = open_engine(owner_url)
    async with owner.begin() as connection:
        await connection.execute(text("update officer set status = 'suspended'"))
        department_id = await find_unit_id(connection, invented.DEPARTMENT_CODE, TODAY)
        assert department_id is not None
        units = await _units(connection)
        posts = [(Role.DEPARTMENT_ADMINISTRATOR, department_id)] * 2 + [(Role.UNIT_ADMINISTRATOR, units[0])]
        records = []
        for number, (role, unit_id) in enumerate(posts):
            new = NewOfficer(f"quan.tri{number}", "Quản Trị", role, unit_id, person_code=f"QT{number}")
            facts = await register_officer(connection, new, a_notice(TODAY), NOW)
            records.append(Draft(facts.kind, NOW, facts.leaf()))
        await give_passwords(connection, "quan.tri%", NOW)
        catalogue = await load_catalogue(connection, SINCE)
    await owner.dispose()
    administrators = tuple(UUID(str(record.facts["changed_officer_id"])) for record in records)
    roles = tuple(role for role, _ in posts)
    return Ground(units, department_id, administrators, roles, tuple(records), catalogue)


async def _units(connection: AsyncConnection) -> tuple[UUID, ...]:
    units: list[UUID] = []
    for number, granted in enumerate(GRANTED):
        unit_id = await add_unit(
            connection,
            name=f"Ủy ban nhân dân xã Thử {number}",
            agency_code=f"H19.70.{number}",
            kind=UnitKind.COMMUNE,
            level=UnitLevel.COMMUNE,
            valid_from=SINCE,
            parent_id=units[0] if number == len(GRANTED) - 1 else None,
        )
        units.append(unit_id)
        await add_grants(connection, unit_id, [PROCEDURES[one] for one in granted], SINCE)
    return tuple(units)


async def give_passwords(connection: AsyncConnection, login_names: str, now: datetime) -> None:
    """Let officers have chosen a password, as they do by their codes."""
    await connection.execute(
        text(
            "update officer set password_hash = :password, password_changed_at = :now, activated_at = :now"
            " where password_hash is null and login_name like :names"
        ),
        {"password": PASSWORD, "now": now, "names": login_names},
    )


class LifeClock:
    """Stands still until somebody lets time pass."""

    def __init__(self) -> None:
        self.time = NOW

    @property
    def today(self) -> date:
        return local_day(self.time)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return (self.time - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds()


class OneConnection(AsyncEngine):
    """An engine all of whose transactions are savepoints of one that is rolled back."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection.engine.sync_engine)
        self._one = connection

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        async with self._one.begin_nested():
            yield self._one

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:  # type: ignore[override]
        yield self._one

    def execution_options(self, **_: Any) -> Self:
        return self


class OpenVault(PasswordVault):
    """Keeps passwords as they are: what costs 30 ms is not what is tested here."""

    async def matches(self, password_hash: str | None, password: str) -> bool:
        return password_hash is not None and password_hash == password

    def needs_rehash(self, password_hash: str) -> bool:
        return not password_hash


class View(LiveView[T], Generic[T]):
    """A view as fresh as its last refresh."""

    def __init__(self, load: Callable[[AsyncConnection], Awaitable[T]]) -> None:
        super().__init__(load)
        self.attach(lambda: True)


class Desks:
    """The gateway's desks over one connection, each as `app.gateway_parts` puts it together."""

    def __init__(self, connection: AsyncConnection, vault: PasswordVault, clock: LifeClock) -> None:
        self.connection, self.clock, self.log = connection, clock, FakeAuditLog()
        self.accounts: View[Accounts] = View(lambda one: load_accounts(one, clock.today))
        self.units: View[UnitRegister] = View(lambda one: load_units(one, clock.today))
        ended: View[frozenset[UUID]] = View(_nothing)
        engine, refusals = OneConnection(connection), Coalescer(self.log)
        guards = SignInGuards(engine, b"a secret", clock, LockRules(MOST_FAILURES), LockRules(100_000))
        store, credentials = SessionStore(engine), CredentialStore(engine)
        mint = TokenMint(HeldKeys(A_TOKEN_KEY), "http://cong", clock, lifetime=_LONG)
        rules = SessionRules(_LONG, _LONG, _LONG)
        factors = SecondFactorDesk(RootKey.from_text(ROOT_KEY), "H19", credentials, self.log, clock)
        sessions = SessionDesk(engine, store, self.accounts, mint, rules, self.log, clock)
        throttle = SignInThrottle(clock, per_second=100_000.0)
        self.changes = ChangeLog(engine, self.log, clock)
        self.sign_in = SignInDesk(
            self.accounts,
            vault,
            guards,
            factors,
            credentials,
            sessions,
            self.log,
            clock,
            self.units,
            throttle,
        )
        self.authenticator = Authenticator(
            mint,
            self.accounts,
            self.units,
            ended,
            ActivityBook(store),
            AccessRules(next(iter(PROFILES.values())), rules),
            refusals,
            clock,
        )
        directory = Directory(self.accounts, self.units)
        self.approvals = ApprovalDesk(
            engine, directory, guards, self.changes, Refusals(refusals, clock), clock
        )
        self.registration = RegistrationDesk(engine, self.changes, clock, Limits())
        self._ended = ended

    async def refresh(self) -> None:
        """Know what is so now, as every process does within a second."""
        for view in (self.accounts, self.units, self._ended):
            await view.refresh(self.connection)


async def _nothing(_: AsyncConnection) -> frozenset[UUID]:
    return frozenset()
