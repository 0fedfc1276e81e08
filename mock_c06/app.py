"""Putting one stand-in together as an ASGI application."""

import time
from collections.abc import Callable

from starlette.applications import Starlette

from mock_c06.config import MockConfig
from mock_c06.control import Control
from mock_c06.journal import Journal
from mock_c06.lgsp import LgspSoap
from mock_c06.tokens import TokenDesk
from mock_c06.troubles import TroubleMaker

PROFILES = {"lgsp-soap": LgspSoap}


def create_app(config: MockConfig | None = None, clock: Callable[[], float] = time.time) -> Starlette:
    """Return a stand-in that holds its own tokens, counters and troubles; `clock` gives Unix seconds."""
    config = config or MockConfig()
    journal = Journal(config.access_log, names_persons=config.logs_persons, clock=clock)
    trouble = TroubleMaker(config.troubles, config.seed)
    desk = TokenDesk(config.credentials, config.officer_keys, config.token_seconds, clock)
    profile = PROFILES[config.profile](config, desk, journal, trouble)
    return Starlette(routes=[*profile.routes(), *Control(journal, trouble).routes()])
