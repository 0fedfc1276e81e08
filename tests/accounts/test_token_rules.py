"""Access tokens, judged without a gateway: what makes one count, and each thing that makes it count not."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.accounts.sessions import Session
from app.accounts.token_keys import TokenKey
from app.accounts.tokens import ClientClaims, TokenClaims, TokenExpiredError, TokenMint
from app.errors import DirectoryStaleError, NotAuthenticatedError, ProblemCode
from tests.accounts.forging import decoded, encoded, signed_token
from tests.accounts.held_keys import HeldKeys

NOON = datetime(2026, 11, 20, 5, 0, 0, 250_000, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ISSUER = "https://cong.example"
KEY, COMING, STRANGE = (TokenKey.generate(NOON + timedelta(days=days)) for days in (-1, 1, -1))
SESSION = Session(
    UUID(int=1), UUID(int=2), UUID(int=3), "mot-cua", "127.0.0.1", "password+otp", 7, NOON, NOON
)


class StandingClock:
    """Stands at noon until a test moves it."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


CLOCK = StandingClock()


def pem_of(key: TokenKey) -> str:
    return key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def a_mint(keys: HeldKeys | None = None, clock: StandingClock = CLOCK, **limits: int) -> TokenMint:
    return TokenMint(keys or HeldKeys(KEY, COMING), ISSUER, clock, lifetime=timedelta(minutes=10), **limits)


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims, _ = token.split(".")
    return decoded(header), decoded(claims)


HEADER, CLAIMS = parts(a_mint().issue(SESSION))
CLIENT_HEADER, CLIENT_CLAIMS = parts(a_mint().issue_for_client("may-tinh")[0])


def made(header: dict[str, Any], claims: dict[str, Any], key: TokenKey = KEY, /, **changes: Any) -> str:
    """Return a well-signed token; a change to None leaves a member out."""
    said = {name: value for name, value in (claims | changes).items() if value is not None}
    return signed_token(
        {name: value for name, value in header.items() if value is not None}, said, pem_of(key)
    )


def is_refused(token: str, mint: TokenMint | None = None) -> bool:
    try:
        (mint or a_mint()).read(token)
    except TokenExpiredError:
        raise
    except NotAuthenticatedError as error:
        if error.code is not ProblemCode.TOKEN_INVALID:
            raise
        return True
    return False


def test_a_token_says_all_that_is_checked_later() -> None:
    assert (HEADER["typ"], HEADER["alg"], HEADER["kid"]) == ("at+jwt", "ES256", KEY.kid)
    assert UUID(CLAIMS.pop("jti")).version == 7
    assert {
        "iss": ISSUER,
        "aud": "dancu",
        "sub": str(SESSION.officer_id),
        "unit_id": str(SESSION.unit_id),
        "client_id": "mot-cua",
        "sid": str(SESSION.session_id),
        "started_ms": int(NOON.timestamp() * 1000),
        "epoch": 7,
        "acr": "password+otp",
        "iat": int(NOON.timestamp()),
        "exp": int(NOON.timestamp()) + 600,
    } == CLAIMS


def test_a_token_is_read_as_it_was_issued() -> None:
    expected = TokenClaims(
        officer_id=SESSION.officer_id,
        unit_id=SESSION.unit_id,
        client_id="mot-cua",
        session_id=SESSION.session_id,
        session_started_at=NOON,
        session_epoch=7,
        expires_at=NOON.replace(microsecond=0) + timedelta(minutes=10),
        assurance="password+otp",
    )
    mint = a_mint()
    assert mint.read(mint.issue(SESSION)) == expected
    assert mint.read(made(HEADER, CLAIMS)) == expected
    assert mint.lifetime_seconds == 600


def test_a_token_of_before_there_were_second_factors_was_issued_for_a_password() -> None:
    assert a_mint().read(made(HEADER, CLAIMS, acr=None)).assurance == "password"


def test_a_token_is_bound_to_the_certificate_that_is_named_and_to_none_where_none_is() -> None:
    mint = a_mint()
    bound = mint.issue(SESSION, "thumbprint")
    assert parts(bound)[1]["cnf"] == {"x5t#S256": "thumbprint"}
    assert mint.read(bound).confirmation == "thumbprint"
    assert mint.read(mint.issue(SESSION)).confirmation is None
    own, _ = mint.issue_for_client("may-tinh", "thumbprint")
    assert parts(own)[1]["cnf"] == {"x5t#S256": "thumbprint"}
    assert mint.read_client(own) == ClientClaims(
        "may-tinh", NOON.replace(microsecond=0) + timedelta(minutes=10), "thumbprint"
    )


def test_a_technical_clients_token_is_of_another_type_and_for_another_audience() -> None:
    token, seconds = a_mint().issue_for_client("may-tinh")
    header, claims = parts(token)
    assert UUID(claims.pop("jti")).version == 7
    assert (header["typ"], header["kid"], seconds) == ("client-at+jwt", KEY.kid, 600)
    assert claims == {
        "iss": ISSUER,
        "aud": "dancu-status",
        "sub": "may-tinh",
        "client_id": "may-tinh",
        "iat": int(NOON.timestamp()),
        "exp": int(NOON.timestamp()) + 600,
    }
    read = a_mint().read_client(token)
    assert read == ClientClaims("may-tinh", NOON.replace(microsecond=0) + timedelta(minutes=10))


@pytest.mark.parametrize("changes", [{}, {"typ": "at+jwt"}])
def test_a_clients_token_is_no_officers(changes: dict[str, str]) -> None:
    assert is_refused(made(CLIENT_HEADER | changes, CLIENT_CLAIMS))
    assert is_refused(made(CLIENT_HEADER | changes, CLIENT_CLAIMS | CLAIMS, aud="dancu-status"))
    assert is_refused(made(CLIENT_HEADER, CLAIMS))


def test_an_officers_token_is_no_clients() -> None:
    mint = a_mint()
    assert mint.read_client(mint.issue(SESSION)) is None
    assert mint.read_client(made(HEADER, CLAIMS, aud="dancu-status")) is None
    assert mint.read_client(made(CLIENT_HEADER, CLAIMS)) is None


FORGERIES: dict[str, Callable[[], str]] = {
    "signed by a key nobody holds": lambda: made(HEADER, CLAIMS, STRANGE),
    "signed by a key nobody holds under its own id": lambda: made(
        HEADER | {"kid": STRANGE.kid}, CLAIMS, STRANGE
    ),
    "signed by a coming key": lambda: made(HEADER | {"kid": COMING.kid}, CLAIMS, COMING),
    "without a key's id": lambda: made(HEADER | {"kid": None}, CLAIMS),
    "an id that is a list": lambda: made(HEADER | {"kid": [KEY.kid]}, CLAIMS),
    "of another type": lambda: made(HEADER | {"typ": "JWT"}, CLAIMS),
    "without type": lambda: made(HEADER | {"typ": None}, CLAIMS),
    "with crit": lambda: made(HEADER | {"crit": ["b64"]}, CLAIMS),
    "of another algorithm": lambda: made(HEADER | {"alg": "ES384"}, CLAIMS),
    "for another audience": lambda: made(HEADER, CLAIMS, aud="another"),
    "without audience": lambda: made(HEADER, CLAIMS, aud=None),
    "of another issuer": lambda: made(HEADER, CLAIMS, iss="https://khac.example"),
    "without issuer": lambda: made(HEADER, CLAIMS, iss=None),
    "valid only later": lambda: made(HEADER, CLAIMS, nbf=4_000_000_000),
    "without expiry": lambda: made(HEADER, CLAIMS, exp=None),
    "an expiry that is text": lambda: made(HEADER, CLAIMS, exp="never"),
    "an expiry beyond all calendars": lambda: made(HEADER, CLAIMS, exp=10**30),
    "an expiry beyond all years": lambda: made(HEADER, CLAIMS, exp=10**14),
    "an officer that is no id": lambda: made(HEADER, CLAIMS, sub="admin"),
    "a session that is a number": lambda: made(HEADER, CLAIMS, sid=7),
    "an epoch that is a list": lambda: made(HEADER, CLAIMS, epoch=[7]),
    "a binding that is text": lambda: made(HEADER, CLAIMS, cnf="thumbprint"),
    "a binding to nothing": lambda: made(HEADER, CLAIMS, cnf={}),
    "a header that is no JSON": lambda: f"{encoded(b'x')}.{encoded(CLAIMS)}.{'A' * 86}",
    "claims that are no JSON": lambda: f"{encoded(HEADER)}.{encoded(b'x')}.{'A' * 86}",
    "cut": lambda: made(HEADER, CLAIMS)[:-1],
    "followed by padding": lambda: f"{made(HEADER, CLAIMS)}==",
    "followed by a line break": lambda: f"{made(HEADER, CLAIMS)}\n",
    "preceded by a blank": lambda: f" {made(HEADER, CLAIMS)}",
    "nothing": lambda: "",
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_nothing_else_counts(forge: Callable[[], str]) -> None:
    assert is_refused(forge())
    assert not is_refused(made(HEADER, CLAIMS))


@pytest.mark.parametrize("name", ["sub", "unit_id", "client_id", "sid", "started_ms", "epoch", "exp"])
def test_a_token_that_leaves_out_what_is_checked_later_does_not_count(name: str) -> None:
    without: dict[str, Any] = {name: None}
    assert is_refused(made(HEADER, CLAIMS, **without))


@pytest.mark.parametrize("forged", ["typ", "aud", "iss", "kid", "cut"])
def test_a_clients_token_is_judged_as_strictly(forged: str) -> None:
    tokens = {
        "typ": made(CLIENT_HEADER | {"typ": "JWT"}, CLIENT_CLAIMS),
        "aud": made(CLIENT_HEADER, CLIENT_CLAIMS, aud="dancu"),
        "iss": made(CLIENT_HEADER, CLIENT_CLAIMS, iss="https://khac.example"),
        "kid": made(CLIENT_HEADER, CLIENT_CLAIMS, STRANGE),
        "cut": made(CLIENT_HEADER, CLIENT_CLAIMS)[:-1],
    }
    assert a_mint().read_client(tokens[forged]) is None
    assert a_mint().read_client(made(CLIENT_HEADER, CLIENT_CLAIMS)) is not None


def test_a_clients_token_that_is_over_is_still_read_for_whoever_asks_says_when_it_ended() -> None:
    ended = a_mint().read_client(made(CLIENT_HEADER, CLIENT_CLAIMS, exp=60))
    assert ended is not None
    assert ended.expires_at == datetime(1970, 1, 1, 0, 1, tzinfo=UTC)


def test_the_library_judges_no_time_of_issue_or_end() -> None:
    """Our own clock does: it stands years away from the machine's here."""
    for claims in ({"iat": 4_000_000_000}, {"iat": "later"}, {"at_hash": "x"}):
        assert not is_refused(made(HEADER, CLAIMS, **claims))
    assert a_mint(clock=CLOCK).read(made(HEADER, CLAIMS)).session_epoch == 7
    past = StandingClock()
    past.at = datetime(2001, 1, 1, tzinfo=UTC)
    early = TokenKey.generate(past.at)
    mint = a_mint(HeldKeys(early), past)
    assert mint.read(mint.issue(SESSION)).session_epoch == 7


def test_the_longest_token_that_is_read_has_2048_characters() -> None:
    room = (2048 - len(made(HEADER, CLAIMS, more=""))) // 4 * 3
    lengths = {
        len(token): token
        for token in (
            made(HEADER | {"more": "x" * head}, CLAIMS, more="x" * (room + at))
            for at in range(-24, 8)
            for head in range(3)
        )
    }
    assert (is_refused(lengths[2048]), is_refused(lengths[2049])) == (False, True)


@pytest.mark.parametrize("not_before", [None, float("inf"), []])
def test_a_token_of_ours_that_says_nonsense_does_not_count(not_before: object) -> None:
    assert is_refused(signed_token(HEADER, CLAIMS | {"nbf": not_before}, pem_of(KEY)))


@pytest.mark.parametrize("name", ["unit_id", "sid"])
def test_a_token_of_ours_whose_id_is_a_number_does_not_count(name: str) -> None:
    assert is_refused(made(HEADER, CLAIMS, **{name: 7}))


def test_each_part_of_a_token_holds_letters_of_base64url_only() -> None:
    head, body, signature = made(HEADER, CLAIMS).split(".")
    for token in (
        f"{head}~.{body}.{signature}",
        f"{head}.{body}~.{signature}",
        f"{head}.{body}",
        f"{head}..{signature}",
    ):
        assert is_refused(token)
    # Of the last character two bits are nobody's, so one signature has spellings; the library reads one.
    assert len(base64.urlsafe_b64decode(signature + "==")) == 64


def test_a_token_counts_until_the_second_it_expires() -> None:
    clock = StandingClock()
    mint = a_mint(clock=clock)
    token = mint.issue(SESSION)
    ends = mint.read(token).expires_at
    clock.at = ends - SECOND
    assert mint.read(token).expires_at == ends
    clock.at = ends
    with pytest.raises(TokenExpiredError) as caught:
        mint.read(token)
    assert mint.remembered_count == 0
    assert (caught.value.claims.expires_at, caught.value.code.value) == (ends, "token_expired")


def test_a_token_counts_no_longer_than_the_key_that_signed_it() -> None:
    keys = HeldKeys(KEY)
    mint = a_mint(keys)
    token = mint.issue(SESSION)
    assert not is_refused(token, mint)
    keys.hold(STRANGE)
    assert is_refused(token, mint)
    assert mint.remembered_count == 0


def test_a_remembered_token_is_forgotten_with_the_end_of_its_key() -> None:
    clock = StandingClock()
    ending = TokenKey.of(KEY.private_key, KEY.signs_from, NOON + SECOND)
    mint = a_mint(HeldKeys(ending, COMING), clock)
    token = mint.issue(SESSION)
    assert not is_refused(token, mint)
    clock.at = NOON + SECOND
    assert is_refused(token, mint)
    assert mint.remembered_count == 0


def test_a_remembered_token_counts_no_earlier_than_its_key_where_the_clock_is_turned_back() -> None:
    clock = StandingClock()
    mint = a_mint(clock=clock)
    clock.at = COMING.signs_from
    token = mint.issue(SESSION)
    assert not is_refused(token, mint)
    clock.at = COMING.signs_from - timedelta(minutes=1)
    assert not is_refused(token, mint)
    clock.at -= SECOND
    assert is_refused(token, mint)


def test_whoever_knows_the_time_is_not_asked_for_another() -> None:
    mint = a_mint()
    token = mint.issue(SESSION)
    ends = mint.read(token).expires_at
    assert mint.read(token, ends - SECOND).expires_at == ends
    with pytest.raises(TokenExpiredError):
        mint.read(token, ends)


def test_what_was_verified_is_forgotten_as_soon_as_other_keys_are_held() -> None:
    keys = HeldKeys(KEY)
    mint = a_mint(keys)
    assert not is_refused(mint.issue(SESSION), mint)
    keys.hold(KEY, COMING)
    assert mint.can_sign
    assert mint.remembered_count == 0


def test_without_any_key_nothing_is_issued() -> None:
    mint = a_mint(HeldKeys())
    assert not mint.can_sign
    with pytest.raises(DirectoryStaleError):
        mint.issue(SESSION)


def test_where_no_key_is_known_nothing_is_issued() -> None:
    keys = HeldKeys(KEY)
    keys.is_stale = True
    mint = a_mint(keys)
    assert not mint.can_sign
    with pytest.raises(DirectoryStaleError):
        mint.issue(SESSION)


def test_a_new_key_signs_and_verifies_as_soon_as_it_is_held() -> None:
    keys = HeldKeys(KEY)
    mint = a_mint(keys)
    first = mint.issue(SESSION)
    keys.hold(STRANGE)
    second = mint.issue(SESSION)
    assert parts(second)[0]["kid"] == STRANGE.kid
    assert (is_refused(first, mint), is_refused(second, mint)) == (True, False)


def test_a_token_is_verified_once_and_the_first_read_is_forgotten_first() -> None:
    mint = a_mint(most_remembered=2)
    first, second, third = (mint.issue(SESSION) for _ in range(3))
    read = mint.read(first)
    mint.read(second)
    assert mint.read(first) is read
    mint.read(third)
    assert mint.remembered_count == 2
    assert mint.read(first) is not read


def test_published_are_the_keys_that_count_or_are_to_count() -> None:
    over = TokenKey.of(STRANGE.private_key, KEY.signs_from, NOON)
    mint = a_mint(HeldKeys(over, KEY, COMING))
    assert mint.jwks == {"keys": [KEY.public_jwk, COMING.public_jwk]}
    assert mint.can_sign
