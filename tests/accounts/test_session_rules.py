"""How long an officer may idle, and what is stored of a refresh token."""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.accounts.sessions import Presented, Session, SessionRules, token_digest

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


def test_who_administers_or_audits_idles_for_another_time_than_everybody_else() -> None:
    rules = SessionRules(timedelta(minutes=15), timedelta(minutes=5), timedelta(hours=12))
    assert rules.idle_for(is_privileged=True) == timedelta(minutes=5)
    assert rules.idle_for(is_privileged=False) == timedelta(minutes=15)


def test_of_a_refresh_token_its_sha_256_is_stored_and_not_printed() -> None:
    digest = token_digest("mã")
    assert digest == hashlib.sha256("mã".encode()).digest()
    session = Session(UUID(int=1), UUID(int=2), UUID(int=3), "mot-cua", "::1", "password", 0, NOON, NOON)
    assert repr(digest) not in repr(Presented(session, was_used=False, expires_at=NOON, token_digest=digest))
