"""Officers' lookup-only keys as administrators list them, what ends first before all others."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.client_table import CLIENT
from app.accounts.compatible_table import LOOKUP_KEY
from app.accounts.expiring import KeyStanding, span_of
from app.accounts.table import OFFICER, OFFICER_POSTING
from app.clock import local_day
from app.errors import InvalidRequestError, ProblemCode

_PAGE: Final = 500
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key that nobody has withdrawn, and whose it is; nothing of its secret."""

    key_id: UUID
    name: str
    officer_id: UUID
    login_name: str
    unit_id: UUID
    client_id: str
    created_at: datetime
    expires_at: datetime

    @property
    def cursor(self) -> str:
        """What a page of those that follow begins with."""
        microseconds = (self.expires_at - _EPOCH) // timedelta(microseconds=1)
        return urlsafe_b64encode(f"{microseconds} {self.key_id}".encode()).decode()


@dataclass(frozen=True, slots=True)
class KeyFilter:
    """What a list is narrowed to: keys of these units (None: of all) that stand so (None: anyhow)."""

    units: Collection[UUID] | None
    standing: KeyStanding | None = None


async def list_keys(
    connection: AsyncConnection, wanted: KeyFilter, now: datetime, *, after: str | None, most: int
) -> list[ListedKey]:
    """Return up to *most* keys after a cursor, what ends first before all others.

    Left out are those that open nothing whatever their date: of officers and software not in use, and older
    than the officer's password or posting. Raises InvalidRequestError for a cursor that is none of ours.
    """
    key = LOOKUP_KEY.c
    query = _of_those_in_use(now).order_by(key.expires_at, key.key_id).limit(most)
    if wanted.units is not None:
        query = query.where(key.unit_id.in_(wanted.units))
    if wanted.standing is not None:
        later, until = span_of(wanted.standing, now)
        query = query.where(key.expires_at > later) if later is not None else query
        query = query.where(key.expires_at <= until) if until is not None else query
    if after is not None:
        query = query.where(tuple_(key.expires_at, key.key_id) > tuple_(*_read_cursor(after)))
    return [ListedKey(*row) for row in await connection.execute(query)]


def _of_those_in_use(now: datetime) -> Select[Any]:
    key, officer, posting, client = LOOKUP_KEY.c, OFFICER.c, OFFICER_POSTING.c, CLIENT.c
    today = local_day(now)
    posted = and_(
        posting.officer_id == key.officer_id,
        posting.unit_id == key.unit_id,
        posting.valid_from <= today,
        or_(posting.valid_to.is_(None), posting.valid_to > today),
    )
    columns = (key.key_id, key.name, key.officer_id, officer.login_name, key.unit_id, key.client_id)
    return (
        select(*columns, key.created_at, key.expires_at)
        .join(OFFICER, officer.officer_id == key.officer_id)
        .join(CLIENT, client.client_id == key.client_id)
        .join(OFFICER_POSTING, posted)
        .where(
            key.ended_at.is_(None),
            officer.status == "active",
            or_(officer.active_from.is_(None), officer.active_from <= today),
            or_(officer.active_until.is_(None), officer.active_until > today),
            client.status == "active",
            or_(client.expires_at.is_(None), client.expires_at > now),
            or_(officer.password_changed_at.is_(None), officer.password_changed_at <= key.created_at),
        )
    )


async def every_key(
    connection: AsyncConnection, wanted: KeyFilter, now: datetime
) -> AsyncIterator[ListedKey]:
    """Return all of them, a page at a time."""
    after: str | None = None
    while True:
        page = await list_keys(connection, wanted, now, after=after, most=_PAGE)
        for one in page:
            yield one
        if len(page) < _PAGE:
            return
        after = page[-1].cursor


def _read_cursor(text: str) -> tuple[datetime, UUID]:
    try:
        microseconds, _, key_id = (
            b64decode(text.encode(), altchars=b"-_", validate=True).decode().partition(" ")
        )
        return _EPOCH + timedelta(microseconds=int(microseconds)), UUID(key_id)
    except (ValueError, OverflowError):
        pass
    # Raised outside "except": the error would carry what was sent.
    raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/cursor",))
