"""Turns the tree of a day into rows that, read back, change nothing."""

from collections.abc import Container
from datetime import date
from uuid import UUID

from app.units.columns import HEADINGS, KINDS, LEVELS, Column
from app.units.history import History
from app.units.values import UnitDetails

EXPORT_HEADINGS = tuple(HEADINGS[column].vietnamese for column in Column)


def export_rows(history: History, day: date, only: Container[UUID] | None = None) -> list[dict[str, str]]:
    """Return a row per agency in force on *day*, cells by Vietnamese heading, in the order of the codes.

    With *only* those agencies alone.
    """
    tree = history.on(day)
    rows = []
    for version in sorted(tree.values(), key=lambda one: one.details.agency_code):
        if only is not None and version.unit_id not in only:
            continue
        details = version.details
        above = tree.get(details.parent_id) if details.parent_id is not None else None
        cells = _cells(details, above.details.agency_code if above is not None else "")
        rows.append({HEADINGS[column].vietnamese: cells[column] for column in Column})
    return rows


def _cells(details: UnitDetails, parent_code: str) -> dict[Column, str]:
    return {
        Column.AGENCY_CODE: details.agency_code,
        Column.LEGACY_AGENCY_CODE: details.legacy_agency_code or "",
        Column.NAME: details.name,
        Column.KIND: KINDS[details.kind],
        Column.LEVEL: LEVELS[details.level],
        Column.PARENT_CODE: parent_code,
        Column.WARD_CODE: details.ward_code or "",
        Column.LEGACY_WARD_CODE: details.legacy_ward_code or "",
        Column.SERVES: " ".join(sorted(details.serves)),
    }
