"""`dancu officers template|import|export|list`: officers as files, and as lines."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.progress import Progress
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.exports import Conditions, ExportedTable, ListName, given
from app.accounts.officer_list import (
    Filter,
    ListedOfficer,
    Status,
    every_officer,
    officer_table,
    within,
)
from app.accounts.registering_lists import (
    Importer,
    OfficerList,
    Report,
    applying,
    check_terms,
    checking,
    read_list,
    twice,
)
from app.accounts.registering_lists import (
    Progress as Advance,
)
from app.accounts.registration.fault_texts import what_is_wrong, what_mends_it
from app.accounts.registration.form import Column
from app.accounts.registration.reporting import annotated_lines, annotated_workbook, place
from app.accounts.registration.template import template_csv, template_workbook
from app.accounts.registration.values import Action, PlannedRow
from app.accounts.values import Role
from app.cli.console import done, err, fail
from app.cli.exporting import export_to
from app.cli.inputs import today, unit_id_of
from app.cli.lists import NewFile, ReportFile, check_report_file, write_new
from app.cli.recording import make_recorded
from app.cli.settings import read_settings
from app.cli.work import run
from app.clock import SystemClock
from app.errors import ConfigurationError, InvalidRequestError
from app.sheets.errors import SheetError
from app.sheets.tables import Table
from app.sheets.texts import sheet_text
from app.sheets.values import MEBIBYTE
from app.units.store import UnitRegister, load_units

_LARGEST_BYTES: Final = 20 * MEBIBYTE
_WRONG_DAY: Final = "--on is today or a day of the year before it"
_WRONG_DOCUMENT: Final = "the document's number has at most 100 characters on one line"
UnitOption = Annotated[str | None, typer.Option(help="a unit's agency code; units below it included")]
RoleOption = Annotated[Role | None, typer.Option(help="only officers of this role")]
StatusOption = Annotated[Status | None, typer.Option(help="only accounts in this state")]
TextOption = Annotated[str | None, typer.Option(help="part of a login name or a name")]
IncompleteOption = Annotated[bool, typer.Option("--incomplete", help="only accounts that lack something")]


def write_template(
    file: NewFile,
) -> None:
    """Write the official list form, to be filled in by units: .xlsx with instructions, or .csv."""
    write_new(file, lambda is_xlsx: template_workbook() if is_xlsx else template_csv())
    done(f"template written to {file}")


def import_officers(
    file: Annotated[Path, typer.Argument(help="XLSX, or CSV in UTF-8, in the official form")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what each row comes to")] = False,
    document: Annotated[str, typer.Option(help="number of the notice, for rows that name none")] = "",
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="first day, for rows that name none; today by default"),
    ] = None,
    report: ReportFile = None,
    sheet: Annotated[str | None, typer.Option(help="the sheet, where several hold a list")] = None,
) -> None:
    """Register the officers of a list, all of them or nobody; a list that was imported changes nothing."""
    day = on.date() if on is not None else None
    _check_terms(document.strip(), day)
    check_report_file(report)
    asked = OfficerList(_read(file, sheet), document.strip(), day)
    result = _carried_out(asked, dry_run=dry_run)
    if report is not None:
        with _progress("writing the report"):
            written = (result.plan, result.table)
            write_new(
                report, lambda is_xlsx: annotated_workbook(*written) if is_xlsx else annotated_lines(*written)
            )
    _tell(result, dry_run=dry_run)
    if not result.plan.may_be_applied:
        raise typer.Exit(2)


def export_officers(
    file: NewFile,
    unit: UnitOption = None,
    role: RoleOption = None,
    status: StatusOption = None,
    text: TextOption = None,
    incomplete: IncompleteOption = False,
) -> None:
    """Write officers to a new file (.xlsx or .csv) whose columns are those of the official form."""
    wanted = Filter(None, role, status, text, incomplete)
    named = {"unit": unit, "role": role, "status": status, "text": text, "incomplete": incomplete}

    async def read(connection: AsyncConnection) -> tuple[ExportedTable, Conditions]:
        officers, units = await _found(connection, unit, wanted)
        return officer_table(officers, units, is_incomplete=incomplete), given(named.items())

    count = export_to(file, ListName.OFFICERS, read)
    done(f"{count} officers written to {file}")


def show_officers(
    unit: UnitOption = None,
    role: RoleOption = None,
    status: StatusOption = None,
    text: TextOption = None,
    incomplete: IncompleteOption = False,
) -> None:
    """Print officers, each on a line."""
    wanted = Filter(None, role, status, text, incomplete)
    officers, units = run(lambda connection: _found(connection, unit, wanted))
    for one in officers:
        where = units.find(one.unit_id)
        code = where.agency_code if where is not None else "–"
        lacks = f"  lacks: {', '.join(one.missing)}" if one.missing else ""
        done(f"{one.login_name}  {one.full_name}  {one.role}  {code}  {one.status}{lacks}")
    if not officers:
        done("no officers")


async def _found(
    connection: AsyncConnection, unit: str | None, wanted: Filter
) -> tuple[list[ListedOfficer], UnitRegister]:
    units = await load_units(connection, today())
    if unit is not None:
        wanted = replace(wanted, unit_ids=within(units, await unit_id_of(connection, unit)))
    return [one async for one in every_officer(connection, wanted, today())], units


def _read(file: Path, sheet: str | None) -> Table[Column]:
    if file.stat().st_size > _LARGEST_BYTES:
        raise ConfigurationError(f"{file} is larger than {_LARGEST_BYTES // MEBIBYTE} MB")
    try:
        with _progress("reading"):
            return read_list(file.read_bytes(), file.name, sheet)
    except SheetError as error:
        raise ConfigurationError(f"{sheet_text(error, 'vi')} | {sheet_text(error, 'en')}") from None


def _check_terms(document: str, day: date | None) -> None:
    try:
        check_terms(document, day, today())
    except InvalidRequestError as error:
        is_day = "/effective_on" in error.fields
        raise ConfigurationError(_WRONG_DAY if is_day else _WRONG_DOCUMENT) from None


def _carried_out(asked: OfficerList, *, dry_run: bool) -> Report:
    if dry_run:
        with _progress("checking"):
            return run(checking(asked, Importer(), today()))
    settings, _ = read_settings()
    with _progress("writing", len(asked.table.rows)) as advance:
        work = applying(asked, Importer(), SystemClock().now(), advance)
        return asyncio.run(twice(lambda one: make_recorded(settings, one), work))


@contextmanager
def _progress(words: str, total: int | None = None) -> Iterator[Advance]:
    """Show a bar on standard error, where somebody looks at it."""
    with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(words, total=total)
        yield lambda count: progress.advance(task, count)


def _tell(report: Report, *, dry_run: bool) -> None:
    for row in report.plan.rows:
        for line in _lines(row, report):
            (fail if row.action is Action.REFUSED else done)(line)
    counts = ", ".join(f"{action} {count}" for action, count in report.plan.counts.items())
    if not report.plan.may_be_applied:
        fail(f"{counts}; nothing was changed")
    else:
        done(f"{counts}; dry run: nothing was changed" if dry_run else counts)


def _lines(row: PlannedRow, report: Report) -> Iterator[str]:
    for fault in row.faults:
        vietnamese = f"{what_is_wrong(fault, 'vi')}: {what_mends_it(fault, 'vi')}"
        english = f"{what_is_wrong(fault, 'en')}: {what_mends_it(fault, 'en')}"
        yield f"{place(row, fault, report.table)} {row.login_name}: {vietnamese} | {english}"
    if row.action in {Action.UPDATE, Action.TRANSFER}:
        fields = ", ".join(one.field for one in row.changes)
        yield f"row {row.number}: {row.login_name} {row.action}: {fields}"
