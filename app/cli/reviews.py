"""`dancu reviews`: half-yearly reviews in which units answer for their officers."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.exports import Conditions, ExportedTable, ListName
from app.accounts.review import ReviewRound, next_review_on
from app.accounts.review_list import ReviewedAccount, place_of, review_table
from app.accounts.review_store import (
    close_round,
    find_open_round,
    find_silent,
    latest_opening,
    open_round,
    reviewed_officers,
    suspend_silent,
)
from app.accounts.store import load_accounts
from app.audit.changes import Change, Event
from app.cli.console import done
from app.cli.exporting import NewFile, export_to
from app.cli.inputs import today
from app.cli.life_words import day_of, told
from app.cli.recording import run_recorded
from app.cli.settings import read_settings
from app.cli.work import run
from app.clock import SystemClock, local_day
from app.errors import ConfigurationError
from app.units.store import load_units

commands = typer.Typer(help="Reviews of accounts.", no_args_is_help=True)


@commands.command("open")
def reviews_open(
    due: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="last day for answers; DANCU_REVIEW_DAYS")
    ] = None,
) -> None:
    """Ask every unit about each officer in use; who is not answered for is suspended after the last day."""
    settings, _ = read_settings()
    due_on = day_of(due) or today() + timedelta(days=settings.review_days)

    async def work(connection: AsyncConnection) -> Change[ReviewRound]:
        review, facts = await open_round(connection, today(), due_on)
        return Change(review, facts.kind, facts.leaf())

    with told():
        review = run_recorded(work)
    done(f"review {review.round_id}: answers are taken until {review.due_on}")


@commands.command("list")
def reviews_list() -> None:
    """Show the open review and how many answers there are, or when the next one should be opened."""

    async def work(connection: AsyncConnection) -> str:
        review = await find_open_round(connection)
        if review is None:
            latest = await latest_opening(connection)
            return f"no review is open; the next one: {next_review_on(latest) if latest else 'now'}"
        answers = Counter(
            one.answer.value if one.answer else "unanswered"
            for one in await reviewed_officers(connection, review.round_id)
        )
        counts = ", ".join(f"{count} {word}" for word, count in sorted(answers.items()))
        return f"review {review.round_id}, until {review.due_on}: {counts or 'nobody is asked about'}"

    done(run(work))


@commands.command("close")
def reviews_close() -> None:
    """Close the open review once its last day has passed; who was not answered for is suspended.

    Gateways do this by themselves every hour (DANCU_LIFECYCLE_EVERY_SECONDS).
    """

    async def work(connection: AsyncConnection) -> Change[_Closed]:
        review, now = await _open_review(connection), SystemClock().now()
        if not review.is_over(local_day(now)):
            raise ConfigurationError(
                f"answers are taken until {review.due_on}; the review is closed after it"
            )
        silent = await find_silent(connection, review.round_id)
        suspended = await suspend_silent(connection, review, silent, now)
        closed = await close_round(connection, review, local_day(now))
        if closed is None:
            raise ConfigurationError("the review is being closed already")
        events = [Event(one.kind, one.leaf()) for one in suspended]
        return Change(_Closed(review, len(suspended)), closed.kind, closed.leaf(), events)

    result = run_recorded(work)
    done(f"review {result.review.round_id} closed; officers suspended: {result.suspended}")


@commands.command("export")
def reviews_export(file: NewFile) -> None:
    """Write the open review's accounts and answers to a new file (.xlsx or .csv)."""

    async def read(connection: AsyncConnection) -> tuple[ExportedTable, Conditions]:
        review, officers = await _open_review(connection), await load_accounts(connection, today())
        accounts = [
            ReviewedAccount(one, officers.officers.get(one.officer_id))
            for one in await reviewed_officers(connection, review.round_id)
        ]
        units = await load_units(connection, today())
        table = review_table(review, sorted(accounts, key=place_of), units, officers.officers)
        return table, {"review": str(review.round_id)}

    done(f"{export_to(file, ListName.REVIEW, read)} accounts written to {file}")


@dataclass(frozen=True, slots=True)
class _Closed:
    review: ReviewRound
    suspended: int


async def _open_review(connection: AsyncConnection) -> ReviewRound:
    review = await find_open_round(connection)
    if review is None:
        raise ConfigurationError("no review is open")
    return review
