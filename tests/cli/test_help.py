"""What the command line says of itself."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import pytest
import typer

from app.cli.commands import NAMES, application, summaries
from tests.cli.commands import dancu

_SAY_IMPORTED = "import atexit, sys; atexit.register(lambda: print(*sys.modules)); sys.argv[1:] = ['--help']"


def _commands(group: Any, *path: str) -> Iterator[tuple[str, str]]:
    """Yield each command's name and its help; groups are told by having commands."""
    for name, command in getattr(group, "commands", {}).items():
        yield " ".join((*path, name)), command.help or ""
        yield from _commands(command, *path, name)


def _called(group: Any, *path: str) -> Iterator[tuple[str, Any]]:
    """Yield each command that does something, with its path."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _called(command, *path, name)
        else:
            yield " ".join((*path, name)), command


def test_the_version_is_the_packages() -> None:
    assert (dancu("--version").code, dancu("--version").out) == (0, f"dancu {version('dancu')}\n")


def test_every_command_says_in_a_sentence_what_it_does() -> None:
    said = dict(_commands(typer.main.get_command(application(NAMES))))
    assert len(said) > 70
    assert {name for name, text in said.items() if not text.partition("\n")[0].endswith(".")} == set()


def test_every_argument_and_option_says_what_it_is() -> None:
    told = [
        (f"{path} {parameter.name}", getattr(parameter, "help", None))
        for path, command in _called(typer.main.get_command(application(NAMES)))
        for parameter in command.params
    ]
    assert len(told) > 200
    assert [name for name, text in told if not text] == []


def test_the_list_says_of_each_command_what_it_says_itself() -> None:
    said = {
        name: text.partition("\n\n")[0].replace("\n", " ")
        for name, text in _commands(typer.main.get_command(application(NAMES)))
        if name in NAMES
    }
    assert said == summaries()


@pytest.mark.parametrize("called", ["", "serve", "audit"])
def test_all_commands_are_listed_in_their_order_whichever_is_called(called: str) -> None:
    group = typer.main.get_command(application({called}))
    assert [name for name, _ in _commands(group) if " " not in name] == list(summaries())


def test_a_command_that_is_only_listed_never_seems_to_have_run() -> None:
    with pytest.raises(RuntimeError):
        application(())(["migrate"], standalone_mode=False)


def test_what_is_no_command_is_refused_beside_those_that_are() -> None:
    answer = dancu("serv")
    assert answer.code == 2
    assert "serve" in answer.err


def test_help_imports_no_command() -> None:
    script = f"{_SAY_IMPORTED}; from app.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603 - our own
    imported = done.stdout.split()
    assert "app.cli.commands" in imported
    assert not {"app.main", "app.cli.serve", "app.cli.keys", "sqlalchemy"} & set(imported)
