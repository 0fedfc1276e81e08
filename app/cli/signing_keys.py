"""`dancu keys …-signing`: the certificate that signs receipts; what `dancu check` says of it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.ext.asyncio import AsyncConnection

from app.audit.changes import Change
from app.audit.record import RecordKind
from app.audit.sealing import RootKey
from app.cli.console import done
from app.cli.keys import authority_of, check_serving_root, owners_connection, serving_root
from app.cli.recording import make_recorded
from app.cli.settings import read_settings
from app.clock import VIETNAM, SystemClock
from app.database.connect import open_engine
from app.errors import ConfigurationError
from app.lookup.signing_certificates import (
    RENEW_BEFORE,
    SigningCertificate,
    SigningCertificates,
    issued,
    self_signed,
    signing_request,
)
from app.lookup.signing_store import add_signing_certificate, load_signing_certificates
from app.settings import Settings

_LONGEST_FILE: Final = 256 * 1024


def rotate_signing() -> None:
    """Make a new key with a self-signed certificate; the former key is destroyed, what it signed counts."""
    settings, _ = read_settings()
    one = self_signed(authority_of(settings), SystemClock().now())
    asyncio.run(_add(settings, one))
    done(f"signs receipts from now on: {_described(one)}")
    done("give others the certificate to check by: dancu keys export-signing")


def request_signing() -> None:
    """Print a request (PKCS #10) for an authority to certify the key that signs receipts."""
    settings, _ = read_settings()
    key = asyncio.run(_present_key(settings))
    done(signing_request(key, authority_of(settings)).rstrip("\n"))


def import_signing(
    file: Annotated[Path, typer.Argument(help="PEM: the certificate, then those that vouch for it")],
) -> None:
    """Sign with a certificate that an authority issued for the present key."""
    settings, _ = read_settings()
    content = file.read_bytes()
    if len(content) > _LONGEST_FILE:
        raise ConfigurationError("the file is too long for a certificate and those that vouch for it")
    key = asyncio.run(_present_key(settings))
    one = issued(content, key, SystemClock().now())
    asyncio.run(_add(settings, one))
    done(f"signs receipts from now on: {_described(one)}")


def export_signing(
    every: Annotated[
        bool, typer.Option("--all", help="earlier certificates too, for older receipts")
    ] = False,
) -> None:
    """Print the certificate (PEM) by which anybody checks receipts."""
    settings, _ = read_settings()
    known = asyncio.run(_load(settings))
    wanted = known.certificates if every else tuple(filter(None, [known.with_key]))
    if not wanted:
        raise ConfigurationError("no certificate signs receipts; run: dancu keys rotate-signing")
    done("".join(one.pem for one in wanted).rstrip("\n"))


async def signing_findings(url: str, root: RootKey) -> AsyncIterator[tuple[bool | None, str]]:
    """Yield what `dancu check` says of the certificate, read as the serving role at *url*."""
    engine = open_engine(url, pool_size=1)
    try:
        async with engine.connect() as connection:
            known = await load_signing_certificates(connection, root)
    finally:
        await engine.dispose()
    for finding in judge_signing(known, SystemClock().now()):
        yield finding


def judge_signing(known: SigningCertificates, now: datetime) -> Iterator[tuple[bool | None, str]]:
    """Yield one line on the certificate that signs, and one where there are keys that do not open."""
    one, remedy = known.with_key, "run: dancu keys rotate-signing"
    if one is None:
        yield None, f"keys: no certificate signs receipts, so none are made; {remedy}"
    elif not one.is_in_force(now):
        yield None, f"keys: the certificate that signs receipts is not in force, so none are made; {remedy}"
    elif one.ends_at - now < RENEW_BEFORE:
        days = (one.ends_at - now).days
        yield None, f"keys: the certificate that signs receipts ends in {days} days; {remedy}"
    else:
        yield True, f"keys: certificate {one.fingerprint[:16]} signs receipts"
    if known.unusable:
        yield None, f"keys: signing certificates that do not open with DANCU_ROOT_KEY: {len(known.unusable)}"


async def _add(settings: Settings, one: SigningCertificate) -> None:
    root, now = serving_root(settings), SystemClock().now()
    async with owners_connection(settings) as connection:
        await check_serving_root(connection, root)

    async def work(connection: AsyncConnection) -> Change[None]:
        facts = await add_signing_certificate(connection, root, one, now)
        kind = RecordKind.KEYS_ROTATED if "before" in facts else RecordKind.KEYS_MADE
        return Change(None, kind, facts)

    await make_recorded(settings, work)


async def _load(settings: Settings) -> SigningCertificates:
    async with owners_connection(settings) as connection:
        return await load_signing_certificates(connection, serving_root(settings))


async def _present_key(settings: Settings) -> ec.EllipticCurvePrivateKey:
    one = (await _load(settings)).with_key
    if one is None or one.private_key is None:
        raise ConfigurationError("there is no signing key yet; run: dancu keys rotate-signing")
    return one.private_key


def _described(one: SigningCertificate) -> str:
    return f"{one.holder}, until {one.ends_at.astimezone(VIETNAM):%Y-%m-%d}, SHA-256 {one.fingerprint}"
