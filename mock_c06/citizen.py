"""What the stand-in knows about one invented citizen, as values that never change."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Sex(StrEnum):
    """Codes of GioiTinh."""

    MALE = "1"
    FEMALE = "2"


class Marital(StrEnum):
    """Codes of TinhTrangHonNhan."""

    SINGLE = "1"
    MARRIED = "2"


@dataclass(frozen=True, slots=True)
class BirthDate:
    """A birth date of which perhaps only the year is known."""

    year: int
    day: date | None = None

    @classmethod
    def on(cls, year: int, month: int, day: int) -> "BirthDate":
        """Return a birth date known to the day."""
        return cls(year, date(year, month, day))

    def __str__(self) -> str:
        return self.day.isoformat() if self.day else f"{self.year:04d}"


@dataclass(frozen=True, slots=True)
class Identity:
    """The three things a question is matched on, and the sex that goes with the name."""

    citizen_id: str
    full_name: str
    birth_date: BirthDate
    sex: Sex


@dataclass(frozen=True, slots=True)
class Address:
    """A place: codes as strings; a district of None is left out, an empty one is sent empty."""

    province_code: str
    legacy_district_code: str | None
    commune_code: str
    address_line: str
    country: str = "VN"


@dataclass(frozen=True, slots=True)
class Relative:
    """Somebody named in another citizen's record."""

    full_name: str
    citizen_id: str = ""
    old_id_number: str = ""
    nationality: str = "VN"


@dataclass(frozen=True, slots=True)
class HouseholdHead:
    """The head of the household, and what the citizen is to them; all empty means an empty element."""

    relation_to_head: str = ""
    citizen_id: str = ""
    old_id_number: str = ""
    full_name: str = ""


@dataclass(frozen=True, slots=True)
class Citizen:
    """One whole record; a relative of None is left out of the answer."""

    citizen_id: str
    old_id_number: str
    full_name: str
    sex: Sex
    birth_date: BirthDate
    birth_registration: Address
    origin: Address
    permanent_residence: Address
    current_residence: Address
    marital: Marital
    father: Relative | None
    mother: Relative | None
    spouse: Relative | None
    representative: Relative | None
    household_head: HouseholdHead | None
    residence_file_number: str
    ethnicity: str = "01"
    religion: str = "00"
    blood_group: str = "00"
    # Empty for a Vietnamese, as in the one captured-looking answer.
    nationality: str = field(default="")
    # Into family, middle and given name, as the standard has it; the live side puts all into Ten.
    has_split_name: bool = False
