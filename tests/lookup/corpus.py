"""The hand-written pairs of names and addresses, and how an address is written in them."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from app.lookup.values import Address
from app.lookup.verdicts import Verdict

_FOLDER = Path(__file__).parent / "data"
_CODES = re.compile(r"(?:\[([0-9]*)(?:/([0-9]*)/([0-9]*))?\] ?)?(.*)", re.DOTALL)


@dataclass(frozen=True)
class Pair:
    """What is asked, what the record says, and whether it is the same in the eyes of whoever wrote it."""

    asked: str
    recorded: str
    expected: Verdict
    about: str


def pairs(name: str) -> list[Pair]:
    """Return the pairs of `names` or `addresses`."""
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [
            Pair(row["asked"], row["recorded"], Verdict[row["expected"].upper()], row["about"])
            for row in csv.DictReader(file)
        ]


def an_address(text: str) -> Address:
    """Return the address of a corpus: `[ward/district/province] line`, each part left out where unknown."""
    parts = _CODES.fullmatch(text)
    if parts is None:
        raise ValueError(text)
    ward, district, province, line = (part or None for part in parts.groups())
    return Address(line, ward, district, province)
