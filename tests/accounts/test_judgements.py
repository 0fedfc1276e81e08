"""What a token was found to be is remembered, and nothing that has changed since is overlooked for it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.accounts.access_rules import ASSURANCE_ASSERTED, ASSURANCE_PASSWORD
from app.accounts.judgements import Judgement, Judgements
from app.accounts.store import Accounts
from app.accounts.tokens import TokenClaims
from app.accounts.values import Officer, Role
from app.errors import GatewayError, NotAllowedError, NotAuthenticatedError, ProblemCode
from app.units.store import UnitRegister
from tests.accounts.test_authentication import (
    ANOTHER,
    BOUND,
    CERTIFICATE,
    CLIENT,
    DAY,
    MINUTE,
    NOON,
    OFFICER,
    OTHER_UNIT,
    OTHER_UNIT_ID,
    REQUEST,
    RULES,
    SECOND,
    SESSION_ID,
    UNIT,
    UNIT_ID,
    Desk,
)

CODE = ProblemCode
Change = Callable[[Desk], None]
FOREVER = datetime.max.replace(tzinfo=UTC)
PRIVILEGED = replace(OFFICER, role=Role.AUDITOR, has_second_factor=True)


def now_registered(officer: Officer = OFFICER, client: Any = CLIENT) -> Change:
    """Let the directory be another one, as it is after any change of accounts."""

    def change(desk: Desk) -> None:
        desk.authenticator._accounts._value = Accounts(
            {officer.officer_id: officer}, {}, {client.client_id: client}
        )

    return change


def units_now(*units: Any) -> Change:
    def change(desk: Desk) -> None:
        desk.authenticator._units._value = UnitRegister({unit.unit_id: unit for unit in units})

    return change


def ended(desk: Desk) -> None:
    desk.authenticator._ended_sessions._value = frozenset({SESSION_ID})


def after(time: timedelta) -> Change:
    def change(desk: Desk) -> None:
        desk.clock.at += time

    return change


def asked_with(**changes: Any) -> Change:
    def change(desk: Desk) -> None:
        desk.request = replace(desk.request, **changes)

    return change


BEFORE_AND_SINCE: dict[str, tuple[dict[str, Any], Change, type[GatewayError], ProblemCode]] = {
    "suspended": (
        {},
        now_registered(replace(OFFICER, is_active=False)),
        NotAllowedError,
        CODE.OFFICER_SUSPENDED,
    ),
    "gone": (
        {},
        now_registered(client=replace(CLIENT, client_id="x")),
        NotAuthenticatedError,
        CODE.TOKEN_INVALID,
    ),
    "software suspended": (
        {},
        now_registered(client=replace(CLIENT, is_active=False)),
        NotAllowedError,
        CODE.CLIENT_SUSPENDED,
    ),
    "software ran out": (
        {"client": replace(CLIENT, expires_at=NOON + MINUTE)},
        after(MINUTE),
        NotAllowedError,
        CODE.CLIENT_EXPIRED,
    ),
    "software elsewhere": (
        {},
        now_registered(client=replace(CLIENT, networks=())),
        NotAllowedError,
        CODE.CLIENT_ADDRESS_NOT_ALLOWED,
    ),
    "software of another unit": (
        {},
        now_registered(client=replace(CLIENT, unit_id=OTHER_UNIT_ID)),
        NotAllowedError,
        CODE.CLIENT_UNIT_NOT_SERVED,
    ),
    "asked from elsewhere": (
        {},
        asked_with(address="192.0.2.1"),
        NotAllowedError,
        CODE.CLIENT_ADDRESS_NOT_ALLOWED,
    ),
    "asked without the certificate": (
        {
            "client": BOUND,
            "confirmation": CERTIFICATE.confirmation,
            "request": replace(REQUEST, certificate=CERTIFICATE),
        },
        asked_with(certificate=None),
        NotAllowedError,
        CODE.CLIENT_CERTIFICATE_NEEDED,
    ),
    "the certificate ran out": (
        {
            "client": BOUND,
            "confirmation": CERTIFICATE.confirmation,
            "request": replace(REQUEST, certificate=replace(CERTIFICATE, not_after=NOON + MINUTE)),
        },
        after(MINUTE + SECOND),
        NotAllowedError,
        CODE.CLIENT_CERTIFICATE_NEEDED,
    ),
    "certificate needed now": (
        {},
        now_registered(client=BOUND),
        NotAllowedError,
        CODE.CLIENT_CERTIFICATE_NEEDED,
    ),
    "posted elsewhere": (
        {},
        now_registered(replace(OFFICER, unit_id=OTHER_UNIT_ID)),
        NotAuthenticatedError,
        CODE.TOKEN_EXPIRED,
    ),
    "the unit is no more": ({}, units_now(OTHER_UNIT), NotAllowedError, CODE.UNIT_INACTIVE),
    "the session was ended": ({}, ended, NotAuthenticatedError, CODE.SESSION_ENDED),
    "sessions of before were ended": (
        {},
        now_registered(replace(OFFICER, session_epoch=8)),
        NotAuthenticatedError,
        CODE.SESSION_ENDED,
    ),
    "twelve hours are over": (
        {"started_at": NOON - timedelta(hours=12) + MINUTE, "seen_elsewhere_at": NOON},
        after(MINUTE),
        NotAuthenticatedError,
        CODE.SESSION_ENDED,
    ),
    "idle": ({"officer": PRIVILEGED}, after(5 * MINUTE + SECOND), NotAuthenticatedError, CODE.SESSION_ENDED),
    "the token is over": ({}, after(10 * MINUTE), NotAuthenticatedError, CODE.TOKEN_EXPIRED),
    "a password to be changed": (
        {},
        now_registered(replace(OFFICER, must_change_password=True)),
        NotAllowedError,
        CODE.PASSWORD_CHANGE_NEEDED,
    ),
    "second factor taken away": (
        {"officer": PRIVILEGED},
        now_registered(replace(PRIVILEGED, has_second_factor=False)),
        NotAllowedError,
        CODE.SECOND_FACTOR_NEEDED,
    ),
}


@pytest.mark.parametrize(
    ("before", "change", "kind", "code"), BEFORE_AND_SINCE.values(), ids=BEFORE_AND_SINCE.keys()
)
async def test_who_was_let_in_is_refused_as_soon_as_anything_is_in_the_way(
    before: dict[str, Any], change: Change, kind: type[GatewayError], code: ProblemCode
) -> None:
    desk = Desk(**before)
    first = await desk.caller()
    assert await desk.caller() == first

    change(desk)

    with pytest.raises(kind) as caught:
        await desk.caller()
    assert caught.value.code is code
    assert [draft.facts["problem_code"] for draft in desk.log.drafts] == [code.value]


async def test_the_second_request_is_that_of_its_own_address_id_and_certificate() -> None:
    desk = Desk()
    await desk.caller()
    desk.request = replace(REQUEST, address="10.9.9.9", request_id="request-2", certificate=CERTIFICATE)
    for _ in range(2):
        caller = await desk.caller()
        assert caller.request == desk.request
        assert caller.facts()["address"] == "10.9.9.9"
        assert caller.facts()["request_id"] == "request-2"


async def test_what_is_known_of_a_caller_is_what_would_be_found_anew() -> None:
    desk = Desk()
    caller = [await desk.caller() for _ in range(2)][1]
    assert caller.judged is not None
    assert caller.facts() == replace(caller, judged=None).facts()


async def test_a_caller_made_of_another_one_is_recorded_as_who_they_are() -> None:
    caller = await Desk().caller()
    for changed in (
        {"officer": ANOTHER},
        {"unit": OTHER_UNIT},
        {"client": replace(CLIENT, client_id="khac")},
        {"assurance": ASSURANCE_ASSERTED},
        {"session_id": OTHER_UNIT_ID},
    ):
        other = replace(caller, **changed)
        assert other.facts() == replace(other, judged=None).facts() != caller.facts()


async def test_another_state_of_the_directory_is_heard_of_at_once() -> None:
    desk = Desk()
    await desk.caller()
    now_registered(replace(OFFICER, full_name="Tên Mới"))(desk)
    assert (await desk.caller()).officer.full_name == "Tên Mới"
    units_now(replace(UNIT, name="Xã Mới"))(desk)
    assert (await desk.caller()).unit.name == "Xã Mới"


async def test_who_must_do_something_first_is_let_in_where_they_can_do_it_and_nowhere_else() -> None:
    desk = Desk(officer=replace(OFFICER, must_change_password=True))
    for _ in range(2):
        await desk.caller(allows_restricted=True)
        with pytest.raises(NotAllowedError):
            await desk.caller()


def test_no_restriction_begins_before_it_is_looked_for_again() -> None:
    for officer, assurance in (
        (OFFICER, ASSURANCE_PASSWORD),
        (OFFICER, ASSURANCE_ASSERTED),
        (PRIVILEGED, ASSURANCE_PASSWORD),
        (replace(PRIVILEGED, has_second_factor=False), ASSURANCE_ASSERTED),
        (replace(OFFICER, must_change_password=True), ASSURANCE_PASSWORD),
        (replace(OFFICER, must_change_password=True), ASSURANCE_ASSERTED),
        (replace(OFFICER, password_changed_at=None), ASSURANCE_PASSWORD),
    ):
        until = RULES.unrestricted_until(officer, assurance)
        for now in (NOON, NOON + 80 * DAY, NOON + 120 * DAY, until - SECOND if until > NOON else NOON, until):
            assert (RULES.restriction(officer, now, assurance) is None) is (now < until or until == FOREVER)


CLAIMS = TokenClaims(
    OFFICER.officer_id, UNIT_ID, "mot-cua", SESSION_ID, NOON, 7, NOON + 10 * MINUTE, ASSURANCE_PASSWORD
)
ACCOUNTS, UNITS = Accounts({}, {}, {}), UnitRegister({})


def judged(claims: TokenClaims) -> Judgement:
    return Judgement(claims, "10.1.2.3", OFFICER, UNIT, CLIENT, {}, MINUTE, NOON + MINUTE)


def known(judgements: Judgements, claims: TokenClaims, **otherwise: Any) -> bool:
    asked: dict[str, Any] = {"address": "10.1.2.3", "now": NOON, "accounts": ACCOUNTS, "units": UNITS}
    return judgements.find(claims, **(asked | otherwise)) is not None


def test_a_judgement_is_found_by_its_own_claims_address_directory_and_time_only() -> None:
    for otherwise in (
        {"address": "10.1.2.4"},
        {"now": NOON + MINUTE},
        {"accounts": Accounts({}, {}, {})},
        {"units": UnitRegister({})},
    ):
        judgements = Judgements()
        assert not known(judgements, CLAIMS)
        judgements.remember(judged(CLAIMS), ACCOUNTS, UNITS)
        assert known(judgements, CLAIMS)
        assert not known(judgements, replace(CLAIMS))
        assert not known(judgements, CLAIMS, **otherwise)


def test_what_another_directory_made_of_a_token_is_not_remembered() -> None:
    judgements = Judgements()
    assert not known(judgements, CLAIMS)
    judgements.remember(judged(CLAIMS), Accounts({}, {}, {}), UNITS)
    judgements.remember(judged(CLAIMS), ACCOUNTS, UnitRegister({}))
    assert not known(judgements, CLAIMS)


def test_only_so_much_is_remembered() -> None:
    judgements, several = Judgements(most=2), [replace(CLAIMS, session_epoch=epoch) for epoch in range(3)]
    assert not known(judgements, CLAIMS)
    for claims in several:
        judgements.remember(judged(claims), ACCOUNTS, UNITS)
    assert [known(judgements, claims) for claims in several] == [False, False, True]
