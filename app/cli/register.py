"""`dancu units|officers|procedures`: the registers, for whoever runs the server."""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Annotated, Final, TypeVar
from uuid import UUID

import typer
from sqlalchemy.exc import MultipleResultsFound
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.accounts.passwords import hash_password
from app.accounts.sign_in import login_name_of
from app.accounts.store import (
    add_officer,
    give_first_password,
    set_officer_active,
)
from app.accounts.values import Role
from app.cli.console import done
from app.cli.settings import administration_url, read_settings
from app.clock import SystemClock, local_day
from app.database.address import sqlalchemy_address
from app.errors import ConfigurationError
from app.lookup.dossier import canonical_agency_code
from app.lookup.parsing import parse_procedure_code
from app.procedures.fields import DEFAULT_FIELDS, Field
from app.procedures.store import add_grants, add_procedure
from app.procedures.values import Procedure
from app.units.store import add_unit, find_unit_id
from app.units.values import UnitKind, UnitLevel

units = typer.Typer(help="Agencies.", no_args_is_help=True)
officers = typer.Typer(help="Officers.", no_args_is_help=True)
procedures = typer.Typer(help="Procedures, and which unit handles them.", no_args_is_help=True)

T = TypeVar("T")
_FIRST_PASSWORD_LASTS = timedelta(days=7)
_AGENCY_CODE: Final = re.compile(r"[A-Z][0-9]{2}(?:\.[0-9A-Z]+)*")


@units.command("add")
def units_add(
    name: str,
    agency_code: Annotated[str, typer.Argument(help="electronic identification code, such as H19.34.12")],
    kind: Annotated[UnitKind, typer.Option()] = UnitKind.COMMUNE,
    level: Annotated[UnitLevel, typer.Option()] = UnitLevel.COMMUNE,
    legacy_code: Annotated[str | None, typer.Option(help="old form, such as 000.12.34.H19")] = None,
    serves: Annotated[
        list[str] | None, typer.Option(help="other agency whose dossiers its desk takes")
    ] = None,
    parent: Annotated[str | None, typer.Option(help="agency code of the unit above")] = None,
) -> None:
    """Register an agency."""

    async def work(connection: AsyncConnection) -> UUID:
        return await add_unit(
            connection,
            parent_id=await _unit_id(connection, parent) if parent is not None else None,
            name=_worded(name),
            agency_code=_checked(agency_code),
            legacy_agency_code=_checked(legacy_code) if legacy_code is not None else None,
            kind=kind,
            level=level,
            valid_from=_today(),
            serves=[_checked(code) for code in serves or ()],
        )

    done(f"unit {_run(work)} added")


@officers.command("add")
def officers_add(
    login_name: str,
    full_name: str,
    unit: Annotated[str, typer.Option(help="the unit's agency code")],
    role: Annotated[Role, typer.Option()] = Role.RECEPTION,
    upstream_code: Annotated[
        str | None, typer.Option(help="the officer's own code on the national side")
    ] = None,
) -> None:
    """Register an officer and print a first password, once."""
    password = secrets.token_urlsafe(12)

    async def work(connection: AsyncConnection) -> UUID:
        return await add_officer(
            connection,
            login_name=login_name_of(login_name),
            full_name=_worded(full_name),
            role=role,
            unit_id=await _unit_id(connection, unit),
            upstream_officer_code=upstream_code,
            password_hash=hash_password(password),
            posted_from=_today(),
            now=SystemClock().now(),
            first_password_until=SystemClock().now() + _FIRST_PASSWORD_LASTS,
        )

    done(f"officer {_run(work)} added; first password, to be changed within 7 days: {password}")


@officers.command("new-password")
def officers_new_password(login_name: str) -> None:
    """Give an officer a first password again, and print it once; their sessions end."""
    name, password, now = login_name_of(login_name), secrets.token_urlsafe(12), SystemClock().now()

    async def work(connection: AsyncConnection) -> bool:
        return await give_first_password(
            connection, name, hash_password(password), now=now, until=now + _FIRST_PASSWORD_LASTS
        )

    if not _run(work):
        raise ConfigurationError(f"there is no officer {name}")
    done(f"officer {name}: first password, to be changed within 7 days: {password}")


@officers.command("suspend")
def officers_suspend(login_name: str) -> None:
    """Suspend an officer; every gateway process refuses them within a second."""
    _switch_officer(login_name, is_active=False)


@officers.command("resume")
def officers_resume(login_name: str) -> None:
    """Lift an officer's suspension."""
    _switch_officer(login_name, is_active=True)


@procedures.command("add")
def procedures_add(
    procedure_code: Annotated[str, typer.Argument(help="such as 1.004194")],
    name: str,
    legal_basis: Annotated[str, typer.Option(help="the provision that lets the procedure see residence")],
    service_code: Annotated[
        str | None, typer.Option(help="public-service code on the national side (MaDVC)")
    ] = None,
    field: Annotated[
        list[Field] | None, typer.Option(help="a field it needs; the usual five by default")
    ] = None,
    role: Annotated[list[Role] | None, typer.Option(help="who may use it; reception and processing")] = None,
) -> None:
    """Put a procedure into the catalogue."""
    procedure = Procedure(
        procedure_code=parse_procedure_code(procedure_code),
        name=_worded(name),
        legal_basis=_worded(legal_basis),
        service_code=service_code,
        is_decree_104=False,
        roles=frozenset(role or (Role.RECEPTION, Role.PROCESSING)),
        fields=dict.fromkeys(field or sorted(DEFAULT_FIELDS), legal_basis),
        valid_from=_today(),
        valid_to=None,
    )
    _run(lambda connection: add_procedure(connection, procedure))
    done(f"procedure {procedure_code} added")


@procedures.command("grant")
def procedures_grant(
    unit: Annotated[str, typer.Argument(help="the unit's agency code")], procedure_codes: list[str]
) -> None:
    """Let a unit handle procedures from today on."""

    async def work(connection: AsyncConnection) -> None:
        await add_grants(connection, await _unit_id(connection, unit), procedure_codes, _today())

    _run(work)
    done(f"{unit} handles {', '.join(procedure_codes)}")


def _switch_officer(login_name: str, *, is_active: bool) -> None:
    name = login_name_of(login_name)
    if not _run(lambda connection: set_officer_active(connection, name, is_active=is_active)):
        raise ConfigurationError(f"there is no officer {name}")
    done(f"officer {name} is {'active' if is_active else 'suspended'}")


async def _unit_id(connection: AsyncConnection, agency_code: str) -> UUID:
    try:
        unit_id = await find_unit_id(connection, agency_code)
    except MultipleResultsFound:
        raise ConfigurationError(
            f"more than one unit bears {agency_code}; name the one by its new code"
        ) from None
    if unit_id is None:
        raise ConfigurationError(f"there is no unit {agency_code}")
    return unit_id


def _checked(agency_code: str) -> str:
    """Return the code; no dossier would ever carry one of another form."""
    if not _AGENCY_CODE.fullmatch(canonical_agency_code(agency_code)):
        raise ConfigurationError(f"{agency_code!r} is no agency code such as H19.34.12 or 000.12.34.H19")
    return agency_code


def _worded(text: str) -> str:
    if not text.strip():
        raise ConfigurationError("a name or a legal basis is empty")
    return text.strip()


def _run(work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    settings, _ = read_settings()
    return asyncio.run(_in_transaction(sqlalchemy_address(administration_url(settings)), work))


async def _in_transaction(url: str, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    engine = create_async_engine(url, hide_parameters=True)
    try:
        async with engine.begin() as connection:
            return await work(connection)
    finally:
        await engine.dispose()


def _today() -> date:
    return local_day(SystemClock().now())
