"""`dancu units import|export`: the whole tree as a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.exports import Conditions, ExportedTable, ListName, given
from app.audit.changes import Change, Unchanged
from app.cli.console import done, err, fail
from app.cli.exporting import NewFile, export_to
from app.cli.inputs import today
from app.cli.recording import run_recorded
from app.cli.unit_files import read_rows
from app.cli.work import run
from app.errors import ConfigurationError
from app.procedures.holdings import PostingsAndGrants
from app.procedures.unit_files import exported_units
from app.units.changing import carry_out, locked_history
from app.units.columns import HEADINGS, Column
from app.units.exporting import export_rows
from app.units.importing import Action, ImportPlan, RowReport, plan_import
from app.units.names import tidied
from app.units.records import unit_event
from app.units.store import load_history
from app.units.troubles import Fault
from app.units.values import Decision

OnDay = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="first day it holds; today by default")
]
_HEADINGS = {column.value: HEADINGS[column].vietnamese for column in Column}


def import_units(
    file: Annotated[Path, typer.Argument(help="XLSX or CSV, as `dancu units export` writes it")],
    on: OnDay = None,
    document: Annotated[
        str | None, typer.Option(help="number of the deciding document; needed where units change")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what each row comes to")] = False,
) -> None:
    """Bring the tree to what a file says, all of it or nothing; units that it leaves out stay."""
    headings, rows = read_rows(file)
    day = on.date() if on is not None else today()
    decision = Decision(day, tidied(document) if document is not None else None)

    async def work(connection: AsyncConnection) -> Change[ImportPlan] | Unchanged[ImportPlan]:
        history = await (load_history(connection) if dry_run else locked_history(connection))
        with _progress("checking", len(rows)) as checked:
            report = plan_import(headings, rows, history, decision, lambda: checked(1))
        if report.plan is not None and not dry_run:
            _check_document(report, decision)
            with _progress("writing", len(report.plan.versions)) as written:
                await carry_out(connection, report.plan, PostingsAndGrants(today()), written)
            return Change.of_events(report, [unit_event(fact) for fact in report.plan.facts])
        return Unchanged(report)

    report = run(work).result if dry_run else run_recorded(work)
    _tell(report, dry_run=dry_run)
    if report.plan is None:
        raise typer.Exit(2)


def export_units(
    file: NewFile,
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="the tree of that day; today's")
    ] = None,
) -> None:
    """Write the tree of a day as an XLSX or CSV file that, imported again, changes nothing."""
    day: date = on.date() if on is not None else today()

    async def read(connection: AsyncConnection) -> tuple[ExportedTable, Conditions]:
        history = await load_history(connection)
        return exported_units(export_rows(history, day), day), given((("on", day),))

    count = export_to(file, ListName.UNITS, read)
    done(f"{count} units of {day} written to {file}")


class _Progress:
    """A bar on standard error, where somebody looks at it."""

    def __init__(self, progress: Progress, words: str, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task(words, total=total)

    def __call__(self, count: int) -> None:
        self._progress.advance(self._task, count)


@contextmanager
def _progress(words: str, total: int) -> Iterator[_Progress]:
    with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
        yield _Progress(progress, words, total)


def _check_document(report: ImportPlan, decision: Decision) -> None:
    if report.count(Action.CHANGE) and decision.document is None:
        raise ConfigurationError("the file changes units; give the deciding document with --document")


def _tell(report: ImportPlan, *, dry_run: bool) -> None:
    for fault in report.faults:
        fail(_fault_line("file", fault))
    for row in report.rows:
        _tell_row(row, dry_run=dry_run)
    counts = ", ".join(f"{action} {report.count(action)}" for action in Action)
    if report.plan is None:
        fail(f"{counts}; nothing was changed")
    else:
        done(f"{counts}; dry run: nothing was changed" if dry_run else counts)


def _tell_row(row: RowReport, *, dry_run: bool) -> None:
    for fault in row.faults:
        where = f"row {row.number}" + (f", {_HEADINGS[fault.column]}" if fault.column in _HEADINGS else "")
        fail(_fault_line(where, fault))
    if row.action is Action.ADD and dry_run:  # a whole province may be new
        done(f"row {row.number}: {row.agency_code} added")
    if row.action is Action.CHANGE:
        changes = ", ".join(f"{name} {before or '–'} → {after or '–'}" for name, before, after in row.changes)
        done(f"row {row.number}: {row.agency_code} changed: {changes}")


def _fault_line(where: str, fault: Fault) -> str:
    vietnamese, english = fault.text("vi"), fault.text("en")
    return f"{where}: {vietnamese.wrong}: {vietnamese.mend} | {english.wrong}: {english.mend}"
