"""Finds out which column of a national log means what, however its heading is spelled."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.sheets.cleaning import clean

_SEPARATORS: Final = ",;\t|"
_NOT_WORD: Final = re.compile(r"[^a-z0-9]")


class Meaning(StrEnum):
    """What a column tells; a log must tell the first two."""

    REQUEST_ID = "MaYeuCau"
    TIME = "ThoiGian"
    OFFICER_CODE = "MaCanBo"
    ACCOUNT = "TaiKhoan"
    SERVICE_CODE = "MaDVC"
    ROAD = "DuongKetNoi"
    RESULT = "KetQua"


SPELLINGS: Final[Mapping[Meaning, tuple[str, ...]]] = {
    Meaning.REQUEST_ID: ("mayeucau", "mayeucautracuu", "nationalrequestid", "requestid", "requestcode"),
    Meaning.TIME: (
        "thoigian", "thoigianyeucau", "thoigiantracuu", "thoigiantruycap", "thoigiannhan", "thoidiem",
        "thoidiemyeucau", "thoidiemtracuu", "thoidiemtruycap", "ngaygio", "timestamp", "requesttime",
        "datetime", "time",
    ),
    Meaning.OFFICER_CODE: ("macanbo", "macanbotracuu", "macb", "officercode"),
    Meaning.ACCOUNT: ("taikhoan", "tentaikhoan", "tendangnhap", "usernameservice", "username", "account"),
    Meaning.SERVICE_CODE: ("madvc", "madichvucong", "servicecode"),
    Meaning.ROAD: ("duongketnoi", "kenhketnoi", "duongtruyen", "road", "channel"),
    Meaning.RESULT: ("ketqua", "ketquatracuu", "maketqua", "trangthai", "result", "answer", "status"),
}  # fmt: skip
"""Headings without accents, spaces, case and signs; of several columns with one meaning the earlier here."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a log's rows are written: what separates cells, how many there are, where each meaning stands."""

    separator: str
    width: int
    places: Mapping[Meaning, int]


def find_layout(line: str) -> Layout | None:
    """Return the layout that a heading line tells; None for a line without both columns that are needed.

    Raises ValueError where one of them stands there twice.
    """
    for separator in _SEPARATORS:
        names = [_name(cell) for cell in line.split(separator)]
        places = _places(names)
        if {Meaning.REQUEST_ID, Meaning.TIME} <= places.keys():
            return Layout(separator, len(names), places)
    return None


def _places(names: Sequence[str]) -> Mapping[Meaning, int]:
    counts = Counter(names)
    places: dict[Meaning, int] = {}
    for meaning, spellings in SPELLINGS.items():
        there = [spelling for spelling in spellings if spelling in counts]
        if not there:
            continue
        if counts[there[0]] > 1:
            raise ValueError(f"two columns are called {meaning.value}")
        places[meaning] = names.index(there[0])
    return places


def _name(heading: str) -> str:
    text = unicodedata.normalize("NFD", clean(heading).casefold().replace("đ", "d"))
    return _NOT_WORD.sub("", text)
