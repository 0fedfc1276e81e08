"""Puts the gateway together: its parts, what surrounds each request, and how it is described."""

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

import adapters.diagnosis
from adapters.certificate_watch import CertificateWatch
from app.accounts.routes import TOKEN_PATH
from app.clock import Clock, SystemClock
from app.errors import GatewayError
from app.gateway_parts import GatewayParts, WrapLog
from app.logs import LogEvent, get_logger
from app.lookup.routes import LOOKUP_PATH
from app.lookup.source import PopulationSource
from app.lookup.verification_routes import VERIFICATION_PATH
from app.request_bodies import BODIES
from app.road_board import certificate_board, opening_roads
from app.serving_settings import read_dossier_shapes, read_secrets, read_witness_policy
from app.settings import Settings, UpstreamSettings
from app.subject_parts import working_calendar
from app.web.context import RequestContext
from app.web.openapi import OPEN_PATHS, describe
from app.web.proxies import TrustedProxies
from app.web.query_names import refuse_unknown_names
from app.web.raised_errors import on_gateway_error, on_http_exception, on_validation_error
from app.web.shedding import LoopWatch, Shedding, Valve
from app.web.straight import Gateway, straight

_log = get_logger(__name__)

OpenSource = Callable[[], AbstractAsyncContextManager[PopulationSource]]
_STRAIGHT: Final = (LOOKUP_PATH, VERIFICATION_PATH, TOKEN_PATH)
"""Where requests come in numbers: served before all others."""


def create_app(
    settings: Settings,
    upstream: UpstreamSettings,
    *,
    clock: Clock | None = None,
    open_source: OpenSource | None = None,
    wrap_log: WrapLog | None = None,
) -> FastAPI:
    """Return the gateway; its parts start and stop with the application's lifespan.

    *open_source* and *wrap_log* let tests stand between the lookup and what it relies on.
    Raises ConfigurationError for settings that cannot serve.
    """
    secrets = read_secrets(settings)
    read_dossier_shapes(settings)  # wrong ones stop the start at once, not when the application begins
    read_witness_policy(settings)
    working_calendar(settings)
    known_clock = clock or SystemClock()
    opened = open_source or opening_roads(settings, upstream, known_clock)
    roads = settings.upstreams or (upstream,)

    valve = Valve(settings.overload_milliseconds / 1000)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            parts = GatewayParts(settings, secrets, known_clock, stack, wrap_log or (lambda log: log), valve)
            source = await stack.enter_async_context(opened())
            checks = [adapters.diagnosis.Diagnosis(road, known_clock) for road in roads]
            watch = CertificateWatch(roads if open_source is None else (), known_clock)
            await stack.enter_async_context(watch)
            routers = await parts.start(source, checks, partial(certificate_board, watch))
            for router in routers:
                # Not include_router, which makes each route once more, and looks for it in two steps.
                app.router.routes.extend(router.routes)
            refuse_unknown_names(app.router.routes, open_paths=OPEN_PATHS)
            app.router.routes[:0] = parts.straight_routes
            app.go_straight(straight(routers, path) for path in _STRAIGHT)
            gc.collect()
            gc.freeze()  # what start-up made lives as long as the process; no need to look at it again
            await stack.enter_async_context(LoopWatch(valve))
            _log.info(LogEvent.STARTED)
            yield
            _log.info(LogEvent.STOPPED)

    app = Gateway(
        title="Residence-lookup gateway",
        version=version("dancu"),
        description="Cổng tra cứu thông tin cư trú: every look by a known officer, for a dossier, on record.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # nothing of a request goes elsewhere
        redirect_slashes=False,  # the redirect would be made of a Host header, and bodies sent after it
    )
    if settings.proxy_addresses:  # without them no header says who anybody is
        app.surround(
            TrustedProxies,
            networks=settings.proxy_addresses,
            certificate_header=settings.client_certificate_header,
        )
    app.surround(RequestContext)
    app.surround(Shedding, valve=valve, paths=(LOOKUP_PATH, VERIFICATION_PATH))
    app.add_exception_handler(GatewayError, on_gateway_error)
    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    describe(app, *BODIES)
    return app
