"""An agency as the lookup needs it, on one day."""

from dataclasses import dataclass
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
    """One agency today; `agency_codes` are all codes under which dossiers reach its desk."""

    unit_id: UUID
    name: str
    agency_code: str
    level: UnitLevel
    kind: UnitKind
    agency_codes: frozenset[str]
    parent_id: UUID | None = None
