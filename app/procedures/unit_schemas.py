"""What administrators send about units, and what they are shown."""

from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel

from app.accounts.exports import FileFormat
from app.accounts.reasons import parse_reason
from app.units.codes import LONGEST_CODE
from app.units.names import LONGEST_NAME, tidied
from app.units.values import UnitKind, UnitLevel
from app.web.bodies import Body

MOST_PER_PAGE: Final = 200
_MOST_NAMED: Final = 200

Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31))]
DocumentNumber = Annotated[str, Field(max_length=100), AfterValidator(parse_reason)]
Name = Annotated[str, Field(max_length=LONGEST_NAME), AfterValidator(tidied)]
Code = Annotated[str, Field(max_length=LONGEST_CODE)]
Ward = Annotated[str, Field(max_length=5)]
Kind = Annotated[UnitKind, Field(strict=False)]
Level = Annotated[UnitLevel, Field(strict=False)]
Units = Annotated[list[UUID], Field(max_length=_MOST_NAMED)]
Codes = Annotated[list[Code], Field(max_length=_MOST_NAMED)]


class NewUnitRequest(Body):
    """An agency to register; `dry_run` only says what would change."""

    name: Name
    agency_code: Code
    kind: Kind
    level: Level
    on: Day
    document_number: DocumentNumber | None = None
    legacy_agency_code: Code | None = None
    parent_id: UUID | None = None
    ward_code: Ward | None = None
    legacy_ward_code: Ward | None = None
    serves: Codes = Field(default_factory=list)
    dry_run: bool = False


class _Change(Body):
    """From which day it holds, and the number of the document that says so (số văn bản)."""

    on: Day
    document_number: DocumentNumber
    dry_run: bool = False


class Rename(_Change):
    """Another name."""

    change: Literal["rename"]
    name: Name


class Recode(_Change):
    """Another agency code; dossiers under earlier codes still reach the desk."""

    change: Literal["recode"]
    agency_code: Code
    legacy_agency_code: Code | None = None


class Move(_Change):
    """Another unit above; null for none."""

    change: Literal["move"]
    parent_id: UUID | None


class ChangeLevel(_Change):
    """Another level."""

    change: Literal["level"]
    level: Level


class ChangeDetails(_Change):
    """Another kind, ward, or list of agencies whose dossiers the desk takes; what is left out stays."""

    change: Literal["details"]
    kind: Kind | None = None
    ward_code: Ward | None = None
    legacy_ward_code: Ward | None = None
    serves: Codes | None = None


class Close(_Change):
    """The unit ends; refused while it has officers or units below."""

    change: Literal["close"]


class Successor(Body):
    """A new unit that takes the place of others; kind, level, place and ward are those of the path's unit."""

    name: Name
    agency_code: Code | None = None


class Merge(_Change):
    """The unit, and those in `together_with`, end; `into` (or `into_new`) takes their place.

    `administrators_stay` says that unit administrators who come along are to administer the successor.
    """

    change: Literal["merge"]
    into: UUID | None = None
    into_new: Successor | None = None
    together_with: Units = Field(default_factory=list)
    administrators_stay: bool = False


class Split(_Change):
    """The unit is divided among those named; it ends unless it is one of them. Nothing moves."""

    change: Literal["split"]
    into: Units


AnyChange = Rename | Recode | Move | ChangeLevel | ChangeDetails | Close | Merge | Split


class UnitChangeRequest(RootModel[Annotated[AnyChange, Field(discriminator="change")]]):
    """One decision about one unit; `change` says which."""

    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)


class UnitQuery(BaseModel):
    """What a list of units is narrowed to, and which page of it."""

    model_config = ConfigDict(hide_input_in_errors=True)

    below: UUID | None = None
    kind: UnitKind | None = None
    level: UnitLevel | None = None
    text: Annotated[str, Field(max_length=LONGEST_NAME)] | None = None
    on: Day | None = None
    page_size: int = Field(default=50, ge=1, le=MOST_PER_PAGE)
    cursor: Annotated[str, Field(max_length=LONGEST_CODE)] | None = None


class ImportQuery(BaseModel):
    """From which day the file holds, by which document, and whether only to say what it comes to."""

    model_config = ConfigDict(hide_input_in_errors=True)

    on: Day | None = None
    document_number: DocumentNumber | None = None
    dry_run: bool = False


class ExportQuery(BaseModel):
    """Which file, of which units of which day."""

    model_config = ConfigDict(hide_input_in_errors=True)

    format: FileFormat = FileFormat.XLSX
    below: UUID | None = None
    kind: UnitKind | None = None
    level: UnitLevel | None = None
    text: Annotated[str, Field(max_length=LONGEST_NAME)] | None = None
    on: Day | None = None


class UnitAnswer(BaseModel):
    """What holds for a unit from `valid_from` up to, not including, `valid_to`."""

    unit_id: str
    name: str
    agency_code: str
    legacy_agency_code: str | None
    kind: str
    level: str
    parent_id: str | None
    ward_code: str | None
    legacy_ward_code: str | None
    serves: list[str]
    valid_from: str
    valid_to: str | None
    deciding_document: str | None
    ending_document: str | None


class UnitsAnswer(BaseModel):
    """A page of the tree of a day, in the order of the codes."""

    on: str
    units: list[UnitAnswer]
    next_cursor: str | None


class SuccessionAnswer(BaseModel):
    """That one unit took the place of another; `unit_id` is the other one."""

    unit_id: str
    name: str
    agency_code: str
    kind: str
    on: str
    document_number: str


class WholeUnitAnswer(UnitAnswer):
    """A unit with all its days; `is_in_force` is today, `version` the number inside the ETag."""

    is_in_force: bool
    history: list[UnitAnswer]
    predecessors: list[SuccessionAnswer]
    successors: list[SuccessionAnswer]
    version: int


class ChangedValue(BaseModel):
    """One value before and after; empty where there is none."""

    name: str
    before: str
    after: str


class UnitFactAnswer(BaseModel):
    """One thing that a decision does to one unit."""

    event: str
    unit_id: str
    agency_code: str
    changes: list[ChangedValue]
    successors: list[str]


class MovedAnswer(BaseModel):
    """How many officers and grants of a unit go on in its successor."""

    unit_id: str
    officers: int
    grants: int


class MovingAdministratorAnswer(BaseModel):
    """A unit administrator who administers the successor from the day on."""

    officer_id: str
    login_name: str
    former_unit_id: str
    successor_unit_id: str


class UnitChangeAnswer(BaseModel):
    """What a decision changed, or with `is_dry_run` would change; `version` is the ETag's afterwards."""

    unit_id: str
    version: int
    is_dry_run: bool
    facts: list[UnitFactAnswer]
    moved: list[MovedAnswer]
    administrators: list[MovingAdministratorAnswer]


class FaultAnswer(BaseModel):
    """What is wrong, with which column, and what mends it."""

    code: str
    column: str | None
    wrong: str
    mend: str


class RowAnswer(BaseModel):
    """What one row of a file comes to; the header is row 1 where nothing stands above it."""

    row: int
    action: str
    agency_code: str
    changes: list[ChangedValue]
    faults: list[FaultAnswer]


class UnitImportAnswer(BaseModel):
    """What a file comes to: how many rows of each action, and the rows that are not `nothing`."""

    is_dry_run: bool
    counts: dict[str, int]
    faults: list[FaultAnswer]
    rows: list[RowAnswer]


class WardAnswer(BaseModel):
    """A ward in force today; not `is_confirmed` is a hint only, for the two data sets do not agree."""

    code: str
    name: str
    province_code: str | None
    province_name: str | None
    is_confirmed: bool


class FormerWardAnswer(BaseModel):
    """Where a ward of before July 2025 lies today.

    With `successors` `divided` nothing tells in which of `present` an address lies: ask, never guess.
    """

    code: str
    name: str
    successors: str
    is_ambiguous: bool
    is_confirmed: bool
    present: list[WardAnswer]
