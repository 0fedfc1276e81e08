"""Reads one row of the list of procedures, and writes an entry back as a row."""

from datetime import date
from typing import Final

from app.accounts.registration.cells import echo
from app.accounts.registration.folding import plain
from app.accounts.values import Role
from app.procedures.catalogue.form import (
    MARK,
    NO,
    QUESTION_TITLES,
    QUESTION_WORDS,
    ROLE_TITLES,
    ROLE_WORDS,
    YES,
    Column,
    Heading,
)
from app.procedures.codes import PROCEDURE_CODE, SERVICE_CODE, suggested_code
from app.procedures.fields import DEFAULT_FIELDS, SENSITIVE_FIELDS, Field
from app.procedures.lists.cells import day_of, text_of, words_of, written
from app.procedures.lists.faults import Fault, FaultCode
from app.procedures.lists.values import ListRow
from app.procedures.values import Procedure, QuestionType

LONGEST_NAME: Final = 300
LONGEST_BASIS: Final = 300
LONGEST_FIELD_OF_WORK: Final = 200
LONGEST_BASES: Final = 3_000
"""Of all fields together: before and after must fit into one record."""
_SHORTEST_BASIS: Final = 6
_IN_A_FIELD: Final = "x; căn cứ pháp lý (điều, khoản, văn bản)"


def code_of(row: ListRow) -> str | Fault:
    """Return the procedure's code, or what is wrong with it."""
    typed = row.text(Column.PROCEDURE_CODE)
    if not typed:
        return Fault(FaultCode.CODE_MISSING, Column.PROCEDURE_CODE)
    if not PROCEDURE_CODE.fullmatch(typed):
        suggested = suggested_code(typed)
        details = {"typed": echo(typed), "suggestion": f": {suggested}?" if suggested else ""}
        return Fault(FaultCode.CODE_MALFORMED, Column.PROCEDURE_CODE, details)
    return typed


def read_entry(row: ListRow, code: str, before: Procedure | None, on: date) -> Procedure | list[Fault]:
    """Return what a row says of the procedure, or all that is wrong with it.

    A column that the list lacks leaves what is; an empty cell of one that it has means the usual value.
    """
    name = text_of(row, Column.NAME, LONGEST_NAME, is_needed=True)
    basis = text_of(row, Column.LEGAL_BASIS, LONGEST_BASIS, is_needed=True)
    work = _kept(row, Column.FIELD_OF_WORK, before.field_of_work if before else "")
    service, questions, roles = _service_code(row, before), _questions(row, before), _roles(row, before)
    decree, (since, until) = _decree(row, before), _days(row, before, on)
    fields = _fields(row, before, basis if isinstance(basis, str) else "")
    parts = (name, basis, work, service, questions, roles, decree, since, until)
    faults = [part for part in parts if isinstance(part, Fault)]
    if isinstance(fields, list):
        return [*faults, *fields]
    if (
        isinstance(name, Fault)
        or isinstance(basis, Fault)
        or isinstance(work, Fault)
        or isinstance(service, Fault)
        or isinstance(questions, Fault)
        or isinstance(roles, Fault)
        or isinstance(decree, Fault)
        or isinstance(since, Fault)
        or isinstance(until, Fault)
    ):
        return faults
    if until is not None and until <= since:
        return [Fault(FaultCode.DATES_REVERSED, Column.VALID_TO, {"since": written(since)})]
    return Procedure(code, name, basis, service, decree, roles, fields, since, until, work, questions)


def _kept(row: ListRow, column: Column, before: str) -> str | Fault:
    return text_of(row, column, LONGEST_FIELD_OF_WORK) if column in row.present else before


def _service_code(row: ListRow, before: Procedure | None) -> str | Fault | None:
    if Column.SERVICE_CODE not in row.present:
        return before.service_code if before else None
    typed = row.text(Column.SERVICE_CODE)
    if typed and not SERVICE_CODE.fullmatch(typed):
        return Fault(FaultCode.SERVICE_CODE_MALFORMED, Column.SERVICE_CODE, {"typed": echo(typed)})
    return typed or None


def _questions(row: ListRow, before: Procedure | None) -> frozenset[QuestionType] | Fault:
    if Column.QUESTION_TYPES not in row.present and before is not None:
        return before.question_types
    found = words_of(row, Column.QUESTION_TYPES, QUESTION_WORDS, QUESTION_TITLES)
    return found or frozenset({QuestionType.LOOKUP})


def _roles(row: ListRow, before: Procedure | None) -> frozenset[Role] | Fault:
    if Column.ROLES not in row.present and before is not None:
        return before.roles
    return words_of(row, Column.ROLES, ROLE_WORDS, ROLE_TITLES) or frozenset(ROLE_TITLES)


def _decree(row: ListRow, before: Procedure | None) -> bool | Fault:
    if Column.DECREE_104 not in row.present:
        return before is not None and before.is_decree_104
    typed = row.text(Column.DECREE_104)
    if plain(typed) in YES | NO:
        return plain(typed) in YES
    return Fault(FaultCode.WORD_UNKNOWN, Column.DECREE_104, {"typed": echo(typed), "choices": "x; có; không"})


def _days(row: ListRow, before: Procedure | None, on: date) -> tuple[date | Fault, date | Fault | None]:
    since = day_of(row, Column.VALID_FROM) or (before.valid_from if before else on)
    if Column.VALID_TO not in row.present and before is not None:
        return since, before.valid_to
    return since, day_of(row, Column.VALID_TO)


def _fields(row: ListRow, before: Procedure | None, basis: str) -> dict[Field, str] | list[Fault]:
    """Return the basis of each field; without any mark the usual five have the row's own."""
    read = {field: _field_basis(row, field, before, basis) for field in Field}
    faults = [said for said in read.values() if isinstance(said, Fault)]
    fields = {field: said for field, said in read.items() if isinstance(said, str) and said}
    if sum(map(len, fields.values())) > LONGEST_BASES:
        faults.append(Fault(FaultCode.BASES_TOO_LONG, Column.LEGAL_BASIS, {"maximum": str(LONGEST_BASES)}))
    if faults:
        return faults
    return fields or dict.fromkeys(sorted(DEFAULT_FIELDS), basis)


def _field_basis(row: ListRow, field: Field, before: Procedure | None, basis: str) -> str | Fault:
    """Return the basis on which the field is shown, empty where it is not; a mark means the row's own."""
    if field not in row.present:
        cell = field_cell(before, field) if before is not None else ""
        return basis if cell == MARK else cell
    cell = row.text(field)
    if plain(cell) in NO:
        return ""
    if plain(cell) in YES:
        return basis if field not in SENSITIVE_FIELDS else Fault(FaultCode.FIELD_BASIS_MISSING, field)
    if len(plain(cell)) < _SHORTEST_BASIS:
        details = {"typed": echo(cell), "choices": _IN_A_FIELD}
        return Fault(FaultCode.WORD_UNKNOWN, field, details)
    return text_of(row, field, LONGEST_BASIS)


def field_cell(procedure: Procedure, field: Field) -> str:
    """Return what a row says of a field: a mark where its basis is the procedure's own, else its basis."""
    basis = procedure.fields.get(field, "")
    is_own = basis == procedure.legal_basis and field not in SENSITIVE_FIELDS
    return MARK if is_own else basis


def entry_cells(procedure: Procedure) -> dict[Heading, str]:
    """Return the row that says this, so that it reads back unchanged."""
    return {
        Column.PROCEDURE_CODE: procedure.procedure_code,
        Column.NAME: procedure.name,
        Column.FIELD_OF_WORK: procedure.field_of_work,
        Column.SERVICE_CODE: procedure.service_code or "",
        Column.LEGAL_BASIS: procedure.legal_basis,
        Column.QUESTION_TYPES: "; ".join(
            title for kind, title in QUESTION_TITLES.items() if kind in procedure.question_types
        ),
        Column.ROLES: "; ".join(title for role, title in ROLE_TITLES.items() if role in procedure.roles),
        Column.DECREE_104: MARK if procedure.is_decree_104 else "",
        Column.VALID_FROM: written(procedure.valid_from),
        Column.VALID_TO: written(procedure.valid_to),
        **{field: field_cell(procedure, field) for field in Field},
    }
