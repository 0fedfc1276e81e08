"""The XML that goes back: records, counts, yes or no, and faults, in the live shape."""

import html
from collections.abc import Iterable, Mapping
from typing import cast

from lxml import etree

from mock_c06.citizen import Citizen
from mock_c06.envelope import REQUEST_NAMESPACE, SOAP_NAMESPACE
from mock_c06.record import RECORD_NAMESPACE, add_record

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def render_records(
    citizens: Iterable[Citizen], prefix: str | None, attributes: Mapping[str, str] | None = None
) -> bytes:
    """Return a 037 answer; nobody gives an empty collection, and the collection has no attributes.

    As live, Header and Body both declare the request namespace again, with the caller's own prefix.
    """
    envelope = etree.Element(f"{{{SOAP_NAMESPACE}}}Envelope", nsmap={"soapenv": SOAP_NAMESPACE})
    # The stubs forget that a prefix may be None, the default namespace.
    again = cast("Mapping[str, str]", {prefix: REQUEST_NAMESPACE})
    etree.SubElement(envelope, f"{{{SOAP_NAMESPACE}}}Header", nsmap=again)
    body = etree.SubElement(envelope, f"{{{SOAP_NAMESPACE}}}Body", nsmap=again)
    name = f"{{{RECORD_NAMESPACE}}}CongdanCollection"
    collection = etree.SubElement(body, name, dict(attributes or {}), nsmap={"ns1": RECORD_NAMESPACE})
    for citizen in citizens:
        add_record(collection, citizen)
    etree.indent(envelope, space="    ")
    return DECLARATION + etree.tostring(envelope, encoding="UTF-8", xml_declaration=False) + b"\n"


def render_household(members: list[Citizen], prefix: str | None) -> bytes:
    """Return a 034 answer. UNVERIFIED, and it says so itself: nobody outside has seen a real one."""
    attributes = {"GhiChu": "034: unverified, a guess", "SoCongDan": str(len(members))}
    return render_records(members, prefix, attributes)


def render_count(count: int) -> bytes:
    """Return a 003 answer: how many citizens fit."""
    answer = (
        f'<soapenv:Envelope xmlns:soapenv="{SOAP_NAMESPACE}"><soapenv:Header/><soapenv:Body>'
        f'<ns1:XacThucThongTinCongDanResponse xmlns:ns1="{REQUEST_NAMESPACE}">'
        f"<ns1:SoLuongCongDan>{count}</ns1:SoLuongCongDan>"
        "</ns1:XacThucThongTinCongDanResponse></soapenv:Body></soapenv:Envelope>\n"
    )
    return DECLARATION + answer.encode()


def render_exists(exists: bool, *, is_live: bool = False) -> bytes:
    """Return a 033 answer: whether such a citizen exists; `is_live`: with the prefixes of the 037 service."""
    if is_live:
        answer = (
            f'<soapenv:Envelope xmlns:soapenv="{SOAP_NAMESPACE}"><soapenv:Header/><soapenv:Body>'
            f'<ns1:KetQuaXacThucResponse xmlns:ns1="{REQUEST_NAMESPACE}">'
            f"<ns1:TonTai>{str(exists).lower()}</ns1:TonTai>"
            "</ns1:KetQuaXacThucResponse></soapenv:Body></soapenv:Envelope>\n"
        )
        return DECLARATION + answer.encode()
    return (
        f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{SOAP_NAMESPACE}">\n'
        "   <SOAP-ENV:Header/>\n"
        "   <SOAP-ENV:Body>\n"
        f'      <ns2:KetQuaXacThucResponse xmlns:ns2="{REQUEST_NAMESPACE}">\n'
        f"         <ns2:TonTai>{str(exists).lower()}</ns2:TonTai>\n"
        "      </ns2:KetQuaXacThucResponse>\n"
        "   </SOAP-ENV:Body>\n"
        "</SOAP-ENV:Envelope>\n"
    ).encode()


def render_fault(code: str, text: str) -> bytes:
    """Return a SOAP Fault; the code is Client or Server."""
    reason = html.escape(text, quote=False)
    fault = (
        f'<soapenv:Envelope xmlns:soapenv="{SOAP_NAMESPACE}"><soapenv:Body><soapenv:Fault>'
        f"<faultcode>soapenv:{code}</faultcode><faultstring>{reason}</faultstring>"
        "</soapenv:Fault></soapenv:Body></soapenv:Envelope>\n"
    )
    return DECLARATION + fault.encode()
