"""`dancu serve`: the gateway itself."""

import signal
import socket
import sys
from types import FrameType
from typing import Annotated

import typer
import uvicorn

from adapters.choose import check_settings
from app.cli.settings import read_settings
from app.errors import ConfigurationError
from app.logs import configure_logging
from app.main import create_app


def serve(
    host: Annotated[str | None, typer.Option(help="address to listen on (DANCU_HOST)")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="port to listen on (DANCU_PORT)")] = None,
) -> None:
    """Serve lookups. Refuses to start without a database and keys."""
    settings, upstream = read_settings()
    check_settings(upstream)
    app = create_app(settings, upstream)
    listener = listen(host or settings.host, settings.port if port is None else port)
    configure_logging()
    config = uvicorn.Config(
        app,
        access_log=False,  # it would print paths and addresses
        log_config=None,  # app.logs owns every line
        proxy_headers=False,  # the caller's address decides what it may do
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=30,
    )
    server = uvicorn.Server(config)
    # uvicorn ends in order and then hands the signal on to whoever had it before.
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    server.run(sockets=[listener])
    if not server.started:
        raise typer.Exit(3)


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; ConfigurationError says why there is none, before anything has started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(f"cannot listen on {host} port {port}: {error.strerror}") from None
    listener.set_inheritable(True)
    return listener


def _end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
