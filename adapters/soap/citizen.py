"""Turns one CongDan element into a Citizen, or refuses it: nothing is guessed, nothing falls back."""

import re
import unicodedata
from datetime import date

from lxml.etree import _Element as Element

from adapters.reasons import Reason
from adapters.soap.envelope import is_blank
from adapters.soap.wire import DANCU
from app.errors import SourceConfusedError
from app.lookup.values import Address, BirthDate, Citizen, Person

_PREFIX = f"{{{DANCU}}}"
_PREFIX_LENGTH = len(_PREFIX)
_SEXES = {"1": "male", "2": "female"}
_YEAR = re.compile(r"[0-9]{4}")
_DAY = re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})")

Fields = dict[str, Element]


def read_record(record: Element) -> Citizen:
    """Return the citizen in *record*; codes as received, texts in NFC with single spaces.

    Raises SourceConfusedError(`unreadable_record`) for a record without a name or without any
    number, an impossible date, a field given twice, or text where a structure belongs and the
    reverse. Source: wire format, section 4.1.
    """
    fields = _fields(record)
    full_name = _name(fields)
    id_number, old_id_number = _text(fields, "SoDinhDanh"), _text(fields, "SoCMND")
    if full_name is None or (id_number is None and old_id_number is None):
        raise _unreadable()
    return Citizen(
        id_number=id_number,
        full_name=full_name,
        birth_date=_birth_date(fields),
        old_id_number=old_id_number,
        sex=_SEXES.get(_text(fields, "GioiTinh") or ""),
        permanent_residence=_address(fields, "ThuongTru"),
        current_residence=_address(fields, "NoiOHienTai"),
        household_head=_person(fields, "ChuHo"),
        relation_to_head=_text(_fields(fields.get("ChuHo")), "QuanHe"),
        residence_file_number=_text(fields, "SoSoHoKhau"),
        nationality=_text(fields, "QuocTich"),
        birth_registration_place=_address(fields, "NoiDangKyKhaiSinh"),
        home_place=_address(fields, "QueQuan"),
        ethnicity=_text(fields, "DanToc"),
        religion=_text(fields, "TonGiao"),
        marital_status=_text(fields, "TinhTrangHonNhan"),
        blood_group=_text(fields, "NhomMau"),
        father=_person(fields, "Cha"),
        mother=_person(fields, "Me"),
        spouse=_person(fields, "VoChong"),
        representative=_person(fields, "NguoiDaiDien"),
    )


def _person(fields: Fields, name: str) -> Person | None:
    inner = _fields(fields.get(name))
    full_name, nationality = _name(inner), _text(inner, "QuocTich")
    id_number, old_id_number = _text(inner, "SoDinhDanh"), _text(inner, "SoCMND")
    if full_name or id_number or old_id_number or nationality:
        return Person(full_name, id_number, old_id_number, nationality)
    return None


def _address(fields: Fields, name: str) -> Address | None:
    inner = _fields(fields.get(name))
    line, country = _text(inner, "ChiTiet"), _text(inner, "QuocGia")
    commune, province = _text(inner, "MaPhuongXa"), _text(inner, "MaTinhThanh")
    district = _text(inner, "MaQuanHuyen")  # gone since the merger of 1 July 2025
    if line or commune or district or province or country:
        return Address(line, commune, district, province, country)
    return None


def _name(fields: Fields) -> str | None:
    # The service puts the whole name into Ten, the standard splits it, relatives have it flat.
    element = fields.get("HoVaTen")
    if element is None or len(element) == 0:
        return _text(fields, "HoVaTen")
    inner = _fields(element)
    parts = (_text(inner, part) for part in ("Ho", "ChuDem", "Ten"))
    return " ".join(part for part in parts if part) or None


def _birth_date(fields: Fields) -> BirthDate | None:
    inner = _fields(fields.get("NgayThangNamSinh"))
    year, day = _text(inner, "Nam"), _text(inner, "NgayThangNam")
    if day is None:
        return None if year is None else _year(year)
    birth_date = _day(day)
    if year is not None and _year(year).year != birth_date.year:
        raise _unreadable()
    return birth_date


def _year(text: str) -> BirthDate:
    if not _YEAR.fullmatch(text) or text == "0000":
        raise _unreadable()
    return BirthDate(int(text))


def _day(text: str) -> BirthDate:
    match = _DAY.fullmatch(text)
    if match is None:
        raise _unreadable()
    try:
        return BirthDate.of(date(int(match[1]), int(match[3]), int(match[4])))
    except ValueError:
        raise _unreadable() from None


def _fields(element: Element | None) -> Fields:
    """Return the known-namespace children of *element* by name; none where it is absent or empty."""
    fields: Fields = {}
    if element is None:
        return fields
    if not is_blank(element.text):
        raise _unreadable()
    for child in element:
        if (tail := child.tail) is not None and not is_blank(tail):
            raise _unreadable()
        if (tag := child.tag).startswith(_PREFIX):
            name = tag[_PREFIX_LENGTH:]
            if name in fields:
                raise _unreadable()
            fields[name] = child
    return fields


def _text(fields: Fields, name: str) -> str | None:
    element = fields.get(name)
    if element is None:
        return None
    if len(element):
        raise _unreadable()
    if (text := element.text) is None:
        return None
    text = " ".join(text.split())
    return (text if text.isascii() else unicodedata.normalize("NFC", text)) or None


def _unreadable() -> SourceConfusedError:
    return SourceConfusedError(Reason.UNREADABLE_RECORD)
