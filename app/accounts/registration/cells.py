"""Judges each cell of a list by itself: login names, names, codes, dates."""

import re
import unicodedata
from datetime import date
from typing import Final

from app.accounts.registration.faults import Fault, FaultCode
from app.accounts.registration.folding import words
from app.accounts.registration.form import Column
from app.accounts.registration.positions import PositionFault, role_of
from app.accounts.registration.values import KnownOfficer, ListRow
from app.accounts.values import Role

LOGIN_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
LONGEST_NAME: Final = 100
_UPSTREAM_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@/-]{0,19}")
_PERSON_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9./-]{0,29}")
_PERSONAL_NUMBER: Final = re.compile(r"[0-9]{9}")
_LONGEST_DOCUMENT: Final = 100
_NAME_PUNCTUATION: Final = frozenset(" '’ʼ-.")
_WRITTEN_DATE: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_LONGEST_ECHO: Final = 60
_LATIN_CEILING: Final = 0x250
_VIETNAMESE_BLOCK: Final = range(0x1E00, 0x1F00)


def echo(typed: str) -> str:
    """Return what was typed, shortened so that a report stays readable."""
    return typed if len(typed) <= _LONGEST_ECHO else f"{typed[:_LONGEST_ECHO]}…"


def login_name(row: ListRow, unit_words: str) -> str | Fault:
    """Return the login name as stored, or what is wrong with it; *unit_words* help to suggest another."""
    typed = row.text(Column.LOGIN_NAME)
    if not typed:
        suggestion = suggested_login(row.text(Column.FULL_NAME), unit_words)
        return Fault(FaultCode.LOGIN_MISSING, Column.LOGIN_NAME, {"suggestion": suggestion})
    name = typed.lower()
    if LOGIN_NAME.fullmatch(name) is None:
        suggestion = _repaired(name) or suggested_login(row.text(Column.FULL_NAME), unit_words)
        details = {"typed": echo(typed), "suggestion": suggestion}
        return Fault(FaultCode.LOGIN_MALFORMED, Column.LOGIN_NAME, details)
    return name


def suggested_login(full_name: str, unit_name: str) -> str:
    """Return a login name such as `nva.tanha`: initials, then the last words of the unit's name."""
    initials = "".join(word.plain[0] for word in words(full_name))
    place = "".join(word.plain for word in words(unit_name)[-2:])
    return f"{initials or 'nva'}.{place or 'donvi'}"[:64]


def _repaired(typed: str) -> str | None:
    # "Nguyễn Văn An" typed as a login name becomes nguyen.van.an
    kept = ".".join(word.plain for word in words(typed))
    return kept if LOGIN_NAME.fullmatch(kept) else None


def full_name(row: ListRow) -> str | Fault:
    """Return the name, or what is wrong with it; names of all peoples of the country pass."""
    typed = row.text(Column.FULL_NAME)
    if not typed:
        return Fault(FaultCode.NAME_MISSING, Column.FULL_NAME)
    if len(typed) > LONGEST_NAME:
        return Fault(FaultCode.NAME_TOO_LONG, Column.FULL_NAME, {"maximum": str(LONGEST_NAME)})
    odd = dict.fromkeys(letter for letter in typed if not _belongs_in_a_name(letter))
    if odd or not any(map(str.isalpha, typed)):
        characters = " ".join(map(_shown, list(odd)[:5])) or "?"
        return Fault(FaultCode.NAME_MALFORMED, Column.FULL_NAME, {"characters": characters})
    return typed


def _belongs_in_a_name(letter: str) -> bool:
    if letter in _NAME_PUNCTUATION or unicodedata.combining(letter):
        return True
    code = ord(letter)
    is_latin = code < _LATIN_CEILING or code in _VIETNAMESE_BLOCK
    # µ and ª are letters to Unicode, and what TCVN3 looks like.
    return letter.isalpha() and is_latin and letter not in "ªµº"


def _shown(letter: str) -> str:
    return letter if letter.isprintable() and not letter.isspace() else f"U+{ord(letter):04X}"


def role(row: ListRow) -> Role | Fault:
    """Return the role that the position means, or what is wrong with it."""
    typed = row.text(Column.POSITION)
    if not typed:
        return Fault(FaultCode.ROLE_MISSING, Column.POSITION)
    found = role_of(typed)
    if found is PositionFault.PRIVILEGED:
        return Fault(FaultCode.ROLE_RAISED, Column.POSITION)
    if found is PositionFault.UNKNOWN:
        return Fault(FaultCode.ROLE_UNKNOWN, Column.POSITION, {"typed": echo(typed)})
    return Role(found)


def upstream_code(row: ListRow) -> str | Fault | None:
    """Return the officer's code on the national side, None where the cell is empty, or what is wrong."""
    return _code(row, Column.UPSTREAM_OFFICER_CODE, _UPSTREAM_CODE, FaultCode.UPSTREAM_CODE_MALFORMED)


def person_code(row: ListRow) -> str | Fault | None:
    """Return the person's own number, None where the cell is empty, or what is wrong."""
    return _code(row, Column.PERSON_CODE, _PERSON_CODE, FaultCode.PERSON_CODE_MALFORMED)


def personal_numbers(row: ListRow, known: KnownOfficer | None) -> list[Fault]:
    """Return a fault for each name or code that could be a citizen's number; nothing of it is repeated.

    What the account *known* by the login name was registered with in earlier days stays as it is.
    """
    login, person = row.text(Column.LOGIN_NAME), row.text(Column.PERSON_CODE)
    faults = []
    if known is None and _PERSONAL_NUMBER.search(login):
        faults.append(Fault(FaultCode.LOGIN_HOLDS_NUMBER, Column.LOGIN_NAME))
    if _PERSONAL_NUMBER.search(person) and (known is None or known.person_code != person):
        faults.append(Fault(FaultCode.PERSON_CODE_HOLDS_NUMBER, Column.PERSON_CODE))
    return faults


def _code(row: ListRow, column: Column, form: re.Pattern[str], fault: FaultCode) -> str | Fault | None:
    typed = row.text(column)
    if not typed:
        return None
    return typed if form.fullmatch(typed) else Fault(fault, column, {"typed": echo(typed)})


def document_number(row: ListRow) -> str | Fault | None:
    """Return the number of the written notice, None where the cell is empty, or what is wrong (R6)."""
    typed = row.text(Column.DOCUMENT_NUMBER)
    if len(typed) > _LONGEST_DOCUMENT or not typed.isprintable():
        details = {"maximum": str(_LONGEST_DOCUMENT)}
        return Fault(FaultCode.DOCUMENT_MALFORMED, Column.DOCUMENT_NUMBER, details)
    return typed or None


def effective_date(row: ListRow) -> date | Fault | None:
    """Return the day, None where the cell is empty, or what is wrong; `5/7/2026` is 5 July."""
    typed = row.text(Column.EFFECTIVE_DATE)
    if not typed:
        return None
    try:
        if (written := _WRITTEN_DATE.fullmatch(typed)) is not None:
            return date(int(written[3]), int(written[2]), int(written[1]))
        return date.fromisoformat(typed if len(typed) == len("2026-11-22") else "")
    except ValueError:
        return Fault(FaultCode.DATE_MALFORMED, Column.EFFECTIVE_DATE, {"typed": echo(typed)})
