"""From what an administrator asked about one procedure to the row of a list that asks the same."""

from enum import StrEnum

from app.procedures.catalogue.form import MARK, Column
from app.procedures.catalogue.schemas import ProcedureChange
from app.procedures.fields import Field
from app.procedures.lists.values import ListRow
from app.sheets.cleaning import clean


def asked_row(code: str, body: ProcedureChange) -> ListRow:
    """Return the row; it has every column, so that what is left out means the usual value."""
    texts: dict[StrEnum, str] = {
        Column.PROCEDURE_CODE: code.strip(" \t"),
        Column.NAME: clean(body.name),
        Column.FIELD_OF_WORK: clean(body.field_of_work),
        Column.SERVICE_CODE: clean(body.service_code or ""),
        Column.LEGAL_BASIS: clean(body.legal_basis),
        Column.QUESTION_TYPES: "; ".join(kind.value for kind in body.question_types),
        Column.ROLES: "; ".join(body.roles),
        Column.DECREE_104: MARK if body.is_decree_104 else "",
        Column.VALID_FROM: body.valid_from.isoformat() if body.valid_from else "",
        Column.VALID_TO: body.valid_to.isoformat() if body.valid_to else "",
        Column.DOCUMENT_NUMBER: body.document_number or "",
        **{field: MARK if basis is None else clean(basis) or MARK for field, basis in body.fields.items()},
    }
    present = frozenset[StrEnum]((*Column, *Field))
    return ListRow(1, {column: text for column, text in texts.items() if text}, present)
