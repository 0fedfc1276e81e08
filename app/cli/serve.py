"""`dancu serve`: the gateway itself."""

import resource
import signal
import socket
import sys
from types import FrameType
from typing import Annotated, Final

import typer
import uvicorn
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess

from adapters.choose import check_settings
from app.cli.listening import handles, listen
from app.cli.settings import read_settings
from app.logs import configure_logging
from app.main import create_app
from app.memory import settle_memory
from app.web.serving import ServingProtocol

_OPEN_FILES: Final = 65_536
_GATEWAY: Final = "app.cli.gateway:gateway"
"""Not of this module: what serves imports no command."""


def serve(
    host: Annotated[str | None, typer.Option(help="address to listen on (DANCU_HOST)")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="port to listen on (DANCU_PORT)")] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="processes that share the port, one for each core at most")
    ] = 1,
) -> None:
    """Serve lookups. Refuses to start without a database and keys."""
    settings, upstream = read_settings()
    for road in settings.upstreams:
        check_settings(road)
    app = create_app(settings, upstream)
    listener = listen(host or settings.host, settings.port if port is None else port)
    configure_logging()
    _allow_open_files()
    if workers > 1:
        _serve_in_several(workers, listener)
        return
    settle_memory()
    server = uvicorn.Server(_config(app))
    # uvicorn ends in order and then hands the signal on to whoever had it before.
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    server.run(sockets=handles(listener))
    if not server.started:
        raise typer.Exit(STARTUP_FAILURE)


def _serve_in_several(workers: int, listener: socket.socket) -> None:
    """Serve until told to end; a process that dies is replaced, SIGHUP replaces them one by one.

    They share nothing but the port and PostgreSQL.
    """
    supervisor = Multiprocess(_config(_GATEWAY, workers=workers), handles(listener))
    supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise typer.Exit(STARTUP_FAILURE)


def _config(app: FastAPI | str, *, workers: int = 1) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        workers=workers,
        access_log=False,  # it would print paths and addresses
        log_config=None,  # app.logs owns every line
        proxy_headers=False,  # the caller's address decides what it may do
        server_header=False,
        http=ServingProtocol,
        ws="none",
        timeout_graceful_shutdown=30,
    )


def _allow_open_files() -> None:
    """Allow as many open files as the system lets us: a lookup in flight takes two, one on each side."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
