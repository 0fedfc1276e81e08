"""Certificates as a proxy hands them on: read once, and never a reason to fail."""

import base64
import hashlib
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from app.clock import SystemClock
from app.web.certificates import (
    CertificateReader,
    PresentedCertificate,
    confirmation,
    read_pem_certificate,
)
from app.web.proxies import parse_address
from tests.accounts.made_keys import a_certificate, a_p256_key, escaped_pem

NOW = SystemClock().now()
SECOND = timedelta(seconds=1)
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


def test_a_certificate_is_in_force_from_its_first_to_its_last_second() -> None:
    certificate = PresentedCertificate(b"x", NOW, NOW + SECOND)
    assert not certificate.is_in_force(NOW - SECOND)
    assert certificate.is_in_force(NOW)
    assert certificate.is_in_force(NOW + SECOND)
    assert not certificate.is_in_force(NOW + 2 * SECOND)


def test_a_thumbprint_is_written_as_rfc_8705_writes_it() -> None:
    """The example of RFC 8705 section 3.1."""
    written = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"
    thumbprint = base64.urlsafe_b64decode(f"{written}=")
    assert PresentedCertificate(thumbprint, NOW, NOW).confirmation == confirmation(thumbprint) == written
    own = CertificateReader().read(as_rfc_9440(DER))
    assert own is not None
    assert own.thumbprint == hashlib.sha256(DER).digest()


def test_the_longest_unused_is_forgotten_first() -> None:
    reader = CertificateReader()
    values = [f"garbage {at}" for at in range(1024)]
    for value in values:
        reader.read(value)
    reader.read(values[0])
    reader.read("one more")
    assert values[0] in reader._remembered
    assert values[1] not in reader._remembered
    assert len(reader._remembered) == 1024


def test_a_header_of_sixteen_thousand_characters_is_read_and_no_longer_one() -> None:
    reader = CertificateReader()
    blanks = " " * (16 * 1024 - len(as_rfc_9440(DER)))
    assert reader.read(as_rfc_9440(DER) + blanks) is not None
    assert reader.read(as_rfc_9440(DER) + blanks + " ") is None


def test_a_byte_sequence_stands_between_two_colons_and_holds_nothing_stray() -> None:
    value = as_rfc_9440(DER)
    for text in (
        value[1:],
        value[:-1],
        f"x{value[1:]}",
        f"{value[:-1]}x",
        f"{value[:20]}!{value[20:]}",
        f"{value[:20]}\n{value[20:]}",
    ):
        assert CertificateReader().read(text) is None


def test_a_pem_text_begins_with_its_certificate() -> None:
    assert CertificateReader().read(f"mot%20dong%0A{escaped_pem(CERTIFICATE)}") is None
    assert read_pem_certificate(CERTIFICATE.public_bytes(Encoding.PEM)) == CertificateReader().read(
        as_rfc_9440(DER)
    )
    assert read_pem_certificate(b"nothing") is None


def test_a_pem_certificate_of_no_known_version_is_none() -> None:
    der = DER.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020107"))
    body = base64.encodebytes(der)
    assert (
        read_pem_certificate(b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n") is None
    )
