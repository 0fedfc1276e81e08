"""`dancu units`: the tree of agencies, each change from a day on and by a document that orders it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Final

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.audit.changes import Change, Unchanged
from app.cli.console import done
from app.cli.inputs import today
from app.cli.recording import run_recorded
from app.cli.unit_import import export_units, import_units
from app.cli.unit_views import list_units, show_unit
from app.cli.work import run
from app.errors import ConfigurationError
from app.procedures.unit_changes import AdministratorsWouldMoveError, UnitChange, make_unit_change
from app.units.history import History
from app.units.names import tidied
from app.units.operations import (
    plan_addition,
    plan_change,
    plan_close,
    plan_merge,
    plan_split,
)
from app.units.plans import Plan, UnitEvent, UnitFact
from app.units.values import Decision, UnitDetails, UnitKind, UnitLevel

commands = typer.Typer(help="Agencies.", no_args_is_help=True)
commands.command("list")(list_units)
commands.command("show")(show_unit)
commands.command("import")(import_units)
commands.command("export")(export_units)

Code = Annotated[str, typer.Argument(help="the unit's agency code on that day")]
OnDay = Annotated[
    datetime | None,
    typer.Option("--on", formats=["%Y-%m-%d"], help="first day it holds; today by default"),
]
Document = Annotated[str, typer.Option("--document", help="number of the deciding document (số văn bản)")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="only say what would change")]
_WORDS: Final = {
    UnitEvent.ADDED: "is added",
    UnitEvent.RENAMED: "has another name",
    UnitEvent.RECODED: "has another code",
    UnitEvent.MOVED: "stands elsewhere",
    UnitEvent.LEVEL_CHANGED: "has another level",
    UnitEvent.CHANGED: "is changed",
    UnitEvent.CLOSED: "ends",
    UnitEvent.MERGED: "is merged",
    UnitEvent.SPLIT: "is split",
}


@commands.command("add")
def units_add(
    name: Annotated[str, typer.Argument(help="the unit's full name")],
    agency_code: Annotated[str, typer.Argument(help="electronic identification code, such as H19.34.12")],
    kind: Annotated[UnitKind, typer.Option(help="what kind of body it is")] = UnitKind.COMMUNE,
    level: Annotated[UnitLevel, typer.Option(help="the level it stands on")] = UnitLevel.COMMUNE,
    legacy_code: Annotated[str | None, typer.Option(help="old form, such as 000.12.34.H19")] = None,
    serves: Annotated[
        list[str] | None, typer.Option(help="other agency whose dossiers its desk takes")
    ] = None,
    parent: Annotated[str | None, typer.Option(help="agency code of the unit above")] = None,
    ward_code: Annotated[str | None, typer.Option(help="code of the ward since July 2025")] = None,
    legacy_ward_code: Annotated[str | None, typer.Option(help="code of the ward before July 2025")] = None,
    on: OnDay = None,
    document: Annotated[str | None, typer.Option(help="number of the deciding document")] = None,
    dry_run: DryRun = False,
) -> None:
    """Register an agency."""
    decision = _decision(on, document)

    def planned(history: History) -> Plan:
        details = UnitDetails(
            name=tidied(name),
            agency_code=agency_code,
            kind=kind,
            level=level,
            legacy_agency_code=legacy_code,
            parent_id=history.find(parent, decision.on) if parent is not None else None,
            ward_code=ward_code,
            legacy_ward_code=legacy_ward_code,
            serves=frozenset(serves or ()),
        )
        return plan_addition(history, details, decision)

    _change(planned, dry_run=dry_run)


@commands.command("rename")
def units_rename(
    unit: Code,
    document: Document,
    name: Annotated[str | None, typer.Argument(help="the new name")] = None,
    code: Annotated[str | None, typer.Option(help="the new agency code")] = None,
    legacy_code: Annotated[str | None, typer.Option(help="its old form, with --code")] = None,
    on: OnDay = None,
    dry_run: DryRun = False,
) -> None:
    """Give an agency another name, another code or both; dossiers under its earlier codes still reach it."""
    if name is None and code is None:
        raise ConfigurationError("give the new name, --code or both")

    def changed(_: History, details: UnitDetails) -> UnitDetails:
        if code is not None:
            details = replace(details, agency_code=code, legacy_agency_code=legacy_code)
        return replace(details, name=tidied(name)) if name is not None else details

    _amend(unit, _decision(on, document), changed, dry_run=dry_run)


@commands.command("move")
def units_move(
    unit: Code,
    document: Document,
    parent: Annotated[str | None, typer.Option(help="agency code of the unit above from then on")] = None,
    top: Annotated[bool, typer.Option("--top", help="nothing above it from then on")] = False,
    level: Annotated[UnitLevel | None, typer.Option(help="its level from then on")] = None,
    on: OnDay = None,
    dry_run: DryRun = False,
) -> None:
    """Let an agency stand below another one, at the top, or at another level."""
    if (parent is not None) == top and (top or level is None):
        raise ConfigurationError("give --parent or --top, --level, or one of the former and the latter")
    decision = _decision(on, document)

    def changed(history: History, details: UnitDetails) -> UnitDetails:
        if top or parent is not None:
            above = history.find(parent, decision.on) if parent is not None else None
            details = replace(details, parent_id=above)
        return replace(details, level=level) if level is not None else details

    _amend(unit, decision, changed, dry_run=dry_run)


@commands.command("merge")
def units_merge(
    units: Annotated[list[str], typer.Argument(help="agency codes of the units that end")],
    document: Document,
    into: Annotated[str | None, typer.Option(help="agency code of the unit that takes their place")] = None,
    name: Annotated[str | None, typer.Option(help="name of a new unit that takes their place")] = None,
    code: Annotated[str | None, typer.Option(help="its code; the first one's by default")] = None,
    on: OnDay = None,
    administrators_stay: Annotated[
        bool, typer.Option("--administrators-stay", help="unit administrators go on in the successor")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """End agencies and let one take their place; officers, grants and units below move to it.

    A new one has kind, level, place and ward of the first that ends.
    """
    if (into is None) == (name is None) or (code is not None and name is None):
        raise ConfigurationError("give --into for a unit there is, or --name (and --code) for a new one")
    decision = _decision(on, document)

    def planned(history: History) -> Plan:
        former_ids = [history.find(unit, decision.on) for unit in units]
        if name is None:
            return plan_merge(history, former_ids, history.find(into or "", decision.on), decision)
        first = history.on(decision.on)[former_ids[0]].details
        legacy = first.legacy_agency_code if code is None else None
        new = replace(
            first, name=tidied(name), agency_code=code or first.agency_code, legacy_agency_code=legacy
        )
        return plan_merge(history, former_ids, new, decision)

    _change(planned, dry_run=dry_run, administrators_stay=administrators_stay)


@commands.command("split")
def units_split(
    unit: Code,
    document: Document,
    into: Annotated[
        list[str], typer.Option(help="agency code of a unit there is afterwards; the old one too")
    ],
    on: OnDay = None,
    dry_run: DryRun = False,
) -> None:
    """Divide an agency among others that are registered; nothing moves until somebody posts its officers."""
    decision = _decision(on, document)

    def planned(history: History) -> Plan:
        successors = [history.find(code, decision.on) for code in into]
        return plan_split(history, history.find(unit, decision.on), successors, decision)

    _change(planned, dry_run=dry_run)


@commands.command("close")
def units_close(unit: Code, document: Document, on: OnDay = None, dry_run: DryRun = False) -> None:
    """End an agency that has no officers and nothing below it; its grants end with it."""
    decision = _decision(on, document)

    def planned(history: History) -> Plan:
        return plan_close(history, history.find(unit, decision.on), decision)

    _change(planned, dry_run=dry_run)


def _amend(
    unit: str,
    decision: Decision,
    changed: Callable[[History, UnitDetails], UnitDetails],
    *,
    dry_run: bool,
) -> None:
    def planned(history: History) -> Plan:
        unit_id = history.find(unit, decision.on)
        details = history.on(decision.on)[unit_id].details
        return plan_change(history, unit_id, changed(history, details), decision)

    _change(planned, dry_run=dry_run)


def _change(planned: Callable[[History], Plan], *, dry_run: bool, administrators_stay: bool = False) -> None:
    """Carry out what one command plans, or only say so; a fact of the plan is what one record says."""

    async def work(connection: AsyncConnection) -> Change[UnitChange] | Unchanged[UnitChange]:
        stay = administrators_stay or dry_run
        try:
            change = await make_unit_change(connection, planned, today(), administrators_stay=stay)
        except AdministratorsWouldMoveError as error:
            raise ConfigurationError(
                f"unit administrators would administer the successor: {error}; give them another role"
                " first, or say --administrators-stay"
            ) from None
        if dry_run:
            await connection.rollback()
            return Unchanged(change)
        return Change.of_events(change, change.events())

    change = run(work).result if dry_run else run_recorded(work)
    for fact in change.plan.facts:
        done(_sentence(fact, dry_run=dry_run))
        if (held := change.moved.get(fact.unit_id)) is not None:
            done(f"  officers moved: {held.officers}; grants moved: {held.grants}")
    for one in change.administrators:
        done(f"  administers the successor: {one.login_name}")
    if not change.plan.facts:
        done("nothing to change")
    if dry_run:
        done("dry run: nothing was changed")


def _sentence(fact: UnitFact, *, dry_run: bool) -> str:
    if fact.event is UnitEvent.ADDED and not dry_run:
        return f"unit {fact.unit_id} added"
    document = f" ({fact.decision.document})" if fact.decision.document else ""
    changes = ", ".join(f"{name} {before or '–'} → {after or '–'}" for name, before, after in fact.changes)
    said = f"{fact.unit_code} {_WORDS[fact.event]} from {fact.decision.on}{document}"
    return f"{said}: {changes}" if changes and fact.event is not UnitEvent.ADDED else said


def _decision(on: datetime | None, document: str | None) -> Decision:
    day = on.date() if on is not None else today()
    return Decision(day, tidied(document) if document is not None else None)
