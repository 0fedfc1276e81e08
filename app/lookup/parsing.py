"""Turns what a client sent into types that cannot be wrong; refusals never repeat the value."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from unicodedata import category, normalize

from app.errors import InvalidRequestError, ProblemCode
from app.lookup.names import APOSTROPHES, HYPHENS, INVISIBLE
from app.lookup.values import BirthDate, CitizenId, FullName, IdNumber, OldIdNumber, Question
from app.procedures.codes import PROCEDURE_CODE

_CITIZEN_ID_DIGITS = 12
_OLD_ID_NUMBER_DIGITS = 9
# [0-9] and fullmatch throughout: \d takes the digits of every script, $ lets a last newline pass.
_DATE_OR_YEAR = re.compile(r"[0-9]{4}(?:-[0-9]{2}-[0-9]{2})?")
_YEAR_DIGITS = 4

# Latin letters without the signs among them (× ÷ and the clicks), each with its marks.
_LETTER = r"[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01bf\u01c4-\u02af\u1e00-\u1eff][\u0300-\u0362]*"
_PUNCTUATION = f"[ .&{re.escape(APOSTROPHES + HYPHENS)}]"
_FULL_NAME = re.compile(f"{_PUNCTUATION}*{_LETTER}(?:{_LETTER}|{_PUNCTUATION})*")
# Vietnamese letters in NFC and blanks, with nothing among them that is taken out or for another letter below.
_USUAL_LETTERS = "A-Za-zÀ-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ"
_USUAL_NAME = re.compile(f"[{_USUAL_LETTERS}][{_USUAL_LETTERS} ]*")
# Keyboards that lack Đ offer letters that look the same; the national side knows only the Vietnamese one.
_LOOKS_LIKE_D = str.maketrans({"\u00d0": "Đ", "\u00f0": "đ", "\u0189": "Đ", "\u0256": "đ"})
_LONGEST_NAME = 100
_LONGEST_DECOMPOSED_NAME = 4 * _LONGEST_NAME

_EARLIEST_YEAR = 1900  # the personal number knows no earlier century
_BLANKS = " \t"
_LONGEST_LINE = 200
_UNWRITABLE = frozenset({"Cc", "Cs"})


@dataclass(frozen=True, slots=True)
class Pointers:
    """Where in the request the question's three parts stood, as JSON pointers."""

    id_number: str = "/citizen/id_number"
    full_name: str = "/citizen/full_name"
    birth_date: str = "/citizen/birth_date"


IN_CITIZEN = Pointers()


def parse_question(
    id_number: str, full_name: str, birth_date: str, today: date, pointers: Pointers = IN_CITIZEN
) -> Question:
    """Return the question these three ask (R43); *today* is the day in Vietnam.

    Raises InvalidRequestError for the first part that cannot be right.
    """
    question = Question(
        parse_id_number(id_number, pointers.id_number),
        parse_full_name(full_name, pointers.full_name),
        parse_birth_date(birth_date, today, pointers.birth_date),
    )
    check_birth_year(question.id_number, question.birth_date, pointers)
    return question


def parse_id_number(text: str, pointer: str = IN_CITIZEN.id_number) -> IdNumber:
    """Return the number, told apart by its length (R44); its zeros count, it is never an integer (R82).

    Raises InvalidRequestError(INVALID_ID_NUMBER).
    """
    number = text.strip(_BLANKS)
    if number.isascii() and number.isdigit():
        if len(number) == _CITIZEN_ID_DIGITS:
            return CitizenId(number)
        if len(number) == _OLD_ID_NUMBER_DIGITS:
            return OldIdNumber(number)
    raise InvalidRequestError(ProblemCode.INVALID_ID_NUMBER, fields=(pointer,))


def parse_full_name(text: str, pointer: str = IN_CITIZEN.full_name) -> FullName:
    """Return the name in NFC with single spaces: Latin letters, apostrophes, hyphens, dots and & only.

    Raises InvalidRequestError(INVALID_FULL_NAME).
    """
    if len(text) <= _LONGEST_DECOMPOSED_NAME:
        is_usual = _USUAL_NAME.fullmatch(text) is not None
        if not is_usual:
            text = normalize("NFC", text.translate(INVISIBLE)).translate(_LOOKS_LIKE_D)
        name = " ".join(text.split())
        if len(name) <= _LONGEST_NAME and (is_usual or _FULL_NAME.fullmatch(name)):
            return FullName(name)
    raise InvalidRequestError(ProblemCode.INVALID_FULL_NAME, fields=(pointer,))


def parse_birth_date(text: str, today: date, pointer: str = IN_CITIZEN.birth_date) -> BirthDate:
    """Return the date `yyyy-mm-dd`, or the year `yyyy` (R45), from 1900 to *today*.

    Raises InvalidRequestError(INVALID_BIRTH_DATE).
    """
    date_or_year = text.strip(_BLANKS)
    if _DATE_OR_YEAR.fullmatch(date_or_year) is None:
        raise InvalidRequestError(ProblemCode.INVALID_BIRTH_DATE, fields=(pointer,))
    is_year = len(date_or_year) == _YEAR_DIGITS
    # A year begins in the past if its first day does.
    born = _real_date(f"{date_or_year}-01-01" if is_year else date_or_year)
    if born is None or born.year < _EARLIEST_YEAR or born > today:
        raise InvalidRequestError(ProblemCode.INVALID_BIRTH_DATE, fields=(pointer,))
    return BirthDate(born.year) if is_year else BirthDate(born.year, born.month, born.day)


def _real_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def check_birth_year(id_number: IdNumber, birth_date: BirthDate, pointers: Pointers = IN_CITIZEN) -> None:
    """Refuse a birth year that a twelve-digit number contradicts; nine digits say nothing of it.

    The fourth digit counts half centuries from 1900 by sex, the next two are the year in the century
    (Decree 137/2015 Article 13). Raises InvalidRequestError(BIRTH_YEAR_CONTRADICTS_NUMBER).
    """
    if isinstance(id_number, OldIdNumber):
        return
    century_and_sex, year_in_century = divmod(int(id_number.digits[3:6]), 100)
    if birth_date.year != _EARLIEST_YEAR + 100 * (century_and_sex // 2) + year_in_century:
        both = tuple(dict.fromkeys((pointers.id_number, pointers.birth_date)))
        raise InvalidRequestError(ProblemCode.BIRTH_YEAR_CONTRADICTS_NUMBER, fields=both)


@lru_cache(maxsize=4096)  # as many as a province has; what is none is not remembered
def parse_procedure_code(text: str, pointer: str = "/procedure_code") -> str:
    """Return the procedure code, national (`1.004194`) or local (`1.011442.000.00.00.H38`).

    Raises InvalidRequestError(INVALID_PROCEDURE_CODE).
    """
    code = text.strip(_BLANKS)
    if not PROCEDURE_CODE.fullmatch(code):
        raise InvalidRequestError(ProblemCode.INVALID_PROCEDURE_CODE, fields=(pointer,))
    return code


def parse_purpose(text: str, pointer: str = "/purpose") -> str:
    """Return the stated purpose, as parse_line does."""
    return parse_line(text, pointer)


def parse_line(text: str, pointer: str) -> str:
    """Return a line of free text in NFC with single spaces, at most 200 characters.

    Raises InvalidRequestError(INVALID_VALUE) where it is empty, longer, or holds control characters.
    """
    line = " ".join(normalize("NFC", text).split())
    if not line or len(line) > _LONGEST_LINE or any(category(mark) in _UNWRITABLE for mark in line):
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=(pointer,))
    return line
