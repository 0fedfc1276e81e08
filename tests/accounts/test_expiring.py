"""How keys and credentials stand on the way to their end."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.accounts.clients import Ending
from app.accounts.compatible_credentials import CompatibleCredential, CompatiblePolicy, CompatibleProfile
from app.accounts.expiring import STANDING_TEXTS, Expiring, KeyStanding, span_of, standing_of
from app.accounts.status_routes import endings_said

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("left", "standing"),
    [
        (timedelta(days=30) + INSTANT, KeyStanding.VALID),
        (timedelta(days=30), KeyStanding.ENDS_SOON),
        (timedelta(days=7) + INSTANT, KeyStanding.ENDS_SOON),
        (timedelta(days=7), KeyStanding.ENDS_VERY_SOON),
        (INSTANT, KeyStanding.ENDS_VERY_SOON),
        (timedelta(0), KeyStanding.OVER),
        (-timedelta(days=400), KeyStanding.OVER),
    ],
)
def test_what_ends_is_told_thirty_and_seven_days_before(left: timedelta, standing: KeyStanding) -> None:
    ends = NOW + left
    assert standing_of(ends, NOW) is standing
    for each in KeyStanding:  # a list narrowed to a standing has what stands so, and nothing else
        after, until = span_of(each, NOW)
        assert ((after is None or ends > after) and (until is None or ends <= until)) is (each is standing)


def test_what_never_ends_is_valid() -> None:
    assert standing_of(None, NOW) is KeyStanding.VALID


def test_every_standing_is_said_in_both_languages() -> None:
    assert {standing: set(texts) for standing, texts in STANDING_TEXTS.items()} == {
        standing: {"vi", "en"} for standing in KeyStanding
    }


def test_credentials_of_the_old_ways_stand_among_what_else_ends_what_is_first_before() -> None:
    old = CompatibleCredential(
        UUID(int=7),
        "mot-cua",
        CompatibleProfile.VDXP,
        "TOA_AN",
        CompatiblePolicy(),
        (),
        NOW,
        NOW + timedelta(days=2),
    )
    clients = [Ending("a", NOW + timedelta(days=1)), Ending("b", NOW + timedelta(days=3))]
    first, second, third = endings_said(clients, Expiring(credentials=(old,)))
    assert (first.client_id, third.client_id) == ("a", "b")
    assert (second.client_id, second.what, second.credential_id) == (
        "mot-cua",
        "compatible",
        str(UUID(int=7)),
    )
    assert second.ends_at == "2026-11-24T08:00:00.000Z"
