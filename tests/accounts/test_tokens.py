"""Access tokens: what is in them, how long they live, how many are remembered."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.accounts.sessions import Session
from app.accounts.tokens import TokenExpiredError, TokenMint
from app.errors import DirectoryStaleError, NotAuthenticatedError
from tests.accounts.forging import decoded
from tests.accounts.held_keys import HeldKeys
from tests.world import A_TOKEN_KEY, TurnableClock

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
ISSUER = "https://cong.example"


def a_mint(clock: TurnableClock | None = None, keys: HeldKeys | None = None, **limits: int) -> TokenMint:
    held = keys or HeldKeys(A_TOKEN_KEY)
    return TokenMint(held, ISSUER, clock or TurnableClock(), lifetime=timedelta(minutes=10), **limits)


def a_session() -> Session:
    return Session(
        session_id=uuid4(),
        officer_id=uuid4(),
        unit_id=uuid4(),
        client_id="mot-cua",
        address="127.0.0.1",
        assurance="password",
        epoch=7,
        started_at=NOON,
        last_active_at=NOON,
    )


def a_token(mint: TokenMint) -> str:
    return mint.issue(a_session())


def test_a_token_is_read_as_it_was_issued() -> None:
    mint, session = a_mint(), a_session()
    claims = mint.read(mint.issue(session))
    assert (claims.officer_id, claims.unit_id) == (session.officer_id, session.unit_id)
    assert (claims.client_id, claims.session_id) == ("mot-cua", session.session_id)
    assert (claims.session_started_at, claims.session_epoch) == (NOON, 7)


def test_a_token_carries_ids_and_times_and_no_name_or_right() -> None:
    token = a_token(a_mint())
    header, claims, _ = token.split(".")
    assert decoded(header)["alg"] == "ES256"
    assert decoded(header)["typ"] == "at+jwt"
    assert set(decoded(claims)) == {
        "iss", "aud", "sub", "unit_id", "client_id", "sid", "started_ms", "epoch", "iat", "exp",
        "jti", "acr",
    }  # fmt: skip


def test_a_token_remembered_as_good_still_expires() -> None:
    clock = TurnableClock()
    mint = a_mint(clock)
    token = a_token(mint)
    mint.read(token)
    clock.ahead = timedelta(minutes=10, seconds=1)
    with pytest.raises(TokenExpiredError):
        mint.read(token)


def test_the_published_keys_are_public_only() -> None:
    (key,) = a_mint().jwks["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "alg", "use", "kid"}


def test_a_refused_token_leaves_no_trace_in_the_error() -> None:
    token = a_token(a_mint())
    forged = f"{token.split('.')[0]}.bm8.{'A' * 86}"
    with pytest.raises(NotAuthenticatedError) as caught:
        a_mint().read(forged)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert str(caught.value) == "token_invalid"


def test_tokens_of_another_mint_are_not_confused_by_memory() -> None:
    mint = a_mint()
    for _ in range(3):
        with pytest.raises(NotAuthenticatedError):
            mint.read(a_token(mint)[:-1])


def test_no_more_verified_tokens_are_remembered_than_the_bound_and_the_others_still_count() -> None:
    mint = a_mint(most_remembered=3)
    tokens = [a_token(mint) for _ in range(5)]
    for _ in range(2):
        for token in tokens:
            mint.read(token)
            assert mint.remembered_count <= 3
    assert mint.remembered_count == 3


def test_a_token_that_is_over_is_remembered_no_longer() -> None:
    clock = TurnableClock()
    mint = a_mint(clock)
    token = a_token(mint)
    mint.read(token)
    assert mint.remembered_count == 1
    clock.ahead = timedelta(minutes=10, seconds=1)
    with pytest.raises(TokenExpiredError):
        mint.read(token)
    assert mint.remembered_count == 0


def test_a_refused_token_is_not_remembered() -> None:
    mint = a_mint()
    with pytest.raises(NotAuthenticatedError):
        mint.read(a_token(mint)[:-1])
    assert mint.remembered_count == 0


def test_where_the_keys_are_not_known_nothing_is_signed_read_or_published() -> None:
    keys = HeldKeys(A_TOKEN_KEY)
    mint = a_mint(keys=keys)
    token = a_token(mint)
    mint.read(token)
    keys.is_stale = True
    for ask in (lambda: mint.issue(a_session()), lambda: mint.read(token), lambda: mint.jwks):
        with pytest.raises(DirectoryStaleError):
            ask()
    assert not mint.can_sign


def test_without_a_key_nothing_is_signed() -> None:
    mint = a_mint(keys=HeldKeys())
    assert not mint.can_sign
    with pytest.raises(DirectoryStaleError):
        mint.issue(a_session())
