"""What `dancu check` says of the road to the national side: settings, reach, trust, certificates that end."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from adapters.certificates import Ending, ending_shown_by, endings_in_files
from adapters.choose import check_settings, trust_of
from adapters.connection import Trust
from app.clock import Clock
from app.errors import ConfigurationError
from app.settings import UpstreamSettings

_REACH_SECONDS: Final = 3.0
_WARN_AHEAD: Final = timedelta(days=30)

Finding = tuple[bool | None, str]
"""True: good; False: cannot serve; None: can, with this caveat."""


async def national_side_findings(upstream: UpstreamSettings, clock: Clock) -> AsyncIterator[Finding]:
    """Yield what works and what does not; nobody is asked about."""
    try:
        check_settings(upstream)
        trust = trust_of(upstream)
        trust.context()
        endings = endings_in_files(trust)
    except ConfigurationError as error:
        yield False, f"national side: {error}"
        return
    parts = urlsplit(upstream.base_url)
    host, port = str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)
    try:
        async with asyncio.timeout(_REACH_SECONDS):
            endings += await _reach(host, port, trust if parts.scheme == "https" else None)
        yield True, f"national side: {host}:{port} accepts connections ({upstream.profile})"
    except (OSError, TimeoutError) as error:
        yield False, f"national side: {host}:{port} cannot be reached ({_why(error)})"
    for ending in endings:
        if (finding := _finding(ending, clock)) is not None:
            yield finding


async def _reach(host: str, port: int, trust: Trust | None) -> list[Ending]:
    if trust is not None:
        return [await ending_shown_by(host, port, trust)]
    _, writer = await asyncio.open_connection(host, port)
    writer.close()
    return []


def _why(error: Exception) -> str:
    # OpenSSL's own constant words, such as "certificate has expired".
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    return type(error).__name__


def _finding(ending: Ending, clock: Clock) -> Finding | None:
    now = clock.now()
    if ending.at <= now:
        return False, f"national side: {ending.what} ended on {ending.at:%Y-%m-%d}"
    if ending.at - now < _WARN_AHEAD:
        return None, (
            f"national side: {ending.what} ends on {ending.at:%Y-%m-%d}, in {(ending.at - now).days} days"
        )
    return None
