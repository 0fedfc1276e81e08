"""Signing certificates in the database; the one key is wrapped under the root key, for its certificate."""

from collections.abc import Sequence
from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.audit.record import Value
from app.audit.sealing import RootKey, SealBrokenError
from app.clock import rfc3339
from app.logs import LogEvent, get_logger
from app.lookup.receipt_table import SIGNING_CERTIFICATE
from app.lookup.signing_certificates import SigningCertificate, SigningCertificates, key_of, scalar_of

_log = get_logger(__name__)

_Row = tuple[str, bytes, tuple[bytes, ...], bytes | None]


class SealRing:
    """Loads the certificates for a process that goes on running; opens the key only when it changed."""

    def __init__(self, root: RootKey) -> None:
        """Open the key with *root*."""
        self._root = root
        self._rows: list[_Row] | None = None
        self._known = SigningCertificates()

    async def load(self, connection: AsyncConnection) -> SigningCertificates:
        """Return the certificates, the same object while nothing changed; what does not open is logged."""
        rows = await _read(connection)
        if rows != self._rows:
            self._known, self._rows = _opened(self._root, rows), rows
            if self._known.unusable:
                _log.error(LogEvent.SIGNING_KEY_UNUSABLE, count=len(self._known.unusable))
        return self._known


async def load_signing_certificates(connection: AsyncConnection, root: RootKey) -> SigningCertificates:
    """Return all certificates, and the fingerprints of those whose key *root* does not open."""
    return _opened(root, await _read(connection))


async def has_signing_certificate(connection: AsyncConnection) -> bool:
    """Whether there is any certificate, usable or not."""
    return bool(await _read(connection))


async def add_signing_certificate(
    connection: AsyncConnection, root: RootKey, one: SigningCertificate, now: datetime
) -> dict[str, Value]:
    """Let *one* sign from now on, and destroy the key that signed before; return what the record says.

    Nobody needs a former key: what it signed is checked by its certificate.
    """
    if one.private_key is None:
        raise ValueError("a certificate signs with its key")
    await connection.execute(text("lock table signing_certificate in share row exclusive mode"))
    columns = SIGNING_CERTIFICATE.c
    former = update(SIGNING_CERTIFICATE).where(columns.wrapped_key.is_not(None)).values(wrapped_key=None)
    before = (await connection.execute(former.returning(columns.fingerprint))).scalars().all()
    await connection.execute(
        insert(SIGNING_CERTIFICATE).values(
            fingerprint=one.fingerprint,
            certificate=one.certificate.public_bytes(Encoding.DER),
            chain=[each.public_bytes(Encoding.DER) for each in one.chain],
            wrapped_key=root.wrap(signing_key_name(one.fingerprint), scalar_of(one.private_key)),
            added_at=now,
        )
    )
    facts: dict[str, Value] = {
        "change": "signing certificate",
        "after": one.fingerprint,
        "expires_at": rfc3339(one.ends_at),
    }
    return facts | ({"before": " ".join(before)} if before else {})


async def _read(connection: AsyncConnection) -> list[_Row]:
    columns = SIGNING_CERTIFICATE.c
    query = select(columns.fingerprint, columns.certificate, columns.chain, columns.wrapped_key)
    rows = await connection.execute(query.order_by(columns.added_at, columns.fingerprint))
    return [(row.fingerprint, row.certificate, tuple(row.chain), row.wrapped_key) for row in rows]


def _opened(root: RootKey, rows: Sequence[_Row]) -> SigningCertificates:
    certificates, unusable = list[SigningCertificate](), list[str]()
    for row in rows:
        one = _open(root, row)
        if one is not None:
            certificates.append(one)
        else:
            unusable.append(row[0])
    return SigningCertificates(tuple(certificates), tuple(unusable))


def _open(root: RootKey, row: _Row) -> SigningCertificate | None:
    fingerprint, certificate, chain, wrapped = row
    try:
        one = SigningCertificate(
            load_der_x509_certificate(certificate),
            tuple(load_der_x509_certificate(each) for each in chain),
            None if wrapped is None else key_of(root.unwrap(signing_key_name(fingerprint), wrapped)),
        )
    except (SealBrokenError, ValueError):
        return None
    # The key is wrapped for this fingerprint: no other certificate can be put in this one's place.
    return one if one.fingerprint == fingerprint else None


def signing_key_name(fingerprint: str) -> str:
    """Return the name under which a certificate's key is wrapped."""
    return f"signing key {fingerprint}"
