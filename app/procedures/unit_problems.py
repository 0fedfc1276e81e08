"""What cannot be done with units, as problems: each fault with its words in the caller's language."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Literal
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from app.database.locks import waited_too_long
from app.errors import GatewayError, InvalidRequestError, NotFoundError, ProblemCode
from app.procedures.unit_changes import AdministratorsWouldMoveError, MovingAdministrator
from app.sheets.errors import SheetError
from app.sheets.texts import sheet_text
from app.units.history import History
from app.units.importing import Action, ImportPlan, RowReport
from app.units.troubles import Fault, UnitRefusedError


class UnitChangeRefusedError(GatewayError):
    """The tree does not allow the change; nothing was changed."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        """Give the reasons."""
        super().__init__(ProblemCode.UNIT_CHANGE_REFUSED)
        self._faults = tuple(faults)

    def members(self, language: str) -> dict[str, object]:
        """Return the faults with their words."""
        return {"faults": [fault_said(fault, language) for fault in self._faults]}


class UnitFileRefusedError(InvalidRequestError):
    """Rows of a file are wrong, so that none was written."""

    def __init__(self, report: ImportPlan) -> None:
        """Carry what each row comes to."""
        super().__init__(ProblemCode.UNIT_FILE_REFUSED)
        self._report = report

    def members(self, language: str) -> dict[str, object]:
        """Return the report."""
        return {"report": report_said(self._report, language)}


class UnitFileUnreadableError(InvalidRequestError):
    """What was sent is no list of units."""

    def __init__(self, error: SheetError) -> None:
        """Carry why."""
        super().__init__(ProblemCode.UNIT_FILE_UNREADABLE)
        self._error = error

    def members(self, language: str) -> dict[str, object]:
        """Return where and why, and what mends it."""
        said = sheet_text(self._error, _known(language))
        return {"reason": said, "reason_code": self._error.reason.value, "place": self._error.place or None}


class MoveNotConfirmedError(GatewayError):
    """A merger takes administrators along, and nobody has said that they are to administer there."""

    def __init__(self, administrators: Iterable[MovingAdministrator]) -> None:
        """Name them."""
        super().__init__(ProblemCode.ADMINISTRATORS_WOULD_MOVE)
        self._administrators = tuple(administrators)

    def members(self, language: str) -> dict[str, object]:  # noqa: ARG002 - names are the same in both
        """Return who they are."""
        return {"administrators": [administrator_said(one) for one in self._administrators]}


@contextmanager
def unit_trouble() -> Iterator[None]:
    """Turn what the tree refuses into problems, and a list of officers that holds it into LIST_BUSY."""
    try:
        yield
    except DBAPIError as error:
        if waited_too_long(error):
            raise GatewayError(ProblemCode.LIST_BUSY) from None
        raise
    except UnitRefusedError as error:
        raise UnitChangeRefusedError(error.faults) from None
    except AdministratorsWouldMoveError as error:
        raise MoveNotConfirmedError(error.administrators) from None


def known_unit(history: History, text: str | UUID) -> UUID:
    """Return the id of a unit there is or was; NotFoundError(UNIT_UNKNOWN) for anything else."""
    try:
        unit_id = UUID(str(text))
    except ValueError:
        raise NotFoundError(ProblemCode.UNIT_UNKNOWN) from None
    if unit_id not in history.versions:
        raise NotFoundError(ProblemCode.UNIT_UNKNOWN)
    return unit_id


def fault_said(fault: Fault, language: str) -> dict[str, str | None]:
    """Return one fault: its stable word, the column concerned, what is wrong, what mends it."""
    text = fault.text(_known(language))
    return {"code": fault.trouble.value, "column": fault.column, "wrong": text.wrong, "mend": text.mend}


def report_said(report: ImportPlan, language: str) -> dict[str, object]:
    """Return what a file comes to; rows that change nothing are only counted."""
    return {
        "counts": {action.value: report.count(action) for action in Action},
        "faults": [fault_said(fault, language) for fault in report.faults],
        "rows": [_row_said(row, language) for row in report.rows if row.action is not Action.NOTHING],
    }


def administrator_said(moving: MovingAdministrator) -> Mapping[str, str]:
    """Return who administers elsewhere from the day on."""
    return {
        "officer_id": str(moving.officer_id),
        "login_name": moving.login_name,
        "former_unit_id": str(moving.former_unit_id),
        "successor_unit_id": str(moving.successor_unit_id),
    }


def _row_said(row: RowReport, language: str) -> dict[str, object]:
    return {
        "row": row.number,
        "action": row.action.value,
        "agency_code": row.agency_code,
        "changes": [{"name": name, "before": old, "after": new} for name, old, new in row.changes],
        "faults": [fault_said(fault, language) for fault in row.faults],
    }


def _known(language: str) -> Literal["vi", "en"]:
    return "en" if language == "en" else "vi"
