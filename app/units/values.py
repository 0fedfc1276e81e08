"""An agency as the lookup needs it on one day, and the dated versions that stand behind it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID


class UnitKind(StrEnum):
    """Kinds of agency that may hold officers; private bodies such as notary offices never do (R34)."""

    DEPARTMENT = "department"
    COMMUNE = "commune"
    FORMER_DISTRICT = "former_district"
    VERTICAL_CENTRAL = "vertical_central"
    PARTY = "party"
    FRONT = "front"
    PUBLIC_SERVICE = "public_service"


class UnitLevel(StrEnum):
    """Where the agency stands; districts ended on 1 July 2025 and live on in old records."""

    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


@dataclass(frozen=True, slots=True)
class Unit:
    """One agency today; `agency_codes` are all codes under which dossiers reach its desk.

    Those are its own of today and of earlier days, those of the agencies merged into it, and those it
    serves; a code that another agency bears today is that one's alone.
    """

    unit_id: UUID
    name: str
    agency_code: str
    level: UnitLevel
    kind: UnitKind
    agency_codes: frozenset[str]
    parent_id: UUID | None = None
    ward_code: str | None = None
    legacy_ward_code: str | None = None


@dataclass(frozen=True, slots=True)
class UnitDetails:
    """All that a decision may change about an agency; `serves` are agencies whose dossiers its desk takes."""

    name: str
    agency_code: str
    kind: UnitKind
    level: UnitLevel
    legacy_agency_code: str | None = None
    parent_id: UUID | None = None
    ward_code: str | None = None
    legacy_ward_code: str | None = None
    serves: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class UnitVersion:
    """What held for an agency from `valid_from` up to, not including, `valid_to`.

    `deciding_document` is the number of the document it began by, `ending_document` of the one by which
    the agency itself ended.
    """

    unit_id: UUID
    valid_from: date
    valid_to: date | None
    details: UnitDetails
    deciding_document: str | None = None
    ending_document: str | None = None

    def holds_on(self, day: date) -> bool:
        """Whether this version is the one of *day*."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    def holds_after(self, day: date) -> bool:
        """Whether there is any day from *day* on that this version is the one of."""
        return self.valid_to is None or self.valid_to > day


class SuccessionKind(StrEnum):
    """How agencies followed one another; after a split nothing tells which successor has what."""

    MERGE = "merge"
    SPLIT = "split"


@dataclass(frozen=True, slots=True)
class Succession:
    """One agency took the place of another, wholly (merge) or in part (split), from a day on."""

    former_unit_id: UUID
    successor_unit_id: UUID
    on_date: date
    kind: SuccessionKind
    deciding_document: str


@dataclass(frozen=True, slots=True)
class Decision:
    """From which day something holds, and the number of the document (số văn bản) that says so."""

    on: date
    document: str | None
