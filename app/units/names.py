"""Tells names of private bodies, which never hold officers (R34), from names of agencies."""

import unicodedata
from typing import Final

LONGEST_NAME: Final = 300
_FORMULA_STARTS: Final = ("=", "+", "-", "@")
_PRIVATE_STARTS: Final = (
    "cong ty",
    "tong cong ty",
    "tap doan",
    "chi nhanh cong ty",
    "doanh nghiep",
    "ho kinh doanh",
    "hop tac xa",
    "van phong cong chung",  # "phòng công chứng" is the State's
    "vpcc",
    "van phong thua phat lai",
    "van phong luat su",
    "van phong giam dinh tu phap",
)
_PRIVATE_WORDS: Final = ("tnhh", "trach nhiem huu han", "co phan", "tu nhan")


def fold(text: str) -> str:
    """Return *text* without accents, in lower case, with single spaces: what two spellings share."""
    letters = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(bare.split())


def is_private(name: str) -> bool:
    """Whether the name is a private body's (Luật Căn cước Điều 10): they may not have this data."""
    folded = f"{fold(name)} "
    begins = any(folded.startswith(f"{start} ") for start in _PRIVATE_STARTS)
    return begins or any(f" {word} " in folded for word in _PRIVATE_WORDS)


def tidied(text: str) -> str:
    """Return what somebody typed as records keep it: letters composed (NFC), no blanks around it."""
    return unicodedata.normalize("NFC", text).strip()


def is_presentable(name: str) -> bool:
    """Whether the name can stand on one line of a list, and no spreadsheet takes it for a formula."""
    if not name or name != tidied(name) or len(name) > LONGEST_NAME or name.startswith(_FORMULA_STARTS):
        return False
    return not any(unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp"} for letter in name)
