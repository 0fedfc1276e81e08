"""Assertions of client software, judged without a gateway: what counts, and each thing that makes it not."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from app.accounts.assertions import (
    LONGEST_LIFE,
    Assertion,
    AssertionFault,
    AssertionRefusedError,
    SignInClaims,
    claimed_issuer,
    read_assertion,
    read_sign_in,
)
from app.accounts.client_keys import RegisteredKey
from app.accounts.clients import Client, ClientCredential, ClientKind, CredentialKind, GrantType
from tests.accounts.forging import encoded
from tests.accounts.made_keys import a_p256_key, registered, signature_of

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
SECONDS = int(NOON.timestamp())
SECOND = timedelta(seconds=1)
ISSUER, TOKEN_URL = "https://cong.example", "https://cong.example/v1/auth/token"
KEY, NEXT_KEY, STRANGE_KEY = a_p256_key(), a_p256_key(), a_p256_key()
HEADER = {"alg": "ES256", "typ": "JWT"}
CLAIMS = {
    "iss": "mot-cua",
    "sub": "canbo.mau",
    "aud": ISSUER,
    "exp": SECONDS + 30,
    "iat": SECONDS,
    "jti": "0123456789abcdef",
}
FAULT = AssertionFault


def a_credential(key: RegisteredKey, expires_at: datetime | None = None) -> ClientCredential:
    return ClientCredential(UUID(int=1), CredentialKind.KEY, key.thumbprint, NOON, expires_at, key)


CLIENT = Client(
    client_id="mot-cua",
    name="Một cửa",
    is_active=True,
    kind=ClientKind.SERVICE,
    grants=frozenset({GrantType.JWT_BEARER}),
    networks=(ip_network("10.0.0.0/8"),),
    credentials=(a_credential(registered(KEY)), a_credential(registered(NEXT_KEY))),
)


def signed(
    header: bytes | dict[str, Any], claims: bytes | dict[str, Any], key: ec.EllipticCurvePrivateKey = KEY
) -> str:
    said = f"{encoded(header)}.{encoded(claims)}"
    return f"{said}.{encoded(signature_of(key, said.encode()))}"


def made(header: dict[str, Any] | None = None, /, **changes: Any) -> str:
    """Return a rightly signed assertion; a change to None leaves a claim out."""
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    return signed(HEADER | (header or {}), claims)


def read(token: str, client: Client = CLIENT) -> Assertion:
    return read_assertion(token, client, frozenset({ISSUER, TOKEN_URL}), NOON)


def fault_of(token: str, client: Client = CLIENT) -> AssertionFault | None:
    try:
        read(token, client)
    except AssertionRefusedError as error:
        return error.fault if str(error) == error.fault.value else None
    return None


@pytest.mark.parametrize("audience", [ISSUER, TOKEN_URL, [ISSUER]])
def test_an_assertion_says_who_and_until_when_and_prints_neither_person_nor_claim(audience: Any) -> None:
    assertion = read(made(aud=audience))
    assert (assertion.subject, assertion.jti) == ("canbo.mau", "0123456789abcdef")
    assert assertion.expires_at == NOON + 30 * SECOND
    assert assertion.claims == CLAIMS | {"aud": audience}
    assert "canbo.mau" not in repr(assertion)


def test_every_header_that_means_the_same_is_read() -> None:
    for header in ({"kid": registered(KEY).kid}, {"x5t": "x"}, {"x5t#S256": "x"}, {"typ": "x"}):
        assert fault_of(made(header)) is None
    assert fault_of(signed({"alg": "ES256"}, CLAIMS)) is None


def test_the_key_that_signed_must_be_registered_in_force_and_the_one_that_is_named() -> None:
    assert fault_of(signed(HEADER, CLAIMS, NEXT_KEY)) is None
    assert fault_of(signed(HEADER, CLAIMS, STRANGE_KEY)) is FAULT.WRONG_KEY
    assert fault_of(signed(HEADER | {"kid": registered(NEXT_KEY).kid}, CLAIMS)) is FAULT.WRONG_KEY
    assert fault_of(made({"kid": None})) is FAULT.WRONG_KEY
    over = replace(CLIENT, credentials=(a_credential(registered(KEY), NOON),))
    assert fault_of(made(), over) is FAULT.WRONG_KEY
    assert fault_of(made(), replace(CLIENT, credentials=())) is FAULT.WRONG_KEY
    unreadable = replace(CLIENT.credentials[0], key=None)
    assert fault_of(made(), replace(CLIENT, credentials=(unreadable,))) is FAULT.WRONG_KEY


def test_what_was_signed_is_header_and_claims_wholly() -> None:
    head, claims, signature = made().split(".")
    assert fault_of(f"{encoded(HEADER | {'typ': 'x'})}.{claims}.{signature}") is FAULT.WRONG_KEY
    assert fault_of(f"{head}.{encoded(CLAIMS | {'sub': 'khac'})}.{signature}") is FAULT.WRONG_KEY


REFUSED: dict[str, tuple[Callable[[], str], AssertionFault]] = {
    "another algorithm": (lambda: made({"alg": "RS256"}), FAULT.WRONG_KEY),
    "no algorithm": (lambda: signed({"typ": "JWT"}, CLAIMS), FAULT.MALFORMED),
    "an algorithm that is a number": (lambda: made({"alg": 256}), FAULT.MALFORMED),
    "crit": (lambda: made({"crit": ["exp"]}), FAULT.MALFORMED),
    "jwk": (lambda: made({"jwk": {}}), FAULT.MALFORMED),
    "jku": (lambda: made({"jku": "https://khac.example"}), FAULT.MALFORMED),
    "x5u": (lambda: made({"x5u": "https://khac.example"}), FAULT.MALFORMED),
    "x5c": (lambda: made({"x5c": []}), FAULT.MALFORMED),
    "b64": (lambda: made({"b64": True}), FAULT.MALFORMED),
    "another issuer": (lambda: made(iss="khac"), FAULT.WRONG_ISSUER),
    "no issuer": (lambda: made(iss=None), FAULT.WRONG_ISSUER),
    "another audience": (lambda: made(aud="https://khac.example"), FAULT.WRONG_AUDIENCE),
    "two audiences": (lambda: made(aud=[ISSUER, TOKEN_URL]), FAULT.WRONG_AUDIENCE),
    "an audience in a list in a list": (lambda: made(aud=[[ISSUER]]), FAULT.WRONG_AUDIENCE),
    "no audience in a list": (lambda: made(aud=[]), FAULT.WRONG_AUDIENCE),
    "an audience that is a key": (lambda: made(aud={ISSUER: 1}), FAULT.WRONG_AUDIENCE),
    "no audience": (lambda: made(aud=None), FAULT.WRONG_AUDIENCE),
    "ended now": (lambda: made(exp=SECONDS), FAULT.WRONG_TIME),
    "lives too long": (lambda: made(exp=SECONDS + 61), FAULT.WRONG_TIME),
    "no end": (lambda: made(exp=None), FAULT.WRONG_TIME),
    "an end that is text": (lambda: made(exp=str(SECONDS + 30)), FAULT.WRONG_TIME),
    "an end with a fraction": (lambda: made(exp=SECONDS + 30.5), FAULT.WRONG_TIME),
    "an end that is true": (lambda: made(exp=True), FAULT.WRONG_TIME),
    "an end beyond all calendars": (lambda: made(exp=10**30), FAULT.WRONG_TIME),
    "an end beyond all years": (lambda: made(exp=10**14), FAULT.WRONG_TIME),
    "issued later": (lambda: made(iat=SECONDS + 6), FAULT.WRONG_TIME),
    "not before later": (lambda: made(nbf=SECONDS + 6), FAULT.WRONG_TIME),
    "issued at a word": (lambda: made(iat="now"), FAULT.WRONG_TIME),
    "not before a word": (lambda: made(nbf="now"), FAULT.WRONG_TIME),
    "no subject": (lambda: made(sub=None), FAULT.MALFORMED),
    "a subject that is a number": (lambda: made(sub=7), FAULT.MALFORMED),
    "no jti": (lambda: made(jti=None), FAULT.MALFORMED),
    "a jti that is a number": (lambda: made(jti=10**20), FAULT.MALFORMED),
    "a short jti": (lambda: made(jti="x" * 15), FAULT.MALFORMED),
    "a long jti": (lambda: made(jti="x" * 129), FAULT.MALFORMED),
    "a jti with a blank": (lambda: made(jti="x" * 20 + " "), FAULT.MALFORMED),
    "a jti with a letter of Vietnamese": (lambda: made(jti="ơ" * 20), FAULT.MALFORMED),
    "claims that are a list": (lambda: signed(HEADER, b"[]"), FAULT.MALFORMED),
    "a header that is a list": (lambda: signed(b"[]", CLAIMS), FAULT.MALFORMED),
    "claims that are no JSON": (lambda: signed(HEADER, b"{"), FAULT.MALFORMED),
    "claims that are no UTF-8": (lambda: signed(HEADER, b"\xff\xfe\xfd"), FAULT.MALFORMED),
    "claims nested deeply": (lambda: signed(HEADER, b"[" * 1900), FAULT.MALFORMED),
    "a claim named twice": (
        lambda: signed(HEADER, json.dumps(CLAIMS)[:-1].encode() + b',"sub":"khac"}'),
        FAULT.MALFORMED,
    ),
    "two parts": (lambda: made().rpartition(".")[0], FAULT.MALFORMED),
    "four parts": (lambda: f"{made()}.x", FAULT.MALFORMED),
    "padding": (lambda: f"{made()}==", FAULT.MALFORMED),
    "a stray bit": (lambda: made()[:-1] + "_", FAULT.MALFORMED),
    "a line break": (lambda: f"{made()}\n", FAULT.MALFORMED),
    "a signature of one letter": (lambda: f"{made().rpartition('.')[0]}.A", FAULT.MALFORMED),
    "nothing": (lambda: "", FAULT.MALFORMED),
}


@pytest.mark.parametrize(("forge", "fault"), REFUSED.values(), ids=REFUSED)
def test_anything_else_is_refused_and_on_record_with_its_fault(
    forge: Callable[[], str], fault: AssertionFault
) -> None:
    assert fault_of(forge()) is fault


def test_times_count_to_the_second() -> None:
    assert timedelta(seconds=60) == LONGEST_LIFE
    for name, at in (("exp", 1), ("exp", 60), ("iat", 5), ("nbf", 5)):
        right: dict[str, Any] = {name: SECONDS + at}
        assert fault_of(made(**right)) is None
    assert fault_of(made(iat=None)) is None


def test_a_jti_has_16_to_128_visible_characters() -> None:
    for jti in ("!" * 16, "~" * 128):
        assert read(made(jti=jti)).jti == jti


def test_the_longest_assertion_has_3072_characters() -> None:
    room = (3072 - len(made(more=""))) // 4 * 3
    tokens = {
        len(token): token
        for token in (
            signed(json.dumps(HEADER).encode() + b" " * head, CLAIMS | {"more": "x" * (room + at)})
            for at in range(-8, 8)
            for head in range(3)
        )
    }
    assert fault_of(tokens[3072]) is None
    assert fault_of(tokens[3073]) is FAULT.MALFORMED


def test_a_header_may_hold_every_member_that_says_which_key_it_means() -> None:
    whole = {"kid": registered(KEY).kid, "x5t": "x", "x5t#S256": "x"}
    assert fault_of(made(whole)) is None


def test_a_refusal_says_its_fault() -> None:
    assert str(AssertionRefusedError(FAULT.REPLAYED)) == "assertion_replayed"


def test_who_is_said_to_have_issued_it_is_read_before_anything_is_known() -> None:
    assert claimed_issuer(made(iss="khac")) == "khac"
    assert claimed_issuer(signed(HEADER, CLAIMS, STRANGE_KEY)) == "mot-cua"
    for token in (made(iss=None), made(iss=["mot-cua"]), "x", ""):
        assert claimed_issuer(token) is None


def signed_in(**changes: Any) -> SignInClaims | None:
    claims = {"auth_time": SECONDS - 60, "amr": ["pwd", "otp"]} | changes
    try:
        return read_sign_in(claims, NOON, timedelta(minutes=15))
    except AssertionRefusedError as error:
        if error.fault is not FAULT.WRONG_SIGN_IN:
            raise
        return None


def test_how_the_officer_signed_in_is_said_by_time_and_methods() -> None:
    assert signed_in() == SignInClaims(NOON - 60 * SECOND, "pwd otp")


def test_an_officer_signed_in_within_the_time_and_not_later() -> None:
    assert signed_in(auth_time=SECONDS - 900) is None
    assert signed_in(auth_time=SECONDS - 899) == SignInClaims(NOON - 899 * SECOND, "pwd otp")
    assert signed_in(auth_time=SECONDS + 6) is None
    for wrong in (None, "now", True, SECONDS - 0.5, 10**30):
        assert signed_in(auth_time=wrong) is None


def test_a_sign_in_a_few_seconds_ahead_is_taken_for_now() -> None:
    assert signed_in(auth_time=SECONDS + 5) == SignInClaims(NOON, "pwd otp")


def test_a_sign_in_has_one_to_eight_methods() -> None:
    assert signed_in(amr=["pwd"] * 8) == SignInClaims(NOON - 60 * SECOND, " ".join(["pwd"] * 8))
    assert signed_in(amr=["pwd"]) is not None
    for methods in ([], ["pwd"] * 9, None, "pwd", ("pwd",), {"pwd": 1}):
        assert signed_in(amr=methods) is None


@pytest.mark.parametrize("method", ["p", "x" * 16, "pwd-2_a", "a123"])
def test_a_method_is_a_short_word(method: str) -> None:
    assert signed_in(amr=[method]) is not None


@pytest.mark.parametrize(
    "method",
    ["", "x" * 17, "Pwd", "2fa", "-a", "hai lớp", "pwd ", "pwd\n", "a0123", "a01234b", 7, None, ["pwd"]],
)
def test_what_may_be_a_name_or_number_is_no_method(method: Any) -> None:
    assert signed_in(amr=["pwd", method]) is None
