"""Accounts that lapse: which they are, and their suspension with a notice to the unit."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.lapse import LapseRules, Usage, has_lapsed
from app.accounts.life_facts import ChangeFacts
from app.accounts.life_table import OFFICER_ACTIVITY
from app.accounts.postings import hold_postings
from app.accounts.standing import StandingFault, StandingRefusedError, StatusReason, suspend_officer
from app.accounts.store import is_within_term
from app.accounts.table import OFFICER
from app.accounts.unit_notices import NoticeCode, notify_unit
from app.clock import local_day

_Account = tuple[UUID, datetime, datetime, datetime | None, date | None, date | None, date]


async def find_unused(connection: AsyncConnection, today: date, rules: LapseRules) -> list[UUID]:
    """Return the officers in use whose accounts have lapsed by *today*, the longest unused first."""
    unused = [
        (_usage(row).idle_since, row.officer_id)
        for row in await connection.execute(_accounts())
        if _is_unused(row, today, rules)
    ]
    return [officer_id for _, officer_id in sorted(unused)]


async def suspend_unused(
    connection: AsyncConnection, officer_ids: Sequence[UUID], now: datetime, rules: LapseRules
) -> list[ChangeFacts]:
    """Suspend those of *officer_ids* that have still lapsed, tell their units, and return the facts.

    The last administrator of the department who could undo it stays.
    """
    facts = []
    for officer_id in sorted(officer_ids):  # one order everywhere, so that two cannot deadlock
        postings = await hold_postings(connection, officer_id)
        row = (await connection.execute(_accounts().where(OFFICER.c.officer_id == officer_id))).one_or_none()
        if row is None or not _is_unused(row, local_day(now), rules):
            continue
        try:
            suspended = await suspend_officer(connection, officer_id, StatusReason.UNUSED, now)
        except StandingRefusedError as error:
            if error.fault is StandingFault.LAST_ADMINISTRATOR:
                continue
            raise
        since = _usage(row).idle_since.isoformat()
        await notify_unit(
            connection, officer_id, postings, NoticeCode.OFFICER_UNUSED, {"idle_since": since}, now
        )
        facts.append(suspended)
    return facts


def _accounts() -> Select[_Account]:
    """Return the query for active accounts and what is known of their use."""
    return (
        select(
            OFFICER.c.officer_id,
            OFFICER.c.created_at,
            OFFICER.c.status_changed_at,
            OFFICER.c.activated_at,
            OFFICER.c.active_from,
            OFFICER.c.active_until,
            OFFICER_ACTIVITY.c.last_active_on,
        )
        .outerjoin(OFFICER_ACTIVITY, OFFICER_ACTIVITY.c.officer_id == OFFICER.c.officer_id)
        .where(OFFICER.c.status == "active")
    )


def _is_unused(row: Row[_Account], today: date, rules: LapseRules) -> bool:
    in_use = is_within_term(row.active_from, row.active_until, today)
    return in_use and has_lapsed(_usage(row), today, rules)


def _usage(row: Row[_Account]) -> Usage:
    return Usage(
        registered_on=local_day(row.created_at),
        standing_since=local_day(row.status_changed_at),
        activated_on=local_day(row.activated_at) if row.activated_at else None,
        active_from=row.active_from,
        last_active_on=row.last_active_on,
    )
