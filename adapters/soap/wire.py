"""Writes a question as the SOAP 1.1 envelope the national side reads."""

import re
from functools import lru_cache
from typing import Final
from xml.sax.saxutils import escape

from adapters.profile import Operation, Profile
from adapters.question import values_of
from app.errors import InvalidRequestError, ProblemCode
from app.lookup.source import SourceRequest

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
QLDC = "http://dancuquocgia.bca"
DANCU = "http://www.mic.gov.vn/dancu/1.0"


# What is no character of XML 1.0 (section 2.2), and what stands in any text as it is.
_UNSENDABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN: Final = re.compile(r"[A-Za-z0-9 ._/-]*")


def question_xml(request: SourceRequest, operation: Operation, profile: Profile) -> bytes:
    """Return the envelope that asks *request*'s question of *operation*, UTF-8, undeclared.

    Raises InvalidRequestError when XML cannot carry a value (a control character in a code): nothing
    must be sent then. Source: wire format, section 2.
    """
    values = values_of(request, operation, profile)
    if not _PLAIN.fullmatch("".join(values.values())):  # it nearly always does, and every lookup waits
        values = {name: _escaped(value) for name, value in values.items()}
    before, after = _frame(profile.prefix, operation.name)
    content = "".join(_elements(values, profile, profile.order_of(operation)))
    return f"{before}{content}{after}".encode()


@lru_cache(maxsize=16)
def _frame(prefix: str, name: str) -> tuple[str, str]:
    """Return what stands before and after the elements of a question."""
    before = (
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:{prefix}="{QLDC}"><soapenv:Header/><soapenv:Body>'
        f"<{prefix}:{name}>"
    )
    return before, f"</{prefix}:{name}></soapenv:Body></soapenv:Envelope>"


def _elements(values: dict[str, str], profile: Profile, order: tuple[str, ...]) -> list[str]:
    prefix, elements = profile.prefix, list[str]()
    for name in order:
        if name == "NgayThangNamSinh" and not profile.birth_date_is_flat:
            part = "NgayThangNam" if "NgayThangNam" in values else "Nam"
            day = f"<{prefix}:{part}>{values[part]}</{prefix}:{part}>"
            elements.append(f"<{prefix}:{name}>{day}</{prefix}:{name}>")
        elif name in values:
            elements.append(f"<{prefix}:{name}>{values[name]}</{prefix}:{name}>")
    return elements


def _escaped(value: str) -> str:
    if _UNSENDABLE.search(value):
        raise InvalidRequestError(ProblemCode.INVALID_VALUE)
    return escape(value, {"\r": "&#13;"})
