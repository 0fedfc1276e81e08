"""Sign-in: known software and a known officer, or nothing; who guesses learns nothing."""

import asyncio
import base64
import json
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from argon2 import PasswordHasher

from app.accounts.clients import Client
from app.accounts.passwords import PasswordVault, SignInBusyError
from app.accounts.request import Request
from app.accounts.sign_in import SignInFault
from app.accounts.values import Officer
from app.audit.record import RecordKind
from app.cli import invented
from app.errors import AuditUnavailableError
from tests.accounts.desk import HASH, OTP, PASSWORD, SECRET, a_client, a_desk, an_officer, some_credentials
from tests.cluster import PostgresCluster
from tests.gateway import Gateway, an_upstream, running_gateway
from tests.world import World

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


async def test_a_token_is_issued_once_the_sign_in_is_on_record() -> None:
    officer = an_officer()
    async with a_desk(officer) as at:
        token = await at.sign_in(some_credentials())
        (draft,) = at.log.drafts
    assert token.expires_in == 600
    assert draft.kind is RecordKind.SIGN_IN_SUCCEEDED
    assert draft.facts["officer_id"] == str(officer.officer_id)
    (session,) = at.sessions.begun
    assert draft.facts["session_id"] == str(session.session_id)


async def test_without_a_record_there_is_no_token() -> None:
    async with a_desk(an_officer()) as at:
        at.log.fail = True
        with pytest.raises(AuditUnavailableError):
            await at.sign_in(some_credentials())
        assert at.sessions.begun == []


@pytest.mark.parametrize(
    ("officer", "username", "password"),
    [
        (an_officer(), "khong.co", PASSWORD),
        (an_officer(), "canbo.mau", "wrong"),
        (an_officer(is_active=False), "canbo.mau", PASSWORD),
        (an_officer(is_active=False), "canbo.mau", "wrong"),
        (an_officer(is_posted=False), "canbo.mau", PASSWORD),
        (replace(an_officer(), password_hash=None), "canbo.mau", PASSWORD),
        (replace(an_officer(), password_hash=None), "canbo.mau", "nobody has this password"),
        (replace(an_officer(), first_password_until=LONG_AGO), "canbo.mau", PASSWORD),
        (replace(an_officer(), has_second_factor=True), "canbo.mau", PASSWORD),
        (replace(an_officer(), has_second_factor=True), "canbo.mau", "wrong"),
    ],
    ids=[
        "unknown",
        "wrong",
        "suspended",
        "suspended and wrong",
        "not posted",
        "no password",
        "no password 2",
        "first password expired",
        "no code",
        "wrong, no code",
    ],
)
async def test_every_failure_is_one_answer_after_one_hash_and_one_record(
    officer: Officer, username: str, password: str
) -> None:
    async with a_desk(officer) as at:
        assert await at.fault(some_credentials(username, password)) is SignInFault.INVALID_GRANT
        assert at.vault.checks == 1
        assert at.asked == ["charge", "code"]
        assert [draft.kind for draft in at.log.drafts] == [RecordKind.SIGN_IN_FAILED]


@pytest.mark.parametrize("username", ["canbo.mau", "khong.co"])
async def test_a_fifth_failure_locks_a_known_and_an_unknown_name_with_the_same_steps(username: str) -> None:
    async with a_desk(an_officer()) as at:
        for _ in range(4):
            await at.fault(some_credentials(username, "wrong"))
        at.asked.clear()
        at.log.drafts.clear()
        assert await at.fault(some_credentials(username, "wrong")) is SignInFault.INVALID_GRANT
        assert at.asked == ["charge", "code", "end sessions"]
        assert [draft.kind for draft in at.log.drafts] == [
            RecordKind.SIGN_IN_FAILED,
            RecordKind.ACCOUNT_LOCKED,
        ]


async def test_a_right_password_during_a_lock_fails_after_the_same_steps() -> None:
    async with a_desk(an_officer()) as at:
        for _ in range(5):
            await at.fault(some_credentials(password="wrong"))
        at.asked.clear()
        assert await at.fault(some_credentials()) is SignInFault.INVALID_GRANT
        assert at.asked == ["charge", "code"]
        at.clock.ahead = timedelta(minutes=5, seconds=1)
        await at.sign_in(some_credentials())


async def test_a_code_counts_once_and_not_with_a_wrong_password() -> None:
    async with a_desk(replace(an_officer(), has_second_factor=True)) as at:
        await at.fault(some_credentials(password="wrong", otp=OTP))
        await at.sign_in(some_credentials(otp=OTP))
        assert at.sessions.begun[0].assurance == "password+otp"
        await at.fault(some_credentials(otp=OTP))


async def test_a_try_there_is_no_room_for_costs_nothing() -> None:
    async with a_desk(an_officer(), max_waiting=0) as at:
        with pytest.raises(SignInBusyError):
            await at.sign_in(some_credentials())
    assert at.asked == []
    assert at.log.drafts == []


async def test_a_try_that_nobody_had_time_to_check_does_not_count() -> None:
    async with a_desk(an_officer()) as at:
        at.vault.fills_up = True
        for _ in range(6):
            with pytest.raises(SignInBusyError):
                await at.sign_in(some_credentials())
    assert at.asked == ["charge", "give back"] * 6
    assert at.log.drafts == []


async def test_an_older_hash_is_raised_at_sign_in_and_only_after_a_right_one() -> None:
    async with a_desk(an_officer()) as at:
        await at.sign_in(some_credentials())
        at.vault.is_old = True
        await at.fault(some_credentials(password="wrong"))
        assert at.credentials.raised == []
        await at.sign_in(some_credentials())
        (raised,) = at.credentials.raised
        assert await at.vault.matches(raised, PASSWORD)


def test_a_hash_under_other_parameters_needs_raising() -> None:
    with PasswordVault(workers=1, max_waiting=1) as vault:
        assert not vault.needs_rehash(HASH)
        assert vault.needs_rehash(PasswordHasher(time_cost=1, memory_cost=8192).hash(PASSWORD))


async def test_a_session_belongs_to_the_epoch_its_password_was_checked_in() -> None:
    async with a_desk(replace(an_officer(), session_epoch=41)) as at:
        await at.sign_in(some_credentials())
    assert [session.epoch for session in at.sessions.begun] == [41]


async def test_a_name_nobody_bears_is_not_written_down() -> None:
    async with a_desk(an_officer()) as at:
        await at.fault(some_credentials("mat-khau-go-nham-o"))
        (draft,) = at.log.drafts
    assert "officer_id" not in draft.facts
    assert "mat-khau-go-nham-o" not in str(dict(draft.facts))


async def test_neither_password_nor_secret_prints() -> None:
    assert PASSWORD not in repr(some_credentials())
    assert SECRET not in repr(some_credentials())
    async with a_desk(an_officer()) as at:
        await at.sign_in(some_credentials())
        assert PASSWORD not in str(at.log.drafts)


@pytest.mark.parametrize("typed", ["canbo.mau", "CanBo.Mau", "  canbo.mau "])
async def test_a_login_name_is_read_without_case_and_surrounding_space(typed: str) -> None:
    async with a_desk(an_officer()) as at:
        await at.sign_in(some_credentials(typed))


@pytest.mark.parametrize("form", ["NFC", "NFD"])
async def test_a_password_is_the_same_however_its_accents_are_composed(form: str) -> None:
    async with a_desk(an_officer()) as at:
        typed = unicodedata.normalize(form, PASSWORD)  # type: ignore[arg-type]
        await at.sign_in(some_credentials(password=typed))


async def test_an_endless_password_is_not_hashed_and_fails_like_any_other() -> None:
    async with a_desk(an_officer()) as at:
        assert await at.fault(some_credentials(password="x" * 1025)) is SignInFault.INVALID_GRANT
        assert at.vault.checks == 0
        assert [draft.kind for draft in at.log.drafts] == [RecordKind.SIGN_IN_FAILED]


@pytest.mark.parametrize(
    ("client", "request_from", "fault"),
    [
        (replace(a_client(), is_active=False), "127.0.0.1", SignInFault.INVALID_CLIENT),
        (replace(a_client(), client_id="khac"), "127.0.0.1", SignInFault.INVALID_CLIENT),
        (replace(a_client(), credentials=()), "127.0.0.1", SignInFault.INVALID_CLIENT),
        (replace(a_client(), grants=frozenset()), "127.0.0.1", SignInFault.UNAUTHORIZED_CLIENT),
        (a_client(), "10.9.9.9", SignInFault.UNAUTHORIZED_CLIENT),
        (a_client(), "", SignInFault.UNAUTHORIZED_CLIENT),
        (a_client(), "::ffff:10.9.9.9", SignInFault.UNAUTHORIZED_CLIENT),
    ],
    ids=["suspended", "unknown", "wrong secret", "no passwords", "elsewhere", "no address", "mapped"],
)
async def test_software_that_may_not_sign_anybody_in_learns_nothing_of_officers(
    client: Client, request_from: str, fault: SignInFault
) -> None:
    async with a_desk(an_officer(), client=client) as at:
        assert await at.fault(some_credentials(), Request(request_from, "x")) is fault
        assert at.vault.checks == 0


async def test_an_address_written_as_ipv6_is_the_same_address() -> None:
    async with a_desk(an_officer()) as at:
        await at.sign_in(some_credentials(), Request("::ffff:127.0.0.1", "x"))


def basic(user: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()


async def test_the_answers_to_an_unknown_and_a_known_name_are_the_same_bytes(gateway: Gateway) -> None:
    known = await gateway.try_sign_in(invented.RECEPTION, "wrong")
    unknown = await gateway.try_sign_in("khong.co", "wrong")
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert set(known.headers) == set(unknown.headers)
    assert "Tên đăng nhập hoặc mật khẩu không đúng" in known.text


async def test_a_token_answer_is_never_stored_by_anyone(gateway: Gateway) -> None:
    answer = await gateway.try_sign_in(invented.RECEPTION)
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.json()) == {"access_token", "token_type", "expires_in", "refresh_token"}


GOOD = {"grant_type": "password", "username": invented.RECEPTION, "password": "x"}
FORMS = {
    "empty": (b"", 400, "invalid_request"),
    "no form": (b"\xff\xfe=\x00", 400, "invalid_request"),
    "surrogates": (b"grant_type=password&username=%ED%A0%80&password=x", 400, "invalid_request"),
    "a field twice": (b"grant_type=password&username=a&username=b&password=x", 400, "invalid_request"),
    "no password": (b"grant_type=password&username=a", 400, "invalid_request"),
    "an empty password": (b"grant_type=password&username=a&password=", 400, "invalid_request"),
    "no grant": (b"username=a&password=x", 400, "invalid_request"),
    "another grant": (b"grant_type=device_code", 400, "unsupported_grant_type"),
    "a grant switched off": (b"grant_type=client_credentials", 400, "unauthorized_client"),
    "a hundred fields": (b"&".join(b"f%d=1" % at for at in range(100)), 400, "invalid_request"),
    "too large": (b"grant_type=password&username=a&password=" + b"x" * 9000, 400, "invalid_request"),
    "NUL": (b"grant_type=password&username=%00&password=%00", 400, "invalid_grant"),
    "SQL": (b"grant_type=password&username='+or+1=1--&password=x", 400, "invalid_grant"),
}


async def test_a_form_that_is_none_is_refused_in_the_words_of_oauth(gateway: Gateway) -> None:
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": basic(invented.CLIENT_ID, gateway.world.province.client_secret),
    }
    said = {}
    for name, (form, _, _) in FORMS.items():
        answer = await gateway.http.post("/v1/auth/token", content=form, headers=headers)
        said[name] = (form, answer.status_code, answer.json().get("error"))
    assert said == FORMS


async def test_a_json_sign_in_is_no_form(gateway: Gateway) -> None:
    answer = await gateway.http.post("/v1/auth/token", json=GOOD)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


STRANGERS = (
    b"",
    b"Basic",
    b"Basic !!!!",
    b"Basic \xe9",
    b"Basic " + base64.b64encode(b"\xff:\xff"),
    b"Basic " + base64.b64encode(b"no colon"),
    b"Basic " + base64.b64encode(b"%ED%A0%80:%00"),
    b"Basic " + base64.b64encode(b":"),
    b"Bearer " + base64.b64encode(f"{invented.CLIENT_ID}:x".encode()),
    b"Basic " + base64.b64encode(f"{invented.CLIENT_ID}:x".encode()),
    b"Basic " + base64.b64encode(b"khong-co:x"),
)


async def test_software_that_is_not_known_gets_one_answer(gateway: Gateway) -> None:
    answers = [
        await gateway.http.post("/v1/auth/token", data=GOOD, headers=[(b"Authorization", header)])
        for header in STRANGERS
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.json()["error"] for answer in answers} == {"invalid_client"}
    assert len({answer.content for answer in answers}) == 1
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {'Basic realm="dancu"'}


async def test_client_secrets_in_the_form_do_not_count(gateway: Gateway) -> None:
    form = GOOD | {"client_id": invented.CLIENT_ID, "client_secret": gateway.world.province.client_secret}
    answer = await gateway.http.post("/v1/auth/token", data=form)
    assert answer.json()["error"] == "invalid_client"


async def test_basic_credentials_may_be_percent_encoded(gateway: Gateway) -> None:
    client_id = "".join(f"%{ord(letter):02X}" for letter in invented.CLIENT_ID)
    form = GOOD | {"password": gateway.world.province.passwords[invented.RECEPTION]}
    headers = {"Authorization": basic(client_id, gateway.world.province.client_secret)}
    assert (await gateway.http.post("/v1/auth/token", data=form, headers=headers)).status_code == 200


async def test_english_on_request(gateway: Gateway) -> None:
    answer = await gateway.http.post("/v1/auth/token", data=GOOD, headers={"Accept-Language": "en"})
    assert answer.json()["detail"] == "client authentication failed"


async def test_more_sign_ins_than_fit_the_queue_are_told_to_come_back(world: World) -> None:
    async with running_gateway(
        world, an_upstream(), password_hash_workers=1, password_hash_queue=1
    ) as gateway:
        answers = await asyncio.gather(*(gateway.try_sign_in(invented.RECEPTION) for _ in range(6)))
        assert (await gateway.try_sign_in(invented.RECEPTION)).status_code == 200
    busy = [answer for answer in answers if answer.status_code == 503]
    assert any(answer.status_code == 200 for answer in answers)
    assert busy
    assert {answer.json()["code"] for answer in busy} == {"sign_in_busy"}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in busy)


async def test_without_database_nobody_signs_in(gateway: Gateway, postgres_cluster: PostgresCluster) -> None:
    await postgres_cluster._close_to_connections(gateway.world.database.name)
    for password in (None, "wrong"):
        answer = await gateway.try_sign_in(invented.RECEPTION, password)
        _assert_audit_unavailable(answer)


async def test_a_directory_nobody_confirmed_lately_serves_nobody(
    world: World, postgres_cluster: PostgresCluster
) -> None:
    async with running_gateway(world, an_upstream(), directory_max_age_seconds=0.3) as gateway:
        await postgres_cluster._close_to_connections(world.database.name)
        await asyncio.sleep(0.5)
        _assert_audit_unavailable(await gateway.try_sign_in(invented.RECEPTION))


def _assert_audit_unavailable(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "audit_unavailable")
    assert answer.json()["paper"]["may_ask"] is False
    assert "access_token" not in json.dumps(answer.json())
