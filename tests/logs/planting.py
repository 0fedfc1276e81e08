"""The values that must never be written anywhere, in every spelling, and the search for them."""

import base64
import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from urllib.parse import quote, unquote_plus

from mock_c06.citizen import BirthDate
from mock_c06.personas import CATALOGUE, Persona
from mock_c06.population import citizen_for

FOUND = "099190000017"
FAULTY_SOURCE = "099060000018"
FAULTY_LOG = "099162000019"
LEAKS = {
    "099192000020": "an event that is a citizen",
    "099145000101": "a field that is a citizen",
    "099215000102": "a known field with a name",
    "099186000103": "a debug line",
    "099086000104": "a print",
    "099186000105": "standard error",
}
"""Where the leaky gateway spills whom."""

PURPOSE = "Xác nhận cho bà Lê Thị Bí Mật ở ngõ Kín"
WRONG_PASSWORD = "Mật-Khẩu-Gõ-Nhầm-Ô-77"
_ONE_TIME_CODE = re.compile("[0-9]{6}")
_SHORTEST = 6  # shorter texts stand in ordinary lines too


def everything_about(value: object) -> str:
    """Return every text inside a value, dataclasses within dataclasses included."""
    return " | ".join(texts_of(value))


def texts_of(value: object) -> Iterator[str]:
    """Yield every text inside a value."""
    if is_dataclass(value):
        for one in fields(value):
            yield from texts_of(getattr(value, one.name))
    elif value is not None:
        yield str(value)


def everyone() -> Iterator[str]:
    """Yield all texts about everybody the stand-in has in its catalogue, relatives and addresses included."""
    for persona in CATALOGUE:
        yield from (text for text in texts_of(citizen_for(persona.citizen_id)) if len(text) >= _SHORTEST)
        yield persona.full_name
        yield from _dates(persona.birth_date)


def _dates(birth_date: BirthDate) -> Iterator[str]:
    if birth_date.day is not None:
        yield from (birth_date.day.strftime(form) for form in ("%Y-%m-%d", "%Y%m%d", "%d/%m/%Y", "%d-%m-%Y"))


def asked_as(persona: Persona) -> dict[str, str]:
    """Return the question that names a persona rightly."""
    return {
        "id_number": persona.citizen_id,
        "full_name": persona.full_name.title(),
        "birth_date": str(persona.birth_date),
    }


def spellings(text: str) -> set[str]:
    """Return how a text may be written: composed or not, without accents, run together, encoded."""
    decomposed = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d"))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    composed = unicodedata.normalize("NFC", text)
    written = {composed, unicodedata.normalize("NFD", text), plain, plain.replace(" ", "")}
    written |= {quote(composed), base64.b64encode(composed.encode()).decode().rstrip("=")}
    return {one.casefold() for one in written if len(one) >= _SHORTEST}


def leaks(written: str, planted: Iterable[str]) -> set[str]:
    """Return which planted texts stand in what was written, in whatever spelling."""
    searched = "\n".join(_readings(written))
    return {text for text in planted if any(_stands_in(searched, each) for each in spellings(text))}


def _stands_in(searched: str, spelling: str) -> bool:
    """Whether it does; a one-time code only by itself, or every thousandth run would find it in some UUID."""
    if _ONE_TIME_CODE.fullmatch(spelling):
        return re.search(rf"(?<![0-9a-f-]){spelling}(?![0-9a-f-])", searched) is not None
    return spelling in searched


def _readings(written: str) -> Iterator[str]:
    yield written.casefold()
    yield unquote_plus(written).casefold()
    yield re.sub(r"\\u[0-9a-fA-F]{4}", lambda at: codecs.decode(at[0], "unicode_escape"), written).casefold()
