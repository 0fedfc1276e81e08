"""Reads the form's `Chức vụ` column: two roles, and nothing that administers or audits (R4, R28)."""

from enum import StrEnum
from typing import Final

from app.accounts.registration.folding import plain
from app.accounts.values import Role

RECEPTION_POSITION: Final = "công chức TN-TKQ"
PROCESSING_POSITION: Final = "công chức xử lý hồ sơ"
POSITIONS: Final = {Role.RECEPTION: RECEPTION_POSITION, Role.PROCESSING: PROCESSING_POSITION}

_RECEPTION: Final = frozenset(
    {
        "tntkq", "tntrakq", "tnvatkq", "tnvtkq", "tnvatrakq", "tiepnhan", "tiepnhanhoso", "tiepnhantkq",
        "tiepnhantrakq", "tiepnhanvatkq", "tiepnhanvatrakq", "tiepnhantraketqua", "tiepnhanvatraketqua",
        "tiepnhanhosovatraketqua", "tiepnhanvatraketquahoso", "tiepnhanhosotraketqua", "reception",
    }
)  # fmt: skip
_PROCESSING: Final = frozenset(
    {"xulyhoso", "xulyhs", "xlhs", "xuly", "thulyhoso", "giaiquyethoso", "processing"}
)
_PERSONS: Final = ("canbocongchuc", "congchuc", "vienchuc", "canbo", "cbcc", "cb", "cc")
_PRIVILEGED_WORDS: Final = ("quantri", "admin", "kiemtoan", "audit", "quanly")


class PositionFault(StrEnum):
    """Why a position gives no role."""

    UNKNOWN = "unknown"
    PRIVILEGED = "privileged"


def role_of(position: str) -> Role | PositionFault:
    """Return the role that a position such as `Công chức TN-TKQ` means, or why there is none."""
    letters = plain(position).replace("xuli", "xuly").replace("thuli", "thuly")
    if any(word in letters for word in _PRIVILEGED_WORDS):
        return PositionFault.PRIVILEGED
    for person in _PERSONS:
        if letters.startswith(person):
            letters = letters.removeprefix(person)
            break
    if letters in _RECEPTION:
        return Role.RECEPTION
    if letters in _PROCESSING:
        return Role.PROCESSING
    return PositionFault.UNKNOWN
