"""Which token key signs, which ones verify, and what a rotation plans."""

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import annotated_types
import pytest

from app.accounts.token_keys import (
    CLOCK_SLACK,
    LONGEST_TOKEN,
    KeyState,
    Rotation,
    TokenKey,
    TokenKeyComingError,
    TokenKeys,
    plan_rotation,
)
from app.settings import Settings

NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def a_key(days: float, until: datetime | None = None) -> TokenKey:
    """Return a key that signs from so many days after now."""
    return replace(TokenKey.generate(NOW + days * DAY), verifies_until=until)


def kids(*keys: TokenKey | None) -> list[str]:
    return [key.kid if key is not None else "" for key in keys]


FORMER, CURRENT, COMING = a_key(-30, NOW + SECOND), a_key(-1), a_key(1)
OVER = a_key(-60, NOW)
ALL = TokenKeys((OVER, FORMER, CURRENT, COMING))


def test_the_newest_key_whose_time_has_come_signs() -> None:
    assert ALL.signing(NOW) is CURRENT
    assert ALL.signing(NOW + DAY - SECOND) is CURRENT
    assert ALL.signing(NOW + DAY) is COMING


def test_each_key_is_in_one_state() -> None:
    assert [ALL.state_of(key, NOW) for key in ALL.keys] == list(reversed(KeyState))
    assert ALL.coming(NOW) is COMING


def test_published_are_the_keys_that_others_must_know() -> None:
    assert ALL.published(NOW) == [FORMER, CURRENT, COMING]
    assert ALL.published(NOW + SECOND) == [CURRENT, COMING]


def test_a_key_verifies_until_its_end_and_not_at_it() -> None:
    assert ALL.verifying(FORMER.kid, NOW) is FORMER
    assert ALL.verifying(FORMER.kid, NOW + SECOND) is None
    assert ALL.verifying(OVER.kid, NOW) is None


def test_a_coming_key_counts_a_minute_ahead_for_clocks_that_are_ahead() -> None:
    begins = COMING.signs_from - CLOCK_SLACK
    assert ALL.verifying(COMING.kid, begins) is COMING
    assert ALL.verifying(COMING.kid, begins - SECOND) is None


@pytest.mark.parametrize(
    "kid",
    [
        None,
        "",
        1,
        ["a"],
        {},
        pytest.param(CURRENT.kid.upper(), id="capitals"),
        pytest.param(f"{CURRENT.kid} ", id="a space after it"),
        "../x",
    ],
)
def test_an_id_that_is_no_key_of_ours_finds_none(kid: object) -> None:
    assert ALL.verifying(kid, NOW) is None


def test_an_only_key_signs_and_verifies_where_the_clock_is_behind() -> None:
    keys = TokenKeys((CURRENT,))
    long_before = CURRENT.signs_from - timedelta(minutes=5)
    assert keys.signing(long_before) is CURRENT
    assert keys.verifying(CURRENT.kid, long_before) is CURRENT


def test_without_a_valid_key_nobody_signs() -> None:
    assert TokenKeys().signing(NOW) is None
    assert TokenKeys((OVER,)).signing(NOW) is None


def test_a_rotation_adds_a_coming_key_and_lets_the_former_verify_the_longest_token() -> None:
    key, rotation = plan_rotation(TokenKeys((OVER, CURRENT)), NOW, DAY)
    assert (key.signs_from, key.verifies_until) == (NOW + DAY, None)
    assert (rotation.kid, rotation.signs_from, rotation.former_kid) == (key.kid, NOW + DAY, CURRENT.kid)
    assert rotation.former_verifies_until == NOW + DAY + LONGEST_TOKEN + CLOCK_SLACK
    assert rotation.revoked_kids == ()


def test_no_second_rotation_begins_while_a_key_is_coming() -> None:
    with pytest.raises(TokenKeyComingError, match=f"{COMING.kid} is coming already"):
        plan_rotation(ALL, NOW, DAY)


def test_a_rotation_after_the_coming_key_signs_is_the_next_one() -> None:
    _, rotation = plan_rotation(ALL, NOW + DAY, DAY)
    assert rotation.former_kid == COMING.kid


def test_a_rotation_where_no_key_signs_makes_one_that_signs_at_once() -> None:
    key, rotation = plan_rotation(TokenKeys((OVER,)), NOW, DAY)
    assert key.signs_from == rotation.signs_from == NOW
    assert rotation.former_kid is None


@pytest.mark.parametrize(
    ("keys", "is_due"),
    [
        (TokenKeys((a_key(-90),)), False),
        (TokenKeys((a_key(-91),)), True),
        (TokenKeys((a_key(-91), a_key(1))), False),
        (TokenKeys((a_key(-1, NOW + SECOND),)), True),
        (TokenKeys((a_key(-1),)), False),
        (TokenKeys(), False),
    ],
    ids=["90 days", "91 days", "one is coming", "its end is set", "new", "no key"],
)
def test_a_successor_is_due_after_ninety_days_or_where_an_end_is_set(
    keys: TokenKeys,
    is_due: bool,  # noqa: FBT001 - a case
) -> None:
    assert keys.needs_successor(NOW) is is_due


def test_no_gateway_may_sign_for_longer_than_a_rotation_waits() -> None:
    limits = Settings.model_fields["token_minutes"].metadata
    (most,) = [limit.le for limit in limits if isinstance(limit, annotated_types.Le)]
    assert timedelta(minutes=float(str(most))) <= LONGEST_TOKEN


def test_a_key_comes_back_from_its_secret_under_the_same_id() -> None:
    again = TokenKey.from_secret(CURRENT.secret, CURRENT.signs_from, None)
    assert (again.kid, again.public_jwk) == (CURRENT.kid, CURRENT.public_jwk)


@pytest.mark.parametrize("secret", [b"", bytes(31), bytes(33), bytes(32), b"\xff" * 32])
def test_what_is_no_private_key_of_the_curve_is_refused(secret: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        TokenKey.from_secret(secret, NOW, None)


def test_a_key_prints_nothing_of_its_private_half() -> None:
    printed = repr(TokenKeys((CURRENT,)))
    assert "private" not in printed
    assert str(CURRENT.private_key.private_numbers().private_value) not in printed


def test_two_keys_have_two_ids() -> None:
    assert len(set(kids(*ALL.keys))) == len(ALL.keys)


def test_the_numbers_that_others_rely_on() -> None:
    assert timedelta(minutes=1) == CLOCK_SLACK
    assert timedelta(minutes=60) == LONGEST_TOKEN


def test_the_public_half_is_as_rfc_7517_writes_it() -> None:
    """The key of RFC 7515 appendix A.3."""
    secret = base64.urlsafe_b64decode("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI=")
    key = TokenKey.from_secret(secret, NOW, None)
    x, y = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
    assert key.public_jwk == {
        "kty": "EC",
        "crv": "P-256",
        "x": x,
        "y": y,
        "alg": "ES256",
        "use": "sig",
        "kid": hashlib.sha256(f"{x}.{y}".encode()).hexdigest()[:16],
    }
    assert (key.secret, key.signs_from, key.verifies_until) == (secret, NOW, None)
    assert TokenKey.from_secret(secret, NOW, NOW + DAY).verifies_until == NOW + DAY


def test_a_secret_of_another_length_is_refused_whatever_number_it_holds() -> None:
    for secret in (b"\0" + CURRENT.secret, b"\1" * 31, b"\1" * 33):
        with pytest.raises(ValueError, match="32 bytes"):
            TokenKey.from_secret(secret, NOW, None)


def test_a_secret_that_begins_with_zeros_keeps_its_length() -> None:
    secret = bytes(2) + b"\1" * 30
    assert TokenKey.from_secret(secret, NOW, None).secret == secret


def test_a_rotation_says_what_it_changed() -> None:
    when = "2026-11-20T05:00:00"
    first = Rotation("new", NOW).facts
    assert str(first.pop("effective_at")).startswith(when)
    assert first == {"after": "new", "change": "first token key"}
    succeeded = Rotation("new", NOW, "old", NOW + DAY).facts
    assert str(succeeded.pop("effective_at")).startswith(when)
    assert succeeded == {"after": "new", "change": "token key succeeded", "before": "old"}
    revoked = Rotation("new", NOW, revoked_kids=("a", "b")).facts
    assert str(revoked.pop("effective_at")).startswith(when)
    assert revoked == {"after": "new", "change": "token keys revoked", "before": "a b"}


def test_a_key_whose_time_comes_now_is_no_longer_coming() -> None:
    now_signing, later = a_key(0), a_key(1)
    keys = TokenKeys((CURRENT, now_signing, later))
    assert keys.coming(NOW) is later
    assert keys.state_of(CURRENT, NOW) is KeyState.FORMER
    assert keys.state_of(replace(CURRENT, signs_from=NOW), NOW) is KeyState.FORMER
