"""A procedure and the grants of procedures to units, as the decision needs them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from app.accounts.values import Role
from app.procedures.fields import Field


class QuestionType(StrEnum):
    """What may be asked of the national side for a procedure."""

    LOOKUP = "lookup"
    VERIFICATION = "verification"
    HOUSEHOLD = "household"


@dataclass(frozen=True, slots=True)
class Procedure:
    """One administrative procedure; `fields` gives the legal basis of each field it needs.

    `service_code` is its public-service code on the national side (MaDVC), None while unmapped (R27).
    """

    procedure_code: str
    name: str
    legal_basis: str
    service_code: str | None
    is_decree_104: bool
    roles: frozenset[Role]
    fields: Mapping[Field, str]
    valid_from: date
    valid_to: date | None
    field_of_work: str = ""
    question_types: frozenset[QuestionType] = frozenset({QuestionType.LOOKUP})
    permitted_fields: frozenset[Field] = field(init=False, compare=False, repr=False)
    """The fields a legal basis is named for; a field listed without one gives nothing (R48, R91)."""

    def __post_init__(self) -> None:
        named = frozenset(name for name, legal_basis in self.fields.items() if legal_basis.strip())
        object.__setattr__(self, "permitted_fields", named)

    def is_in_force(self, day: date) -> bool:
        """Whether the procedure may be used on *day*; `valid_to` is the first day it may not."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class Grant:
    """That a unit handles a procedure, from one day until before another."""

    unit_id: UUID
    procedure_code: str
    valid_from: date
    valid_to: date | None
