"""One-time codes: issued against a handover record, good for one password, guarded like sign-in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from math import log2
from uuid import UUID, uuid4

import pytest

from app.accounts.activation import (
    Batch,
    HandoverFault,
    HandoverRefusedError,
    IssuedCodes,
    code_digest,
    issue_codes,
    new_code,
    note_receipt,
)
from app.accounts.activation_desk import Activation, ActivationDesk, ActivationRefusedError
from app.accounts.credential_store import CredentialStore
from app.accounts.guarding import ADDRESS_RULES, SignInGuards, TooManySignInsError
from app.accounts.lockout import LockRules
from app.accounts.password_desk import PasswordDesk, PasswordRefusedError
from app.accounts.password_policy import PROFILES
from app.accounts.passwords import PasswordVault, SignInBusyError
from app.accounts.postings import OfficerUnknownError
from app.accounts.request import Request
from app.accounts.store import Accounts, load_accounts
from app.audit.record import RecordKind
from app.database.connect import open_engine
from app.database.live import LiveView
from app.errors import AuditUnavailableError
from app.units.store import UnitRegister, load_units
from tests.accounts.life import DAY, DOCUMENT, NOW, TODAY, Office, an_office
from tests.accounts.test_lapse import FixedClock
from tests.fakes import FakeAuditLog
from tests.world import Database

PASSWORD = "Cửa-sổ-xanh-2027!"
HERE = Request("127.0.0.1", "01981c5e-0000-7000-8000-000000000000")
OFFICER = "can.bo"
ALPHABET = set("23456789ABCDEFGHJKMNPQRSTUVWXYZ")


@dataclass
class Counter:
    """A desk over an office, with what it records and the clock it asks."""

    desk: ActivationDesk
    office: Office
    log: FakeAuditLog
    clock: FixedClock
    vault: PasswordVault
    accounts: LiveView[Accounts]

    async def activate(
        self, code: str, username: str = OFFICER, password: str = PASSWORD, request: Request = HERE
    ) -> None:
        await self.desk.activate(Activation(username, code, password), request)

    async def is_refused(self, code: str, username: str = OFFICER, request: Request = HERE) -> bool:
        with pytest.raises(ActivationRefusedError):
            await self.activate(code, username, request=request)
        return True

    async def reload(self) -> None:
        async with self.office.engine.connect() as connection:
            await self.accounts.refresh(connection)

    def kinds(self) -> list[RecordKind]:
        return [draft.kind for draft in self.log.drafts]


@asynccontextmanager
async def a_counter(office: Office, url: str, max_waiting: int = 32) -> AsyncIterator[Counter]:
    clock, log = FixedClock(), FakeAuditLog()
    accounts: LiveView[Accounts] = LiveView(lambda connection: load_accounts(connection, TODAY))
    units: LiveView[UnitRegister] = LiveView(lambda connection: load_units(connection, TODAY))
    async with office.engine.connect() as connection:
        for view in (accounts, units):
            await view.refresh(connection)
            view.attach(lambda: True)
    engine = open_engine(url, pool_size=8)
    credentials = CredentialStore(engine)
    guards = SignInGuards(engine, b"key", clock, LockRules(), ADDRESS_RULES)
    with PasswordVault(workers=1, max_waiting=max_waiting) as vault:
        passwords = PasswordDesk(PROFILES["dongnai-2023"], vault, credentials, guards, log, clock, accounts)
        desk = ActivationDesk(engine, accounts, units, vault, passwords, credentials, guards, log, clock)
        yield Counter(desk, office, log, clock, vault, accounts)
    await engine.dispose()


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    async with an_office(database) as opened:
        await opened.register(OFFICER, on=TODAY - DAY)
        yield opened


@pytest.fixture
async def counter(office: Office, database: Database) -> AsyncIterator[Counter]:
    async with a_counter(office, database.serving_url) as opened:
        yield opened


async def _issue(office: Office, *officer_ids: UUID, **changes: object) -> IssuedCodes:
    batch = Batch(office.units[0], officer_ids, NOW, NOW + 7 * DAY, document=DOCUMENT)
    async with office.engine.begin() as connection:
        return await issue_codes(connection, replace(batch, **changes))  # type: ignore[arg-type] # the test's own


async def _a_code(office: Office) -> str:
    [officer_id] = await _ids(office)
    return (await _issue(office, officer_id)).codes[officer_id]


async def _ids(office: Office, login_name: str = OFFICER) -> list[UUID]:
    rows = await office.fetch("select officer_id from officer where login_name = :name", name=login_name)
    return [row["officer_id"] for row in rows]


async def _has_password(office: Office) -> bool:
    [officer_id] = await _ids(office)
    return (await office.officer(officer_id)).password_hash is not None


def test_a_code_has_80_bits_and_no_marks_that_look_alike() -> None:
    marks = new_code().replace("-", "")
    assert set(marks) <= ALPHABET
    assert not ALPHABET & set("01OIL")
    assert len(marks) * log2(len(ALPHABET)) >= 80
    assert len({new_code() for _ in range(100)}) == 100


def test_a_code_is_known_however_it_is_typed() -> None:
    code = "K7M2PQ-ABCDEF-234567"
    for typed in ("k7m2pq-abcdef-234567", " K7M2 PQAB CDEF\t234567\n", "K7M2PQ\u2013ABCDEF\u2011234567"):
        assert code_digest(typed) == code_digest(code)
    assert code_digest("K7M2PQ-ABCDEF-234568") != code_digest(code)
    assert len(code_digest("\ud800" * 10_000)) == 32


async def test_a_code_gives_the_officer_the_password_they_chose_and_is_used_up(counter: Counter) -> None:
    code = await _a_code(counter.office)
    await counter.activate(code.lower().replace("-", " "), username=" Can.Bo ")
    [row] = await counter.office.fetch("select * from officer where login_name = 'can.bo'")
    assert await counter.vault.matches(row["password_hash"], PASSWORD)
    assert (row["activated_at"], row["password_changed_at"]) == (NOW, NOW)
    assert not row["must_change_password"]
    assert counter.kinds() == [RecordKind.ACCOUNT_ACTIVATED]
    assert counter.log.drafts[0].facts["changed_officer_id"] == str(row["officer_id"])
    await counter.reload()
    assert await counter.is_refused(code)
    assert code not in str(counter.log.drafts)
    assert PASSWORD not in str(counter.log.drafts)


async def test_a_code_works_once_for_twenty_who_try_at_once_in_two_processes(
    office: Office, database: Database
) -> None:
    code = await _a_code(office)
    async with AsyncExitStack() as stack:
        counters = [
            await stack.enter_async_context(a_counter(office, database.serving_url)) for _ in range(2)
        ]
        results = await asyncio.gather(
            *(counters[number % 2].activate(code) for number in range(20)), return_exceptions=True
        )
    assert [type(result) for result in results].count(type(None)) == 1
    assert {type(result) for result in results} <= {type(None), ActivationRefusedError}
    kinds = [kind for counter in counters for kind in counter.kinds()]
    assert kinds.count(RecordKind.ACCOUNT_ACTIVATED) == 1


async def test_a_new_code_takes_the_place_of_the_earlier_one(counter: Counter) -> None:
    first, second = await _a_code(counter.office), await _a_code(counter.office)
    assert await counter.is_refused(first)
    await counter.activate(second)


async def test_an_expired_code_works_no_longer(counter: Counter) -> None:
    code = await _a_code(counter.office)
    counter.clock.time = NOW + 7 * DAY
    assert await counter.is_refused(code)
    assert not await _has_password(counter.office)


async def test_a_code_serves_its_own_officer_alone(counter: Counter) -> None:
    await counter.office.register("hai.can", on=TODAY - DAY)
    await counter.reload()
    assert await counter.is_refused(await _a_code(counter.office), "hai.can")


async def test_a_password_against_the_policy_leaves_the_code_as_it_was(counter: Counter) -> None:
    code = await _a_code(counter.office)
    for _ in range(6):
        with pytest.raises(PasswordRefusedError):
            await counter.activate(code, password="short")
    await counter.activate(code)


async def test_the_policy_is_told_to_nobody_without_a_code(counter: Counter) -> None:
    with pytest.raises(ActivationRefusedError):
        await counter.activate(new_code(), password="short")


@pytest.mark.parametrize("username", [OFFICER, "khong.co"])
async def test_guesses_lock_the_name_whether_or_not_anybody_bears_it(counter: Counter, username: str) -> None:
    code = await _a_code(counter.office)
    for _ in range(5):
        assert await counter.is_refused(new_code(), username)
    assert await counter.is_refused(code, username)
    assert counter.kinds().count(RecordKind.ACTIVATION_FAILED) == 6
    assert counter.kinds().count(RecordKind.ACCOUNT_LOCKED) == 1
    assert "khong.co" not in str(counter.log.drafts)
    counter.clock.time = NOW + timedelta(minutes=6)
    await counter.activate(code)


async def test_an_address_that_guesses_too_much_is_not_heard(counter: Counter) -> None:
    for number in range(100):
        assert await counter.is_refused("K7M2PQ", f"khong.co{number}")
    with pytest.raises(TooManySignInsError):
        await counter.activate(await _a_code(counter.office))
    await counter.activate(await _a_code(counter.office), request=replace(HERE, address="10.0.0.1"))


@pytest.mark.parametrize("known_to", ["everybody", "the database alone"])
async def test_a_suspended_officers_code_does_not_work(counter: Counter, known_to: str) -> None:
    code = await _a_code(counter.office)
    await counter.office.execute("update officer set status = 'suspended'")
    if known_to == "everybody":
        await counter.reload()
    assert await counter.is_refused(code)


async def test_a_password_changed_meanwhile_is_not_replaced(counter: Counter) -> None:
    code = await _a_code(counter.office)
    await counter.office.execute("update officer set password_changed_at = now() where login_name = 'can.bo'")
    assert await counter.is_refused(code)
    [row] = await counter.office.fetch("select used_at from activation_code")
    assert row["used_at"] is None


async def test_without_evidence_the_code_is_not_used(counter: Counter) -> None:
    code = await _a_code(counter.office)
    counter.log.fail = True
    with pytest.raises(AuditUnavailableError):
        await counter.activate(code)
    counter.log.fail = False
    assert not await _has_password(counter.office)
    await counter.activate(code)


async def test_a_flood_is_turned_away_before_it_is_counted(office: Office, database: Database) -> None:
    async with a_counter(office, database.serving_url, max_waiting=0) as counter:
        with pytest.raises(SignInBusyError):
            await counter.activate(await _a_code(office))
    assert await office.fetch("select * from sign_in_guard") == []


async def test_a_reset_keeps_former_passwords_and_refuses_the_present_one(counter: Counter) -> None:
    await counter.activate(await _a_code(counter.office))
    [officer_id] = await _ids(counter.office)
    await counter.reload()
    counter.clock.time = NOW + DAY
    issued = await _issue(counter.office, officer_id, issued_at=counter.clock.time)
    assert issued.facts[1].reason == "reset"
    with pytest.raises(PasswordRefusedError):
        await counter.activate(issued.codes[officer_id])
    await counter.activate(issued.codes[officer_id], password="Cửa-sổ-đỏ-2028!")
    assert len(await counter.office.fetch("select * from password_history")) == 1
    assert (
        await counter.office.fetch(
            "select activated_at from officer where password_hash is not null and login_name = 'can.bo'"
        )
    )[0]["activated_at"] == NOW


async def test_a_handover_is_on_record_without_the_codes(office: Office) -> None:
    [officer_id] = await _ids(office)
    issued = await _issue(office, officer_id, officer_id)
    assert [fact.kind for fact in issued.facts] == [RecordKind.HANDOVER_MADE, RecordKind.CODE_ISSUED]
    said = str([fact.leaf() for fact in issued.facts]) + repr(issued)
    assert issued.codes[officer_id] not in said
    async with office.engine.begin() as connection:
        receipt = await note_receipt(connection, issued.batch_id, "Văn thư xã Thử", NOW + DAY)
    assert receipt.leaf()["document_number"] == DOCUMENT.number
    for batch_id, fault in (
        (issued.batch_id, HandoverFault.RECEIVED_ALREADY),
        (uuid4(), HandoverFault.HANDOVER_UNKNOWN),
    ):
        with pytest.raises(HandoverRefusedError) as caught:
            async with office.engine.begin() as connection:
                await note_receipt(connection, batch_id, "Ai đó", NOW + DAY)
        assert caught.value.fault is fault


async def test_codes_go_to_officers_in_use_and_end_after_they_begin(office: Office) -> None:
    [officer_id] = await _ids(office)
    [suspended] = await _ids(office, "tiepnhan.mau")
    for officers, changes, fault in (
        ((), {}, HandoverFault.NOBODY),
        ((officer_id,), {"expires_at": NOW}, HandoverFault.ALREADY_ENDED),
        ((officer_id, suspended), {}, HandoverFault.OFFICER_SUSPENDED),
    ):
        with pytest.raises(HandoverRefusedError) as caught:
            await _issue(office, *officers, **changes)
        assert caught.value.fault is fault
    with pytest.raises(OfficerUnknownError):
        await _issue(office, uuid4())
    assert await office.fetch("select * from activation_code") == []
