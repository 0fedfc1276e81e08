"""`dancu units list|show`: the tree of a day, and all that is known of one agency."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import typer

from app.cli.console import done
from app.cli.inputs import today
from app.cli.work import run
from app.units.codes import old_form
from app.units.divisions import PresentWards, Successors, load_divisions
from app.units.history import History
from app.units.store import load_history
from app.units.values import Succession, UnitVersion

OfDay = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="of that day; today's")]
Tree = Mapping[UUID, UnitVersion]


def list_units(
    on: OfDay = None,
    below: Annotated[str | None, typer.Option(help="agency code of the unit to begin at")] = None,
) -> None:
    """Print the tree of a day, each unit below the one it stands under."""
    day = on.date() if on is not None else today()
    history = run(load_history)
    tree = history.on(day)
    roots = [history.find(below, day)] if below is not None else _roots(tree)
    for line in _lines(tree, roots):
        done(line)
    if not tree:
        done(f"there are no units on {day}")


def show_unit(
    unit: Annotated[str, typer.Argument(help="the unit's agency code on that day")], on: OfDay = None
) -> None:
    """Print what held for a unit on all days, and whose place it took or who took its own."""
    day = on.date() if on is not None else today()
    history = run(load_history)
    unit_id = history.find(unit, day)
    done(f"unit {unit_id}")
    for version in history.versions[unit_id]:
        for line in _version_lines(version, history):
            done(line)
    for line in _succession_lines(unit_id, history):
        done(line)


def _roots(tree: Tree) -> list[UUID]:
    return [unit_id for unit_id, version in tree.items() if version.details.parent_id not in tree]


def _lines(tree: Tree, roots: list[UUID]) -> Iterator[str]:
    below: dict[UUID | None, list[UUID]] = {}
    for unit_id, version in tree.items():
        below.setdefault(version.details.parent_id, []).append(unit_id)
    waiting = [(0, unit_id) for unit_id in _by_code(tree, roots)[::-1]]
    while waiting:
        depth, unit_id = waiting.pop()
        details = tree[unit_id].details
        yield f"{'  ' * depth}{details.agency_code}  {details.name}  ({details.kind}, {details.level})"
        waiting.extend((depth + 1, child) for child in _by_code(tree, below.get(unit_id, []))[::-1])


def _by_code(tree: Tree, unit_ids: list[UUID]) -> list[UUID]:
    return sorted(unit_ids, key=lambda unit_id: tree[unit_id].details.agency_code)


def _version_lines(version: UnitVersion, history: History) -> Iterator[str]:
    details = version.details
    until = f" until before {version.valid_to}" if version.valid_to is not None else ""
    documents = (version.deciding_document, version.ending_document)
    yield f"from {version.valid_from}{until}{''.join(f' ({document})' for document in documents if document)}"
    yield f"  {details.agency_code}  {details.name}  ({details.kind}, {details.level})"
    old = details.legacy_agency_code or old_form(details.agency_code)
    if old is not None:
        yield f"  old code: {old}"
    if details.parent_id is not None:
        yield f"  below: {_named(details.parent_id, version.valid_from, history)}"
    if details.serves:
        yield f"  takes dossiers of: {' '.join(sorted(details.serves))}"
    if details.ward_code is not None:
        yield f"  ward: {_ward(details.ward_code)}"
    if details.legacy_ward_code is not None:
        former = load_divisions().former_wards[details.legacy_ward_code]
        today_in = _present(load_divisions().present_wards(details.legacy_ward_code))
        yield f"  ward before July 2025: {former.code} {former.name}, today {today_in}"


def _succession_lines(unit_id: UUID, history: History) -> Iterator[str]:
    for one in history.successions:
        if unit_id in {one.former_unit_id, one.successor_unit_id}:
            yield _succession_line(one, history)


def _succession_line(one: Succession, history: History) -> str:
    former = _named(one.former_unit_id, one.on_date, history)
    successor = _named(one.successor_unit_id, one.on_date, history)
    return f"{one.kind} on {one.on_date} ({one.deciding_document}): {former} → {successor}"


def _named(unit_id: UUID, day: date, history: History) -> str:
    """Return code and name of the version of that day, or of the last one there was."""
    dated = history.versions[unit_id]
    details = next((version for version in dated if version.holds_on(day)), dated[-1]).details
    return f"{details.agency_code} {details.name}"


def _ward(code: str) -> str:
    province = load_divisions().province_of(code)
    return f"{code} {load_divisions().wards[code].name}" + (f", {province.name}" if province else "")


def _present(wards: PresentWards) -> str:
    names = " or ".join(f"{ward.code} {ward.name}" for ward in wards.wards)
    doubt = "" if wards.is_confirmed else " (not confirmed by a second source)"
    return f"divided: {names}{doubt}" if wards.successors is Successors.DIVIDED else f"{names}{doubt}"
