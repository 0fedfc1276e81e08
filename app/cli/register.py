"""`dancu units|procedures`: the registers, for whoever runs the server."""

import re
from typing import Annotated, Final
from uuid import UUID

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.values import Role
from app.audit.changes import Change
from app.audit.record import RecordKind
from app.cli.console import done
from app.cli.inputs import today, unit_id_of, worded
from app.cli.recording import run_recorded
from app.errors import ConfigurationError
from app.lookup.dossier import canonical_agency_code
from app.lookup.parsing import parse_procedure_code
from app.procedures.fields import DEFAULT_FIELDS, Field
from app.procedures.store import add_grants, add_procedure
from app.procedures.values import Procedure
from app.units.store import add_unit
from app.units.values import UnitKind, UnitLevel

units = typer.Typer(help="Agencies.", no_args_is_help=True)
procedures = typer.Typer(help="Procedures, and which unit handles them.", no_args_is_help=True)

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

    async def work(connection: AsyncConnection) -> Change[UUID]:
        unit_id = await add_unit(
            connection,
            parent_id=await unit_id_of(connection, parent) if parent is not None else None,
            name=worded(name),
            agency_code=_checked(agency_code),
            legacy_agency_code=_checked(legacy_code) if legacy_code is not None else None,
            kind=kind,
            level=level,
            valid_from=today(),
            serves=[_checked(code) for code in serves or ()],
        )
        return Change(unit_id, RecordKind.UNIT_ADDED, {"changed_unit_id": str(unit_id), "after": agency_code})

    done(f"unit {run_recorded(work)} added")


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
        name=worded(name),
        legal_basis=worded(legal_basis),
        service_code=service_code,
        is_decree_104=False,
        roles=frozenset(role or (Role.RECEPTION, Role.PROCESSING)),
        fields=dict.fromkeys(field or sorted(DEFAULT_FIELDS), legal_basis),
        valid_from=today(),
        valid_to=None,
    )

    async def work(connection: AsyncConnection) -> Change[None]:
        await add_procedure(connection, procedure)
        facts = {"procedure_code": procedure.procedure_code, "after": " ".join(sorted(procedure.fields))}
        return Change(None, RecordKind.PROCEDURE_ADDED, facts)

    run_recorded(work)
    done(f"procedure {procedure_code} added")


@procedures.command("grant")
def procedures_grant(
    unit: Annotated[str, typer.Argument(help="the unit's agency code")], procedure_codes: list[str]
) -> None:
    """Let a unit handle procedures from today on."""

    async def work(connection: AsyncConnection) -> Change[None]:
        unit_id = await unit_id_of(connection, unit)
        await add_grants(connection, unit_id, procedure_codes, today())
        facts = {"changed_unit_id": str(unit_id), "after": " ".join(procedure_codes)}
        return Change(None, RecordKind.GRANT_ADDED, facts)

    run_recorded(work)
    done(f"{unit} handles {', '.join(procedure_codes)}")


def _checked(agency_code: str) -> str:
    """Return the code; no dossier would ever carry one of another form."""
    if not _AGENCY_CODE.fullmatch(canonical_agency_code(agency_code)):
        raise ConfigurationError(f"{agency_code!r} is no agency code such as H19.34.12 or 000.12.34.H19")
    return agency_code
