"""Takes rules away one at a time, and says which ones no test misses."""

import argparse
import importlib
import importlib.abc
import importlib.machinery
import os
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from tests.mutation.equivalent import EQUIVALENT
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.plan import TARGETS, Target

_KILLED: Final = 1
_SECONDS: Final = 20
_DATABASE: Final = {"database", "gateway", "postgres_cluster", "world"}
_HEAVY: Final = (
    "pytest", "pytest_asyncio", "hypothesis", "hypothesis.strategies",
    "sqlalchemy.ext.asyncio", "sqlalchemy.dialects.postgresql.asyncpg", "asyncpg", "alembic.command",
    "cryptography.x509", "jose.jwt", "fastapi", "pydantic_settings", "httpx", "httptools", "lxml.etree",
    "orjson", "pyotp", "segno", "typer", "structlog", "rich.console", "openpyxl", "argon2",
)  # fmt: skip


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from the text it is given."""

    def __init__(self, name: str, mutant: Mutant) -> None:
        self._name, self._mutant = name, mutant

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, origin=self._mutant.path)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._mutant.source, self._mutant.path, "exec"), module.__dict__)  # noqa: S102 - the point


class _PureOnly:
    """Leaves out tests that need a database: those would take minutes for each mutant."""

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = [item for item in items if not _DATABASE & set(item.fixturenames)]


def main() -> int:
    """Run all mutants, or those of the modules named; 1 where one survives that nobody has argued away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help="parts of paths, such as tokens; all by default")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    for heavy in _HEAVY:
        importlib.import_module(heavy)
    chosen = [one for one in TARGETS if not asked.modules or any(part in one.path for part in asked.modules)]
    unargued = sum(_run(target, asked.jobs) for target in chosen)
    return 1 if unargued else 0


def _run(target: Target, jobs: int) -> int:
    """Run one module's mutants; return how many survive without an argument."""
    source = Path(target.path).read_text(encoding="utf-8")
    begun = time.monotonic()
    if _child(Mutant(target.path, 0, "nothing changed", source), target.tests) != 0:
        _say(f"{target.path}: its tests fail as they are")
        return 1
    all_of_it = list(mutants(target.path, source, target.within))
    survivors = _survivors(all_of_it, target.tests, jobs)
    argued = [one for one in survivors if _is_argued(one)]
    _say(
        f"{target.path}: {len(all_of_it)} mutants, {len(all_of_it) - len(survivors)} killed, "
        f"{len(argued)} equivalent, {len(survivors) - len(argued)} survive "
        f"({time.monotonic() - begun:.0f} s)"
    )
    return len(survivors) - len(argued)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _survivors(all_of_it: list[Mutant], tests: tuple[str, ...], jobs: int) -> list[Mutant]:
    running: dict[int, Mutant] = {}
    survived: list[Mutant] = []
    waiting = list(reversed(all_of_it))
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            running[_fork(mutant, tests)] = mutant
        child, status = os.wait()
        mutant = running.pop(child)
        if os.waitstatus_to_exitcode(status) == 0:
            survived.append(mutant)
            if not _is_argued(mutant):
                _say(f"  {mutant.path}:{mutant.line}: {mutant.name}")
    return survived


def _is_argued(mutant: Mutant) -> bool:
    return f"{mutant.path}: {mutant.name}" in EQUIVALENT


def _child(mutant: Mutant, tests: tuple[str, ...]) -> int:
    _, status = os.waitpid(_fork(mutant, tests), 0)
    return os.waitstatus_to_exitcode(status)


def _fork(mutant: Mutant, tests: tuple[str, ...]) -> int:
    """Return the process that tests *mutant*; it ends with 0 where all tests pass."""
    child = os.fork()
    if child:
        return child
    # A loop without end is noticed, too: pytest's own limit ends a wait, but hypothesis would try it again.
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    name = mutant.path.removesuffix(".py").replace("/", ".")
    sys.meta_path.insert(0, _Changed(name, mutant))
    status = _KILLED
    try:
        pytest = importlib.import_module("pytest")
        options = ["-xq", "--noconftest", "--assert=plain", f"--timeout={_SECONDS}"]
        options += ["-p", "no:cacheprovider", "-p", "no:randomly"]
        status = int(pytest.main([*options, *tests], plugins=[_PureOnly()]))
    finally:
        os._exit(status)


if __name__ == "__main__":
    sys.exit(main())
