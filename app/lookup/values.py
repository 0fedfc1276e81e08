"""What a lookup asks about and what comes back, as types that cannot be wrong and never print persons."""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from app.quickly_made import quickly_made

_TWO_DIGITS: Final = tuple(f"{number:02d}" for number in range(32))
"""Of months and days; formatting each anew takes three times as long."""
_LAST_OF_THREE_DIGITS: Final = 999


@dataclass(frozen=True, slots=True)
class CitizenId:
    """A twelve-digit personal identification number (số định danh cá nhân) that never prints whole."""

    digits: str = field(repr=False)

    def __str__(self) -> str:
        return f"*********{self.digits[-3:]}"


@dataclass(frozen=True, slots=True)
class OldIdNumber:
    """A nine-digit number of the former identity card (CMND) that never prints whole."""

    digits: str = field(repr=False)

    def __str__(self) -> str:
        return f"******{self.digits[-3:]}"


IdNumber = CitizenId | OldIdNumber


@dataclass(frozen=True, slots=True)
class FullName:
    """A person's name, NFC, single spaces, as typed otherwise."""

    text: str = field(repr=False)

    def __str__(self) -> str:
        return "***"


@quickly_made
@dataclass(frozen=True, slots=True)
class BirthDate:
    """A birth date, or only the year where nothing more is known (R45)."""

    year: int = field(repr=False)
    month: int | None = field(default=None, repr=False)
    day: int | None = field(default=None, repr=False)

    @classmethod
    def of(cls, day: date) -> "BirthDate":
        """Return the full date *day*."""
        return cls(day.year, day.month, day.day)

    @property
    def is_year_only(self) -> bool:
        """Whether only the year is known."""
        return self.month is None or self.day is None

    @property
    def iso(self) -> str:
        """`yyyy-mm-dd`, or `yyyy` where only the year is known."""
        year = self.year if self.year > _LAST_OF_THREE_DIGITS else f"{self.year:04d}"
        if self.month is None or self.day is None:
            return str(year)
        return f"{year}-{_TWO_DIGITS[self.month]}-{_TWO_DIGITS[self.day]}"

    def __str__(self) -> str:
        return "****"


@quickly_made
@dataclass(frozen=True, slots=True)
class Question:
    """The person asked about: number, name and birth date together (R43)."""

    id_number: IdNumber
    full_name: FullName
    birth_date: BirthDate


@quickly_made
@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """An address as the national side gives it; codes as received, `None` where it gave nothing (R84)."""

    line: str | None = None
    commune_code: str | None = None
    district_code: str | None = None
    province_code: str | None = None
    country_code: str | None = None


@quickly_made
@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """A relative or head of household named inside a citizen's record."""

    full_name: str | None = None
    id_number: str | None = None
    old_id_number: str | None = None
    nationality: str | None = None


@quickly_made
@dataclass(frozen=True, slots=True, repr=False)
class Citizen:
    """A citizen's whole record as received, before narrowing; lives only while its lookup runs."""

    id_number: str | None
    full_name: str
    birth_date: BirthDate | None
    old_id_number: str | None = None
    sex: str | None = None
    permanent_residence: Address | None = None
    current_residence: Address | None = None
    household_head: Person | None = None
    relation_to_head: str | None = None
    residence_file_number: str | None = None
    nationality: str | None = None
    birth_registration_place: Address | None = None
    home_place: Address | None = None
    ethnicity: str | None = None
    religion: str | None = None
    marital_status: str | None = None
    blood_group: str | None = None
    father: Person | None = None
    mother: Person | None = None
    spouse: Person | None = None
    representative: Person | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Household:
    """The members of a household as received (034), before narrowing; lives only while its lookup runs.

    `is_verified` is false until a real answer has been seen: whoever shows a household must say so.
    """

    members: tuple[Citizen, ...]
    is_verified: bool = False
