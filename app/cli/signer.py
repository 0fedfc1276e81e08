"""`dancu signer`: holds the log's key and its memory in a process of its own, away from the database."""

import contextlib
import errno
import os
import signal
import socket
import ssl
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import typer
import uvicorn
from starlette.applications import Starlette

from app.audit.tree.remote_signer import RemoteSigner
from app.audit.tree.signing_app import signing_app
from app.cli.keys import authority_of
from app.cli.listening import listen
from app.cli.log_keys import open_signer
from app.cli.settings import read_settings
from app.errors import ConfigurationError
from app.logs import LogEvent, configure_logging, get_logger
from app.settings import Settings

_UNIX: Final = "unix:"
_MOST_AT_ONCE: Final = 16
_TLS_PORT: Final = 9443
_KEEP_ALIVE_SECONDS: Final = 75  # longer than any worker waits between two checkpoints
_NONE_KEPT: Final = httpx.Limits(max_keepalive_connections=0)
"""A connection that idles from one checkpoint to the next may be closed by the signer as it is used again."""
_WRITTEN: Final = "is written as unix:/path/of/the.sock or https://host:port"
_log = get_logger(__name__)


def signer() -> None:
    """Sign what continues what was signed before, for whoever reaches the socket or has a certificate."""
    settings, _ = read_settings()
    app = signing_app(open_signer(settings))
    place = settings.signer_listen
    options: dict[str, Any] = {} if place.startswith(_UNIX) else _tls_options(settings)
    with _listening(place) as listener:
        configure_logging()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _end)  # uvicorn ends in order and then hands the signal on
        server = uvicorn.Server(server_config(app, **options))
        _log.info(LogEvent.SIGNER_STARTED)
        server.run(sockets=[listener])
        if not server.started:
            raise typer.Exit(3)


def server_config(app: Starlette, **options: Any) -> uvicorn.Config:
    """Return how the signer is served; *options* are those of TLS."""
    return uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,  # app.logs owns every line
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_MOST_AT_ONCE,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=5,
        **options,
    )


def open_remote_signer(settings: Settings) -> RemoteSigner:
    """Return the worker's way to its signer; ConfigurationError names what is missing or wrong."""
    authority, url = authority_of(settings), settings.log_signer_url
    if not url:
        raise ConfigurationError("DANCU_LOG_SIGNER_URL is not set: where dancu signer listens")
    if url.startswith(_UNIX):
        transport = httpx.AsyncHTTPTransport(uds=url.removeprefix(_UNIX), limits=_NONE_KEPT)
        http = httpx.AsyncClient(transport=transport, base_url="http://signer", trust_env=False)
        return RemoteSigner(http, authority)
    _host_and_port(url, "DANCU_LOG_SIGNER_URL")
    context = _context(settings, ssl.PROTOCOL_TLS_CLIENT, "log_signer_", "log_signer_ca_file")
    http = httpx.AsyncClient(base_url=url, verify=context, trust_env=False, limits=_NONE_KEPT)
    return RemoteSigner(http, authority)


def _tls_options(settings: Settings) -> dict[str, Any]:
    """Return what makes uvicorn ask for a certificate; without all three files nothing listens."""
    context = _context(settings, ssl.PROTOCOL_TLS_SERVER, "signer_", "signer_client_ca_file")
    return {"ssl_context_factory": lambda *_: context}


def _context(settings: Settings, protocol: int, prefix: str, authority_file: str) -> ssl.SSLContext:
    """Return TLS 1.3 with a certificate of one's own and one asked of the other side."""
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    authority = _needed(settings, authority_file)
    own = [_needed(settings, f"{prefix}certificate_{kind}") for kind in ("file", "key_file")]
    try:
        context.load_verify_locations(authority)
        context.load_cert_chain(*own)
    except ssl.SSLError:
        files = ", ".join([authority, *own])
        raise ConfigurationError(
            f"these must be PEM, and certificate and key belong together: {files}"
        ) from None
    return context


def _needed(settings: Settings, name: str) -> str:
    """Return the path of a file that must be there and readable."""
    variable, path = f"DANCU_{name.upper()}", getattr(settings, name)
    if path is None:
        raise ConfigurationError(f"{variable} is not set; without TLS from both sides only unix:… will do")
    if not os.access(path, os.R_OK):
        raise ConfigurationError(f"{variable}: {path} cannot be read")
    return str(path)


@contextmanager
def _listening(place: str) -> Iterator[socket.socket]:
    if not place.startswith(_UNIX):
        host, port = _host_and_port(place, "DANCU_SIGNER_LISTEN")
        with listen(host, port) as listener:
            yield listener
        return
    path = Path(place.removeprefix(_UNIX))
    _remove_stale(path)
    with socket.socket(socket.AF_UNIX) as listener:
        earlier = os.umask(0o117)  # before anybody can connect: its owner and the folder's group
        try:
            listener.bind(str(path))
            listener.listen()  # from here on another one sees that this one is there
        except OSError as error:
            raise ConfigurationError(f"cannot listen on {path}: {error.strerror or error}") from None
        finally:
            os.umask(earlier)
        try:
            yield listener
        finally:
            path.unlink(missing_ok=True)


def _remove_stale(path: Path) -> None:
    """Remove the socket of a signer that was killed; ConfigurationError where one still listens."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.stat().st_mode):
            raise ConfigurationError(f"{path} is there and is no socket")
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(path)) != errno.ECONNREFUSED:
                raise ConfigurationError(f"another signer listens on {path}")
        path.unlink()


def _host_and_port(place: str, variable: str) -> tuple[str, int]:
    try:
        parts = urlsplit(place)
        port = parts.port or _TLS_PORT
    except ValueError:
        raise ConfigurationError(f"{variable} {_WRITTEN}") from None
    if parts.scheme != "https" or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ConfigurationError(f"{variable} {_WRITTEN}")
    return parts.hostname, port


def _end(_signal: int, _frame: FrameType | None) -> None:
    _log.info(LogEvent.SIGNER_STOPPED)
    sys.exit(0)
