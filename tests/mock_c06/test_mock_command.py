"""The command shows citizens, reads its options, serves, and never prints whom it was asked about."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from mock_c06.__main__ import config_from, main, read_options
from mock_c06.config import MockConfig
from mock_c06.troubles import Troubles
from tests.mock_c06.national_side import LOOKUP_PATH, Clock, NationalSide, a_question


@asynccontextmanager
async def running_command(*options: str) -> AsyncIterator[tuple[NationalSide, list[str]]]:
    """Run the command as a process of its own; what it printed is in the list afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = (sys.executable, "-m", "mock_c06", "--port", port, *options)
    pipe, same = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=same)
    printed: list[str] = []
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            await _until_alive(http)
            yield NationalSide(http, Clock()), printed
    finally:
        process.terminate()
        output, _ = await process.communicate()
        printed.append(output.decode())


async def _until_alive(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                await http.get("/livez")
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
            else:
                return


async def test_the_command_serves_and_prints_nobody() -> None:
    async with running_command() as (side, printed):
        assert (await side.ask(a_question())).status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            await side.ask(a_question("099070000132"))
    assert "mock-c06 (lgsp-soap, invented people only)" in printed[0]
    assert "0990" not in printed[0]
    assert "Traceback" not in printed[0]


async def test_a_caller_left_hanging_does_not_keep_the_command_from_stopping() -> None:
    async with running_command() as (side, _):
        headers = await side.headers()
        await side.http.post("/mock/troubles", json={"hang": True})
        with pytest.raises(httpx.ReadTimeout):
            await side.http.post(LOOKUP_PATH, content=a_question(), headers=headers, timeout=0.2)


def test_the_command_shows_the_citizen_of_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--show", "099190000017"])
    shown = capsys.readouterr().out
    assert "TRẦN VĂN THỬ" in shown
    assert "TRANVANTHU" in shown
    assert "1990-05-09" in shown


def test_showing_what_is_no_number_fails_without_repeating_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--show", "09919000001"])
    assert "09919000001" not in capsys.readouterr().err


def test_without_options_the_stand_in_is_strict_and_untroubled() -> None:
    assert config_from(read_options([])) == MockConfig()


def test_options_reach_the_configuration(tmp_path: Path) -> None:
    credentials = tmp_path / "credentials.json"
    credentials.write_text(json.dumps({"access_key": "AK-2"}), encoding="utf-8")
    officer_keys = tmp_path / "officers.json"
    officer_keys.write_text(json.dumps({"cb1": "x"}), encoding="utf-8")
    options = ["--lenient", "--troubles", '{"down": true}', "--sequence", "2025", "--seed", "khac"]
    options += ["--credentials", str(credentials), "--officer-keys", str(officer_keys)]
    config = config_from(read_options(options))
    assert config.is_strict is False
    assert config.troubles == Troubles(down=True)
    assert config.sequences == ("2025",)
    assert config.seed == "khac"
    assert config.credentials.access_key == "AK-2"
    assert config.officer_keys == {"cb1": "x"}


@pytest.mark.parametrize("content", ["[]", '{"access_key": 1}', '{"unknown": "x"}', "{", None])
def test_files_that_cannot_be_read_stop_the_command(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "credentials.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["--credentials", str(path)])


def test_troubles_nobody_knows_stop_the_command() -> None:
    with pytest.raises(SystemExit):
        main(["--troubles", '{"fire": true}'])


def test_permissions_and_the_population_are_taken_from_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "permissions.json"
    file.write_text('{"rules": [{"partner": "TEST_USER"}], "per_officer_per_day": 3}', encoding="utf-8")
    config = config_from(read_options(["--permissions", str(file), "--population", "5000"]))

    assert (config.permissions.per_officer_per_day, config.population) == (3, 5_000)


@pytest.mark.parametrize("options", [["--permissions", "{}"], ["--population", "0"]])
def test_permissions_and_populations_that_are_none_stop_the_start(options: list[str], tmp_path: Path) -> None:
    file = tmp_path / "permissions.json"
    file.write_text('{"rules": "all"}', encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main([str(file) if option == "{}" else option for option in options])

    assert str(ended.value).startswith("mock-c06: ")
