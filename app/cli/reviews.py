"""`dancu reviews`: half-yearly reviews in which units answer for their officers."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.review import ReviewRound, next_review_on
from app.accounts.review_store import find_open_round, latest_opening, open_round, reviewed_officers
from app.audit.changes import Change
from app.cli.console import done
from app.cli.inputs import today
from app.cli.life_words import day_of, told
from app.cli.recording import run_recorded
from app.cli.settings import read_settings
from app.cli.work import run

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
