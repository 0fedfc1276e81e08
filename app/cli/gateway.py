"""What each of several serving processes runs: the gateway of this environment's settings.

Whatever is imported here weighs on each of them; tests/cli/test_serving_processes.py says what is not.
"""

from fastapi import FastAPI

from app.cli.settings import read_settings
from app.logs import configure_logging
from app.main import create_app
from app.memory import settle_memory


def gateway() -> FastAPI:
    """Return the gateway; ConfigurationError where the settings cannot serve."""
    settle_memory()
    configure_logging()
    return create_app(*read_settings())
