"""`dancu serve`: the gateway itself."""

from typing import Annotated

import typer
import uvicorn

from app.cli.settings import read_settings
from app.logs import configure_logging
from app.main import create_app


def serve(
    host: Annotated[str | None, typer.Option(help="address to listen on (DANCU_HOST)")] = None,
    port: Annotated[int | None, typer.Option(help="port to listen on (DANCU_PORT)")] = None,
) -> None:
    """Serve lookups. Refuses to start without a database and keys."""
    settings, upstream = read_settings()
    app = create_app(settings, upstream)
    configure_logging()
    uvicorn.run(
        app,
        host=host or settings.host,
        port=settings.port if port is None else port,
        access_log=False,  # it would print paths and addresses
        log_config=None,  # app.logs owns every line
        proxy_headers=False,  # the caller's address decides what it may do
        server_header=False,
        timeout_graceful_shutdown=30,
    )
