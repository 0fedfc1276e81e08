"""Electronic identification codes of agencies, in the old form and the new."""

import re
from functools import lru_cache
from typing import Final

LONGEST_CODE: Final = 35  # Decision 20/2020/QĐ-TTg Article 4
OLD_CODE: Final = r"[0-9A-Z]{3}\.[0-9A-Z]{2}\.[0-9A-Z]{2}\.[A-Y][0-9]{2}"
NEW_CODE: Final = r"[A-Y][0-9]{2}(?:\.[0-9A-Z]+)*"
_OTHER_BODY: Final = r"Z[0-9]{2}(?:\.[0-9A-Z]+)*"  # as above, Article 6

_OLD: Final = re.compile(OLD_CODE)
_NEW: Final = re.compile(rf"{NEW_CODE}|{_OTHER_BODY}")
_LEVEL_ONE_FIRST: Final = re.compile(r"[A-Y][0-9]{2}(?:\.|\Z)")
_COMPONENT_LENGTHS: Final = (2, 2, 3)  # of the old form below level one, largest unit first


def is_new_code(text: str) -> bool:
    """Whether *text* is a code of Decision 20/2020/QĐ-TTg, largest unit first, such as `H19.34.12`."""
    return len(text) <= LONGEST_CODE and _NEW.fullmatch(text) is not None


def is_agency_code(text: str) -> bool:
    """Whether *text* is a code of either form; the old one is QCVN 102:2016's, `000.12.34.H19`."""
    return is_new_code(text) or _OLD.fullmatch(text) is not None


@lru_cache(maxsize=4096)  # every lookup compares a few, of the same few agencies
def canonical_agency_code(code: str) -> str:
    """Return the code in the new form, largest unit first: `000.12.34.H19` becomes `H19.34.12`.

    A code that could be read both ways already begins with a level-one code and stays as it is,
    so that doing this twice changes nothing and one agency's code never turns into another's.
    """
    if _LEVEL_ONE_FIRST.match(code) or not _OLD.fullmatch(code):
        return code
    components = code.split(".")[::-1]
    while not components[-1].strip("0"):  # ends at the level-one code, which begins with a letter
        components.pop()
    return ".".join(components)


def old_form(code: str) -> str | None:
    """Return a new code in the old form, or None where the rule does not reach: `H19.34.12` only.

    The old form has room for three levels below the first, of two, two and three characters.
    """
    level_one, *components = code.split(".")
    if not is_new_code(code) or len(components) > len(_COMPONENT_LENGTHS):
        return None
    filled = [*components, *("0" for _ in range(len(_COMPONENT_LENGTHS) - len(components)))]
    padded = [part.rjust(length, "0") for part, length in zip(filled, _COMPONENT_LENGTHS, strict=True)]
    old = ".".join((*reversed(padded), level_one))
    return old if canonical_agency_code(old) == code else None
