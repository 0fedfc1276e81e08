"""What administrators send about grants, and what they are shown."""

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, RootModel

from app.procedures.catalogue.schemas import MOST_PER_PAGE, Code, Day, DocumentNumber
from app.units.codes import LONGEST_CODE
from app.web.bodies import Body

_LONGEST_CURSOR: Final = 80
Cursor = Annotated[str, Field(max_length=_LONGEST_CURSOR, pattern=r"^[0-9a-f-]{36}/[0-9A-Z.]+$")]


class Give(Body):
    """The unit handles the procedure from the day `on` (today by default) until before `until`, if any."""

    change: Literal["give"]
    document_number: DocumentNumber
    on: Day | None = None
    until: Day | None = None


class Withdraw(Body):
    """From the day `on` (today by default) the unit no longer handles the procedure."""

    change: Literal["withdraw"]
    document_number: DocumentNumber
    on: Day | None = None


AnyGrantChange = Give | Withdraw


class GrantChangeRequest(RootModel[Annotated[AnyGrantChange, Field(discriminator="change")]]):
    """One decision about one unit and procedure; `change` says which."""

    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)


class GrantQuery(BaseModel):
    """Of which day, what is narrowed to, and which page; `unit` is an id, or a code as borne on that day.

    `with_predecessors` adds the units whose place the unit has taken since.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    on: Day | None = None
    unit: UUID | Annotated[str, Field(max_length=LONGEST_CODE)] | None = None
    procedure: Code | None = None
    with_predecessors: bool = False
    page_size: int = Field(default=50, ge=1, le=MOST_PER_PAGE)
    cursor: Cursor | None = None


class PeriodAnswer(BaseModel):
    """From `valid_from` up to, not including, `valid_to`, and the documents it began and got its end by."""

    valid_from: str
    valid_to: str | None
    document_number: str | None
    ending_document_number: str | None


class AllowedAnswer(PeriodAnswer):
    """A grant that holds on the day, and what it allowed then.

    `is_allowed` is whether unit and procedure were in force too; without, nobody could look up. Roles,
    fields and question types are those that the catalogue said on that day.
    """

    unit_id: str
    agency_code: str | None
    unit_name: str | None
    procedure_code: str
    procedure_name: str | None
    is_allowed: bool
    has_service_code: bool
    roles: list[str]
    fields: dict[str, str]
    question_types: list[str]


class GrantPage(BaseModel):
    """What was, is or will be allowed on a day, by page."""

    on: str
    grants: list[AllowedAnswer]
    next_cursor: str | None


class GrantAnswer(BaseModel):
    """All periods of a unit and a procedure; `version` is the number inside the ETag."""

    unit_id: str
    procedure_code: str
    is_granted: bool
    periods: list[PeriodAnswer]
    version: int
