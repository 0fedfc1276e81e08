"""`dancu keys …-signing`: made, replaced, certified by others, handed out; what `dancu check` says of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from app.cli.signing_keys import judge_signing
from app.clock import SystemClock
from app.lookup.signing_certificates import SigningCertificates, self_signed
from tests.cli.commands import ask, dancu
from tests.world import Database

NOW = datetime(2026, 11, 22, tzinfo=UTC)
WITH_KEY = "select count(*) from signing_certificate where wrapped_key is not null"


def exported(*options: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(dancu("keys", "export-signing", *options).out.encode())


def certify(request: x509.CertificateSigningRequest) -> bytes:
    """Return what an authority issues: the certificate and its own."""
    key, now = ec.generate_private_key(ec.SECP256R1()), SystemClock().now()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tổ chức chứng thực")])
    issued = b""
    for subject, public_key in ((request.subject, request.public_key()), (name, key.public_key())):
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(name)
        builder = builder.public_key(public_key).serial_number(x509.random_serial_number())
        dated = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=90))
        issued += dated.sign(key, SHA256()).public_bytes(Encoding.PEM)
    return issued


def test_the_first_certificate_comes_with_the_month_keys_once(migrated: Database) -> None:
    assert dancu("keys", "export-signing").refuses("dancu keys rotate-signing")
    assert dancu("keys", "request-signing").refuses("dancu keys rotate-signing")
    assert "made the first certificate" in dancu("keys", "months", "--ahead", "1").out
    assert "certificate" not in dancu("keys", "months", "--ahead", "1").out
    (one,) = exported()
    assert "Cổng tra cứu thông tin cư trú H19" in one.subject.rfc4514_string()
    assert ask(migrated.owner_url, WITH_KEY) == 1


def test_a_rotation_signs_with_another_key_is_on_record_and_keeps_the_former_certificate(
    recordable: Database,
) -> None:
    first = dancu("keys", "rotate-signing")
    second = dancu("keys", "rotate-signing")
    assert (first.code, second.code) == (0, 0)
    (present,) = exported()
    assert present.fingerprint(SHA256()).hex() in second.out
    assert len(exported("--all")) == 2
    assert ask(recordable.owner_url, WITH_KEY) == 1
    kinds = "select string_agg(kind, ' ' order by writer_id, writer_sequence) from audit_record"
    assert str(ask(recordable.owner_url, f"{kinds} where kind like 'keys.%'")).split() == [
        "keys.made",
        "keys.rotated",
    ]


def test_an_issued_certificate_takes_the_place_of_ones_own(recordable: Database, tmp_path: Path) -> None:
    dancu("keys", "rotate-signing")
    (own,) = exported()
    request = x509.load_pem_x509_csr(dancu("keys", "request-signing").out.encode())
    file = tmp_path / "issued.pem"
    file.write_bytes(certify(request))
    assert dancu("keys", "import-signing", str(file)).code == 0
    issued, authority = exported()
    assert issued.public_key() == own.public_key()
    issued.verify_directly_issued_by(authority)
    assert ask(recordable.owner_url, WITH_KEY) == 1
    file.write_text("x")
    assert dancu("keys", "import-signing", str(file)).refuses("no certificate in PEM")
    file.write_bytes(b"x" * 300_000)
    assert dancu("keys", "import-signing", str(file)).refuses("too long")


JUDGEMENTS = {
    "none": (SigningCertificates(), [(None, "no certificate signs receipts")]),
    "new": (SigningCertificates((self_signed("H19", NOW),)), [(True, "signs receipts")]),
    "ends soon": (
        SigningCertificates((self_signed("H19", NOW - timedelta(days=700)),)),
        [(None, "ends in 30 days; run: dancu keys rotate-signing")],
    ),
    "over": (
        SigningCertificates((self_signed("H19", NOW - timedelta(days=800)),)),
        [(None, "not in force")],
    ),
    "does not open": (
        SigningCertificates((), ("0" * 64,)),
        [(None, "no certificate"), (None, "do not open with DANCU_ROOT_KEY: 1")],
    ),
}


@pytest.mark.parametrize(("known", "wanted"), JUDGEMENTS.values(), ids=JUDGEMENTS)
def test_check_judges_the_certificate(
    known: SigningCertificates, wanted: list[tuple[bool | None, str]]
) -> None:
    said = list(judge_signing(known, NOW))
    assert [is_good for is_good, _ in said] == [is_good for is_good, _ in wanted]
    assert all(words in text for (_, text), (_, words) in zip(said, wanted, strict=True))
