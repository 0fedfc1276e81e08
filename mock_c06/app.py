"""Putting one stand-in together as an ASGI application."""

import time
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware

from mock_c06.census import Census
from mock_c06.config import MockConfig
from mock_c06.control import Control
from mock_c06.counter import Counter
from mock_c06.dating import Dated
from mock_c06.journal import Journal
from mock_c06.lgsp import LgspSoap
from mock_c06.lgsp_json import LgspJson
from mock_c06.office import Office
from mock_c06.permissions import PermissionDesk
from mock_c06.troubles import TroubleMaker
from mock_c06.vdxp import VdxpSoap

PROFILES: dict[str, type[LgspSoap | LgspJson | VdxpSoap]] = {
    "lgsp-soap": LgspSoap,
    "lgsp-json": LgspJson,
    "vdxp-soap": VdxpSoap,
}


def create_app(config: MockConfig | None = None, clock: Callable[[], float] = time.time) -> Starlette:
    """Return a stand-in that holds its own tokens, counters and troubles; `clock` gives Unix seconds.

    Every profile is served under its name, and the configured one at the root too.
    """
    config = config or MockConfig()
    trouble = TroubleMaker(config.troubles, config.seed)

    def own_clock() -> float:
        return clock() + trouble.troubles.clock_skew_seconds

    journal = Journal(config.access_log, names_persons=config.logs_persons, clock=own_clock)
    permissions = PermissionDesk(config.permissions, own_clock)
    counter = Counter(config, journal, trouble, permissions, own_clock)
    office = Office(config, counter, journal, trouble, own_clock)
    served = {name: profile(office) for name, profile in PROFILES.items()}
    routes = [route for name, profile in served.items() for route in profile.routes(f"/{name}")]
    at_root = served[config.profile].routes("")
    control = Control(journal, trouble, permissions, Census(config.population, config.seed))
    app = Starlette(
        routes=[*at_root, *routes, *control.routes()], middleware=[Middleware(Dated, clock=own_clock)]
    )
    app.state.trouble = trouble
    return app
