"""Registers one officer by the rules of a list with one row; nobody who is registered is changed by it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.registering_lists import Importer, OfficerList, applying
from app.accounts.registration.fault_texts import Language, what_is_wrong, what_mends_it
from app.accounts.registration.faults import Fault
from app.accounts.registration.form import TITLES, Column
from app.accounts.registration.values import Action
from app.accounts.table import OFFICER
from app.audit.changes import Change, Unchanged, Work
from app.errors import ConflictError, InvalidRequestError, ProblemCode
from app.sheets.cleaning import clean
from app.sheets.tables import Table
from app.sheets.values import CellKind, Row

FIELDS: Final[Mapping[Column, str]] = {
    Column.LOGIN_NAME: "login_name",
    Column.FULL_NAME: "full_name",
    Column.AGENCY_CODE: "unit",
    Column.POSITION: "position",
    Column.UPSTREAM_OFFICER_CODE: "upstream_officer_code",
    Column.PERSON_CODE: "person_code",
    Column.DOCUMENT_NUMBER: "document_number",
    Column.EFFECTIVE_DATE: "effective_on",
}
"""The form's columns by the member of a request that says the same."""


class OfficerRefusedError(InvalidRequestError):
    """The officer cannot be registered like this; nothing has changed."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        """Keep the faults for the answer; their details may repeat what was typed."""
        self._faults = tuple(fault for fault in faults if not fault.is_warning)
        super().__init__(
            ProblemCode.OFFICER_REFUSED, fields=tuple(f"/{_field(fault)}" for fault in self._faults)
        )

    def members(self, language: str) -> dict[str, object]:
        """Return what is wrong with which member, and what mends it."""
        known: Language = "en" if language == "en" else "vi"
        return {
            "faults": [
                {
                    "code": fault.code.value,
                    "field": _field(fault),
                    "what": what_is_wrong(fault, known),
                    "fix": what_mends_it(fault, known),
                }
                for fault in self._faults
            ]
        }


def one_row(cells: Mapping[Column, str | date | None]) -> OfficerList:
    """Return the list whose only row says this; a unit is named by its code."""
    columns = {column: place for place, column in enumerate(FIELDS)}
    texts = tuple(_text(cells.get(column)) for column in FIELDS)
    header = Row(1, tuple(TITLES[column] for column in FIELDS), CellKind.TEXT * len(FIELDS))
    row = Row(2, texts, CellKind.TEXT * len(FIELDS))
    return OfficerList(Table("", header, columns, (), (row,)))


def registering(asked: OfficerList, importer: Importer, now: datetime) -> Work[tuple[UUID, int]]:
    """Return the work that registers the officer of a list's only row: their id and version come of it.

    It raises OfficerRefusedError for what a list's report would say, ConflictError(OFFICER_EXISTS) where the
    login name is an officer's of the importer's units already, and ListBusyError.
    """

    async def work(connection: AsyncConnection) -> Change[tuple[UUID, int]] | Unchanged[tuple[UUID, int]]:
        change = await applying(asked, importer, now)(connection)
        (row,) = change.result.plan.rows
        if row.action is Action.REFUSED:
            raise OfficerRefusedError(row.faults)
        if row.action is not Action.ADD or not isinstance(change, Change):
            raise ConflictError(ProblemCode.OFFICER_EXISTS)  # what the row changed is rolled back
        officer_id = UUID(str(change.facts["changed_officer_id"]))
        version = await connection.scalar(select(OFFICER.c.version).where(OFFICER.c.officer_id == officer_id))
        return Change((officer_id, int(version or 0)), change.kind, change.facts, change.further)

    return work


def _field(fault: Fault) -> str:
    return FIELDS.get(fault.column, "unit")  # Column.UNIT is the unit, too


def _text(value: str | date | None) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return clean(value) if value is not None else ""
