"""What the command line says of itself."""

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import typer

from app.cli import application
from tests.cli.commands import dancu


def _commands(group: Any, *path: str) -> Iterator[tuple[str, str]]:
    """Yield each command's name and its help; groups are told by having commands."""
    for name, command in getattr(group, "commands", {}).items():
        yield " ".join((*path, name)), command.help or ""
        yield from _commands(command, *path, name)


def test_the_version_is_the_packages() -> None:
    assert (dancu("--version").code, dancu("--version").out) == (0, f"dancu {version('dancu')}\n")


def test_every_command_says_in_a_sentence_what_it_does() -> None:
    said = dict(_commands(typer.main.get_command(application)))
    assert len(said) > 70
    assert {name for name, text in said.items() if not text.partition("\n")[0].endswith(".")} == set()
