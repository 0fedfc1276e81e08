"""Turns the texts of one CongDan into a Citizen, or refuses them: nothing is guessed, nothing falls back."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

from adapters.reasons import Reason
from app.errors import SourceConfusedError
from app.lookup.values import Address, BirthDate, Citizen, Person

_SEXES: Final = {"1": "male", "2": "female"}
_YEAR: Final = re.compile(r"[0-9]{4}")
_DAY: Final = re.compile(r"[0-9]{4}(?:[0-9]{4}|-[0-9]{2}-[0-9]{2})")


@dataclass(frozen=True, slots=True)
class Reading:
    """Which texts of a record are read, and what is made of them.

    `paths` tells where each text stands; where an element's own text is read and its children's too, it
    may hold either. `further` are the fields of a citizen beside who it is: name, what makes it, and
    which of the texts it is made of.
    """

    paths: tuple[str, ...]
    further: tuple[tuple[str, Callable[..., Any], slice], ...]


@lru_cache(maxsize=256)  # procedures have some ten of them, but officers may ask for less
def reading_of(wanted: frozenset[str] | None) -> Reading:
    """Return how what is *wanted* of a record is read, and always who it is; None wants all."""
    paths, further = _WHO, list[tuple[str, Callable[..., Any], slice]]()
    for name, (make, where) in _FURTHER.items():
        if wanted is None or name in wanted:
            further.append((name, make, slice(len(paths), len(paths) + len(where))))
            paths += where
    return Reading(paths, tuple(further))


def read_record(texts: Sequence[str | None], reading: Reading) -> Citizen:
    """Return the citizen whose *texts* stand at the paths of *reading*, None where there is none.

    Codes as received, texts in NFC with single spaces. Raises SourceConfusedError(`unreadable_record`)
    for a record without a name or without any number and for an impossible date. Source: wire format,
    section 4.1.
    """
    texts = [text if text is None or (text.isascii() and text.isalnum()) else _tidied(text) for text in texts]
    id_number, old_id_number, day, year = texts[:4]
    full_name = _name(*texts[4:8])
    if full_name is None or (id_number is None and old_id_number is None):
        raise unreadable()
    further = {name: make(*texts[where]) for name, make, where in reading.further}
    return Citizen(id_number, full_name, _birth_date(day, year), old_id_number, **further)


def unreadable() -> SourceConfusedError:
    """Return the error for a record that would have to be guessed at."""
    return SourceConfusedError(Reason.UNREADABLE_RECORD)


def _tidied(text: str) -> str | None:
    # Of all that is space only " " is printable: splitting what holds no other and no two of them is in vain.
    if "  " in text or not text.isprintable() or text.strip() != text:
        text = " ".join(text.split())
    return unicodedata.normalize("NFC", text) or None


def _name(flat: str | None, family: str | None, middle: str | None, given: str | None) -> str | None:
    # The service puts the whole name into Ten, the standard splits it, relatives have it flat.
    if family is None and middle is None:
        return flat or given
    return " ".join(filter(None, (flat, family, middle, given))) or None


def _birth_date(day: str | None, year: str | None) -> BirthDate | None:
    if day is None:
        return None if year is None else _year(year)
    birth_date = _day(day)
    if year is not None and year != day[:4]:
        raise unreadable()
    return birth_date


def _year(text: str) -> BirthDate:
    if not _YEAR.fullmatch(text) or text == "0000":
        raise unreadable()
    return BirthDate(int(text))


def _day(text: str) -> BirthDate:
    if not _DAY.fullmatch(text):
        raise unreadable()
    try:
        return BirthDate.of(date.fromisoformat(text))
    except ValueError:
        raise unreadable() from None


def _as_it_is(text: str | None) -> str | None:
    return text


def _sex(code: str | None) -> str | None:
    return _SEXES.get(code or "")


def _address(
    line: str | None, commune: str | None, district: str | None, province: str | None, country: str | None
) -> Address | None:
    if line or commune or district or province or country:
        return Address(line, commune, district, province, country)
    return None


def _person(
    id_number: str | None, old_id_number: str | None, nationality: str | None, *name: str | None
) -> Person | None:
    full_name = _name(*name)
    if full_name or id_number or old_id_number or nationality:
        return Person(full_name, id_number, old_id_number, nationality)
    return None


def _name_in(path: str) -> tuple[str, ...]:
    return (path, f"{path}/Ho", f"{path}/ChuDem", f"{path}/Ten")


def _address_in(path: str) -> tuple[str, ...]:
    # MaQuanHuyen is gone since the merger of 1 July 2025.
    parts = ("ChiTiet", "MaPhuongXa", "MaQuanHuyen", "MaTinhThanh", "QuocGia")
    return tuple(f"{path}/{part}" for part in parts)


def _person_in(path: str) -> tuple[str, ...]:
    parts = ("SoDinhDanh", "SoCMND", "QuocTich")
    return (*(f"{path}/{part}" for part in parts), *_name_in(f"{path}/HoVaTen"))


_WHO: Final = (
    "SoDinhDanh",
    "SoCMND",
    "NgayThangNamSinh/NgayThangNam",
    "NgayThangNamSinh/Nam",
    *_name_in("HoVaTen"),
)
_FURTHER: Final[Mapping[str, tuple[Callable[..., Any], tuple[str, ...]]]] = {
    "sex": (_sex, ("GioiTinh",)),
    "permanent_residence": (_address, _address_in("ThuongTru")),
    "current_residence": (_address, _address_in("NoiOHienTai")),
    "household_head": (_person, _person_in("ChuHo")),
    "relation_to_head": (_as_it_is, ("ChuHo/QuanHe",)),
    "residence_file_number": (_as_it_is, ("SoSoHoKhau",)),
    "nationality": (_as_it_is, ("QuocTich",)),
    "birth_registration_place": (_address, _address_in("NoiDangKyKhaiSinh")),
    "home_place": (_address, _address_in("QueQuan")),
    "ethnicity": (_as_it_is, ("DanToc",)),
    "religion": (_as_it_is, ("TonGiao",)),
    "marital_status": (_as_it_is, ("TinhTrangHonNhan",)),
    "blood_group": (_as_it_is, ("NhomMau",)),
    "father": (_person, _person_in("Cha")),
    "mother": (_person, _person_in("Me")),
    "spouse": (_person, _person_in("VoChong")),
    "representative": (_person, _person_in("NguoiDaiDien")),
}
"""The fields of a citizen beside who it is: what makes each, and of which texts."""
