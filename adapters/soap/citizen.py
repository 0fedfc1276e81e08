"""Turns one CongDan element into a Citizen, or refuses it: nothing is guessed, nothing falls back."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from lxml.etree import _Element as Element

from adapters.reasons import Reason
from adapters.soap.wire import DANCU
from app.errors import SourceConfusedError
from app.lookup.values import Address, BirthDate, Citizen, Person

_PREFIX: Final = f"{{{DANCU}}}"
_SO_DINH_DANH, _SO_CMND, _QUOC_TICH, _QUAN_HE = (
    _PREFIX + name for name in ("SoDinhDanh", "SoCMND", "QuocTich", "QuanHe")
)
_HO_VA_TEN, _HO, _CHU_DEM, _TEN = (_PREFIX + name for name in ("HoVaTen", "Ho", "ChuDem", "Ten"))
_NGAY_THANG_NAM_SINH, _NGAY_THANG_NAM, _NAM = (
    _PREFIX + name for name in ("NgayThangNamSinh", "NgayThangNam", "Nam")
)
_CHI_TIET, _MA_PHUONG_XA, _MA_QUAN_HUYEN, _MA_TINH_THANH, _QUOC_GIA = (
    _PREFIX + name for name in ("ChiTiet", "MaPhuongXa", "MaQuanHuyen", "MaTinhThanh", "QuocGia")
)
_SEXES = {"1": "male", "2": "female"}
_YEAR = re.compile(r"[0-9]{4}")
_DAY = re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})")

Fields = dict[str, Element]
_NOTHING: Final[Fields] = {}


def read_record(record: Element, wanted: frozenset[str] | None = None) -> Citizen:
    """Return the citizen in *record*; codes as received, texts in NFC with single spaces.

    Of what does not tell who it is (numbers, name, birth date) only *wanted* is read; None wants all.
    Raises SourceConfusedError(`unreadable_record`) for a record without a name or without any
    number, an impossible date, a field given twice, or text where a structure belongs and the
    reverse. Source: wire format, section 4.1.
    """
    fields = _fields(record)
    full_name = _name(fields)
    id_number, old_id_number = _text(fields, _SO_DINH_DANH), _text(fields, _SO_CMND)
    if full_name is None or (id_number is None and old_id_number is None):
        raise _unreadable()
    further = {
        name: read(fields, element)
        for name, (element, read) in _FURTHER.items()
        if element in fields and (wanted is None or name in wanted)
    }
    return Citizen(id_number, full_name, _birth_date(fields), old_id_number, **further)


def _sex(fields: Fields, name: str) -> str | None:
    return _SEXES.get(_text(fields, name) or "")


def _relation(fields: Fields, name: str) -> str | None:
    return _text(_fields(fields.get(name)), _QUAN_HE)


def _person(fields: Fields, name: str) -> Person | None:
    inner = _fields(fields.get(name))
    full_name, nationality = _name(inner), _text(inner, _QUOC_TICH)
    id_number, old_id_number = _text(inner, _SO_DINH_DANH), _text(inner, _SO_CMND)
    if full_name or id_number or old_id_number or nationality:
        return Person(full_name, id_number, old_id_number, nationality)
    return None


def _address(fields: Fields, name: str) -> Address | None:
    inner = _fields(fields.get(name))
    line, country = _text(inner, _CHI_TIET), _text(inner, _QUOC_GIA)
    commune, province = _text(inner, _MA_PHUONG_XA), _text(inner, _MA_TINH_THANH)
    district = _text(inner, _MA_QUAN_HUYEN)  # gone since the merger of 1 July 2025
    if line or commune or district or province or country:
        return Address(line, commune, district, province, country)
    return None


def _name(fields: Fields) -> str | None:
    # The service puts the whole name into Ten, the standard splits it, relatives have it flat.
    element = fields.get(_HO_VA_TEN)
    if element is None or len(element) == 0:
        return _text(fields, _HO_VA_TEN)
    inner = _fields(element)
    parts = _text(inner, _HO), _text(inner, _CHU_DEM), _text(inner, _TEN)
    return " ".join(filter(None, parts)) or None


def _birth_date(fields: Fields) -> BirthDate | None:
    inner = _fields(fields.get(_NGAY_THANG_NAM_SINH))
    year, day = _text(inner, _NAM), _text(inner, _NGAY_THANG_NAM)
    if day is None:
        return None if year is None else _year(year)
    birth_date = _day(day)
    if year is not None and year != day[:4]:
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
    """Return the children of *element* by tag; none where it is absent or empty."""
    if element is None:
        return _NOTHING
    if (text := element.text) and not text.isspace():
        raise _unreadable()
    fields: Fields = {}
    for child in element:
        if (tail := child.tail) and not tail.isspace():
            raise _unreadable()
        fields[child.tag] = child
    if len(fields) < len(element):
        _check_doubles(element)
    return fields


def _check_doubles(element: Element) -> None:
    """Raise where a field of the record stands twice; elements nobody knows may."""
    ours = [child.tag for child in element if child.tag.startswith(_PREFIX)]
    if len(set(ours)) < len(ours):
        raise _unreadable()


def _text(fields: Fields, name: str) -> str | None:
    element = fields.get(name)
    if element is None:
        return None
    text = element.text
    if len(element):
        raise _unreadable()
    if text is None:
        return None
    if text.isascii():
        return text if text.isalnum() else " ".join(text.split()) or None
    return unicodedata.normalize("NFC", " ".join(text.split())) or None


def _unreadable() -> SourceConfusedError:
    return SourceConfusedError(Reason.UNREADABLE_RECORD)


_FURTHER: Final[Mapping[str, tuple[str, Callable[[Fields, str], Any]]]] = {
    "sex": (_PREFIX + "GioiTinh", _sex),
    "permanent_residence": (_PREFIX + "ThuongTru", _address),
    "current_residence": (_PREFIX + "NoiOHienTai", _address),
    "household_head": (_PREFIX + "ChuHo", _person),
    "relation_to_head": (_PREFIX + "ChuHo", _relation),
    "residence_file_number": (_PREFIX + "SoSoHoKhau", _text),
    "nationality": (_PREFIX + "QuocTich", _text),
    "birth_registration_place": (_PREFIX + "NoiDangKyKhaiSinh", _address),
    "home_place": (_PREFIX + "QueQuan", _address),
    "ethnicity": (_PREFIX + "DanToc", _text),
    "religion": (_PREFIX + "TonGiao", _text),
    "marital_status": (_PREFIX + "TinhTrangHonNhan", _text),
    "blood_group": (_PREFIX + "NhomMau", _text),
    "father": (_PREFIX + "Cha", _person),
    "mother": (_PREFIX + "Me", _person),
    "spouse": (_PREFIX + "VoChong", _person),
    "representative": (_PREFIX + "NguoiDaiDien", _person),
}
"""The fields of a citizen beside who it is: the element each stands in, and how it is read."""
