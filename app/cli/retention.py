"""`dancu retention`: what is kept, legal holds, and months of the evidence dropped by two persons."""

import re
from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

import typer
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.reasons import parse_reason
from app.audit.changes import Change
from app.audit.record import RecordKind
from app.audit.retention import (
    Hold,
    StoredMonth,
    add_hold,
    ended_months,
    lift_hold,
    old_enough,
    open_holds,
    stored_months,
)
from app.cli.console import done, fail, out
from app.cli.inputs import case_number_of
from app.cli.operator import operator_name
from app.cli.recording import run_recorded
from app.cli.retention_drop import carry_out, request_drop
from app.cli.settings import read_settings
from app.cli.work import run
from app.clock import SystemClock
from app.errors import ConfigurationError

commands = typer.Typer(help="How long the evidence is kept.", no_args_is_help=True)

Reason = Annotated[str, typer.Option(help="why; no citizens' data")]
_MONTH: Final = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
_MEBIBYTE: Final = 1024 * 1024


@commands.command("show")
def show() -> None:
    """Say of every month how large it is, what holds it, and whether it may be dropped."""
    settings, _ = read_settings()
    stored, holds, ended = run(_stock)
    old = old_enough((one.month for one in stored), SystemClock().now(), settings.retention_months)
    table = Table("month", "records (about)", "MiB", "kept by")
    for one in stored:
        table.add_row(
            one.month, str(one.records), f"{one.bytes / _MEBIBYTE:.1f}", _kept_by(one, holds, old, ended)
        )
    out.print(table)
    for hold in holds:
        months = f"{hold.first_month} to {hold.last_month}"
        done(f"hold {hold.hold_id}: case {hold.case_number}, {months}, set by {hold.set_by}")
    done(f"months are kept for {settings.retention_months} months after they end (DANCU_RETENTION_MONTHS)")


@commands.command("hold")
def hold(
    case_number: Annotated[str, typer.Argument(help="number of the case that needs them")],
    first: Annotated[str, typer.Option("--from", help="first month kept, yyyy-mm")],
    last: Annotated[str, typer.Option("--to", help="last month kept, yyyy-mm")],
    reason: Reason,
) -> None:
    """Keep months for a case until the hold is lifted, whatever their age."""
    months = (_month(first), _month(last))
    if months[0] > months[1]:
        raise ConfigurationError("--from must not be later than --to")
    case, why = case_number_of(case_number), _reason(reason)

    async def work(connection: AsyncConnection) -> Change[tuple[Hold, list[str]]]:
        one = Hold.new(case, months, why, operator_name(), SystemClock().now())
        await add_hold(connection, one)
        gone = [month for month in await ended_months(connection) if one.covers(month)]
        return Change((one, gone), RecordKind.LEGAL_HOLD_SET, one.facts() | {"reason": why})

    made, gone = run_recorded(work)
    done(f"hold {made.hold_id} keeps {made.first_month} to {made.last_month}")
    if gone:
        fail(f"these months had ended before: {', '.join(gone)}")


@commands.command("lift")
def lift(
    hold_id: Annotated[UUID, typer.Argument(help="the hold's id, as `show` names it")], reason: Reason
) -> None:
    """Lift a hold; its months end when they are old enough and two persons drop them."""
    why = _reason(reason)

    async def work(connection: AsyncConnection) -> Change[Hold]:
        found = await open_holds(connection, hold_id)
        if not found:
            raise ConfigurationError(f"there is no hold {hold_id} that is not lifted yet")
        await lift_hold(connection, found[0], operator_name(), why, SystemClock().now())
        return Change(found[0], RecordKind.LEGAL_HOLD_LIFTED, found[0].facts() | {"reason": why})

    lifted = run_recorded(work)
    done(f"hold {lifted.hold_id} is lifted: {lifted.first_month} to {lifted.last_month}")


@commands.command("drop")
def drop(
    approved: Annotated[UUID | None, typer.Option(help="carry out this approved request")] = None,
    through: Annotated[str | None, typer.Option(help="nothing younger than this month, yyyy-mm")] = None,
    reason: Annotated[str, typer.Option(help="why; no citizens' data")] = "",
    dry_run: Annotated[bool, typer.Option(help="only say what would be dropped")] = False,
    wait: Annotated[float, typer.Option(min=0, help="seconds to wait for a checkpoint over the order")] = 60,
) -> None:
    """Ask for old months to be dropped; with --approved, drop them: keys first, then records.

    What happened in them can be proven afterwards as before, and not be read by anybody any more.
    """
    settings, _ = read_settings()
    if approved is not None:
        if through is not None or reason:
            raise ConfigurationError("an approved request says itself which months, and why")
        carry_out(settings, approved, wait_seconds=wait, dry_run=dry_run)
        return
    until = _month(through) if through is not None else None
    request_drop(settings, until, None if dry_run else _reason(reason))


async def _stock(connection: AsyncConnection) -> tuple[list[StoredMonth], list[Hold], list[str]]:
    return await stored_months(connection), await open_holds(connection), await ended_months(connection)


def _kept_by(one: StoredMonth, holds: Sequence[Hold], old: Sequence[str], ended: Sequence[str]) -> str:
    if cases := [hold.case_number for hold in holds if hold.covers(one.month)]:
        return f"hold: {', '.join(cases)}"
    if one.month in ended:
        return "nothing: its keys are destroyed, drop it to the end"
    return "nothing: may be dropped" if one.month in old else "its age"


def _month(value: str) -> str:
    if _MONTH.fullmatch(value) is None:
        raise ConfigurationError("a month is written yyyy-mm, such as 2026-01")
    return value


def _reason(value: str) -> str:
    try:
        return parse_reason(value)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
