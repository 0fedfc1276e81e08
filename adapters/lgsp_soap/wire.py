"""Writes a question as the SOAP 1.1 envelope the national side reads."""

import unicodedata

from lxml import etree

from adapters.lgsp_soap.profile import LgspSoapProfile, Operation
from app.errors import InvalidRequestError, ProblemCode
from app.lookup.names import unaccented
from app.lookup.source import SourceRequest
from app.lookup.values import BirthDate, CitizenId, FullName

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
QLDC = "http://dancuquocgia.bca"
DANCU = "http://www.mic.gov.vn/dancu/1.0"


def question_xml(request: SourceRequest, operation: Operation, profile: LgspSoapProfile) -> bytes:
    """Return the envelope that asks *request*'s question of *operation*, UTF-8, undeclared.

    All values are escaped by the library. Raises InvalidRequestError when XML cannot carry a value
    (a control character in a code): nothing must be sent then. Source: wire format, section 2.
    """
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP, "qldc": QLDC})
    etree.SubElement(envelope, f"{{{SOAP}}}Header")
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    question = etree.SubElement(body, f"{{{QLDC}}}{operation.name}")
    texts = _texts(request, operation, profile)
    try:
        for name in profile.element_order:
            if name == "NgayThangNamSinh":
                _add_birth_date(question, request.question.birth_date, profile)
            elif name in texts:
                etree.SubElement(question, f"{{{QLDC}}}{name}").text = texts[name]
    except ValueError:
        raise InvalidRequestError(ProblemCode.INVALID_VALUE) from None
    return etree.tostring(envelope, encoding="UTF-8")


def _texts(request: SourceRequest, operation: Operation, profile: LgspSoapProfile) -> dict[str, str]:
    number = request.question.id_number
    return {
        "MaYeuCau": request.request_id,
        "MaDVC": request.service_code,
        "MaTichHop": operation.integration_code,
        "MaCanBo": request.officer_code,
        "SoDinhDanh" if isinstance(number, CitizenId) else "SoCMND": number.digits,
        "HoVaTen": name_as_asked(request.question.full_name, without_accents=profile.names_without_accents),
    }


def _add_birth_date(question: etree._Element, birth_date: BirthDate, profile: LgspSoapProfile) -> None:
    wrapper = etree.SubElement(question, f"{{{QLDC}}}NgayThangNamSinh")
    if birth_date.is_year_only:
        etree.SubElement(wrapper, f"{{{QLDC}}}Nam").text = birth_date.iso
        return
    text = birth_date.iso if profile.birth_date_format == "yyyy-mm-dd" else birth_date.iso.replace("-", "")
    etree.SubElement(wrapper, f"{{{QLDC}}}NgayThangNam").text = text


def name_as_asked(full_name: FullName, *, without_accents: bool) -> str:
    """Return the name as the national side matches it: `TRANVANTHU`, or `TRẦN VĂN THỬ` with accents.

    Without accents only letters and digits stay (wire format, section 5); with accents, only
    characters that can stand in a name at all: no control or formatting characters.
    """
    if without_accents:
        return unaccented(full_name.text)
    words = unicodedata.normalize("NFC", full_name.text).upper().split()
    printable = ("".join(filter(str.isprintable, word)) for word in words)
    return " ".join(filter(None, printable))
