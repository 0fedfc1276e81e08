"""Dropping months of the evidence: asked for, approved by a second person, then carried out step by step."""

import asyncio
from datetime import timedelta
from typing import Final
from uuid import UUID

import typer
from rich.progress import Progress
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.accounts.administration import Action
from app.accounts.approvals import Approval, ApprovalState, add_approval, find_approval
from app.audit.changes import Change, Unchanged
from app.audit.record import RecordKind, Value
from app.audit.retention import (
    Hindrance,
    count_leaves,
    count_records,
    destroy_keys,
    drop_month,
    ended_months,
    find_drop,
    hindrance,
    old_enough,
    open_holds,
    stored_months,
)
from app.cli.console import done, err, fail
from app.cli.operator import operator_name
from app.cli.recording import make_recorded
from app.cli.settings import administration_url
from app.cli.work import run
from app.clock import SystemClock
from app.database.address import sqlalchemy_address
from app.errors import ConfigurationError
from app.settings import Settings

_LOOK_SECONDS: Final = 0.5
_GOOD_FOR: Final = timedelta(days=365)
"""After that the month that the approval's own records are of may end: no verifier would find them."""
_MEBIBYTE: Final = 1024 * 1024
_WORDS: Final = {
    Hindrance.NOT_A_MONTH: "the order names no such month",
    Hindrance.YOUNG: "it ended less than 12 months ago",
    Hindrance.HELD: "a legal hold keeps it",
    Hindrance.NO_DROP: "the order stands under no checkpoint yet; is dancu worker running?",
    Hindrance.NOT_NAMED: "the order does not name it",
    Hindrance.NOT_APPROVED: "no second person has approved the order",
    Hindrance.STILL_OPEN: "lookups of it have no outcome yet; a running gateway closes them within minutes",
    Hindrance.NOT_IN_TREE: "not every record of it stands in the tree under a checkpoint",
}


def request_drop(settings: Settings, until: str | None, reason: str | None) -> None:
    """Say which months are old enough and held by nobody; ask for their end where there is a *reason*."""
    months = run(lambda connection: _show_old(connection, settings.retention_months, until))
    if not months:
        done(f"no month that may be dropped ended {settings.retention_months} months ago or before")
        return
    if reason is None:
        done("dry run: nothing was asked for")
        return

    async def work(connection: AsyncConnection) -> Change[Approval]:
        approval = Approval.of_months(" ".join(months), reason, SystemClock().now(), operator_name())
        await add_approval(connection, approval)
        kept: dict[str, Value] = {"retention_months": settings.retention_months}
        return Change(approval, RecordKind.APPROVAL_REQUESTED, approval.requested_facts() | kept)

    approval = asyncio.run(make_recorded(settings, work))
    done(
        f"request {approval.approval_id}: a department administrator decides within 24 hours"
        f" (POST /v1/approvals/…); then: dancu retention drop --approved {approval.approval_id}"
    )


def carry_out(settings: Settings, approval_id: UUID, *, wait_seconds: float, dry_run: bool) -> None:
    """End the months of an approved request, one after the other; what is kept is named, with exit code 1.

    Ended in the middle, the same command goes on where it was.
    """
    approval = run(lambda connection: _approved(connection, approval_id))
    months = str(approval.months).split()
    if dry_run:
        run(lambda connection: _show(connection, months))
        done("dry run: nothing was dropped")
        return
    kept = asyncio.run(_end_all(settings, approval, months, wait_seconds))
    for month, why in kept.items():
        fail(f"{month} is kept: {_WORDS[why]}")
    done(f"dropped: {', '.join(month for month in months if month not in kept) or 'nothing'}")
    if kept:
        raise typer.Exit(1)


async def _show_old(connection: AsyncConnection, keep_months: int, until: str | None) -> list[str]:
    stored = [one.month for one in await stored_months(connection)]
    old = old_enough(stored, SystemClock().now(), keep_months)
    asked = [month for month in old if until is None or month <= until]
    holds = await open_holds(connection)
    held = [month for month in asked if any(hold.covers(month) for hold in holds)]
    if held:
        fail(f"held, and left out: {', '.join(held)}")
    free = [month for month in asked if month not in held]
    await _show(connection, free)
    return free


async def _show(connection: AsyncConnection, months: list[str]) -> None:
    stored = {one.month: one for one in await stored_months(connection)}
    for month in months:
        if month in stored:
            count = await count_records(connection, month)
            done(
                f"{month}: {count} records, {stored[month].bytes / _MEBIBYTE:.1f} MiB, their persons and tags"
            )


async def _approved(connection: AsyncConnection, approval_id: UUID) -> Approval:
    approval = await find_approval(connection, approval_id)
    if approval is None or approval.action is not Action.DROP_MONTHS:
        raise ConfigurationError(f"there is no request {approval_id} to drop months")
    if approval.state is not ApprovalState.APPROVED:
        raise ConfigurationError(f"the request {approval_id} is {approval.state.value}, not approved")
    if SystemClock().now() - approval.requested_at >= _GOOD_FOR:
        raise ConfigurationError(f"the request {approval_id} is a year old: ask for the months' end again")
    return approval


async def _end_all(
    settings: Settings, approval: Approval, months: list[str], wait_seconds: float
) -> dict[str, Hindrance]:
    owner = create_async_engine(sqlalchemy_address(administration_url(settings)), hide_parameters=True)
    maintenance = create_async_engine(sqlalchemy_address(_maintenance_url(settings)), hide_parameters=True)
    kept = dict[str, Hindrance]()
    try:
        async with owner.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            order = await _ordered(settings, connection, approval)
            await _await_checkpoint(connection, months[0], order, wait_seconds)
            with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
                for month in progress.track(months, description="months"):
                    if (why := await _end(settings, connection, month, order, approval)) is not None:
                        kept[month] = why
                        continue
                    async with maintenance.begin() as dropping:
                        await drop_month(dropping, month)
    finally:
        await owner.dispose()
        await maintenance.dispose()
    return kept


def _maintenance_url(settings: Settings) -> str:
    url = settings.maintenance_database_url
    return url.get_secret_value() if url is not None else administration_url(settings)


async def _ordered(settings: Settings, connection: AsyncConnection, approval: Approval) -> UUID:
    """Return the record that orders the months' end; it is made once."""
    if (made := await find_drop(connection, approval.approval_id)) is not None:
        return made

    async def work(_: AsyncConnection) -> Change[None]:
        return Change(None, RecordKind.RETENTION_DROP, approval.facts())

    await make_recorded(settings, work)
    order = await find_drop(connection, approval.approval_id)
    if order is None:
        raise ConfigurationError("the order was recorded and cannot be found; nothing was dropped")
    done(f"on record: retention.drop {order}")
    return order


async def _await_checkpoint(
    connection: AsyncConnection, month: str, order: UUID, wait_seconds: float
) -> None:
    clock = SystemClock()
    until = clock.monotonic() + wait_seconds
    while await hindrance(connection, month, order) is Hindrance.NO_DROP:
        if clock.monotonic() >= until:
            raise ConfigurationError(f"{_WORDS[Hindrance.NO_DROP]} Run the same command again then")
        await asyncio.sleep(_LOOK_SECONDS)


async def _end(
    settings: Settings, connection: AsyncConnection, month: str, order: UUID, approval: Approval
) -> Hindrance | None:
    """Destroy the month's keys, on record, or return what stands against it."""
    holds = await open_holds(connection)
    if any(hold.covers(month) for hold in holds):
        return Hindrance.HELD
    if month in await ended_months(connection):
        return None
    if (why := await hindrance(connection, month, order)) is not None:
        return why

    async def work(own: AsyncConnection) -> Change[None] | Unchanged[None]:
        if not await destroy_keys(own, month, order):
            return Unchanged(None)
        facts: dict[str, Value] = {
            "months": month,
            "approval_id": str(approval.approval_id),
            "drop_record_id": str(order),
            "dropped_records": await count_leaves(own, month),
        }
        return Change(None, RecordKind.MONTH_KEY_DESTROYED, facts)

    await make_recorded(settings, work)
    return None
