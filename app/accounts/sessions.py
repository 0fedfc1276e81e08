"""Sessions: begun by a sign-in, kept by rotating refresh tokens, ended by idleness, choice or abuse."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import and_, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.active_days import note_active_days
from app.accounts.table import REFRESH_TOKEN, SESSION

_TOKEN_BYTES: Final = 32


class EndReason(StrEnum):
    """Why a session ended."""

    SIGNED_OUT = "signed_out"
    ENDED_BY_OFFICER = "ended_by_officer"
    IDLE = "idle"
    TOO_OLD = "too_old"
    REFRESH_REUSED = "refresh_reused"
    ACCOUNT_CHANGED = "account_changed"


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in of an officer through one client software; `ended_at` None while it lasts."""

    session_id: UUID
    officer_id: UUID
    unit_id: UUID
    client_id: str
    address: str
    assurance: str
    epoch: int
    """The officer's, when the session began; their later ones end it."""
    started_at: datetime
    """When the officer signed in: of an asserted session, at the client software, before it began here."""
    last_active_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionRules:
    """How long a session may idle, last, and be refreshed (R15)."""

    idle: timedelta
    administrator_idle: timedelta
    longest: timedelta

    def idle_for(self, *, is_privileged: bool) -> timedelta:
        """How long an officer may do nothing."""
        return self.administrator_idle if is_privileged else self.idle


@dataclass(frozen=True, slots=True)
class Presented:
    """A refresh token as found: its session, and whether it was used before."""

    session: Session
    was_used: bool
    expires_at: datetime
    token_digest: bytes = field(repr=False)


class SessionStore:
    """Reads and writes sessions."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Use *engine*."""
        self._engine = engine

    async def begin(self, session: Session, refresh_until: datetime) -> str:
        """Store a new session and return its first refresh token, which is stored only as SHA-256."""
        async with self._engine.begin() as connection:
            await connection.execute(
                insert(SESSION).values(
                    session_id=session.session_id,
                    officer_id=session.officer_id,
                    unit_id=session.unit_id,
                    client_id=session.client_id,
                    address=session.address,
                    assurance=session.assurance,
                    epoch=session.epoch,
                    started_at=session.started_at,
                    last_active_at=session.last_active_at,
                )
            )
            await note_active_days(connection, {session.session_id: session.last_active_at})
            return await _new_token(connection, session.session_id, session.last_active_at, refresh_until)

    async def find(self, token: str) -> Presented | None:
        """Return what *token* stands for; None for no token."""
        async with self._engine.connect() as connection:
            return await _presented(connection, token, is_held=False)

    async def find_for_refresh(self, connection: AsyncConnection, token: str) -> Presented | None:
        """Return what *token* stands for, locked until *connection*'s transaction ends; None for no token."""
        return await _presented(connection, token, is_held=True)

    async def rotate(
        self, connection: AsyncConnection, presented: Presented, now: datetime, refresh_until: datetime
    ) -> str:
        """Mark the presented token used and return its successor."""
        await connection.execute(
            update(REFRESH_TOKEN)
            .where(REFRESH_TOKEN.c.token_digest == presented.token_digest)
            .values(used_at=now)
        )
        return await _new_token(connection, presented.session.session_id, now, refresh_until)

    async def open_sessions(
        self, officer_id: UUID, epoch: int, *, started_since: datetime, active_since: datetime
    ) -> list[Session]:
        """Return an officer's sessions of *epoch* that have not ended, newest first."""
        query = (
            select(SESSION)
            .where(
                SESSION.c.officer_id == officer_id,
                SESSION.c.epoch == epoch,
                SESSION.c.ended_at.is_(None),
                SESSION.c.started_at > started_since,
                SESSION.c.last_active_at >= active_since,
            )
            .order_by(SESSION.c.started_at.desc())
            .limit(100)
        )
        async with self._engine.connect() as connection:
            return [_session(row) for row in await connection.execute(query)]

    async def end(
        self, session_id: UUID, now: datetime, reason: EndReason, *, officer_id: UUID | None = None
    ) -> Session | None:
        """End one session, of *officer_id* only where given; return it, None where it was not open."""
        async with self._engine.begin() as connection:
            return await end_session(connection, session_id, now, reason, officer_id=officer_id)

    async def last_active_at(self, session_id: UUID) -> datetime | None:
        """Return when any process last noted an action; None for no session."""
        query = select(SESSION.c.last_active_at).where(SESSION.c.session_id == session_id)
        async with self._engine.connect() as connection:
            found: datetime | None = await connection.scalar(query)
        return found

    async def touch(self, seen: dict[UUID, datetime]) -> None:
        """Note when each session's officer last acted; never moves a time back."""
        if not seen:
            return
        async with self._engine.begin() as connection:
            for session_id, at in sorted(seen.items()):  # one order everywhere, so that two cannot deadlock
                await connection.execute(
                    update(SESSION)
                    .where(and_(SESSION.c.session_id == session_id, SESSION.c.last_active_at < at))
                    .values(last_active_at=at)
                )
            await note_active_days(connection, seen)


async def end_session(
    connection: AsyncConnection,
    session_id: UUID,
    now: datetime,
    reason: EndReason,
    *,
    officer_id: UUID | None = None,
) -> Session | None:
    """End one open session inside *connection*'s transaction; return it, None where it was not open."""
    own = SESSION.c.officer_id == officer_id if officer_id is not None else true()
    result = await connection.execute(
        update(SESSION)
        .where(SESSION.c.session_id == session_id, SESSION.c.ended_at.is_(None), own)
        .values(ended_at=now, end_reason=reason.value)
        .returning(SESSION)
    )
    row = result.first()
    return None if row is None else _session(row)


async def load_ended_sessions(connection: AsyncConnection, since: datetime) -> frozenset[UUID]:
    """Return the sessions that ended after *since*: those an access token may still be about."""
    query = select(SESSION.c.session_id).where(SESSION.c.ended_at > since)
    return frozenset((await connection.execute(query)).scalars())


def token_digest(token: str) -> bytes:
    """Return what is stored of a refresh token; 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


async def _presented(connection: AsyncConnection, token: str, *, is_held: bool) -> Presented | None:
    digest = token_digest(token)
    query = (
        select(SESSION, REFRESH_TOKEN.c.used_at, REFRESH_TOKEN.c.expires_at)
        .join(REFRESH_TOKEN, REFRESH_TOKEN.c.session_id == SESSION.c.session_id)
        .where(REFRESH_TOKEN.c.token_digest == digest)
    )
    row = (await connection.execute(query.with_for_update() if is_held else query)).first()
    if row is None:
        return None
    return Presented(_session(row), row.used_at is not None, row.expires_at, digest)


async def _new_token(
    connection: AsyncConnection, session_id: UUID, now: datetime, expires_at: datetime
) -> str:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    await connection.execute(
        insert(REFRESH_TOKEN).values(
            token_digest=token_digest(token), session_id=session_id, issued_at=now, expires_at=expires_at
        )
    )
    return token


def _session(row: object) -> Session:
    mapping = row._mapping  # type: ignore[attr-defined] # noqa: SLF001 - SQLAlchemy's documented access
    return Session(
        **{
            name: mapping[name]
            for name in (
                "session_id", "officer_id", "unit_id", "client_id", "address", "assurance", "epoch",
                "started_at", "last_active_at", "ended_at",
            )
        }
    )  # fmt: skip
