"""Builders for lists of procedures and of grants, and for what stands behind them."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from app.accounts.values import Role
from app.procedures.catalogue.form import Column
from app.procedures.catalogue.values import Version
from app.procedures.fields import DEFAULT_FIELDS, Field
from app.procedures.lists.values import ListRow, Terms
from app.procedures.values import Procedure, QuestionType

TODAY = date(2026, 11, 22)
TERMS = Terms(TODAY, TODAY, "12/QĐ-UBND")
CODE = "1.004194"
BASIS = "Nghị định 104/2022/NĐ-CP, Điều 14"
OWN_BASIS = "Luật Hộ tịch 2014, Điều 18 khoản 2"


def a_row(
    cells: Mapping[str, str] | None = None,
    number: int = 2,
    *,
    without: frozenset[StrEnum] = frozenset(),
    **more: str,
) -> ListRow:
    """Return a row of a procedure that is right but for what is given; columns *without* are not there."""
    given = {**(cells or {}), **more}
    names: Mapping[str, StrEnum] = {**{c.value: c for c in Column}, **{f.value: f for f in Field}}
    usual = {"procedure_code": CODE, "name": "Đăng ký tạm trú", "legal_basis": BASIS}
    texts = {names[name]: text for name, text in (usual | given).items() if text}
    present = frozenset[StrEnum]((*Column, *Field)) - without
    return ListRow(number, {c: text for c, text in texts.items() if c in present}, present)


def a_procedure(code: str = CODE, **changes: object) -> Procedure:
    """Return what the usual row says."""
    values: dict[str, object] = {
        "procedure_code": code,
        "name": "Đăng ký tạm trú",
        "legal_basis": BASIS,
        "service_code": None,
        "is_decree_104": False,
        "roles": frozenset({Role.RECEPTION, Role.PROCESSING}),
        "fields": dict.fromkeys(sorted(DEFAULT_FIELDS), BASIS),
        "valid_from": TODAY,
        "valid_to": None,
        "question_types": frozenset({QuestionType.LOOKUP}),
    }
    return Procedure(**(values | changes))  # type: ignore[arg-type]


def said(procedure: Procedure, holds_from: date = TODAY, holds_to: date | None = None) -> Version:
    """Return that the catalogue says so."""
    return Version(procedure, holds_from, holds_to)
