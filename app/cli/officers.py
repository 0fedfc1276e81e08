"""`dancu officers`: officers' accounts, for whoever runs the server."""

import secrets
from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

import typer
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.administration_table import BOOTSTRAP
from app.accounts.passwords import hash_password
from app.accounts.posting_plan import Notice
from app.accounts.sign_in import login_name_of
from app.accounts.standing import (
    StandingFault,
    StandingRefusedError,
    StatusReason,
    resume_officer,
    suspend_officer,
)
from app.accounts.store import add_officer, give_first_password
from app.accounts.table import OFFICER
from app.accounts.values import PRIVILEGED, Role
from app.audit.changes import Change, Unchanged
from app.audit.record import RecordKind
from app.cli.console import done
from app.cli.inputs import person_code_of, today, unit_id_of, worded
from app.cli.life_words import told
from app.cli.operator import operator_name
from app.cli.recording import run_recorded
from app.cli.typed_values import LoginName, new_login_name, upstream_code_of
from app.clock import SystemClock
from app.errors import ConfigurationError

officers = typer.Typer(help="Officers.", no_args_is_help=True)

_FIRST_PASSWORD_LASTS: Final = timedelta(days=7)
_ONE_TIME_CODE_LASTS: Final = timedelta(hours=24)
PersonOption = Annotated[
    str | None, typer.Option("--person-code", help="the person's own staff number; administrators need it")
]


@officers.command("bootstrap")
def officers_bootstrap(
    login_name: Annotated[str, typer.Argument(help="what the officer signs in with")],
    full_name: Annotated[str, typer.Argument(help="the officer's whole name, without titles")],
    unit: Annotated[str, typer.Option(help="the department's agency code")],
    person_code: Annotated[str, typer.Option(help="the person's own staff number")],
) -> None:
    """Register the first department administrator and print a one-time code; once per installation."""
    code, person = secrets.token_urlsafe(12), person_code_of(person_code)
    name = new_login_name(login_name, full_name)

    async def work(connection: AsyncConnection) -> Change[UUID]:
        await _refuse_a_second_bootstrap(connection)
        now = SystemClock().now()
        officer_id = await add_officer(
            connection,
            login_name=name,
            full_name=worded(full_name),
            role=Role.DEPARTMENT_ADMINISTRATOR,
            unit_id=await unit_id_of(connection, unit),
            upstream_officer_code=None,
            password_hash=hash_password(code),
            posted_from=today(),
            now=now,
            first_password_until=now + _ONE_TIME_CODE_LASTS,
            person_code=person,
        )
        done_by = operator_name()
        await connection.execute(
            insert(BOOTSTRAP).values(only_row=1, officer_id=officer_id, operator=done_by, done_at=now)
        )
        facts = {"changed_officer_id": str(officer_id), "change": "bootstrap"}
        return Change(
            officer_id, RecordKind.OFFICER_ADDED, facts | {"after": Role.DEPARTMENT_ADMINISTRATOR.value}
        )

    done(f"officer {run_recorded(work)} added; one-time code, to be changed within 24 hours: {code}")


@officers.command("add")
def officers_add(
    login_name: Annotated[str, typer.Argument(help="what the officer signs in with")],
    full_name: Annotated[str, typer.Argument(help="the officer's whole name, without titles")],
    unit: Annotated[str, typer.Option(help="the unit's agency code")],
    role: Annotated[Role, typer.Option(help="what the officer's position makes of them")] = Role.RECEPTION,
    upstream_code: Annotated[
        str | None, typer.Option(help="the officer's own code on the national side")
    ] = None,
    person_code: PersonOption = None,
) -> None:
    """Register an officer and print a first password, once."""
    password = secrets.token_urlsafe(12)
    name, upstream = new_login_name(login_name, full_name), upstream_code_of(upstream_code)
    person = person_code_of(person_code) if person_code is not None else None
    if person is None and role in PRIVILEGED:
        raise ConfigurationError(f"the role {role.value} needs --person-code, the person's own staff number")

    async def work(connection: AsyncConnection) -> Change[UUID]:
        now, unit_id = SystemClock().now(), await unit_id_of(connection, unit)
        officer_id = await add_officer(
            connection,
            login_name=name,
            full_name=worded(full_name),
            role=role,
            unit_id=unit_id,
            upstream_officer_code=upstream,
            password_hash=hash_password(password),
            posted_from=today(),
            now=now,
            first_password_until=now + _FIRST_PASSWORD_LASTS,
            person_code=person,
        )
        facts = {"changed_officer_id": str(officer_id), "changed_unit_id": str(unit_id)}
        return Change(officer_id, RecordKind.OFFICER_ADDED, facts | {"after": role.value})

    done(f"officer {run_recorded(work)} added; first password, to be changed within 7 days: {password}")


@officers.command("new-password")
def officers_new_password(login_name: LoginName) -> None:
    """Give an officer a first password again, and print it once; their sessions end."""
    name, password = login_name_of(login_name), secrets.token_urlsafe(12)

    async def work(connection: AsyncConnection) -> Change[None]:
        officer_id, now = await officer_id_of(connection, name), SystemClock().now()
        until = now + _FIRST_PASSWORD_LASTS
        await give_first_password(connection, name, hash_password(password), now=now, until=until)
        return _changed(officer_id, change="first_password")

    run_recorded(work)
    done(f"officer {name}: first password, to be changed within 7 days: {password}")


@officers.command("person")
def officers_person(
    login_name: LoginName,
    person_code: Annotated[str, typer.Argument(help="the person's own staff number")],
) -> None:
    """Say whose account it is, by the person's own staff number."""
    name, person = login_name_of(login_name), person_code_of(person_code)

    async def work(connection: AsyncConnection) -> Change[None]:
        officer_id = await officer_id_of(connection, name)
        former = await connection.scalar(
            select(OFFICER.c.person_code).where(OFFICER.c.officer_id == officer_id)
        )
        await connection.execute(
            update(OFFICER).where(OFFICER.c.officer_id == officer_id).values(person_code=person)
        )
        return _changed(officer_id, change="person_code", before=former or "", after=person)

    run_recorded(work)
    done(f"officer {name} is the person {person}")


@officers.command("suspend")
def officers_suspend(login_name: LoginName) -> None:
    """Suspend an officer; every gateway process refuses them within a second."""
    _switch_officer(login_name, is_active=False)


@officers.command("resume")
def officers_resume(login_name: LoginName) -> None:
    """Lift an officer's suspension."""
    _switch_officer(login_name, is_active=True)


def _switch_officer(login_name: str, *, is_active: bool) -> None:
    name, after = login_name_of(login_name), "active" if is_active else "suspended"

    async def work(connection: AsyncConnection) -> Change[None] | Unchanged[None]:
        officer_id = await officer_id_of(connection, name)
        now = SystemClock().now()
        try:
            if is_active:
                facts = await resume_officer(connection, officer_id, Notice(today(), today()), now)
            else:
                facts = await suspend_officer(connection, officer_id, StatusReason.ADMINISTRATOR, now)
        except StandingRefusedError as error:
            if error.fault in {StandingFault.ACTIVE_ALREADY, StandingFault.SUSPENDED_ALREADY}:
                return Unchanged(None)
            raise
        change = "resumed" if is_active else "suspended"
        return Change(None, facts.kind, facts.leaf() | {"change": change})

    with told():
        run_recorded(work)
    done(f"officer {name} is {after}")


async def _refuse_a_second_bootstrap(connection: AsyncConnection) -> None:
    was_done = await connection.scalar(select(func.count()).select_from(BOOTSTRAP))
    has_one = await connection.scalar(
        select(func.count()).where(OFFICER.c.role == Role.DEPARTMENT_ADMINISTRATOR.value)
    )
    if was_done or has_one:
        raise ConfigurationError(
            "this installation has had its first department administrator; further ones are appointed by two"
            " administrators, or added here with: dancu officers add --role department_administrator"
        )


async def officer_id_of(connection: AsyncConnection, login_name: str) -> UUID:
    """Return whose login name it is, the account held until the transaction ends."""
    query = select(OFFICER.c.officer_id).where(OFFICER.c.login_name == login_name).with_for_update()
    officer_id: UUID | None = await connection.scalar(query)
    if officer_id is None:
        raise ConfigurationError(f"there is no officer {login_name}")
    return officer_id


def _changed(officer_id: UUID, **said: str) -> Change[None]:
    return Change(None, RecordKind.OFFICER_CHANGED, {"changed_officer_id": str(officer_id), **said})
