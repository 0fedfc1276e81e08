"""What must hold for the tree on every day, and for the words and codes of each agency."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Final
from uuid import UUID

from app.units.codes import canonical_agency_code, is_agency_code, is_new_code
from app.units.divisions import load_divisions
from app.units.history import Versions
from app.units.names import is_presentable, is_private
from app.units.troubles import Fault, Trouble
from app.units.values import UnitDetails, UnitVersion

_LINES_WORTH: Final = 60


def details_faults(details: UnitDetails) -> list[Fault]:
    """Return what is wrong with the words and codes of one agency, whatever the others are."""
    return [
        *_name_faults(details.name),
        *_code_faults(details),
        *(
            Fault(Trouble.CODE_UNFIT, "serves", values={"value": shown(code)})
            for code in sorted(details.serves)
            if not is_agency_code(code)
        ),
        *_ward_faults(details),
    ]


def tree_faults(versions: Versions, since: date) -> list[Fault]:
    """Return what is wrong with the tree on any day from *since* on."""
    return [
        *_codes_borne_twice(versions, since),
        *_absent_parents(versions, since),
        *_circles(versions, since),
    ]


def shown(value: str) -> str:
    """Return what a message may repeat of a value: a line's worth, and nothing that steers a terminal."""
    visible = "".join(letter if letter.isprintable() else "\ufffd" for letter in value[:_LINES_WORTH])
    return visible if len(value) <= _LINES_WORTH else f"{visible}…"


def _name_faults(name: str) -> Iterator[Fault]:
    if not name.strip():
        yield Fault(Trouble.NAME_MISSING, "name")
    elif not is_presentable(name):
        yield Fault(Trouble.NAME_UNFIT, "name")
    elif is_private(name):
        yield Fault(Trouble.PRIVATE_BODY, "name", values={"value": shown(name)})


def _code_faults(details: UnitDetails) -> Iterator[Fault]:
    code, legacy = details.agency_code, details.legacy_agency_code
    if not is_new_code(code):
        if is_agency_code(code):
            suggestion = {"value": code, "suggestion": canonical_agency_code(code)}
            yield Fault(Trouble.CODE_IN_OLD_FORM, "agency_code", values=suggestion)
        else:
            yield Fault(Trouble.CODE_UNFIT, "agency_code", values={"value": shown(code)})
    if legacy is not None and not is_agency_code(legacy):
        yield Fault(Trouble.CODE_UNFIT, "legacy_agency_code", values={"value": shown(legacy)})


def _ward_faults(details: UnitDetails) -> Iterator[Fault]:
    ward, legacy = details.ward_code, details.legacy_ward_code
    if ward is not None and ward not in load_divisions().wards:
        yield Fault(Trouble.WARD_UNKNOWN, "ward_code", values={"value": shown(ward)})
    if legacy is not None and legacy not in load_divisions().former_wards:
        yield Fault(Trouble.LEGACY_WARD_UNKNOWN, "legacy_ward_code", values={"value": shown(legacy)})


def _codes_borne_twice(versions: Versions, since: date) -> Iterator[Fault]:
    bearers: dict[str, list[UnitVersion]] = {}
    for dated in versions.values():
        for version in dated:
            if version.holds_after(since):
                bearers.setdefault(version.details.agency_code, []).append(version)
    for code, borne in bearers.items():
        for earlier, later in pairwise(sorted(borne, key=lambda version: version.valid_from)):
            if earlier.unit_id != later.unit_id and earlier.holds_after(later.valid_from):
                for one, other in ((earlier, later), (later, earlier)):
                    values = {
                        "value": code,
                        "holder": shown(other.details.name),
                        "since": f"{other.valid_from}",
                    }
                    yield Fault(Trouble.CODE_TAKEN, "agency_code", one.unit_id, values)


def _absent_parents(versions: Versions, since: date) -> Iterator[Fault]:
    for dated in versions.values():
        for version in dated:
            parent_id = version.details.parent_id
            if parent_id is None or not version.holds_after(since):
                continue
            above = versions.get(parent_id, ())
            if not _covers(above, max(version.valid_from, since), version.valid_to):
                name = above[-1].details.agency_code if above else str(parent_id)
                values = {"value": name, "unit": version.details.agency_code}
                yield Fault(Trouble.PARENT_NOT_IN_FORCE, "parent_code", version.unit_id, values)


def _covers(dated: tuple[UnitVersion, ...], start: date, end: date | None) -> bool:
    """Whether versions hold on every day from *start* up to *end*, or for ever."""
    day: date | None = start
    for version in dated:
        if day is not None and version.holds_on(day):
            day = version.valid_to
    return day is None or (end is not None and day >= end)


def _circles(versions: Versions, since: date) -> Iterator[Fault]:
    starts = {version.valid_from for dated in versions.values() for version in dated}
    for day in sorted({since, *(start for start in starts if start > since)}):
        tree = {v.unit_id: v for dated in versions.values() for v in dated if v.holds_on(day)}
        for unit_id in _in_circles({one: version.details.parent_id for one, version in tree.items()}):
            values = {"unit": tree[unit_id].details.agency_code, "since": day.isoformat()}
            yield Fault(Trouble.CIRCLE, "parent_code", unit_id, values)


def _in_circles(parents: Mapping[UUID, UUID | None]) -> set[UUID]:
    """Return those that stand above themselves."""
    settled: set[UUID] = set()
    circling: set[UUID] = set()
    for start in parents:
        path: dict[UUID, int] = {}
        unit_id: UUID | None = start
        while unit_id is not None and unit_id not in settled and unit_id not in path:
            path[unit_id] = len(path)
            unit_id = parents.get(unit_id)
        if unit_id is not None and unit_id in path:
            circling.update(list(path)[path[unit_id] :])
        settled.update(path)
    return circling
