"""How a procedure's code is written, national and local (requirements, section 2.4)."""

import re
from typing import Final

LONGEST_CODE: Final = 30

PROCEDURE_CODE: Final = re.compile(
    r"[0-9]\.[0-9]{6}(?:\.[0-9A-Z]{3}\.[0-9A-Z]{2}\.[0-9A-Z]{2}\.[A-Y][0-9]{2})?"
)
"""`1.004194`, and with the agency's code `1.011442.000.00.00.H38`; a lookup takes the very same."""

SERVICE_CODE: Final = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z._-]{0,18}[0-9A-Za-z])?")
"""The code of the public service on the national side (MaDVC), such as `1.004194.01`; R27."""

_NATIONAL_BEGUN: Final = re.compile(r"([0-9])[.,]([0-9]{1,6})")
_DIGITS: Final = 6


def suggested_code(typed: str) -> str:
    """Return what a malformed code was probably meant to be, empty where nothing tells.

    A spreadsheet that takes a code for a number drops its last zeros: `1.00419` was `1.004190`.
    """
    wanted = typed.strip().upper().replace(" ", "")
    if PROCEDURE_CODE.fullmatch(wanted):
        return wanted
    begun = _NATIONAL_BEGUN.fullmatch(wanted)
    return f"{begun[1]}.{begun[2]:0<{_DIGITS}}" if begun is not None else ""
