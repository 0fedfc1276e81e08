"""What commands about lists share: files in and out, terms, and how a report is told."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from app.accounts.exports import Export, FileFormat, ListName
from app.audit.changes import Change
from app.audit.record import RecordKind
from app.cli.console import done, fail
from app.cli.exporting import format_of
from app.cli.inputs import today
from app.errors import ConfigurationError
from app.procedures.catalogue.files import LARGEST_BYTES
from app.procedures.lists.cells import LONGEST_DOCUMENT, is_fit
from app.procedures.lists.fault_texts import what_is_wrong, what_mends_it
from app.procedures.lists.faults import Fault
from app.procedures.lists.reporting import ListReport
from app.procedures.lists.values import Action, ListPlan, Terms
from app.sheets.errors import SheetError
from app.sheets.tables import Table
from app.sheets.texts import sheet_text
from app.sheets.values import MEBIBYTE
from app.units.names import tidied

T = TypeVar("T", bound=Table[Any])
F = TypeVar("F")

NewFile = Annotated[Path, typer.Argument(help="a file that is not there yet, .xlsx or .csv")]
ListFile = Annotated[Path, typer.Argument(help="XLSX, or CSV in UTF-8")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="only say what each row comes to")]
OnDay = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="first day it holds; today by default")
]
OfDay = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="of that day; today's")]
Sheet = Annotated[str | None, typer.Option(help="the sheet, where several hold a list")]
ReportFile = Annotated[
    Path | None,
    typer.Option("--report", help="write the list with its results to this new file, .xlsx or .csv"),
]


def read_file(path: Path, read: Callable[[bytes, str, str | None], T], sheet: str | None) -> T:
    """Return the list in a file; ConfigurationError for what is none, OSError."""
    if path.stat().st_size > LARGEST_BYTES:
        raise ConfigurationError(f"{path} is larger than {LARGEST_BYTES // MEBIBYTE} MB")
    try:
        return read(path.read_bytes(), path.name, sheet)
    except SheetError as error:
        raise ConfigurationError(f"{path}: {sheet_text(error, 'vi')} | {sheet_text(error, 'en')}") from None


def write_new(path: Path, write: Callable[[bool], bytes]) -> None:
    """Write a new file of the kind its name says; *write* hears whether that is XLSX.

    Raises ConfigurationError for another ending, OSError where the file exists already.
    """
    is_xlsx = format_of(path) is FileFormat.XLSX
    with path.open("xb") as file:
        file.write(write(is_xlsx))


def exported(list_name: ListName, path: Path, found: list[F], day: date) -> Change[list[F]]:
    """Return what is to be on record before *found*, as it was on *day*, is written to a file.

    Raises ConfigurationError as `format_of`, and where the file exists already.
    """
    if path.exists():
        raise ConfigurationError(f"{path} exists already")
    export = Export(list_name, format_of(path).value, len(found), {"on": day.isoformat()})
    return Change(found, RecordKind.LIST_EXPORTED, export.leaf())


def terms_of(on: datetime | None, document: str) -> Terms:
    """Return the terms that options name; ConfigurationError for a day that is past, or an unfit document."""
    day, number = on.date() if on is not None else today(), tidied(document)
    if day < today():
        raise ConfigurationError("past days are not rewritten: give --on today or a later day")
    if not is_fit(number, LONGEST_DOCUMENT):
        raise ConfigurationError("the document's number has at most 100 characters on one line")
    return Terms(day, today(), number)


def check_report_file(path: Path | None) -> None:
    """Raise ConfigurationError where the file cannot be written, before anything is changed.

    It is there already, is to be in no folder, or ends otherwise than in .xlsx and .csv.
    """
    if path is None:
        return
    format_of(path)
    if path.exists():
        raise ConfigurationError(f"{path} exists already")
    if not path.parent.is_dir():
        raise ConfigurationError(f"{path.parent} is no directory")


def tell(report: ListReport[Any], report_file: Path | None, *, dry_run: bool) -> None:
    """Print what a list comes to, and write it beside its rows; exit code 2 where a row is refused."""
    if report_file is not None:
        write_new(report_file, lambda is_xlsx: report.workbook() if is_xlsx else report.csv())
    for row in report.plan.rows:
        for line in report.lines(row):
            (fail if row.action is Action.REFUSED else done)(line)
    counts = ", ".join(f"{action} {count}" for action, count in report.plan.counts.items())
    if not report.plan.may_be_applied:
        fail(f"{counts}; nothing was changed")
        raise typer.Exit(2)
    done(f"{counts}; dry run: nothing was changed" if dry_run else counts)


def refuse(plan: ListPlan[Any]) -> None:
    """Raise ConfigurationError with what is wrong, where anything is."""
    faults = [(row.subject, fault) for row in plan.rows for fault in row.faults if not fault.is_warning]
    if faults:
        raise ConfigurationError("; ".join(f"{subject}: {_said([fault])}" for subject, fault in faults))


def _said(faults: Iterable[Fault]) -> str:
    return "; ".join(
        f"{what_is_wrong(fault, 'vi')}: {what_mends_it(fault, 'vi')}"
        f" | {what_is_wrong(fault, 'en')}: {what_mends_it(fault, 'en')}"
        for fault in faults
    )
