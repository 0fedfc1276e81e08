"""`dancu serve` as a process of its own, with faults that carry whole persons in everything they say."""

import asyncio
import logging
import os
import sys
import threading
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import uvicorn

import adapters.choose
from app.audit.log import AuditLog
from app.audit.record import Draft
from app.clock import SystemClock
from app.logs import LogEvent, configure_logging, get_logger
from app.lookup.source import PopulationSource, SourceRequest
from app.lookup.values import Citizen
from app.main import create_app
from app.settings import Settings, UpstreamSettings
from tests.logs.planting import FAULTY_LOG, FAULTY_SOURCE, LEAKS, everything_about

_log = get_logger("tests.logs.gateway_process")


class UnhappyError(Exception):
    """Says everything about a person, as careless errors do."""


class CarelessSource:
    """The real source; for some persons something goes wrong, or somebody logs what they must not."""

    def __init__(self, source: PopulationSource) -> None:
        self._source = source

    @property
    def road(self) -> str:
        return self._source.road

    async def find(self, request: SourceRequest) -> Citizen | None:
        citizen = await self._source.find(request)
        number = request.question.id_number.digits
        if citizen is not None and os.environ.get("LEAKY") and number in LEAKS:
            SPILLS[LEAKS[number]](citizen)
        if citizen is not None and number == FAULTY_SOURCE:
            _go_wrong(everything_about(citizen))
        return citizen

    async def confirm(self, request: SourceRequest) -> bool:
        return await self._source.confirm(request)


SPILLS: dict[str, Callable[[Citizen], object]] = {
    # A lambda: `_log.info` alone would be the logger as it was before it was configured.
    "an event that is a citizen": lambda citizen: _log.info(citizen),  # type: ignore[arg-type] # noqa: PLW0108
    "a field that is a citizen": lambda citizen: _log.info(LogEvent.SOURCE_FAILED, citizen=citizen),
    "a known field with a name": lambda citizen: _log.info(LogEvent.SOURCE_FAILED, reason=citizen.full_name),
    "a debug line": lambda citizen: _log.debug(f"{citizen.full_name}"),
    "a print": lambda citizen: print(citizen.full_name, flush=True),  # noqa: T201 - the leak itself
    "standard error": lambda citizen: sys.stderr.write(f"{citizen.full_name}\n"),
}


class CarelessLog:
    """The real log; for one person it fails with an error that repeats the draft's person."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log

    @property
    def is_ready(self) -> bool:
        return self._log.is_ready

    async def append(self, draft: Draft) -> None:
        if draft.searched_number == FAULTY_LOG:
            raise UnhappyError((draft.subject or b"").decode())
        await self._log.append(draft)


def _go_wrong(person: str) -> None:
    """Fail in every way a library can fail, each time with the person in the text."""
    loop = asyncio.get_running_loop()
    loop.create_task(_fail(person), name=person)  # noqa: RUF006 - nobody ever looks at it
    loop.call_exception_handler({"message": person, "exception": UnhappyError(person)})
    threading.Thread(target=_raise, args=(person,), name=person).start()
    warnings.warn(person, stacklevel=1)
    for name in ("somelibrary", "uvicorn.error", "asyncio"):
        logging.root.manager.getLogger(name).error("about %s", person)
        logging.root.manager.getLogger(name).log(35, person)
    try:
        _raise(person)
    except UnhappyError as error:
        logging.root.manager.getLogger("somelibrary").exception(person)
        raise RuntimeError(person) from error


async def _fail(person: str) -> None:
    raise UnhappyError(person)


def _raise(person: str) -> None:
    try:
        raise KeyError(person)
    except KeyError:
        raise UnhappyError(person)  # noqa: B904 - the context is what is tried


def main() -> None:
    settings, upstream = Settings(_env_file=None), UpstreamSettings(_env_file=None)

    @asynccontextmanager
    async def open_source() -> AsyncIterator[PopulationSource]:
        async with adapters.choose.open_source(upstream, SystemClock()) as source:
            yield CarelessSource(source)

    app = create_app(settings, upstream, open_source=open_source, wrap_log=CarelessLog)
    configure_logging(level=logging.DEBUG)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=settings.port,
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
