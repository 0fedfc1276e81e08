"""`dancu procedures template|import|export|list|change`: the catalogue as a list, and entry by entry."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.exports import ListName
from app.accounts.values import Role
from app.audit.changes import Change, Unchanged
from app.cli import lists
from app.cli.console import done
from app.cli.inputs import today
from app.cli.recording import run_recorded
from app.cli.work import run
from app.errors import ConfigurationError
from app.procedures.catalogue.changing import apply_list, check_list
from app.procedures.catalogue.entries import entry_cells
from app.procedures.catalogue.files import read_list, template_csv, template_workbook, write_list
from app.procedures.catalogue.form import MARK, Column
from app.procedures.catalogue.planning import plan_catalogue
from app.procedures.catalogue.records import entry_event
from app.procedures.catalogue.store import (
    CatalogueFilter,
    find_entries,
    load_versions,
    lock_catalogue,
    write_entries,
)
from app.procedures.catalogue.values import EntryChange, Version, version_on
from app.procedures.fields import Field
from app.procedures.lists.cells import written
from app.procedures.lists.values import Action, ListRow, PlannedRow, Terms
from app.procedures.values import Procedure, QuestionType
from app.sheets.cleaning import clean

Fields = Annotated[
    list[str] | None,
    typer.Option(help="a field it needs, NAME or NAME=ITS LEGAL BASIS (needed for sensitive ones)"),
]
Questions = Annotated[list[QuestionType] | None, typer.Option(help="what may be asked; lookup")]
Roles = Annotated[list[Role] | None, typer.Option(help="who may use it; reception and processing")]
Decree104 = Annotated[
    bool | None,
    typer.Option("--decree-104/--no-decree-104", help="one of the procedures that Decree 104/2022 amends"),
]
Document = Annotated[str, typer.Option("--document", help="number of the document that says so")]


def write_template(file: lists.NewFile) -> None:
    """Write the list of procedures, to be filled in: .xlsx with instructions, or .csv."""
    lists.write_new(file, lambda is_xlsx: template_workbook() if is_xlsx else template_csv())
    done(f"template written to {file}")


def import_procedures(
    file: lists.ListFile,
    dry_run: lists.DryRun = False,
    document: Document = "",
    on: lists.OnDay = None,
    report: lists.ReportFile = None,
    sheet: lists.Sheet = None,
) -> None:
    """Bring the catalogue to what a list says, all of it or nothing; procedures it leaves out stay."""
    terms = lists.terms_of(on, document)
    lists.check_report_file(report)
    table = lists.read_file(file, read_list, sheet)
    if dry_run:
        result = run(lambda connection: check_list(connection, table, terms))
    else:
        result = run_recorded(apply_list(table, terms, {}))
    lists.tell(result, report, dry_run=dry_run)


def export_procedures(file: lists.NewFile, on: lists.OfDay = None) -> None:
    """Write what the catalogue says on a day to a new file (.xlsx or .csv) that imports back unchanged."""
    day = on.date() if on is not None else today()

    async def read(connection: AsyncConnection) -> Change[list[Version]]:
        found = await find_entries(connection, day, CatalogueFilter())
        return lists.exported(ListName.PROCEDURES, file, found, day)

    versions = run_recorded(read)
    lists.write_new(file, lambda is_xlsx: write_list(versions, is_xlsx=is_xlsx))
    done(f"{len(versions)} procedures of {day} written to {file}")


def list_procedures(
    on: lists.OfDay = None,
    text: Annotated[str | None, typer.Option(help="part of a code or a name")] = None,
    decree_104: Decree104 = None,
) -> None:
    """Print what the catalogue says on a day, each procedure on a line."""
    day = on.date() if on is not None else today()
    wanted = CatalogueFilter(text=text, is_decree_104=decree_104)
    for version in run(lambda connection: find_entries(connection, day, wanted)):
        procedure = version.procedure
        state = "" if procedure.is_in_force(day) else "  (not in force)"
        code = procedure.service_code or "no service code"
        done(f"{procedure.procedure_code}  {procedure.name}  {code}  {' '.join(procedure.fields)}{state}")


def change_procedure(
    procedure_code: Annotated[str, typer.Argument(help="a code of the catalogue")],
    name: Annotated[str | None, typer.Option(help="another name")] = None,
    legal_basis: Annotated[str | None, typer.Option(help="another provision")] = None,
    field_of_work: Annotated[str | None, typer.Option(help="lĩnh vực")] = None,
    service_code: Annotated[str | None, typer.Option(help="MaDVC; empty takes it away")] = None,
    field: Fields = None,
    question: Questions = None,
    role: Roles = None,
    decree_104: Decree104 = None,
    valid_to: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="first day it is no longer in force")
    ] = None,
    document: Document = "",
    on: lists.OnDay = None,
    dry_run: lists.DryRun = False,
) -> None:
    """Let the catalogue say something else of a procedure from a day on; what is not named stays."""
    texts: dict[StrEnum, str | None] = {
        Column.NAME: name,
        Column.LEGAL_BASIS: legal_basis,
        Column.FIELD_OF_WORK: field_of_work,
        Column.SERVICE_CODE: service_code,
        Column.VALID_TO: written(valid_to.date()) if valid_to is not None else None,
    }
    texts |= options_said(field, question, role, decree_104)
    row = put(procedure_code, texts, lists.terms_of(on, document), is_new=False, dry_run=dry_run)
    for change in row.changes:
        done(f"{change.field}: {change.before or '–'} → {change.after or '–'}")
    done("dry run: nothing was changed" if dry_run else f"procedure {procedure_code} {_WORDS[row.action]}")


_WORDS = {Action.ADD: "added", Action.CHANGE: "changed", Action.UNCHANGED: "says so already"}


def options_said(
    fields: list[str] | None,
    questions: list[QuestionType] | None,
    roles: list[Role] | None,
    decree_104: bool | None,
) -> dict[StrEnum, str | None]:
    """Return the cells that options stand for, None where they are not given."""
    texts: dict[StrEnum, str | None] = {
        Column.QUESTION_TYPES: "; ".join(questions) if questions else None,
        Column.ROLES: "; ".join(roles) if roles else None,
        Column.DECREE_104: None if decree_104 is None else MARK if decree_104 else "",
    }
    if fields:
        named = dict(map(_field_said, fields))
        texts.update({field: named.get(field, "") for field in Field})
    return texts


def _field_said(typed: str) -> tuple[Field, str]:
    name, has_basis, basis = typed.partition("=")
    try:
        return Field(name.strip()), clean(basis) if has_basis else MARK
    except ValueError:
        raise ConfigurationError(f"there is no such field; there are: {', '.join(Field)}") from None


def put(
    code: str, texts: dict[StrEnum, str | None], terms: Terms, *, is_new: bool, dry_run: bool = False
) -> PlannedRow[EntryChange]:
    """Let the catalogue say this of a procedure; ConfigurationError for what it cannot say."""

    async def work(
        connection: AsyncConnection,
    ) -> Change[PlannedRow[EntryChange]] | Unchanged[PlannedRow[EntryChange]]:
        await lock_catalogue(connection)
        known = await load_versions(connection, [code])
        said = version_on(known.get(code, []), terms.on)
        if (said is None) != is_new:
            known_as = (
                f"procedure {code} is already registered" if is_new else f"there is no procedure {code}"
            )
            raise ConfigurationError(known_as)
        row = _row(code, texts, said.procedure if said is not None else None)
        plan = plan_catalogue([row], known, terms)
        lists.refuse(plan)
        if plan.rows[0].work is None or dry_run:
            return Unchanged(plan.rows[0])
        await write_entries(connection, plan.works)
        event = entry_event(plan.rows[0].work)
        return Change(plan.rows[0], event.kind, event.facts)

    return run(work).result if dry_run else run_recorded(work)


def _row(code: str, texts: dict[StrEnum, str | None], before: Procedure | None) -> ListRow:
    given = {column: clean(text) for column, text in texts.items() if text is not None}
    cells: dict[StrEnum, str] = {}
    if before is not None:
        cells.update(dict[StrEnum, str](entry_cells(before).items()))
    cells |= given | {Column.PROCEDURE_CODE: code}
    filled = {column: text for column, text in cells.items() if text}
    return ListRow(1, filled, frozenset[StrEnum]((*Column, *Field)))
