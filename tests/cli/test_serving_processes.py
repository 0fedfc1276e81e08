"""What weighs on each serving process: nothing that it does not need for serving."""

import subprocess
import sys

import pytest

from tests.cli.commands import UPSTREAM
from tests.world import ROOT_KEY

_HEAVY = ("alembic", "holidays", "openpyxl", "PIL", "pyhanko", "reportlab", "typer")
"""Libraries of commands, papers, workbooks and deadlines: imported with the first that is asked for."""
_OF_COMMANDS = {"app.cli", "app.cli.gateway", "app.cli.settings"}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What a process says that has made its gateway, as uvicorn makes it: two lines."""
    script = (
        "import gc, sys; from app.cli.gateway import gateway; gateway();"
        " print(gc.get_threshold()[0]); print(*sys.modules)"
    )
    settings = UPSTREAM | {
        "DANCU_AUTHORITY_CODE": "H19",
        "DANCU_DATABASE_URL": "postgresql://gateway:geheim@127.0.0.1:9/dancu",
        "DANCU_ROOT_KEY": ROOT_KEY,
        "DANCU_UPSTREAM_BASE_URL": "http://127.0.0.1:9",
    }
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", script],
        env=settings,
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path_factory.mktemp("gateway"),
    )
    return done.stdout.splitlines()


@pytest.fixture
def imported(said: list[str]) -> frozenset[str]:
    return frozenset(said[1].split())


def test_a_serving_process_imports_no_command(imported: frozenset[str]) -> None:
    assert "app.main" in imported
    assert {
        name for name in imported if name.partition(".cli")[0] == "app" and ".cli" in name
    } == _OF_COMMANDS


@pytest.mark.parametrize("library", _HEAVY)
def test_a_serving_process_imports_no_library_that_serving_seldom_needs(
    imported: frozenset[str], library: str
) -> None:
    assert not {name for name in imported if name.partition(".")[0] == library}


def test_the_garbage_collector_looks_seldom_in_a_serving_process(said: list[str]) -> None:
    assert int(said[0]) == 20_000
