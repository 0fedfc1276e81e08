"""Signatures of papers, checked by tools that are not ours: pyHanko's validator and OpenSSL."""

import io
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from app.clock import SystemClock
from app.lookup.signing_certificates import SigningCertificate, self_signed
from app.papers.signing import Seal, sign_pdf
from tests.papers.receipts import a_confirmation

RING = self_signed("H19", SystemClock().now())
OTHER = self_signed("H19", SystemClock().now())
OPENSSL = shutil.which("openssl")
_RANGE = re.compile(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]")


def seal_of(one: SigningCertificate) -> Seal:
    assert one.private_key is not None
    return Seal(one.private_key, one.certificate, one.chain)


@pytest.fixture(scope="module")
def signed() -> bytes:
    return sign_pdf(a_confirmation(), seal_of(RING), SystemClock().now())


def verdict(content: bytes, trusted: SigningCertificate) -> Any:
    root = asn1.Certificate.load(trusted.certificate.public_bytes(Encoding.DER))
    (signature,) = PdfFileReader(io.BytesIO(content)).embedded_signatures
    return validate_pdf_signature(signature, ValidationContext(trust_roots=[root]))


def parts(content: bytes) -> tuple[bytes, bytes]:
    """Return the signed bytes and the signature, as the document says where they are."""
    found = _RANGE.search(content)
    assert found is not None
    first, length, second, rest = map(int, found.groups())
    assert first == 0
    assert second + rest == len(content)
    der = bytes.fromhex(content[length + 1 : second - 1].decode())
    size = 4 + int.from_bytes(der[2:4], "big")  # a sequence of two length bytes
    return content[:length] + content[second:], der[:size]


def openssl_accepts(content: bytes, trusted: SigningCertificate, folder: Path) -> bool:
    data, signature = parts(content)
    for name, written in (("data", data), ("signature", signature), ("ca.pem", trusted.pem.encode())):
        (folder / name).write_bytes(written)
    done = subprocess.run(  # noqa: S603 - our own words
        [
            OPENSSL or "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any",
            "-in", folder / "signature", "-content", folder / "data", "-CAfile", folder / "ca.pem",
            "-out", folder / "out",
        ],
        capture_output=True,
        check=False,
        timeout=30,
    )  # fmt: skip
    return done.returncode == 0


def test_pyhanko_finds_the_signature_whole_valid_and_over_everything(signed: bytes) -> None:
    status = verdict(signed, RING)
    assert (status.bottom_line, status.intact, status.valid, status.trusted) == (True, True, True, True)
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert status.docmdp_ok


def test_it_is_a_pades_signature_that_permits_no_change(signed: bytes) -> None:
    (signature,) = PdfFileReader(io.BytesIO(signed)).embedded_signatures
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert signature.docmdp_level is not None
    assert signature.docmdp_level.name == "NO_CHANGES"


def test_another_certificate_is_not_trusted(signed: bytes) -> None:
    assert not verdict(signed, OTHER).bottom_line


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
def test_openssl_accepts_it_by_the_exported_certificate_alone(signed: bytes, tmp_path: Path) -> None:
    assert openssl_accepts(signed, RING, tmp_path)
    assert not openssl_accepts(signed, OTHER, tmp_path)


def test_pyhanko_detects_a_changed_byte_wherever_it_is(signed: bytes) -> None:
    covered, _ = parts(signed)
    for at in (len(covered) // 4, len(covered) // 2):
        changed = bytearray(signed)
        changed[at] ^= 0x01
        assert not verdict(bytes(changed), RING).bottom_line


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
def test_openssl_detects_a_changed_byte(signed: bytes, tmp_path: Path) -> None:
    changed = bytearray(signed)
    changed[len(parts(signed)[0]) // 3] ^= 0x01
    assert not openssl_accepts(bytes(changed), RING, tmp_path)


def test_what_is_added_afterwards_is_not_covered(signed: bytes) -> None:
    status = verdict(signed + b"\n% more\n" + signed[signed.rindex(b"startxref") :], RING)
    assert status.coverage is not SignatureCoverageLevel.ENTIRE_FILE
