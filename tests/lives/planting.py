"""Runs the lives over a gateway with one fault, in a process of its own."""

import asyncio
import importlib
import importlib.abc
import importlib.machinery
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Final

import asyncpg

from tests.lives.faults import Fault

_OURS: Final = ("app", "adapters", "mock_c06", "tests")
_SECONDS: Final = 300
_LONGEST_WORDS: Final = 300
_UNNOTICED: Final = "unnoticed"


@dataclass(frozen=True)
class Verdict:
    """Whether the lives went wrong, and by which rule or error."""

    is_noticed: bool
    words: str


def begin(fault: Fault, owner_url: str, lives: int, seed: int) -> tuple[int, int]:
    """Return the process that runs the lives, and the descriptor its answer is read from."""
    answer, told = os.pipe()
    child = os.fork()
    if child:
        os.close(told)
        return child, answer
    signal.alarm(_SECONDS)  # a loop without end is noticed, too
    words = "the process died"
    try:
        words = _words(fault, owner_url, lives, seed)
    finally:
        os.write(told, words.encode()[:_LONGEST_WORDS])
        os._exit(0)


def verdict_of(answer: int) -> Verdict:
    """Return what a process that has ended said."""
    with os.fdopen(answer, "rb") as told:
        words = told.read().decode(errors="ignore")
    return Verdict(words != _UNNOTICED, words or "the process died")


def _words(fault: Fault, owner_url: str, lives: int, seed: int) -> str:
    """Return the rule that was broken, the error that was met, or that nothing was noticed."""
    for name in [name for name in sys.modules if name.partition(".")[0] in _OURS]:
        del sys.modules[name]
    if fault.path:
        sys.meta_path.insert(0, _Planted(fault))
    if fault.sql:
        asyncio.run(_execute(owner_url, fault.sql))
    running = importlib.import_module("tests.lives.running")
    try:
        running.run_lives(owner_url, lives, seed, is_shrinking=False)
    except Exception as error:  # noqa: BLE001 - whatever it is, it would have failed the test
        return " ".join(f"{type(error).__name__}: {error}".split())
    return _UNNOTICED


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


class _Planted(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a text with a fault."""

    def __init__(self, fault: Fault) -> None:
        self._name = fault.path.removesuffix(".py").replace("/", ".")
        self._path, self._source = fault.path, fault.source()

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, origin=self._path)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._source, self._path, "exec"), module.__dict__)  # noqa: S102 - the point
