"""Recognises an answer of the usual layout at a glance; whatever it does not recognise goes to lxml.

It knows a part of what is well-formed and fits the namespaces, and nothing else: no attributes but the
declarations, no comments, entities, CDATA or DOCTYPE (decision 48).
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from adapters.soap.namespaces import DANCU, QLDC, SOAP

# Longer ones are looked over for names without end first (decision 40); a record has a third of this.
_LONGEST: Final = 16 * 1024

_NAME: Final = ("Ho", "ChuDem", "Ten")
_ADDRESS: Final = ("MaTinhThanh", "MaQuanHuyen", "MaPhuongXa", "ChiTiet", "QuocGia")
_RELATIVE: Final = ("HoVaTen", "QuocTich", "SoDinhDanh", "SoCMND")
_MAY_BE_FLAT: Final = "HoVaTen"
_RECORD: Final[Mapping[str, tuple[str, ...]]] = {
    "SoDinhDanh": (),
    "SoCMND": (),
    "HoVaTen": _NAME,
    "GioiTinh": (),
    "DanToc": (),
    "TonGiao": (),
    "TinhTrangHonNhan": (),
    "NhomMau": (),
    "NgayThangNamSinh": ("Nam", "NgayThangNam"),
    "NoiDangKyKhaiSinh": _ADDRESS,
    "QuocTich": (),
    "QueQuan": _ADDRESS,
    "ThuongTru": _ADDRESS,
    "NoiOHienTai": _ADDRESS,
    "Cha": _RELATIVE,
    "Me": _RELATIVE,
    "VoChong": _RELATIVE,
    "NguoiDaiDien": _RELATIVE,
    # QuocTich was never seen there, but is read.
    "ChuHo": ("QuanHe", "SoDinhDanh", "SoCMND", "HoVaTen", "QuocTich"),
    "SoSoHoKhau": (),
}
"""The record's elements in the order they have live, and those inside them (wire format, section 4.1)."""

# Every repetition is possessive (it gives nothing back) and of single characters, and where there are two
# ways to go on the next tag decides: the time grows with the length, whatever is sent.
_BLANK: Final = r"\n?+ *+"
# Nothing that means something to XML or that it forbids; a carriage return becomes another character.
_TEXT: Final = r"[\t\n -%'-;=?-\ud7ff]*+"
_PREFIX: Final = r"(?!(?i:xml))[A-Za-z_][A-Za-z0-9_.-]{0,30}+"
# Header and Body declare the question's namespace again; not as SOAP's prefix, which would make them others.
_AGAIN: Final = rf'(?: xmlns:(?!(?P=soap)=){_PREFIX}="{re.escape(QLDC)}"|)'


def usual_texts(body: bytes, paths: tuple[str, ...]) -> Sequence[str | None] | None:
    """Return the text at each of *paths* in the only record of *body*, None where it is absent.

    None when *body* is not of the usual layout, which says nothing about it.
    """
    if len(body) > _LONGEST:
        return None
    try:
        match = _USUAL.fullmatch(body.decode())
    except UnicodeDecodeError:
        return None
    return None if match is None else match.group(*_groups_at(paths))


@lru_cache(maxsize=256)  # as many as adapters.soap.citizen keeps
def _groups_at(paths: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(_USUAL.groupindex[_group(path)] for path in paths)


def _group(path: str) -> str:
    return path.replace("/", "_")


def _element(path: str, inside: tuple[str, ...]) -> str:
    """Return the pattern of an element that may be missing or empty; its text is a group of that path."""
    name = path.rpartition("/")[2]
    contents = text = f"(?P<{_group(path)}>{_TEXT})"
    if inside:
        parts = (_element(f"{path}/{part}", _NAME if part == _MAY_BE_FLAT else ()) for part in inside)
        contents = _BLANK + "".join(parts)
    if name == _MAY_BE_FLAT:
        contents = f"(?:{text}|{contents})"
    return f"(?:<(?P=record):{name}(?:/>|>{contents}</(?P=record):{name}>){_BLANK}|)"


def _document() -> str:
    """Return the pattern of an answer with one record, each element after the blank before it."""
    parts = (
        r'(?:<\?xml version="1\.0" encoding="UTF-8"\?>\n?+|)',
        rf'<(?P<soap>{_PREFIX}):Envelope xmlns:(?P=soap)="{re.escape(SOAP)}">',
        rf"(?:<(?P=soap):Header{_AGAIN}(?:/>|></(?P=soap):Header>){_BLANK}|)<(?P=soap):Body{_AGAIN}>",
        rf'<(?!(?P=soap):)(?P<record>{_PREFIX}):CongdanCollection xmlns:(?P=record)="{re.escape(DANCU)}">',
        "<(?P=record):CongDan>",
        "".join(_element(*each) for each in _RECORD.items()),
        "</(?P=record):CongDan>",
        "</(?P=record):CongdanCollection>",
        "</(?P=soap):Body>",
        "</(?P=soap):Envelope>",
        "",
    )
    return _BLANK.join(parts)


_USUAL: Final = re.compile(_document())
