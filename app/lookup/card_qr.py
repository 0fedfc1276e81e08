"""Reads the QR code of a chip card, whatever the scanner made of it; refusals never repeat the content."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from app.errors import InvalidRequestError, ProblemCode
from app.lookup.names import unaccented
from app.lookup.parsing import parse_id_number, parse_question
from app.lookup.scanned_text import is_damaged, keeps_accents, mended
from app.lookup.values import CitizenId, OldIdNumber, Question

LONGEST_CONTENT: Final = 4000
_PARTS: Final = 7  # of the card of 2021; the one of 2024 says more behind them
_MOST_PARTS: Final = 40
_CONTROLS: Final = "".join(map(chr, range(0x21))) + "\x7f"
# The symbology (ISO/IEC 15424) and the character set (AIM ECI), where a scanner announces them; a prefix.
_ANNOUNCED: Final = re.compile(r"\A\][A-Za-z][0-9](?:\\[0-9]{6})?")
_PREFIX: Final = re.compile(r"\A[^0-9|]{1,16}")
_BLANKS: Final = re.compile("[ \t\r\n\u00a0\u3000]+")
_DATE: Final = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{4})")
_YEAR: Final = re.compile(r"(?:0000)?([0-9]{4})")
_SEXES: Final = frozenset({"NAM", "NU", "KHAC"})
_VOWELLESS: Final = re.compile(r"\b[b-df-hj-np-tv-xz]{2,}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Card:
    """What a card's QR code says: a question, and what may be compared with its answer.

    Where no accent came through (`keeps_accents`) the scanner may have dropped letters as well: then this
    is a question like one typed by hand, and no proof of what stands on the card.
    """

    question: Question
    keeps_accents: bool
    old_id_number: OldIdNumber | None = None
    printed_address: str | None = field(default=None, repr=False)


def parse_card_qr(content: str, today: date, pointer: str = "/card_qr") -> Card:
    """Return the card whose QR code a scanner read as *content*; *today* is the day in Vietnam.

    `number|former number|name|ddmmyyyy|sex|address|ddmmyyyy of issue`; the card of 2024 goes on with
    relatives and cancelled numbers, which are not looked at.
    Raises InvalidRequestError(INVALID_CARD_QR) where *content* is not surely what stands on a card.
    """
    if len(content) <= LONGEST_CONTENT:
        text = _without_frame(mended(content))
        parts = [part.strip() for part in text.rstrip("| ").split("|")]
        if not is_damaged(text) and _PARTS <= len(parts) <= _MOST_PARTS:
            card = _card(parts[:_PARTS], today)
            if card is not None:
                return card
    raise InvalidRequestError(ProblemCode.INVALID_CARD_QR, fields=(pointer,))


def _without_frame(text: str) -> str:
    """Take off what scanners put around the content: line ends, tabs, names, prefixes."""
    content = _ANNOUNCED.sub("", text.strip(_CONTROLS))
    return _BLANKS.sub(" ", _PREFIX.sub("", content))


def _card(parts: list[str], today: date) -> Card | None:
    number, old_number, name, born, sex, address, issued = parts
    has_accents = keeps_accents(f"{name} {address}")
    if unaccented(sex) not in _SEXES or (not has_accents and _VOWELLESS.search(name)):
        return None
    try:
        question = parse_question(number, name, _born(born), today)
        old = parse_id_number(old_number) if old_number else None
        is_issued = _day(issued) <= today
    except (InvalidRequestError, ValueError):
        return None
    if not isinstance(question.id_number, CitizenId) or not is_issued:
        return None
    # Where the former card had twelve digits already they are the number itself.
    return Card(question, has_accents, old if isinstance(old, OldIdNumber) else None, address or None)


def _born(text: str) -> str:
    """Return the birth date as questions write it: `yyyy-mm-dd`, or `yyyy` where only the year is known."""
    year = _YEAR.fullmatch(text)
    return year[1] if year else _day(text).isoformat()


def _day(text: str) -> date:
    parts = _DATE.fullmatch(text)
    if parts is None:
        raise ValueError("no date")
    day, month, year = map(int, parts.groups())
    return date(year, month, day)
