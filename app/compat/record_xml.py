"""Writes what may be shown as the live service writes a record: every element there, the rest empty."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from lxml import etree
from lxml.etree import _Element as Element

from app.compat.soap_call import SOAP

QLDC: Final = "http://dancuquocgia.bca"
DANCU: Final = "http://www.mic.gov.vn/dancu/1.0"
_DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_PREFIX: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
_USUAL_PREFIX: Final = "dan"
_TAKEN: Final = re.compile(r"soapenv$|ns[0-9]+$|[Xx][Mm][Ll]")
_SEXES: Final = {"male": "1", "female": "2"}
_UNWRITABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ADDRESS: Final = (
    ("MaTinhThanh", "province_code"),
    ("MaQuanHuyen", "district_code"),
    ("MaPhuongXa", "commune_code"),
    ("ChiTiet", "line"),
    ("QuocGia", "country_code"),
)
_PERSON: Final = (
    ("HoVaTen", "full_name"),
    ("QuocTich", "nationality"),
    ("SoDinhDanh", "id_number"),
    ("SoCMND", "old_id_number"),
)
_HEAD: Final = (("SoDinhDanh", "id_number"), ("SoCMND", "old_id_number"), ("HoVaTen", "full_name"))

Shown = Mapping[str, Any]


def record_answer(citizen: Shown | None, prefix: str | None) -> bytes:
    """Return the answer to 037: the one citizen, made by narrow, or None for an empty collection.

    The prefixes `soapenv` and `ns1` are literal in real parsers; Header and Body repeat the caller's own.
    Source: wire format, section 4.1.
    """
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP})
    again = {_callers(prefix): QLDC}
    etree.SubElement(envelope, f"{{{SOAP}}}Header", nsmap=again)
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body", nsmap=again)
    collection = etree.SubElement(body, f"{{{DANCU}}}CongdanCollection", nsmap={"ns1": DANCU})
    if citizen is not None:
        _add_citizen(collection, citizen)
    etree.indent(envelope, space="    ")
    return _DECLARATION + etree.tostring(envelope, encoding="UTF-8", xml_declaration=False) + b"\n"


def count_answer(*, is_known: bool) -> bytes:
    """Return the answer to 003: how many citizens fit."""
    return _yes_or_no("XacThucThongTinCongDanResponse", "SoLuongCongDan", "1" if is_known else "0")


def exists_answer(*, is_known: bool) -> bytes:
    """Return the answer to 033: whether such a citizen exists."""
    return _yes_or_no("KetQuaXacThucResponse", "TonTai", "true" if is_known else "false")


def fault_answer(
    *, is_callers: bool, text: str, code: str, lookup_id: str | None, request_id: str, fields: Sequence[str]
) -> bytes:
    """Return a SOAP 1.1 Fault whose text is for the officer; our code and the ids stand in its detail.

    *fields* are the elements and headers that are wrong, by the names the caller gave them.
    """
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP})
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    fault = etree.SubElement(body, f"{{{SOAP}}}Fault")
    etree.SubElement(fault, "faultcode").text = "soapenv:Client" if is_callers else "soapenv:Server"
    etree.SubElement(fault, "faultstring").text = _UNWRITABLE.sub("", text)
    detail = etree.SubElement(fault, "detail")
    etree.SubElement(detail, "code").text = code
    if lookup_id is not None:
        etree.SubElement(detail, "lookup_id").text = lookup_id
    etree.SubElement(detail, "request_id").text = request_id
    for name in fields:
        etree.SubElement(detail, "field").text = _UNWRITABLE.sub("", name)
    return _DECLARATION + etree.tostring(envelope, encoding="UTF-8", xml_declaration=False) + b"\n"


def as_tree(answer: bytes) -> object:
    """Return an answer of ours as OpenCPS's backend hands it on: JSON without root and prefixes."""

    def tree(element: Element) -> object:
        return {etree.QName(child).localname: tree(child) for child in element} or (element.text or "")

    return tree(etree.fromstring(answer))


def _yes_or_no(root: str, element: str, text: str) -> bytes:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP})
    etree.SubElement(envelope, f"{{{SOAP}}}Header")
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    answer = etree.SubElement(body, f"{{{QLDC}}}{root}", nsmap={"ns1": QLDC})
    etree.SubElement(answer, f"{{{QLDC}}}{element}").text = text
    return _DECLARATION + etree.tostring(envelope, encoding="UTF-8", xml_declaration=False) + b"\n"


def _callers(prefix: str | None) -> str:
    """Return the caller's prefix where it may be declared again; lxml keeps ns0, ns1 and so on for itself."""
    if prefix is None or not _PREFIX.fullmatch(prefix) or _TAKEN.match(prefix):
        return _USUAL_PREFIX
    return prefix


def _add_citizen(collection: Element, shown: Shown) -> None:
    person = _child(collection, "CongDan")
    _child(person, "SoDinhDanh", shown.get("id_number"))
    _child(person, "SoCMND", shown.get("old_id_number"))
    name = _child(person, "HoVaTen")
    _child(name, "Ho")
    _child(name, "ChuDem")
    _child(name, "Ten", shown.get("full_name"))
    _child(person, "GioiTinh", _SEXES.get(shown.get("sex") or ""))
    _child(person, "DanToc", shown.get("ethnicity"))
    _child(person, "TonGiao", shown.get("religion"))
    _child(person, "TinhTrangHonNhan", shown.get("marital_status"))
    _child(person, "NhomMau", shown.get("blood_group"))
    _add_birth_date(person, shown.get("birth_date"))
    _add_parts(person, "NoiDangKyKhaiSinh", shown.get("birth_registration_place"), _ADDRESS)
    _child(person, "QuocTich", shown.get("nationality"))
    _add_parts(person, "QueQuan", shown.get("home_place"), _ADDRESS)
    _add_parts(person, "ThuongTru", shown.get("permanent_residence"), _ADDRESS)
    _add_parts(person, "NoiOHienTai", shown.get("current_residence"), _ADDRESS)
    for element, field in _RELATIVES:
        _add_parts(person, element, shown.get(field), _PERSON)
    head = _child(person, "ChuHo")
    _child(head, "QuanHe", shown.get("relation_to_head"))
    _fill(head, shown.get("household_head"), _HEAD)
    _child(person, "SoSoHoKhau", shown.get("residence_file_number"))


_RELATIVES: Final = (
    ("Cha", "father"),
    ("Me", "mother"),
    ("VoChong", "spouse"),
    ("NguoiDaiDien", "representative"),
)


def _add_birth_date(person: Element, birth_date: Mapping[str, str] | None) -> None:
    """Write year and day; of whom only the year is known, NgayThangNam is absent as live."""
    inner = _child(person, "NgayThangNamSinh")
    value = birth_date["value"] if birth_date else ""
    _child(inner, "Nam", value[:4])
    if birth_date is None or birth_date["precision"] == "day":
        _child(inner, "NgayThangNam", value.replace("-", ""))


def _add_parts(
    person: Element, name: str, parts: Mapping[str, str | None] | None, names: tuple[tuple[str, str], ...]
) -> None:
    _fill(_child(person, name), parts, names)


def _fill(
    element: Element, parts: Mapping[str, str | None] | None, names: tuple[tuple[str, str], ...]
) -> None:
    for name, part in names:
        _child(element, name, (parts or {}).get(part))


def _child(parent: Element, name: str, text: str | None = None) -> Element:
    child = etree.SubElement(parent, f"{{{DANCU}}}{name}")
    if text:
        child.text = _UNWRITABLE.sub("", text)
    return child
