"""Writes a question as the SOAP 1.1 envelope the national side reads."""

from lxml import etree

from adapters.profile import Operation, Profile
from adapters.question import values_of
from app.errors import InvalidRequestError, ProblemCode
from app.lookup.source import SourceRequest

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
QLDC = "http://dancuquocgia.bca"
DANCU = "http://www.mic.gov.vn/dancu/1.0"


def question_xml(request: SourceRequest, operation: Operation, profile: Profile) -> bytes:
    """Return the envelope that asks *request*'s question of *operation*, UTF-8, undeclared.

    All values are escaped by the library. Raises InvalidRequestError when XML cannot carry a value
    (a control character in a code): nothing must be sent then. Source: wire format, section 2.
    """
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP, profile.prefix: QLDC})
    etree.SubElement(envelope, f"{{{SOAP}}}Header")
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    question = etree.SubElement(body, f"{{{QLDC}}}{operation.name}")
    values = values_of(request, operation, profile)
    try:
        for name in profile.order_of(operation):
            if name == "NgayThangNamSinh":
                _add_birth_date(question, values, is_flat=profile.birth_date_is_flat)
            elif name in values:
                etree.SubElement(question, f"{{{QLDC}}}{name}").text = values[name]
    except ValueError:
        raise InvalidRequestError(ProblemCode.INVALID_VALUE) from None
    return etree.tostring(envelope, encoding="UTF-8")


def _add_birth_date(question: etree._Element, values: dict[str, str], *, is_flat: bool) -> None:
    wrapper = etree.SubElement(question, f"{{{QLDC}}}NgayThangNamSinh")
    if is_flat:
        wrapper.text = values["NgayThangNamSinh"]
        return
    name = "NgayThangNam" if "NgayThangNam" in values else "Nam"
    etree.SubElement(wrapper, f"{{{QLDC}}}{name}").text = values[name]
