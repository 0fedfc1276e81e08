"""Says of a row which days of its unit forbid what it asks for."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from app.accounts.posting_plan import Posting
from app.accounts.registration.faults import Fault, FaultCode
from app.accounts.registration.form import Column
from app.accounts.registration.unit_names import KnownUnit

_NOTHING: Final = "—"


def unit_day_fault(unit: KnownUnit, postings: Iterable[Posting]) -> Fault | None:
    """Return what is wrong where one of *postings* lies outside the unit's days, else None.

    What the database would refuse as a whole (`check_within_term`) is told here of the row.
    """
    for posting in postings:
        if posting.unit_id != unit.unit_id:
            continue
        if unit.begins_on is not None and posting.valid_from < unit.begins_on:
            details = {"typed": _written(posting.valid_from), "begins": _written(unit.begins_on)}
            return Fault(FaultCode.UNIT_BEGINS_LATER, Column.EFFECTIVE_DATE, details | {"known": unit.name})
        if unit.ends_on is not None and (posting.valid_to is None or posting.valid_to > unit.ends_on):
            successors = "; ".join(unit.successors) or _NOTHING
            details = {"known": unit.name, "ends": _written(unit.ends_on), "successors": successors}
            return Fault(FaultCode.UNIT_ENDS, Column.UNIT, details)
    return None


def _written(day: date) -> str:
    return f"{day:%d/%m/%Y}"
