"""From a token to an officer: everything that is asked at each request, judged without a gateway."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any, Generic, TypeVar
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.accounts.access_rules import (
    ASSURANCE_ASSERTED,
    ASSURANCE_PASSWORD,
    ASSURANCE_SECOND_FACTOR,
    AccessRules,
)
from app.accounts.activity import ActivityBook
from app.accounts.authentication import Authenticator, Caller, bearer_token, refuse_client
from app.accounts.client_check import (
    bound_certificate,
    check_client,
    is_within,
    let_in_until,
    shown_certificate,
)
from app.accounts.clients import Client, ClientCredential, ClientKind, CredentialKind, GrantType
from app.accounts.password_policy import PROFILES, expires_at
from app.accounts.request import Request
from app.accounts.sessions import Session, SessionRules, SessionStore
from app.accounts.store import Accounts
from app.accounts.token_keys import TokenKey
from app.accounts.tokens import TokenMint
from app.accounts.values import Officer, Role
from app.audit.coalescing import Coalescer
from app.audit.record import RecordKind
from app.database.live import LiveView
from app.errors import GatewayError, NotAllowedError, NotAuthenticatedError, ProblemCode
from app.units.store import UnitRegister
from app.units.values import Unit, UnitKind, UnitLevel
from app.web.certificates import PresentedCertificate
from tests.accounts.held_keys import HeldKeys
from tests.accounts.people import an_account
from tests.fakes import FakeAuditLog

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
UNIT_ID, OTHER_UNIT_ID, SESSION_ID = UUID(int=1), UUID(int=2), UUID(int=3)
UNIT = Unit(UNIT_ID, "Xã Mẫu", "H99.1", UnitLevel.COMMUNE, UnitKind.COMMUNE, frozenset())
OTHER_UNIT = replace(UNIT, unit_id=OTHER_UNIT_ID)
PROFILE = next(iter(PROFILES.values()))
SESSIONS = SessionRules(15 * MINUTE, 5 * MINUTE, timedelta(hours=12))
RULES = AccessRules(PROFILE, SESSIONS)
OFFICER = replace(an_account(Role.RECEPTION, unit_id=UNIT_ID), password_changed_at=NOON, session_epoch=7)
CERTIFICATE = PresentedCertificate(b"its thumbprint", NOON - DAY, NOON + DAY)
REQUEST = Request("10.1.2.3", "request-1")
CLIENT = Client(
    client_id="mot-cua",
    name="Một cửa",
    is_active=True,
    kind=ClientKind.SERVICE,
    grants=frozenset({GrantType.PASSWORD}),
    networks=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")),
)
BOUND = replace(
    CLIENT,
    credentials=(ClientCredential(UUID(int=9), CredentialKind.CERTIFICATE, CERTIFICATE.thumbprint, NOON),),
)
CODE = ProblemCode
T = TypeVar("T")


class Held(LiveView[T], Generic[T]):
    """A view of what a test holds."""

    def __init__(self, value: T) -> None:
        super().__init__(self._held)
        self._value = value
        self.attach(lambda: True)

    async def _held(self, _: AsyncConnection) -> T:
        return self.current


class StandingClock:
    """Stands at noon until a test moves it."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


class Elsewhere(SessionStore):
    """What other processes noted of a session."""

    def __init__(self, seen_at: datetime | None) -> None:
        super().__init__(create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:1/nothing"))
        self.seen_at = seen_at

    async def last_active_at(self, session_id: UUID) -> datetime | None:
        return self.seen_at if session_id == SESSION_ID else None


@dataclass
class Desk:
    """An officer's session, and all that decides whether it counts; a test names what it changes."""

    officer: Officer = OFFICER
    client: Client = CLIENT
    registered: tuple[Officer, ...] | None = None
    clients: tuple[Client, ...] | None = None
    units: tuple[Unit, ...] = (UNIT,)
    ended: frozenset[UUID] = frozenset()
    request: Request = REQUEST
    epoch: int = 7
    assurance: str = ASSURANCE_PASSWORD
    started_at: datetime = NOON
    seen_elsewhere_at: datetime | None = None
    confirmation: str | None = None
    issued_ahead: timedelta = timedelta()
    log: FakeAuditLog = field(default_factory=FakeAuditLog)

    def __post_init__(self) -> None:
        self.clock = StandingClock()
        keys = HeldKeys(TokenKey.generate(NOON - DAY))
        self.mint = TokenMint(keys, "https://cong.example", self.clock, lifetime=10 * MINUTE)
        officers = {one.officer_id: one for one in (self.registered or (self.officer,))}
        clients = {one.client_id: one for one in (self.clients or (self.client,))}
        self.activity = ActivityBook(Elsewhere(self.seen_elsewhere_at))
        self.authenticator = Authenticator(
            self.mint,
            Held(Accounts(officers, {}, clients)),
            Held(UnitRegister({unit.unit_id: unit for unit in self.units})),
            Held(self.ended),
            self.activity,
            RULES,
            Coalescer(self.log),
            self.clock,
        )
        session = Session(
            SESSION_ID, self.officer.officer_id, UNIT_ID, "mot-cua", "10.1.2.3", self.assurance, self.epoch,
            self.started_at, self.started_at,
        )  # fmt: skip
        self.clock.at = NOON + self.issued_ahead
        self.token = self.mint.issue(session, self.confirmation)
        self.clock.at = NOON

    async def caller(self, *, allows_restricted: bool = False) -> Caller:
        return await self.authenticator.authenticate(
            f"Bearer {self.token}", self.request, allows_restricted=allows_restricted
        )


async def refused(desk: Desk, kind: type[GatewayError], code: ProblemCode) -> None:
    """Fail unless the officer is refused so, with the one record that says so."""
    with pytest.raises(kind) as caught:
        await desk.caller()
    assert caught.value.code is code
    (draft,) = desk.log.drafts
    assert (draft.kind, draft.time) == (RecordKind.TOKEN_REFUSED, desk.clock.at)
    assert draft.facts == {
        "officer_id": str(desk.officer.officer_id),
        "unit_id": str(UNIT_ID),
        "client_id": "mot-cua",
        "session_id": str(SESSION_ID),
        "address": desk.request.address,
        "request_id": "request-1",
        "problem_code": code.value,
    }
    assert desk.activity._seen == {}


async def test_who_is_in_order_is_let_in_without_a_record_and_has_acted() -> None:
    desk = Desk()
    caller = await desk.caller()
    assert caller == Caller(OFFICER, UNIT, CLIENT, SESSION_ID, REQUEST, ASSURANCE_PASSWORD)
    assert desk.log.drafts == []
    assert desk.activity._seen == {SESSION_ID: NOON}


def test_a_caller_is_recorded_with_the_unit_and_its_level_of_the_day() -> None:
    assert Caller(OFFICER, UNIT, CLIENT, SESSION_ID, REQUEST, ASSURANCE_SECOND_FACTOR).facts() == {
        "officer_id": str(OFFICER.officer_id),
        "unit_id": str(UNIT_ID),
        "unit_code": "H99.1",
        "unit_level": "commune",
        "role": "reception",
        "client_id": "mot-cua",
        "session_id": str(SESSION_ID),
        "address": "10.1.2.3",
        "assurance": "password+otp",
        "request_id": "request-1",
    }
    assert (ASSURANCE_PASSWORD, ASSURANCE_ASSERTED) == ("password", "asserted")


ANOTHER = an_account(Role.RECEPTION, unit_id=UNIT_ID)
REFUSED: dict[str, tuple[dict[str, Any], type[GatewayError], ProblemCode]] = {
    "an officer nobody registered": ({"registered": (ANOTHER,)}, NotAuthenticatedError, CODE.TOKEN_INVALID),
    "software nobody registered": (
        {"clients": (replace(CLIENT, client_id="khac"),)}, NotAuthenticatedError, CODE.TOKEN_INVALID,
    ),
    "a suspended officer": (
        {"officer": replace(OFFICER, is_active=False)}, NotAllowedError, CODE.OFFICER_SUSPENDED,
    ),
    "suspended software": (
        {"client": replace(CLIENT, is_active=False)}, NotAllowedError, CODE.CLIENT_SUSPENDED,
    ),
    "software that ran out": (
        {"client": replace(CLIENT, expires_at=NOON)}, NotAllowedError, CODE.CLIENT_EXPIRED,
    ),
    "another address": (
        {"request": replace(REQUEST, address="192.0.2.1")}, NotAllowedError, CODE.CLIENT_ADDRESS_NOT_ALLOWED,
    ),
    "no address": (
        {"request": replace(REQUEST, address="")}, NotAllowedError, CODE.CLIENT_ADDRESS_NOT_ALLOWED,
    ),
    "no certificate": ({"client": BOUND}, NotAllowedError, CODE.CLIENT_CERTIFICATE_NEEDED),
    "a token bound elsewhere": (
        {"confirmation": "another"}, NotAllowedError, CODE.CLIENT_CERTIFICATE_NEEDED,
    ),
    "passwords switched off": (
        {"client": replace(CLIENT, grants=frozenset({GrantType.JWT_BEARER}))},
        NotAuthenticatedError, CODE.SESSION_ENDED,
    ),
    "assertions switched off": (
        {"assurance": ASSURANCE_ASSERTED}, NotAuthenticatedError, CODE.SESSION_ENDED,
    ),
    "another unit since": (
        {"officer": replace(OFFICER, unit_id=OTHER_UNIT_ID), "units": (UNIT, OTHER_UNIT)},
        NotAuthenticatedError, CODE.TOKEN_EXPIRED,
    ),
    "no unit since": ({"officer": replace(OFFICER, unit_id=None)}, NotAuthenticatedError, CODE.TOKEN_EXPIRED),
    "a unit that is no more": ({"units": ()}, NotAllowedError, CODE.UNIT_INACTIVE),
    "software of another unit": (
        {"client": replace(CLIENT, unit_id=OTHER_UNIT_ID)}, NotAllowedError, CODE.CLIENT_UNIT_NOT_SERVED,
    ),
    "an ended session": ({"ended": frozenset({SESSION_ID})}, NotAuthenticatedError, CODE.SESSION_ENDED),
    "a session of before a change": ({"epoch": 6}, NotAuthenticatedError, CODE.SESSION_ENDED),
    "a session of twelve hours": (
        {"started_at": NOON - timedelta(hours=12), "seen_elsewhere_at": NOON},
        NotAuthenticatedError, CODE.SESSION_ENDED,
    ),
    "an idle session": (
        {"started_at": NOON - 15 * MINUTE - SECOND}, NotAuthenticatedError, CODE.SESSION_ENDED,
    ),
    "an expired token": ({"issued_ahead": -10 * MINUTE}, NotAuthenticatedError, CODE.TOKEN_EXPIRED),
    "a password to be changed": (
        {"officer": replace(OFFICER, must_change_password=True)},
        NotAllowedError, CODE.PASSWORD_CHANGE_NEEDED,
    ),
    "no second factor": (
        {"officer": replace(OFFICER, role=Role.AUDITOR)}, NotAllowedError, CODE.SECOND_FACTOR_NEEDED,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "kind", "code"), REFUSED.values(), ids=REFUSED)
async def test_who_is_not_in_order_is_refused_on_record(
    changes: dict[str, Any], kind: type[GatewayError], code: ProblemCode
) -> None:
    await refused(Desk(**changes), kind, code)


async def test_a_session_lasts_to_its_very_end() -> None:
    await Desk(started_at=NOON - 15 * MINUTE).caller()
    await Desk(started_at=NOON - timedelta(hours=12) + SECOND, seen_elsewhere_at=NOON).caller()
    await Desk(ended=frozenset({UUID(int=77)})).caller()


async def test_who_administers_idles_for_a_shorter_time() -> None:
    admin = replace(OFFICER, role=Role.UNIT_ADMINISTRATOR, has_second_factor=True)
    await Desk(officer=admin, started_at=NOON - 5 * MINUTE).caller()
    late = Desk(officer=admin, started_at=NOON - 5 * MINUTE - SECOND)
    await refused(late, NotAuthenticatedError, CODE.SESSION_ENDED)


async def test_whom_software_vouches_for_needs_that_grant_and_no_password() -> None:
    client = replace(CLIENT, grants=frozenset({GrantType.JWT_BEARER}))
    officer = replace(OFFICER, must_change_password=True, password_changed_at=None)
    caller = await Desk(officer=officer, client=client, assurance=ASSURANCE_ASSERTED).caller()
    assert caller.assurance == ASSURANCE_ASSERTED


async def test_an_officer_who_must_do_something_first_is_let_in_where_they_can_do_it() -> None:
    desk = Desk(officer=replace(OFFICER, must_change_password=True))
    assert (await desk.caller(allows_restricted=True)).officer.must_change_password
    assert desk.log.drafts == []


async def test_an_officer_who_must_do_something_first_is_let_in_nowhere_else() -> None:
    desk = Desk(officer=replace(OFFICER, must_change_password=True))
    with pytest.raises(NotAllowedError) as caught:
        await desk.authenticator.authenticate(f"Bearer {desk.token}", desk.request)
    assert caught.value.code is CODE.PASSWORD_CHANGE_NEEDED


async def test_a_bound_token_counts_with_its_certificate() -> None:
    shown = replace(REQUEST, certificate=CERTIFICATE)
    await Desk(client=BOUND, request=shown, confirmation=CERTIFICATE.confirmation).caller()
    await refused(Desk(client=BOUND, request=shown), NotAllowedError, CODE.CLIENT_CERTIFICATE_NEEDED)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer  ", "Basic eDp5", "Bearer x"])
async def test_who_shows_no_token_of_ours_is_nobody_and_leaves_no_record(header: str | None) -> None:
    desk = Desk()
    with pytest.raises(NotAuthenticatedError) as caught:
        await desk.authenticator.authenticate(header, REQUEST)
    assert caught.value.code is (CODE.TOKEN_INVALID if header == "Bearer x" else CODE.TOKEN_MISSING)
    assert desk.log.drafts == []


async def test_a_technical_clients_token_is_no_officers_and_its_use_is_on_record() -> None:
    desk = Desk()
    token, _ = desk.mint.issue_for_client("may-tinh")
    with pytest.raises(NotAllowedError) as caught:
        await desk.authenticator.authenticate(f"Bearer {token}", REQUEST)
    assert caught.value.code is CODE.OFFICER_NEEDED
    (draft,) = desk.log.drafts
    assert (draft.kind, draft.time) == (RecordKind.TOKEN_REFUSED, NOON)
    assert draft.facts == {
        "client_id": "may-tinh",
        "address": "10.1.2.3",
        "request_id": "request-1",
        "problem_code": "officer_needed",
    }


async def test_one_refusal_a_minute_is_recorded_of_each_kind_officer_and_address() -> None:
    desk = Desk(client=replace(CLIENT, is_active=False))
    for request in (REQUEST, replace(REQUEST, request_id="request-2"), replace(REQUEST, address="10.9.9.9")):
        desk.request = request
        with pytest.raises(NotAllowedError):
            await desk.caller()
    assert [draft.facts["address"] for draft in desk.log.drafts] == ["10.1.2.3", "10.9.9.9"]
    desk.clock.at += MINUTE
    with pytest.raises(NotAllowedError):
        await desk.caller()
    assert len(desk.log.drafts) == 3


async def test_refusals_of_different_clients_reasons_and_addresses_are_recorded_each() -> None:
    log = FakeAuditLog()
    refusals = Coalescer(log)
    one, other = NotAllowedError(CODE.OFFICER_NEEDED), NotAllowedError(CODE.CLIENT_SUSPENDED)
    elsewhere = replace(REQUEST, address="10.9.9.9")
    for client_id, error, request in (
        ("a", one, REQUEST), ("a", one, REQUEST),
        ("b", one, REQUEST), ("a", other, REQUEST), ("a", one, elsewhere),
    ):  # fmt: skip
        await refuse_client(refusals, client_id, error, request, NOON)
    assert len(log.drafts) == 4


async def test_refusals_of_different_officers_and_reasons_are_recorded_each() -> None:
    log = FakeAuditLog()
    refusals = Coalescer(log)
    suspended = (replace(one, is_active=False) for one in (OFFICER, ANOTHER))
    for desk in (Desk(epoch=6), *(Desk(officer=one) for one in suspended)):
        desk.authenticator._refusals = refusals
        with pytest.raises(GatewayError):
            await desk.caller()
    assert len(log.drafts) == 3


def restriction(
    assurance: str = ASSURANCE_PASSWORD, now: datetime = NOON, **changes: Any
) -> ProblemCode | None:
    return RULES.restriction(replace(OFFICER, **changes), now, assurance)


def test_a_password_must_be_in_force() -> None:
    assert restriction() is None
    assert restriction(must_change_password=True) is CODE.PASSWORD_CHANGE_NEEDED
    assert restriction(password_changed_at=None) is CODE.PASSWORD_CHANGE_NEEDED
    ends = expires_at(NOON, PROFILE, is_administrator=False)
    assert restriction(now=ends - SECOND) is None
    assert restriction(now=ends) is CODE.PASSWORD_CHANGE_NEEDED
    assert RULES.password_expires_at(OFFICER) == ends


def test_the_password_of_who_administers_ends_as_an_administrators_does() -> None:
    admin = replace(OFFICER, role=Role.UNIT_ADMINISTRATOR)
    assert RULES.password_expires_at(admin) == expires_at(NOON, PROFILE, is_administrator=True)
    unknown = RULES.password_expires_at(replace(admin, password_changed_at=None))
    assert unknown == datetime(1, 1, 1, tzinfo=UTC)


def test_who_is_privileged_needs_a_second_factor_however_they_signed_in() -> None:
    for assurance in (ASSURANCE_PASSWORD, ASSURANCE_ASSERTED):
        assert restriction(assurance, role=Role.AUDITOR) is CODE.SECOND_FACTOR_NEEDED
        assert restriction(assurance, role=Role.AUDITOR, has_second_factor=True) is None
        assert restriction(assurance) is None


def test_software_that_vouches_needs_no_password_of_the_officers() -> None:
    assert restriction(ASSURANCE_ASSERTED, must_change_password=True, password_changed_at=None) is None
    assert restriction(ASSURANCE_SECOND_FACTOR, must_change_password=True) is CODE.PASSWORD_CHANGE_NEEDED


def test_a_bearer_token_is_read_in_any_case_of_the_scheme_and_without_its_blanks() -> None:
    assert bearer_token("Bearer abc") == bearer_token("bEARER   abc  ") == "abc"
    assert bearer_token("Bearer a\u00a0") == "a\u00a0"
    assert (bearer_token("Bearer XX"), bearer_token("Bearer XaX")) == ("XX", "XaX")
    for header in (None, "", "Bearer", "Bearer ", "Bearerabc", "Token abc", "abc"):
        with pytest.raises(NotAuthenticatedError) as caught:
            bearer_token(header)
        assert caught.value.code is CODE.TOKEN_MISSING


@pytest.mark.parametrize(
    ("address", "is_in"),
    [
        ("10.255.0.1", True),
        ("11.0.0.1", False),
        ("fd00::1", True),
        ("::ffff:10.0.0.1", True),
        ("x", False),
        ("", False),
    ],
)
def test_an_address_lies_in_one_of_the_networks(address: str, *, is_in: bool) -> None:
    assert is_within(address, CLIENT.networks) is is_in
    assert not is_within(address, ())


def checked(client: Client, confirmation: str | None, certificate: PresentedCertificate | None) -> bool:
    try:
        check_client(client, confirmation, replace(REQUEST, certificate=certificate), NOON)
    except NotAllowedError as error:
        if error.code is not CODE.CLIENT_CERTIFICATE_NEEDED:
            raise
        return False
    return True


def test_a_certificate_is_asked_for_where_the_client_or_the_token_has_one() -> None:
    own = CERTIFICATE.confirmation
    foreign = replace(CERTIFICATE, thumbprint=b"another")
    assert checked(CLIENT, None, None)
    assert checked(CLIENT, None, CERTIFICATE)
    assert checked(BOUND, own, CERTIFICATE)
    assert not checked(CLIENT, own, CERTIFICATE)
    assert not checked(BOUND, own, None)
    assert not checked(BOUND, None, CERTIFICATE)
    assert not checked(BOUND, None, None)
    assert not checked(BOUND, foreign.confirmation, foreign)
    assert not checked(BOUND, own, foreign)


def test_a_certificate_counts_where_it_is_known_and_both_it_and_its_registration_are_in_force() -> None:
    shown = replace(REQUEST, certificate=CERTIFICATE)
    assert shown_certificate(BOUND, shown, NOON) is CERTIFICATE
    assert shown_certificate(BOUND, REQUEST, NOON) is None
    assert shown_certificate(CLIENT, shown, NOON) is None
    assert shown_certificate(BOUND, shown, NOON + DAY + SECOND) is None
    over = replace(BOUND, credentials=(replace(BOUND.credentials[0], expires_at=NOON),))
    assert shown_certificate(over, shown, NOON) is None
    as_secret = replace(BOUND, credentials=(replace(BOUND.credentials[0], kind=CredentialKind.SECRET),))
    assert shown_certificate(as_secret, shown, NOON) is None


def test_only_a_client_and_a_token_without_certificates_are_let_in_unasked() -> None:
    never, always = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert let_in_until(BOUND, CERTIFICATE.confirmation) == never
    assert let_in_until(BOUND, None) == never
    assert let_in_until(CLIENT, CERTIFICATE.confirmation) == never
    assert let_in_until(replace(CLIENT, expires_at=None), None) == always
    assert let_in_until(replace(CLIENT, expires_at=NOON), None) == NOON


def test_a_token_is_bound_where_the_client_has_a_certificate_and_shows_one() -> None:
    shown = replace(REQUEST, certificate=CERTIFICATE)
    assert bound_certificate(BOUND, shown) == CERTIFICATE.confirmation
    assert bound_certificate(BOUND, REQUEST) is None
    assert bound_certificate(CLIENT, shown) is None
