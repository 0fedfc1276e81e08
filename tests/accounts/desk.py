"""A sign-in desk over accounts in memory: its stores behave, and count what is asked of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.accounts.client_desk import ClientDesk, ClientSecret, check_grant
from app.accounts.client_store import AssertionStore
from app.accounts.clients import (
    Client,
    ClientCredential,
    ClientKind,
    CredentialKind,
    GrantType,
    secret_digest,
)
from app.accounts.credential_store import CredentialStore
from app.accounts.guarding import Charge, Count, SignInGuards
from app.accounts.lockout import Guard, LockRules, after_failure, is_locked
from app.accounts.passwords import PasswordVault, SignInBusyError, hash_password
from app.accounts.request import Request
from app.accounts.second_factor_desk import SecondFactorDesk
from app.accounts.session_desk import IssuedTokens, SessionDesk
from app.accounts.sessions import Session, SessionRules, SessionStore
from app.accounts.sign_in import Credentials, SignInDesk, SignInError, SignInFault
from app.accounts.store import Accounts
from app.accounts.throttling import SignInThrottle
from app.accounts.tokens import TokenMint
from app.accounts.values import Officer, Role
from app.audit.sealing import RootKey
from app.database.live import LiveView
from app.units.store import UnitRegister
from tests.accounts.held_keys import HeldKeys
from tests.fakes import FakeAuditLog
from tests.world import A_TOKEN_KEY, ROOT_KEY, TurnableClock

PASSWORD = "Mật-khẩu-của-Thử-1"
SECRET = "a-machine-secret"
OTP = "123456"
HERE = Request("127.0.0.1", "01981c5e-0000-7000-8000-000000000000")
HASH = hash_password(PASSWORD)
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


class CountingVault(PasswordVault):
    """Counts how many argon2 computations were asked for."""

    checks = 0
    is_old = False
    fills_up = False

    async def matches(self, password_hash: str | None, password: str) -> bool:
        self.checks += 1
        if self.fills_up:  # between the look whether there is room, and the check
            raise SignInBusyError
        return await super().matches(password_hash, password)

    def needs_rehash(self, password_hash: str) -> bool:
        return self.is_old or super().needs_rehash(password_hash)


class MemoryGuards(SignInGuards):
    """Counts in memory, under the rules of accounts."""

    def __init__(self, engine: AsyncEngine, clock: TurnableClock, asked: list[str]) -> None:
        super().__init__(engine, b"", clock, LockRules(), LockRules(max_failures=100))
        self._held: dict[str, Guard] = {}
        self._now = clock.now
        self._asked = asked

    async def charge(self, login_name: str, client_id: str, address: str) -> Charge:
        self._asked.append("charge")
        now = self._now()
        before = self._held.get(login_name, Guard(0, 0, now, None))
        after = self._held[login_name] = after_failure(before, now, LockRules())
        place = Count(f"{client_id}|{address}".encode(), Guard(0, 0, now, None), Guard(1, 0, now, None))
        locked = is_locked(before, now)
        return Charge(
            place,
            Count(login_name.encode(), before, after),
            is_account_locked=locked,
            locks_account=is_locked(after, now) and not locked,
        )

    async def refund(self, charge: Charge) -> None:
        self._asked.append("refund")
        self._held[charge.account.digest.decode()] = replace(charge.account.before, failures=0)

    async def give_back(self, charge: Charge) -> None:
        self._asked.append("give back")
        self._held[charge.account.digest.decode()] = charge.account.before


class MemoryCredentials(CredentialStore):
    """Ends no sessions but says that it was asked to; keeps raised hashes."""

    def __init__(self, engine: AsyncEngine, asked: list[str]) -> None:
        super().__init__(engine)
        self._asked = asked
        self.raised: list[str] = []

    async def raise_hash(self, officer_id: UUID, old_hash: str, new_hash: str) -> None:
        assert officer_id
        assert old_hash != new_hash
        self.raised.append(new_hash)

    async def end_sessions(self, officer_id: UUID) -> None:
        assert isinstance(officer_id, UUID)
        self._asked.append("end sessions")


class MemoryFactors(SecondFactorDesk):
    """Knows one code, which counts once."""

    def __init__(self, store: CredentialStore, clock: TurnableClock, asked: list[str]) -> None:
        super().__init__(RootKey.from_text(ROOT_KEY), "H19", store, FakeAuditLog(), clock)
        self._asked = asked
        self.is_fresh = True

    async def is_right(self, officer_id: UUID | None, code: str, *, counts: bool = True) -> bool:
        self._asked.append("code")
        is_right = officer_id is not None and counts and self.is_fresh and code == OTP
        self.is_fresh = self.is_fresh and not is_right
        return is_right


class MemorySessions(SessionDesk):
    """Keeps sessions in a list."""

    begun: list[Session]

    async def begin(self, session: Session, confirmation: str | None = None) -> IssuedTokens:
        self.begun.append(session)
        return IssuedTokens(self._mint.issue(session, confirmation), "refresh", self._mint.lifetime_seconds)


def an_officer(login_name: str = "canbo.mau", *, is_active: bool = True, is_posted: bool = True) -> Officer:
    unit_id = uuid4() if is_posted else None
    return Officer(uuid4(), login_name, "Cán Bộ Mẫu", Role.RECEPTION, unit_id, "cb-1", is_active, HASH)


def a_client() -> Client:
    secret = ClientCredential(uuid4(), CredentialKind.SECRET, secret_digest(SECRET), SINCE)
    return Client(
        client_id="mot-cua",
        name="Một cửa",
        is_active=True,
        kind=ClientKind.SERVICE,
        grants=frozenset({GrantType.PASSWORD}),
        networks=(ip_network("127.0.0.0/8"),),
        credentials=(secret,),
    )


def some_credentials(
    username: str = "canbo.mau", password: str = PASSWORD, otp: str | None = None
) -> Credentials:
    return Credentials(username, password, otp)


@dataclass
class Desk:
    """A sign-in desk over accounts in memory; `asked` is what it asked of its stores, in order."""

    desk: SignInDesk
    clients: ClientDesk
    vault: CountingVault
    log: FakeAuditLog
    clock: TurnableClock
    credentials: MemoryCredentials
    sessions: MemorySessions
    asked: list[str]

    async def sign_in(self, credentials: Credentials, request: Request = HERE) -> IssuedTokens:
        client = await self.clients.authenticate(ClientSecret("mot-cua", SECRET), request)
        check_grant(client, GrantType.PASSWORD)
        return await self.desk.sign_in(client, credentials, request)

    async def fault(self, credentials: Credentials, request: Request = HERE) -> SignInFault:
        with pytest.raises(SignInError) as caught:
            await self.sign_in(credentials, request)
        return caught.value.fault


async def _no_units(_: object) -> UnitRegister:
    return UnitRegister({})


@asynccontextmanager
async def a_desk(
    *officers: Officer, client: Client | None = None, max_waiting: int = 8, per_second: float = 1000.0
) -> AsyncIterator[Desk]:
    async def load(_: object) -> Accounts:
        software = client or a_client()
        return Accounts(
            {one.officer_id: one for one in officers},
            {one.login_name: one for one in officers},
            {software.client_id: software},
        )

    accounts: LiveView[Accounts] = LiveView(load)
    await accounts.refresh(None)  # type: ignore[arg-type] # nothing is read
    accounts.attach(lambda: True)
    units: LiveView[UnitRegister] = LiveView(_no_units)
    await units.refresh(None)  # type: ignore[arg-type] # nothing is read
    units.attach(lambda: True)
    clock, log, asked = TurnableClock(), FakeAuditLog(), list[str]()
    mint = TokenMint(HeldKeys(A_TOKEN_KEY), "http://cong", clock, lifetime=timedelta(minutes=10))
    engine = create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")  # never connected
    credentials = MemoryCredentials(engine, asked)
    rules = SessionRules(timedelta(minutes=15), timedelta(minutes=5), timedelta(hours=12))
    sessions = MemorySessions(engine, SessionStore(engine), accounts, mint, rules, log, clock)
    sessions.begun = []
    with CountingVault(workers=1, max_waiting=max_waiting) as vault:
        desk = SignInDesk(
            accounts,
            vault,
            MemoryGuards(engine, clock, asked),
            MemoryFactors(credentials, clock, asked),
            credentials,
            sessions,
            log,
            clock,
            units,
            SignInThrottle(clock, per_second=per_second),
        )
        clients = ClientDesk(accounts, AssertionStore(engine), "http://cong", clock)
        yield Desk(desk, clients, vault, log, clock, credentials, sessions, asked)
