"""Writes a question as the SOAP 1.1 envelope the national side reads."""

import re
from functools import lru_cache
from typing import Final
from xml.sax.saxutils import escape

from adapters.profile import Operation, Profile
from adapters.question import values_of
from adapters.soap.namespaces import QLDC, SOAP
from app.errors import InvalidRequestError, ProblemCode
from app.lookup.source import SourceRequest

# What is no character of XML 1.0 (section 2.2).
_UNSENDABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def question_xml(request: SourceRequest, operation: Operation, profile: Profile) -> bytes:
    """Return the envelope that asks *request*'s question of *operation*, UTF-8, undeclared.

    Raises InvalidRequestError when XML cannot carry a value (a control character in a code): nothing
    must be sent then. Source: wire format, section 2.
    """
    values = values_of(request, operation, profile)
    order, is_flat = profile.order_of(operation), profile.birth_date_is_flat
    pieces = list(_envelope(profile.prefix, operation.name, order, tuple(values), is_flat=is_flat))
    said = [values[name] for name in pieces[1::2]]
    if not _is_plain("".join(said)):  # it nearly always is, and every lookup waits
        said = [_escaped(value) for value in said]
    pieces[1::2] = said
    return "".join(pieces).encode()


@lru_cache(maxsize=64)
def _envelope(
    prefix: str, operation: str, order: tuple[str, ...], present: tuple[str, ...], *, is_flat: bool
) -> tuple[str, ...]:
    """Return a question's text in pieces: each second one names the element whose value stands there."""
    content = ""
    for name in order:
        value = f"%{name}%"
        if name == "NgayThangNamSinh" and not is_flat:
            part = "NgayThangNam" if "NgayThangNam" in present else "Nam"
            value = f"<{prefix}:{part}>%{part}%</{prefix}:{part}>"
        if name in present:
            content += f"<{prefix}:{name}>{value}</{prefix}:{name}>"
    text = (
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:{prefix}="{QLDC}"><soapenv:Header/><soapenv:Body>'
        f"<{prefix}:{operation}>{content}</{prefix}:{operation}></soapenv:Body></soapenv:Envelope>"
    )
    return tuple(text.split("%"))


def _is_plain(text: str) -> bool:
    """Whether *text* stands in XML as it is."""
    return text.isprintable() and not ("&" in text or "<" in text or ">" in text)


def _escaped(value: str) -> str:
    if _UNSENDABLE.search(value):
        raise InvalidRequestError(ProblemCode.INVALID_VALUE)
    return escape(value, {"\r": "&#13;"})
