"""An entry of the catalogue with the days on which the catalogue says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.procedures.values import Procedure


@dataclass(frozen=True, slots=True)
class Version:
    """What the catalogue says of a procedure from `holds_from` up to, not including, `holds_to`."""

    procedure: Procedure
    holds_from: date
    holds_to: date | None
    document_number: str | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the catalogue says this on *day*."""
        return self.holds_from <= day and (self.holds_to is None or day < self.holds_to)


@dataclass(frozen=True, slots=True)
class EntryChange:
    """That the catalogue says something else of a procedure from a day on; `before` is None for a new one."""

    before: Procedure | None
    after: Procedure
    on: date
    document_number: str | None = None


def version_on(versions: Sequence[Version], day: date) -> Version | None:
    """Return what the catalogue says on *day*, None where it says nothing."""
    return next((version for version in versions if version.holds_on(day)), None)
