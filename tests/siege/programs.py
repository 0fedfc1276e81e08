"""The programs under siege as data, and how one of them runs in a process that is quick to start."""

import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.cli import main
from tests.crash.processes import settle_in

IsReady = Callable[[str], Awaitable[bool]]
"""Whether the program works by now; it is given what the program wrote since its start."""


@dataclass(frozen=True, slots=True)
class Program:
    """A `dancu` command that a service manager would keep running."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    is_ready: IsReady
    weight: int = 1
    """How often it is the one to be killed, beside the others."""


def run_program(arguments: tuple[str, ...], environment: Mapping[str, str], log_path: Path) -> None:
    """Be that command until it ends or is killed."""
    os.setsid()  # whatever it starts is killed with it
    settle_in(log_path)
    for name in [name for name in os.environ if name.startswith("DANCU_")]:
        del os.environ[name]
    os.environ.update(environment)
    sys.argv = ["dancu", *arguments]
    main()
