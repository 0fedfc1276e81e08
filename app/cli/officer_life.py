"""`dancu officers post | second | leave | incomplete`: postings by written notice, and what accounts lack."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.incomplete_accounts import IncompleteAccount, incomplete_accounts
from app.accounts.leaving import let_leave
from app.accounts.life_facts import ChangeFacts
from app.accounts.postings import appoint_officer, hold_postings, second_officer, transfer_officer
from app.accounts.sign_in import login_name_of
from app.audit.changes import Change
from app.cli.console import done
from app.cli.inputs import today, unit_id_of
from app.cli.life_words import Letter, OnDay, day_of, notice_of, told
from app.cli.officers import officer_id_of
from app.cli.recording import run_recorded
from app.cli.typed_values import LoginName
from app.cli.work import run
from app.clock import SystemClock

Unit = Annotated[str, typer.Argument(help="the unit's agency code")]


def officers_post(login_name: LoginName, unit: Unit, document: Letter, on: OnDay = None) -> None:
    """Post an officer to a unit for good: a transfer, or an appointment where they are posted nowhere."""
    notice = notice_of(on, document)

    async def write(connection: AsyncConnection, officer_id: UUID) -> ChangeFacts:
        unit_id = await unit_id_of(connection, unit)
        postings = await hold_postings(connection, officer_id)
        if any(posting.is_in_force(notice.on) for posting in postings):
            return await transfer_officer(connection, officer_id, unit_id, notice)
        return await appoint_officer(connection, officer_id, unit_id, notice)

    _change(login_name, write)
    done(f"officer {login_name_of(login_name)} is posted to {unit} from {notice.on}")


def officers_second(
    login_name: LoginName,
    unit: Unit,
    document: Letter,
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="first day back home")],
    on: OnDay = None,
) -> None:
    """Lend an officer to another unit until a day; they are back by themselves."""
    notice = notice_of(on, document)

    async def write(connection: AsyncConnection, officer_id: UUID) -> ChangeFacts:
        unit_id = await unit_id_of(connection, unit)
        return await second_officer(connection, officer_id, unit_id, notice, until.date())

    _change(login_name, write)
    done(f"officer {login_name_of(login_name)} is seconded to {unit} from {notice.on} until {day_of(until)}")


def officers_leave(login_name: LoginName, document: Letter, on: OnDay = None) -> None:
    """Let an officer leave: postings and access end on the day, at once where it has come."""
    notice = notice_of(on, document)

    async def write(connection: AsyncConnection, officer_id: UUID) -> ChangeFacts:
        return await let_leave(connection, officer_id, notice, SystemClock().now())

    _change(login_name, write)
    done(f"officer {login_name_of(login_name)} leaves on {notice.on}")


def officers_incomplete() -> None:
    """List the accounts that lack something, with what they lack."""

    async def work(connection: AsyncConnection) -> list[IncompleteAccount]:
        return await incomplete_accounts(connection, today())

    lacking = run(work)
    for account in lacking:
        done(f"{account.login_name}: {', '.join(field.value for field in account.missing)}")
    if not lacking:
        done("no account lacks anything")


def _change(login_name: str, write: Callable[[AsyncConnection, UUID], Awaitable[ChangeFacts]]) -> None:
    async def work(connection: AsyncConnection) -> Change[None]:
        officer_id = await officer_id_of(connection, login_name_of(login_name))
        facts = await write(connection, officer_id)
        return Change(None, facts.kind, facts.leaf())

    with told():
        run_recorded(work)
