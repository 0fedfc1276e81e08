"""`dancu grants`: which unit handles which procedure, each grant from a day on and by a document."""

from datetime import date, datetime
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.exports import ListName
from app.audit.changes import Change, Unchanged
from app.cli import lists
from app.cli.console import done
from app.cli.inputs import today, unit_id_of
from app.cli.recording import run_recorded
from app.cli.typed_values import procedure_code_of
from app.cli.work import run
from app.procedures.grants.changing import apply_list, carry_out, check_list, plan_pairs
from app.procedures.grants.files import read_list, template_csv, template_workbook, write_list
from app.procedures.grants.form import Deed
from app.procedures.grants.periods import Asked
from app.procedures.grants.planning import GrantChange
from app.procedures.grants.store import Allowed, GrantFilter, find_allowed, lock_grants
from app.procedures.lists.values import Action, ListPlan, Terms
from app.units.store import load_history, load_units

commands = typer.Typer(help="Which unit handles which procedure.", no_args_is_help=True)

Unit = Annotated[str, typer.Argument(help="the unit's agency code")]
Codes = Annotated[list[str], typer.Argument(help="codes of procedures")]
Document = Annotated[str, typer.Option("--document", help="number of the deciding document (số văn bản)")]
ForRows = Annotated[str, typer.Option("--document", help="number of the document, for rows that name none")]


@commands.command("give")
def grants_give(
    unit: Unit,
    procedure_codes: Codes,
    document: Document,
    on: lists.OnDay = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="first day it no longer holds")
    ] = None,
    dry_run: lists.DryRun = False,
) -> None:
    """Let a unit handle procedures from a day on; what it handles already stays, but for its end."""
    terms = lists.terms_of(on, document)
    end = until.date() if until is not None else None
    asked = Asked(Deed.GIVE, terms.on, None, end, document=terms.document_number or None)
    _decide(unit, procedure_codes, asked, terms, dry_run=dry_run)


@commands.command("withdraw")
def grants_withdraw(
    unit: Unit,
    procedure_codes: Codes,
    document: Document,
    on: lists.OnDay = None,
    dry_run: lists.DryRun = False,
) -> None:
    """Let a unit no longer handle procedures from a day on."""
    terms = lists.terms_of(on, document)
    asked = Asked(Deed.WITHDRAW, terms.on, document=terms.document_number or None)
    _decide(unit, procedure_codes, asked, terms, dry_run=dry_run)


@commands.command("list")
def grants_list(
    on: lists.OfDay = None,
    unit: Annotated[str | None, typer.Option(help="agency code of a unit, as borne on that day")] = None,
    procedure: Annotated[str | None, typer.Option(help="code of a procedure")] = None,
    predecessors: Annotated[
        bool, typer.Option("--predecessors", help="the units whose place it has taken since, too")
    ] = False,
) -> None:
    """Print what is, was or will be allowed on a day: unit, procedure, days, roles, fields."""
    day = on.date() if on is not None else today()

    async def work(connection: AsyncConnection) -> list[Allowed]:
        units = None
        if unit is not None:
            unit_id = (await load_history(connection)).find(unit, day)
            units = {unit_id}
            if predecessors:
                units |= (await load_units(connection, today())).predecessors(unit_id)
        return await find_allowed(connection, day, GrantFilter(units, procedure))

    found = run(work)
    for grant in found:
        done(_line(grant, day))
    if not found:
        done(f"nothing was granted on {day}" if day < today() else f"nothing is granted on {day}")


@commands.command("template")
def grants_template(file: lists.NewFile) -> None:
    """Write the list of grants, to be filled in: .xlsx with instructions, or .csv."""
    lists.write_new(file, lambda is_xlsx: template_workbook() if is_xlsx else template_csv())
    done(f"template written to {file}")


@commands.command("import")
def grants_import(
    file: lists.ListFile,
    dry_run: lists.DryRun = False,
    document: ForRows = "",
    on: lists.OnDay = None,
    report: lists.ReportFile = None,
    sheet: lists.Sheet = None,
) -> None:
    """Grant and withdraw what a list says, all of it or nothing; grants it leaves out stay."""
    terms = lists.terms_of(on, document)
    lists.check_report_file(report)
    table = lists.read_file(file, read_list, sheet)
    if dry_run:
        result = run(lambda connection: check_list(connection, table, terms))
    else:
        result = run_recorded(apply_list(table, terms, {}))
    lists.tell(result, report, dry_run=dry_run)


@commands.command("export")
def grants_export(file: lists.NewFile, on: lists.OfDay = None) -> None:
    """Write the grants of a day to a new file (.xlsx or .csv) that imports back unchanged."""
    day = on.date() if on is not None else today()

    async def read(connection: AsyncConnection) -> Change[list[Allowed]]:
        found = await find_allowed(connection, day, GrantFilter())
        in_force = [grant for grant in found if grant.agency_code is not None]
        return lists.exported(ListName.GRANTS, file, in_force, day)

    in_force = run_recorded(read)
    lists.write_new(file, lambda is_xlsx: write_list(in_force, is_xlsx=is_xlsx))
    done(f"{len(in_force)} grants of {day} written to {file}")


def _decide(unit: str, typed: list[str], asked: Asked, terms: Terms, *, dry_run: bool) -> None:
    codes = list(dict.fromkeys(map(procedure_code_of, typed)))

    async def work(
        connection: AsyncConnection,
    ) -> Change[ListPlan[GrantChange]] | Unchanged[ListPlan[GrantChange]]:
        unit_id = await unit_id_of(connection, unit)
        await lock_grants(connection)
        plan = await plan_pairs(connection, [(unit_id, code) for code in codes], asked, terms)
        lists.refuse(plan)
        if dry_run:
            return Unchanged(plan)
        return Change.of_events(plan, await carry_out(connection, plan, {}))

    plan = run(work).result if dry_run else run_recorded(work)
    for row in plan.rows:
        word = "as before" if row.action is Action.UNCHANGED else row.changes[0].after or "no longer"
        done(f"{unit} {row.subject}: {word}")
    if dry_run:
        done("dry run: nothing was changed")


def _line(grant: Allowed, day: date) -> str:
    period = f"{grant.period.valid_from} – {grant.period.valid_to or ''}".strip()
    documents = " ".join(filter(None, (grant.period.deciding_document, grant.period.ending_document)))
    procedure = grant.procedure
    if grant.agency_code is None or procedure is None or not procedure.is_in_force(day):
        allowed = "not allowed: the unit or the procedure was not in force"
    else:
        allowed = f"{' '.join(sorted(procedure.roles))}: {' '.join(procedure.fields)}"
    unit = grant.agency_code or str(grant.unit_id)
    return "  ".join(filter(None, (unit, grant.procedure_code, period, documents, allowed)))
