"""Certificates as a proxy hands them on: read once, and never a reason to fail."""

import base64
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from app.clock import SystemClock
from app.web.certificates import CertificateReader
from app.web.proxies import parse_address
from tests.accounts.client_software import a_certificate, a_p256_key, escaped_pem

NOW = SystemClock().now()
CERTIFICATE = a_certificate(a_p256_key(), NOW)
DER = CERTIFICATE.public_bytes(Encoding.DER)


def as_rfc_9440(der: bytes) -> str:
    return f":{base64.b64encode(der).decode()}:"


def test_both_ways_of_writing_give_the_same_certificate() -> None:
    reader = CertificateReader()
    first, second = reader.read(escaped_pem(CERTIFICATE)), reader.read(as_rfc_9440(DER))
    assert first == second
    assert first is not None
    assert first.is_in_force(NOW)
    assert not first.is_in_force(NOW + timedelta(days=91))
    assert not first.is_in_force(NOW - timedelta(days=2))


def test_a_certificate_is_read_once() -> None:
    reader = CertificateReader()
    assert reader.read(escaped_pem(CERTIFICATE)) is reader.read(escaped_pem(CERTIFICATE))


def test_no_more_than_a_thousand_are_remembered() -> None:
    reader = CertificateReader()
    for at in range(3000):
        assert reader.read(f"garbage {at}") is None
    assert len(reader._remembered) == 1024
    assert reader.read("x" * 20_000) is None
    assert len(reader._remembered) == 1024


@pytest.mark.parametrize(
    "der",
    [
        DER.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020101")),
        DER.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020107")),
        DER[:-1],
        DER + b"x",
        b"",
    ],
    ids=["version 2", "version 8", "cut", "more", "nothing"],
)
def test_a_broken_certificate_is_none(der: bytes) -> None:
    assert CertificateReader().read(as_rfc_9440(der)) is None


@given(st.text(max_size=200))
def test_whatever_stands_there_nothing_breaks(text: str) -> None:
    reader = CertificateReader()
    assert reader.read(text) is None
    assert reader.read(f":{text}:") is None
    assert reader.read(f"-----BEGIN CERTIFICATE-----{text}") is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("2001:db8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("10.1.2.3:80", "None"),
        ("[::1]", "None"),
        ("010.1.2.3", "None"),
        ("", "None"),
    ],
)
def test_an_address_is_read_one_way(text: str, address: str) -> None:
    assert str(parse_address(text)) == address
