"""What a list asks for, what is known already, and what would be done about it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from app.accounts.registration.faults import Fault
from app.accounts.registration.form import Column
from app.accounts.values import PRIVILEGED, Role
from app.sheets.tables import Table
from app.sheets.values import CellKind


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row of a list, its texts by column; empty cells and columns that are not there are empty texts."""

    number: int
    texts: Mapping[Column, str]
    numeric: frozenset[Column] = frozenset()

    def text(self, column: Column) -> str:
        """Return the cell's text."""
        return self.texts.get(column, "")


def list_rows(table: Table[Column]) -> tuple[ListRow, ...]:
    """Return a table's rows by what their columns mean."""
    return tuple(
        ListRow(
            number=row.number,
            texts={
                column: row.cells[index]
                for column, index in table.columns.items()
                if index < len(row.cells) and row.cells[index]
            },
            numeric=frozenset(
                column
                for column, index in table.columns.items()
                if row.kinds[index : index + 1] == CellKind.NUMBER.value
            ),
        )
        for row in table.rows
    )


@dataclass(frozen=True, slots=True)
class KnownOfficer:
    """An officer as registered; without unit they left."""

    officer_id: UUID
    login_name: str
    full_name: str
    role: Role
    unit_id: UUID | None
    upstream_officer_code: str | None = None
    person_code: str | None = None
    is_active: bool = True
    lacks_position: bool = False

    @property
    def is_privileged(self) -> bool:
        """Whether the role administers or audits."""
        return self.role in PRIVILEGED


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which an import runs.

    `scope` are the units the importer may touch; `document_number` stands for rows that name none;
    `own_person_code` is the importer's, who administers no account of their own.
    """

    scope: frozenset[UUID]
    today: date
    document_number: str = ""
    own_person_code: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What one faultless row asks for; None means: leave as it is."""

    login_name: str
    full_name: str
    unit_id: UUID
    role: Role
    upstream_officer_code: str | None = None
    person_code: str | None = None
    document_number: str | None = None
    effective_on: date | None = None


class Action(StrEnum):
    """What carrying a row out would do."""

    ADD = "add"
    UPDATE = "update"
    TRANSFER = "transfer"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after; `field` is a name of KnownOfficer's."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """What would be done about one row; a refused one has faults and nothing else to carry out.

    `officer` is how the account is afterwards; for an added one `officer_id` is None. A transfer may
    change other fields too. `document_number` and `effective_on` are there for additions and transfers.
    """

    number: int
    action: Action
    login_name: str = ""
    officer_id: UUID | None = None
    changes: tuple[Change, ...] = ()
    wish: Wish | None = None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All rows of a list in its order."""

    rows: tuple[PlannedRow, ...]
    counts: Mapping[Action, int] = field(init=False)

    def __post_init__(self) -> None:
        counted = Counter(row.action for row in self.rows)
        object.__setattr__(self, "counts", {action: counted.get(action, 0) for action in Action})

    @property
    def may_be_applied(self) -> bool:
        """Whether no row is refused: a list lands as a whole or not at all."""
        return not self.counts[Action.REFUSED]

    @property
    def changes_nothing(self) -> bool:
        """Whether there is nothing to carry out."""
        return self.counts[Action.UNCHANGED] == len(self.rows)
