"""What administrators send about procedures, and what they are shown."""

import unicodedata
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.accounts.reasons import parse_reason
from app.procedures import fields as citizen
from app.procedures.codes import LONGEST_CODE
from app.procedures.values import QuestionType
from app.web.bodies import Body

MOST_PER_PAGE: Final = 200
_LONGEST_TEXT: Final = 400
_MOST_WORDS: Final = 10

Day = Annotated[date, Field(ge=date(1945, 1, 1), le=date(2199, 12, 31))]
DocumentNumber = Annotated[str, Field(max_length=100), AfterValidator(parse_reason)]


def _writable(text: str) -> str:
    """Return the text; ValueError for control characters and lone surrogates, which no database takes."""
    if any(unicodedata.category(mark) in {"Cc", "Cs"} for mark in text):
        raise ValueError("a text on one line")
    return text


Text = Annotated[str, Field(max_length=_LONGEST_TEXT), AfterValidator(_writable)]
Code = Annotated[str, Field(max_length=LONGEST_CODE), AfterValidator(_writable)]
Kind = Annotated[QuestionType, Field(strict=False)]
BusinessRole = Literal["reception", "processing"]
Shown = Annotated[citizen.Field, Field(strict=False)]


def _business_roles() -> list[BusinessRole]:
    return ["reception", "processing"]


class ProcedureChange(Body):
    """All that the catalogue is to say of a procedure from the day `on`, today by default.

    `fields` names what it needs, each with its legal basis; null stands for `legal_basis`, and is refused
    for sensitive fields. Without any field it needs the usual five.
    """

    name: Text
    legal_basis: Text
    field_of_work: Text = ""
    service_code: Annotated[str, Field(max_length=20)] | None = None
    fields: dict[Shown, Text | None] = Field(default_factory=dict)
    question_types: Annotated[list[Kind], Field(min_length=1, max_length=_MOST_WORDS)] = Field(
        default_factory=lambda: [QuestionType.LOOKUP]
    )
    roles: Annotated[list[BusinessRole], Field(min_length=1, max_length=2)] = Field(
        default_factory=_business_roles
    )
    is_decree_104: bool = False
    valid_from: Day | None = None
    valid_to: Day | None = None
    document_number: DocumentNumber | None = None
    on: Day | None = None
    dry_run: bool = False


class NewProcedure(ProcedureChange):
    """A procedure to put into the catalogue."""

    procedure_code: Code


class ProcedureQuery(BaseModel):
    """Of which day, what the catalogue is narrowed to, and which page of it."""

    model_config = ConfigDict(hide_input_in_errors=True)

    on: Day | None = None
    text: Text | None = None
    field_of_work: Text | None = None
    is_decree_104: bool | None = None
    is_in_force: bool | None = None
    page_size: int = Field(default=50, ge=1, le=MOST_PER_PAGE)
    cursor: Code = ""


class ListQuery(BaseModel):
    """How a list that is sent is to be taken; `on` and `document_number` are for rows that name none."""

    model_config = ConfigDict(hide_input_in_errors=True)

    dry_run: bool = True
    sheet: Annotated[str, Field(max_length=100)] | None = None
    on: Day | None = None
    document_number: DocumentNumber | None = None


class FileQuery(BaseModel):
    """Which file, of which day."""

    model_config = ConfigDict(hide_input_in_errors=True)

    format: Literal["xlsx", "csv"] = "xlsx"
    on: Day | None = None


class ProcedureAnswer(BaseModel):
    """What the catalogue says of a procedure; in force from `valid_from` up to, not including, `valid_to`."""

    procedure_code: str
    name: str
    field_of_work: str
    service_code: str | None
    legal_basis: str
    fields: dict[str, str]
    question_types: list[str]
    roles: list[str]
    is_decree_104: bool
    valid_from: str
    valid_to: str | None


class VersionAnswer(ProcedureAnswer):
    """What it says from `holds_from` up to, not including, `holds_to`, and by which document."""

    holds_from: str
    holds_to: str | None
    document_number: str | None


class WholeProcedureAnswer(ProcedureAnswer):
    """An entry as of today with all its days; `version` is the number inside the ETag."""

    history: list[VersionAnswer]
    version: int


class ProcedurePage(BaseModel):
    """Some procedures of a day by code; `next_cursor` leads to those that follow."""

    on: str
    procedures: list[ProcedureAnswer]
    next_cursor: str | None


class ChangedEntry(BaseModel):
    """What a change did, or with `is_dry_run` would do; values as a list writes them."""

    procedure_code: str
    version: int
    is_dry_run: bool
    changes: list[dict[str, str]]


class ListedRow(BaseModel):
    """One row with faults, or one that changes something."""

    row: int
    subject: str
    action: str
    changes: list[dict[str, str]]
    faults: list[dict[str, Any]]


class ListAnswer(BaseModel):
    """What a list comes to; beyond 2000 rows those with errors come first and `left_off` counts the rest."""

    applied: bool
    sheet: str
    may_be_applied: bool
    counts: dict[str, int]
    ignored_columns: list[str]
    rows: list[ListedRow]
    left_off: int
