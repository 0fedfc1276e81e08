"""The columns that are projected from a record's own words, derived once more."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from app.audit.leaf import Value
from app.audit.verifying.export_files import Row
from app.audit.verifying.findings import Check, Kind, Ledger, Place
from app.audit.verifying.kinds import TAGGED_KINDS

_SAME_NAME: Final = (
    "kind",
    "writer_id",
    "writer_sequence",
    "officer_id",
    "unit_id",
    "client_id",
    "procedure_code",
    "dossier_code",
    "outcome",
    "problem_code",
)
PROJECTED: Final = (*_SAME_NAME, "lookup_id", "recorded_at")
"""Every column of a stored record but its id, its bytes and their hash."""


def projected_columns(facts: Mapping[str, Value]) -> dict[str, Value | None]:
    """Return what the columns beside a record must say: an intent or refusal is its own lookup."""
    columns: dict[str, Value | None] = {name: facts.get(name) for name in _SAME_NAME}
    is_own = facts.get("kind") in TAGGED_KINDS
    columns["lookup_id"] = facts.get("record_id") if is_own else facts.get("lookup_id")
    columns["recorded_at"] = stored_time(facts)
    return columns


def stored_time(facts: Mapping[str, Value]) -> str:
    """Return a record's time as columns are exported: with microseconds."""
    return str(facts.get("time")).removesuffix("Z") + "000Z"


def check_columns(
    record_id: UUID, row: Row, facts: Mapping[str, Value], place: Place, ledger: Ledger
) -> None:
    """Compare the columns of a row with its bytes; a finding names columns and says no value."""
    ledger.looked_at[Check.COLUMNS] += 1
    wanted = projected_columns(facts)
    names = [name for name in PROJECTED if row.columns.get(name) != wanted[name]]
    if facts.get("record_id") != str(record_id):
        names.append("record_id")
    if names:
        ledger.find(Kind.COLUMNS_DIFFER, place, ", ".join(names))
