"""Signs papers so that anybody can check them without us: PAdES (ETSI EN 319 142-1), level B-B."""

import asyncio
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import Certificate

_FIELD: Final = "ChuKySo"
_ALGORITHM: Final = "sha256"
_RESERVED_BYTES: Final = 4096  # what a signature needs beside its certificates
_REASON: Final = "Xác nhận kết quả tra cứu của cổng"


@dataclass(frozen=True, slots=True)
class Seal:
    """What papers are signed with: a P-256 key, its certificate, and those that vouch for it."""

    private_key: ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: Certificate
    chain: tuple[Certificate, ...] = ()


def sealed(draw: Callable[[], bytes], seal: Seal, at: datetime) -> bytes:
    """Return what *draw* draws, signed; for a press, which does both beside the event loop."""
    return sign_pdf(draw(), seal, at)


def sign_pdf(content: bytes, seal: Seal, at: datetime) -> bytes:
    """Return the document with a signature over all of it, made *at*, that permits no later change."""
    # Imported where it is used: it takes half a second, and no command but serving ever signs.
    from asn1crypto import keys, x509  # noqa: PLC0415
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415
    from pyhanko.sign import fields, signers  # noqa: PLC0415
    from pyhanko.sign.signers import cms_embedder, pdf_byterange  # noqa: PLC0415
    from pyhanko_certvalidator.registry import SimpleCertificateStore  # noqa: PLC0415

    certificates = [one.public_bytes(Encoding.DER) for one in (seal.certificate, *seal.chain)]
    known = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    known.register_multiple([x509.Certificate.load(one) for one in certificates])
    secret = seal.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = signers.SimpleSigner(
        signing_cert=x509.Certificate.load(certificates[0]),
        signing_key=keys.PrivateKeyInfo.load(secret),
        cert_registry=known,
    )
    writer = cms_embedder.PdfCMSEmbedder().write_cms(
        field_name=_FIELD, writer=IncrementalPdfFileWriter(io.BytesIO(content))
    )
    next(writer)
    placeholder = pdf_byterange.SignatureObject(
        timestamp=at,
        reason=_REASON,
        subfilter=fields.SigSeedSubFilter.PADES,
        bytes_reserved=2 * (_RESERVED_BYTES + sum(map(len, certificates))),  # written in hexadecimal
    )
    unchangeable = cms_embedder.SigMDPSetup(
        md_algorithm=_ALGORITHM, certify=True, docmdp_perms=fields.MDPPerm.NO_CHANGES
    )
    writer.send(cms_embedder.SigObjSetup(sig_placeholder=placeholder, mdp_setup=unchangeable))
    digest, output = writer.send(cms_embedder.SigIOSetup(md_algorithm=_ALGORITHM))
    signing = signer.async_sign(digest.document_digest, _ALGORITHM, use_pades=True)
    writer.send(asyncio.run(signing))  # nothing in it waits; the library knows no other way
    return bytes(output.getvalue())
