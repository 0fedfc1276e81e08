"""The stand-in behind a real socket, and the settings with which each road reaches it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import uvicorn

from app.lookup.source import SourceRequest
from app.lookup.values import BirthDate, CitizenId, FullName, Question
from app.settings import UpstreamSettings
from mock_c06.app import create_app
from mock_c06.config import MockConfig, VdxpCredentials
from mock_c06.latency import Latency
from mock_c06.personas import PERSONAS, Persona
from mock_c06.serving import Server
from mock_c06.tls import ChangingContext, TlsFiles

ROADS = ("lgsp-soap", "lgsp-json", "vdxp-soap")

# As strict as it gets: one notation of days for each road, and both optional headers wanted.
STRICT = MockConfig(
    slow_seconds=30.0,
    uneven=Latency(median_ms=5, p99_ms=20),
    dialects={"lgsp-soap": frozenset({"yyyymmdd"})},
    vdxp=VdxpCredentials(road_client="VN/GOV/TEST/DANCU", api_key="KEY-TEST"),
)

_CREDENTIALS: dict[str, dict[str, Any]] = {
    "lgsp-soap": {
        "access_key": "AK-TEST",
        "secret_key": "SK-TEST",
        "app_name": "mcdt-test",
        "partner_code": "000.00.00.H00",
        "partner_code_customer": "000.00.00.H00",
        "key_name": "keyname-test",
        "key_password": "keypass-test",
    },
    "lgsp-json": {"auth_header": "AUTH-TEST", "service_account": "STTTT_TEST"},
    "vdxp-soap": {
        "user": "TEST_USER",
        "secret_key": "test-secret",
        "road_client": "VN/GOV/TEST/DANCU",
        "api_key": "KEY-TEST",
        "agency_code": "DV-TEST-01",
    },
}


def settings_of(road: str, url: str, **changes: Any) -> UpstreamSettings:
    """Return the settings of the road's first profile for a stand-in at this address."""
    values = {"profile": road, "base_url": url, **_CREDENTIALS[road]}
    return UpstreamSettings.model_validate(values | changes)


def question_about(persona: Persona) -> Question:
    """Return the question that names the persona rightly."""
    day = persona.birth_date.day
    born = BirthDate.of(day) if day else BirthDate(persona.birth_date.year)
    return Question(CitizenId(persona.citizen_id), FullName(persona.full_name), born)


def request_about(number: str, *, budget_seconds: float = 5.0) -> SourceRequest:
    """Return the request of an officer about the persona of this number."""
    question = question_about(PERSONAS[number])
    return SourceRequest("yc-1", "cb-mau-01", "1.004194.01", question, budget_seconds)


@contextmanager
def running_under_tls(config: MockConfig, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the plain and the TLS address of a stand-in whose certificates stand in *folder*."""
    app = create_app(config)
    context = ChangingContext.of(TlsFiles(folder, "localhost"), app.state.trouble.manner)
    server = Server(app, "127.0.0.1", 0, (0, context))
    thread = Thread(target=server.run)
    thread.start()
    try:
        while not (server.started and len(server.servers) > 1):
            thread.join(0.01)
        plain, under_tls = server.ports
        yield f"http://127.0.0.1:{plain}", f"https://localhost:{under_tls}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def running_stand_in(config: MockConfig) -> Iterator[str]:
    """Yield the address of a stand-in that serves until the end."""
    app = create_app(config)
    settings = uvicorn.Config(app, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(settings)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
