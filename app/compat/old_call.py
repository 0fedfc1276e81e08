"""One call as old software makes it, read out of SOAP or JSON: names of elements and their texts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Operation(StrEnum):
    """What the call asks for, however its service is called."""

    FIND = "find"
    """The citizen's record (037, TraCuuThongTinCongDan)."""
    CONFIRM = "confirm"
    """Whether there is such a citizen (003 and 033, XacThucThongTinCongDan)."""


class Shape(StrEnum):
    """What the software reads the answer out of."""

    RECORD = "record"
    """SOAP: a collection of at most one citizen."""
    COUNT = "count"
    """SOAP, 003: how many citizens fit."""
    EXISTS = "exists"
    """SOAP, 033: whether such a citizen exists."""
    WRAPPED = "wrapped"
    """JSON with the SOAP answer as a text (Thanh Hóa)."""
    FLAG = "flag"
    """JSON with yes or no (Đồng Tháp)."""
    TREE = "tree"
    """JSON made of the SOAP answer, without root and prefixes (OpenCPS)."""

    @property
    def is_json(self) -> bool:
        """Whether the answer, and what goes wrong, is JSON."""
        return self in {Shape.WRAPPED, Shape.FLAG, Shape.TREE}


KNOWN: Final = frozenset(
    {
        "MaYeuCau", "MaDVC", "MaTichHop", "MaDichVu", "MaCanBo", "SoDinhDanh", "SoCMND", "HoVaTen",
        "NgayThangNam", "Nam",
    }
)  # fmt: skip
"""What is read of a call; whatever else real software sends (MaDonVi, TaiKhoan, …) is passed over."""

FIND_NAME: Final = "TraCuuThongTinCongDan"
CONFIRM_NAME: Final = "XacThucThongTinCongDan"
_OPERATIONS: Final = {FIND_NAME: Operation.FIND, CONFIRM_NAME: Operation.CONFIRM}
_CODES: Final = {"037": Operation.FIND, "003": Operation.CONFIRM, "033": Operation.CONFIRM}


@dataclass(frozen=True, slots=True)
class OldCall:
    """`operation` is None for a service that is not served; `prefix` is the caller's own for its elements."""

    operation: Operation | None
    shape: Shape
    fields: Mapping[str, str] = field(repr=False)
    prefix: str | None = None
    is_033: bool = False

    def text(self, name: str) -> str:
        """Return the text of an element without surrounding blanks; empty where there is none."""
        return self.fields.get(name, "").strip()


def operation_of(name: str, code: str) -> Operation | None:
    """Return what a service's name, else its integration code, asks for; None where they disagree."""
    named, coded = _OPERATIONS.get(name), _CODES.get(code)
    if code and coded is None:
        return None
    if name and named is None:
        return None
    if named is not None and coded is not None and named is not coded:
        return None
    return named or coded
