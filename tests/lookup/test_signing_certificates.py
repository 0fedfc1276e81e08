"""Which certificates may sign receipts, and how their keys are kept."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.audit.sealing import RootKey
from app.database.address import sqlalchemy_address
from app.lookup.signing_certificates import (
    CertificateRefusedError,
    SigningCertificate,
    SigningCertificates,
    issued,
    key_of,
    scalar_of,
    self_signed,
    signing_request,
)
from app.lookup.signing_store import (
    SealRing,
    add_signing_certificate,
    has_signing_certificate,
    load_signing_certificates,
)
from tests.world import A_SIGNING_CERTIFICATE, ROOT_KEY, Database

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ROOT = RootKey.from_text(ROOT_KEY)


def a_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def certified(
    key: ec.EllipticCurvePrivateKey,
    by: ec.EllipticCurvePrivateKey,
    *,
    subject: str = "Cổng",
    issuer: str = "Tổ chức chứng thực",
    usage: x509.KeyUsage | None = None,
    begins: datetime = NOW,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=100))
    )
    if usage is not None:
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(by, SHA256())


def pem_of(*certificates: x509.Certificate) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


def usage(*, signs: bool) -> x509.KeyUsage:
    others = dict.fromkeys(
        ("content_commitment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"), False
    )
    return x509.KeyUsage(
        digital_signature=signs,
        key_encipherment=not signs,
        encipher_only=False,
        decipher_only=False,
        **others,
    )


def test_the_installations_own_certificate_names_the_province_and_is_in_force_for_two_years() -> None:
    one = self_signed("H19", NOW)
    assert one.holder == "Cổng tra cứu thông tin cư trú H19"
    assert one.is_in_force(NOW)
    assert not one.is_in_force(NOW - timedelta(hours=1))
    assert not one.is_in_force(NOW + timedelta(days=731))
    assert len(one.fingerprint) == 64
    assert "private_key" not in repr(one)


def test_a_holder_without_a_common_name_is_shown_by_what_there_is() -> None:
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "H19")])
    key = a_key()
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = builder.serial_number(7).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
    assert SigningCertificate(dated.sign(key, SHA256()), (), key).holder == "O=H19"


def test_a_key_comes_back_from_its_32_bytes() -> None:
    key = a_key()
    assert len(scalar_of(key)) == 32
    assert key_of(scalar_of(key)).public_key() == key.public_key()


def test_a_request_is_for_the_key_and_signed_by_it() -> None:
    key = a_key()
    request = x509.load_pem_x509_csr(signing_request(key, "H19").encode())
    assert request.is_signature_valid
    assert request.public_key() == key.public_key()


@pytest.mark.parametrize("key_usage", [None, usage(signs=True)])
def test_an_issued_certificate_is_taken_with_those_that_vouch_for_it(key_usage: x509.KeyUsage | None) -> None:
    key, authority = a_key(), a_key()
    above = certified(authority, authority, subject="Tổ chức chứng thực")
    one = issued(pem_of(certified(key, authority, usage=key_usage), above), key, NOW)
    assert (one.holder, one.chain, one.private_key) == ("Cổng", (above,), key)
    assert one.pem.count("BEGIN CERTIFICATE") == 2


def refused() -> dict[str, tuple[bytes, str]]:
    authority, stranger = a_key(), a_key()
    good = certified(KEY, authority)
    return {
        "nothing": (b"", "no certificate"),
        "no PEM": (b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n", "no certificate"),
        "another key": (pem_of(certified(stranger, authority)), "not for this installation's key"),
        "over": (pem_of(certified(KEY, authority, begins=NOW - timedelta(days=200))), "not in force"),
        "to encrypt with": (pem_of(certified(KEY, authority, usage=usage(signs=False))), "not for signing"),
        "a stranger's chain": (
            pem_of(good, certified(stranger, stranger, subject="Tổ chức chứng thực")),
            "vouch",
        ),
    }


KEY = a_key()
REFUSED = refused()


@pytest.mark.parametrize(("pem", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_sign_in_our_name_is_refused(pem: bytes, words: str) -> None:
    with pytest.raises(CertificateRefusedError, match=words):
        issued(pem, KEY, NOW)


def test_only_a_certificate_with_its_key_and_in_force_signs() -> None:
    one = self_signed("H19", NOW)
    without_key = SigningCertificate(one.certificate, (), None)
    assert SigningCertificates().seal(NOW) is None
    assert SigningCertificates((without_key,)).seal(NOW) is None
    assert SigningCertificates((one,)).seal(NOW + timedelta(days=800)) is None
    signing = SigningCertificates((without_key, one)).seal(NOW)
    assert signing is not None
    assert signing[1] is one
    assert signing[0].certificate == one.certificate


@pytest.fixture
async def engine(database: Database) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(sqlalchemy_address(database.owner_url))
    yield engine
    await engine.dispose()


async def test_a_new_certificate_destroys_the_former_key_and_keeps_its_certificate(
    engine: AsyncEngine,
) -> None:
    ring, one = SealRing(ROOT), self_signed("H19", NOW)
    async with engine.begin() as connection:
        assert await has_signing_certificate(connection)
        before = await ring.load(connection)
        assert await ring.load(connection) is before
        facts = await add_signing_certificate(connection, ROOT, one, NOW + timedelta(days=1000))
        after = await ring.load(connection)
    assert (facts["before"], facts["after"]) == (A_SIGNING_CERTIFICATE.fingerprint, one.fingerprint)
    assert [known.private_key is None for known in after.certificates] == [True, False]
    assert after.with_key is not None
    assert after.with_key.fingerprint == one.fingerprint
    assert after.unusable == ()


async def test_a_key_that_does_not_open_or_a_swapped_certificate_signs_nothing(engine: AsyncEngine) -> None:
    other = self_signed("H19", NOW).certificate.public_bytes(Encoding.DER)
    async with engine.begin() as connection:
        strange = await load_signing_certificates(connection, RootKey.from_text(RootKey.generate_text()))
        await connection.execute(
            text("update signing_certificate set certificate = :other"), {"other": other}
        )
        ring = SealRing(ROOT)
        swapped = await ring.load(connection)
        await connection.execute(text("update signing_certificate set certificate = 'x'"))
        broken = await ring.load(connection)
    for known in (strange, swapped, broken):
        assert known.certificates == ()
        assert known.unusable == (A_SIGNING_CERTIFICATE.fingerprint,)


async def test_a_certificate_without_key_is_not_added(engine: AsyncEngine) -> None:
    without_key = SigningCertificate(A_SIGNING_CERTIFICATE.certificate, (), None)
    async with engine.begin() as connection:
        with pytest.raises(ValueError, match="with its key"):
            await add_signing_certificate(connection, ROOT, without_key, NOW)


async def test_the_first_certificate_follows_none(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("delete from signing_certificate"))
        assert not await has_signing_certificate(connection)
        facts = await add_signing_certificate(connection, ROOT, self_signed("H19", NOW), NOW)
    assert "before" not in facts
