"""How measurements end, however they go: what is printed, which exit code, and nothing left behind."""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Final

import httpx

from app.database.embedded import EmbeddedPostgresError, default_state_directory
from bench.failure import BenchError, MissingProgramError
from bench.machine import describe_machine

Rule = tuple[bool, str]
"""Whether it was kept, and what it says, figures included."""

_FAILED: Final = 1
_IMPOSSIBLE: Final = 2
_INTERRUPTED: Final = 130


def run_rules(measure: Callable[[Path], Sequence[Rule]]) -> int:
    """Describe the machine, let *measure* work in a folder and print its rules; return the exit code.

    1 where a rule was broken or there are no figures, 2 where a program is missing, 130 when interrupted.
    """
    return run(lambda: _run_rules(measure))


def run(work: Callable[[], int]) -> int:
    """Return the exit code that *work* returns, or that of what it raises, which is printed in one line."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        return work()
    except KeyboardInterrupt:
        print("\nstopped; nothing is left running")
        return _INTERRUPTED
    except MissingProgramError as error:
        print(f"bench: {error}", file=sys.stderr)
        return _IMPOSSIBLE
    except (BenchError, EmbeddedPostgresError) as error:
        print(f"bench: {error}", file=sys.stderr)
    except httpx.HTTPError as error:
        print(f"bench: somebody stopped answering: {error}", file=sys.stderr)
    return _FAILED


@contextmanager
def measuring_folder() -> Iterator[Path]:
    """Make a folder for this run and remove it: not in /tmp, which is often memory, where fsync is free."""
    parent = default_state_directory("bench")
    folder = Path(tempfile.mkdtemp(dir=parent))
    if os.geteuid() == 0:
        folder.chmod(0o711)  # the account that runs PostgreSQL passes through
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run_rules(measure: Callable[[Path], Sequence[Rule]]) -> int:
    with measuring_folder() as folder:
        for name, value in asdict(describe_machine(folder)).items():
            print(f"{name}: {value}", flush=True)
        rules = measure(folder)
    return show(rules)


def show(rules: Sequence[Rule]) -> int:
    """Print whether each rule was kept, and return the exit code."""
    for is_kept, rule in rules:
        print(f"{'ok  ' if is_kept else 'FAIL'} {rule}")
    return 0 if all(is_kept for is_kept, _ in rules) else _FAILED


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
