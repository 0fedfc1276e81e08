"""The units that a list may name, and those of them that an importer may touch."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from app.accounts.registration.unit_names import KnownUnit
from app.units.history import History, own_codes


def known_units(history: History, today: date) -> list[KnownUnit]:
    """Return every unit that has begun, those that end or have ended with what takes their place.

    An earlier code is a unit's as long as no other one bears it today.
    """
    tree = history.on(today)
    borne = {code: unit_id for unit_id, version in tree.items() for code in own_codes(version)}
    successors: dict[UUID, list[str]] = defaultdict(list)
    for one in history.successions:
        if one.on_date > today:
            planned = history.versions[one.successor_unit_id][0]
            successors[one.former_unit_id].append(planned.details.name)
        elif one.successor_unit_id in tree:
            successors[one.former_unit_id].append(tree[one.successor_unit_id].details.name)
    units = []
    for unit_id, versions in history.versions.items():
        begun = [version for version in versions if version.valid_from <= today]
        if not begun:
            continue
        codes = {code for version in begun for code in own_codes(version)}
        present = begun[-1]
        units.append(
            KnownUnit(
                unit_id,
                present.details.name,
                frozenset(code for code in codes if borne.get(code, unit_id) == unit_id)
                | (own_codes(present) if unit_id in tree else frozenset()),
                present.details.parent_id,
                is_open=unit_id in tree,
                successors=tuple(successors[unit_id]),
                begins_on=versions[0].valid_from,
                ends_on=versions[-1].valid_to,
            )
        )
    return units


def scope_below(units: Iterable[KnownUnit], root_id: UUID) -> frozenset[UUID]:
    """Return the unit and all that stand below it, closed ones that stood there last included."""
    known = {unit.unit_id: unit for unit in units}
    below: dict[UUID, list[KnownUnit]] = defaultdict(list)
    for unit in known.values():
        if unit.parent_id is not None:
            below[unit.parent_id].append(unit)
    root = known.get(root_id)
    found, waiting = {root_id}, [root] if root is not None and root.is_open else []
    while waiting:
        above = waiting.pop()
        # What stands below a unit that has ended is nobody's, until it is put elsewhere.
        fresh = [
            unit
            for unit in below[above.unit_id]
            if unit.unit_id not in found and (above.is_open or not unit.is_open)
        ]
        found.update(unit.unit_id for unit in fresh)
        waiting.extend(fresh)
    return frozenset(found)
