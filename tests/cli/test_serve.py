"""`dancu serve` refuses what cannot serve in one line before anything starts, and ends in order."""

import asyncio
import json
import signal
import socket
from pathlib import Path

import httpx
import pytest
import uvloop

from app.cli.listening import handles, listen
from app.database import migrate
from app.database.address import sqlalchemy_address
from tests.cli.commands import UPSTREAM, a_listener, a_process, dancu, free_port
from tests.world import ROOT_KEY, Database

NOWHERE = "postgresql://gateway:geheim@127.0.0.1:9/dancu"


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Every setting a serving process needs; the database and the national side are nowhere."""
    settings = UPSTREAM | {
        "DANCU_AUTHORITY_CODE": "H19",
        "DANCU_DATABASE_URL": NOWHERE,
        "DANCU_ROOT_KEY": ROOT_KEY,
        "DANCU_UPSTREAM_BASE_URL": "http://127.0.0.1:9",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return settings


@pytest.mark.parametrize(
    "variable",
    [
        "DANCU_AUTHORITY_CODE",
        "DANCU_DATABASE_URL",
        "DANCU_ROOT_KEY",
        "DANCU_UPSTREAM_BASE_URL",
        "DANCU_UPSTREAM_ACCESS_KEY",
        "DANCU_UPSTREAM_PARTNER_CODE",
    ],
)
def test_a_missing_setting_stops_the_start_in_one_line(
    complete: dict[str, str], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv(variable)
    assert dancu("serve").refuses(variable)


@pytest.mark.parametrize("variable", ["DANCU_ROOT_KEY", "DANCU_AUDIT_ROOT_KEY"])
def test_a_key_that_is_none_stops_the_start_in_one_line(
    complete: dict[str, str], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "geheim")
    answer = dancu("serve")
    assert answer.refuses(variable)
    assert "geheim" not in answer.err


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DANCU_DAYS_OFF", "31/12/2026"),
        ("DANCU_DOSSIER_SHAPE", "{"),
        ("DANCU_WITNESS_POLICY_FILE", "/nowhere/policy"),
    ],
)
def test_what_stops_the_start_fails_the_check_too(
    complete: dict[str, str], monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert dancu("serve").refuses(variable)
    checked = dancu("check")
    assert (checked.code, checked.out[:4]) == (1, "FAIL")
    assert variable in checked.out


@pytest.mark.parametrize("variable", ["DANCU_PUBLIC_URL", "DANCU_ACTIVATION_URL"])
def test_an_address_that_is_none_stops_start_and_check(
    complete: dict[str, str], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "foo")
    assert dancu("serve").refuses(variable, "web address")
    assert dancu("check").refuses(variable, "web address")


def test_plain_http_to_another_machine_stops_the_start(
    complete: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANCU_UPSTREAM_BASE_URL", "http://lgsp.example.invalid")
    assert dancu("serve").refuses("DANCU_UPSTREAM_BASE_URL", "https://")


def test_a_port_in_use_stops_the_start_in_one_line(complete: dict[str, str]) -> None:
    with a_listener() as port:
        assert dancu("serve", "--port", str(port)).refuses(f"port {port}", "in use")


def test_an_address_of_another_machine_stops_the_start_in_one_line(complete: dict[str, str]) -> None:
    assert dancu("serve", "--host", "192.0.2.1", "--port", "0").refuses("192.0.2.1")


@pytest.mark.parametrize("command", ["serve", "demo"])
@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_what_is_no_port_is_refused(complete: dict[str, str], command: str, port: str) -> None:
    answer = dancu(command, "--port", port)
    assert answer.code == 2
    assert "--port" in answer.err
    assert "Traceback" not in answer.err


def test_a_database_that_is_away_keeps_it_waiting_and_unready(
    complete: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    settings = complete | {"DANCU_PORT": str(port)}
    with a_process(tmp_path / "out", "-m", "app", "serve", environment=settings) as gateway:
        gateway.wait_until_alive(f"http://127.0.0.1:{port}/livez")
        assert httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 503
        gateway.wait_for("directory.unreachable")
        assert gateway.end(signal.SIGTERM) == 0
    assert all(isinstance(json.loads(line), dict) for line in gateway.written.splitlines())
    assert "geheim" not in gateway.written


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_in_order(
    complete: dict[str, str], database: Database, tmp_path: Path, signal_number: int
) -> None:
    assert not await migrate.pending(sqlalchemy_address(database.owner_url))
    settings = complete | {"DANCU_DATABASE_URL": database.serving_url, "DANCU_PORT": str(free_port())}
    with a_process(tmp_path / "out", "-m", "app", "serve", environment=settings) as gateway:
        gateway.wait_for("gateway.started")
        assert gateway.end(signal_number) == 0
    assert "gateway.stopped" in gateway.written
    assert all(isinstance(json.loads(line), dict) for line in gateway.written.splitlines())


def test_connections_opened_at_once_are_taken_several_at_a_turn() -> None:
    many = 64
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        turns = runner.run(_turns_to_take(many))

    assert turns < many / 2


async def _turns_to_take(many: int) -> int:
    """Return in how many turns of the loop so many connections are taken that wait when it begins."""
    loop, taken, turns = asyncio.get_running_loop(), list[asyncio.BaseTransport](), 0

    class Taking(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            taken.append(transport)

    listener = listen("127.0.0.1", 0)
    listener.listen(many)
    waiting = [socket.create_connection(listener.getsockname()) for _ in range(many)]
    servers = [await loop.create_server(Taking, sock=handle) for handle in handles(listener)]
    while len(taken) < many:
        await asyncio.sleep(0)
        turns += 1
    for transport in taken:
        transport.close()
    for server in servers:
        server.close()
    for client in waiting:
        client.close()
    await asyncio.gather(*(server.wait_closed() for server in servers))
    await asyncio.sleep(0)
    return turns
