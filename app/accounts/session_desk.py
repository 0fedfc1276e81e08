"""Where sessions are refreshed, listed and ended."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from app.accounts.authentication import Caller
from app.accounts.client_check import bound_certificate
from app.accounts.clients import Client
from app.accounts.request import Request
from app.accounts.sessions import EndReason, Presented, Session, SessionRules, SessionStore, end_session
from app.accounts.store import Accounts
from app.accounts.tokens import TokenMint
from app.accounts.values import Officer
from app.audit.log import AuditLog
from app.audit.record import Draft, RecordKind, Value
from app.clock import Clock
from app.database.live import LiveView
from app.errors import NotAuthenticatedError, NotFoundError, ProblemCode


class RefreshRefusedError(Exception):
    """The refresh token is none of this client's, was used before, or its session is over."""


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """An access token, for how many seconds it is valid, and the refresh token that follows it."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int


_NOTHING: Final = timedelta()


class SessionDesk:
    """Keeps sessions going, and ends them."""

    def __init__(
        self,
        engine: AsyncEngine,
        store: SessionStore,
        accounts: LiveView[Accounts],
        mint: TokenMint,
        rules: SessionRules,
        log: AuditLog,
        clock: Clock,
    ) -> None:
        """Judge by *rules* and the directory as it stands."""
        self._engine = engine
        self._store = store
        self._accounts = accounts
        self._mint = mint
        self._rules = rules
        self._log = log
        self._clock = clock

    async def begin(self, session: Session, confirmation: str | None = None) -> IssuedTokens:
        """Return the first tokens of a new session, which is stored."""
        refresh = await self._store.begin(session, session.started_at + self._rules.longest)
        return self._issued(session, refresh, confirmation)

    async def refresh(self, client: Client, token: str, request: Request) -> IssuedTokens:
        """Return new tokens for a refresh token, which is used up (RFC 6749 section 6).

        Using one twice ends the session: one of the two who had it should not have. A refresh is no
        activity. Raises RefreshRefusedError and AuditUnavailableError.
        """
        presented = await self._store.find(token)
        if presented is None or presented.session.client_id != client.client_id:
            raise RefreshRefusedError
        if self._why_over(presented, self._clock.now()) is None:
            # On record before the token is used up: after a failure the client may try it once more.
            refreshed = self._draft(RecordKind.SESSION_REFRESHED, presented.session, request, None)
            await self._log.append(refreshed)
        successor, reason = await self._rotate_or_end(token)
        if successor is not None:
            return self._issued(presented.session, successor, bound_certificate(client, request))
        if reason is not None:
            await self._log.append(self._draft(RecordKind.SESSION_ENDED, presented.session, request, reason))
        raise RefreshRefusedError

    async def _rotate_or_end(self, token: str) -> tuple[str | None, EndReason | None]:
        """Return the next refresh token, or why the session ended just now; judged again, under a lock.

        The lock is not held while the log is awaited, and is given up by a commit, never by an error.
        """
        now = self._clock.now()
        async with self._engine.begin() as connection:
            presented = await self._store.find_for_refresh(connection, token)
            if presented is None:
                return None, None
            reason = self._why_over(presented, now)
            if reason is None:
                longest = presented.session.started_at + self._rules.longest
                return await self._store.rotate(connection, presented, now, longest), None
            ended = await end_session(connection, presented.session.session_id, now, reason)
            return None, reason if ended else None

    async def revoke(self, client: Client, token: str, request: Request) -> None:
        """End the session of a refresh or access token of *client*; says nothing of any other (RFC 7009)."""
        session_id = await self._session_of(client, token)
        if session_id is None:
            return
        ended = await self._store.end(session_id, self._clock.now(), EndReason.SIGNED_OUT)
        if ended is not None:
            draft = self._draft(RecordKind.SESSION_ENDED, ended, request, EndReason.SIGNED_OUT)
            await self._log.append(draft)

    async def open_sessions(self, caller: Caller) -> list[Session]:
        """Return the officer's own sessions that last, newest first."""
        officer, now = caller.officer, self._clock.now()
        return await self._store.open_sessions(
            officer.officer_id,
            officer.session_epoch,
            started_since=now - self._rules.longest,
            active_since=now - self._rules.idle_for(is_privileged=officer.is_privileged),
        )

    async def end_own(self, caller: Caller, session_id: UUID) -> None:
        """End one of the officer's own sessions; NotFoundError for any other."""
        now = self._clock.now()
        officer_id = caller.officer.officer_id
        ended = await self._store.end(session_id, now, EndReason.ENDED_BY_OFFICER, officer_id=officer_id)
        if ended is None:
            raise NotFoundError(ProblemCode.SESSION_UNKNOWN)
        facts = caller.facts() | {
            "session_id": str(session_id),
            "reason": EndReason.ENDED_BY_OFFICER.value,
        }
        await self._log.append(Draft(RecordKind.SESSION_ENDED, now, facts))

    def _why_over(self, presented: Presented, now: datetime) -> EndReason | None:
        session = presented.session
        officer = self._accounts.current.officers.get(session.officer_id)
        if presented.was_used:
            return EndReason.REFRESH_REUSED
        if officer is None or _has_changed(officer, session):
            return EndReason.ACCOUNT_CHANGED
        if presented.expires_at - now <= _NOTHING:
            return EndReason.TOO_OLD
        if now - session.last_active_at > self._rules.idle_for(is_privileged=officer.is_privileged):
            return EndReason.IDLE
        return None

    async def _session_of(self, client: Client, token: str) -> UUID | None:
        presented = await self._store.find(token)
        if presented is not None:
            session = presented.session
            return session.session_id if session.client_id == client.client_id else None
        try:
            claims = self._mint.read(token)
        except NotAuthenticatedError:
            return None
        return claims.session_id if claims.client_id == client.client_id else None

    def _issued(self, session: Session, refresh_token: str, confirmation: str | None) -> IssuedTokens:
        access = self._mint.issue(session, confirmation)
        return IssuedTokens(access, refresh_token, self._mint.lifetime_seconds)

    def _draft(self, kind: RecordKind, session: Session, request: Request, reason: EndReason | None) -> Draft:
        facts: dict[str, Value] = {
            "officer_id": str(session.officer_id),
            "unit_id": str(session.unit_id),
            "client_id": session.client_id,
            "session_id": str(session.session_id),
            "address": request.address,
            "assurance": session.assurance,
            "request_id": request.request_id,
        }
        if reason is not None:
            facts["reason"] = reason.value
        return Draft(kind, self._clock.now(), facts)


def _has_changed(officer: Officer, session: Session) -> bool:
    """Whether the session ended, or the officer is no longer the one who began it."""
    return (
        session.ended_at is not None
        or not officer.is_active
        or officer.unit_id != session.unit_id
        or officer.session_epoch != session.epoch
    )
