"""Ends what a killed launcher, or a killed postmaster, left running on an embedded server's data."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from app.database.embedded_account import EmbeddedPostgresError, ServerAccount

POLITE_SECONDS = 10.0
"""How long a postmaster may take over a fast shutdown, its last checkpoint included."""
BEREFT_SECONDS = 1.0
"""How long processes without a postmaster may take to notice."""
IMMEDIATE_SECONDS = 5.0

_PROCESSES = Path("/proc")
_PAUSE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class _Survivor:
    pid: int
    is_postmaster: bool


def cluster_name(data_directory: Path) -> str:
    """Return the name the server's processes carry in their titles, the same wherever the data is moved."""
    about = data_directory.stat()
    return f"dancu-{about.st_dev}-{about.st_ino}"


def end_orphans(data_directory: Path, account: ServerAccount) -> None:
    """End every process of this account that still serves these data, so that a new server may start.

    The caller holds the state directory's lock, so no launcher owns them. They are told by their command
    lines, which stay readable where root lacks the right to trace (a plain container). Without /proc
    nothing is ended and PostgreSQL's own interlock decides. Raises EmbeddedPostgresError if some stay.
    """
    name = cluster_name(data_directory)
    survivors = _survivors(name, account)
    postmasters = [survivor for survivor in survivors if survivor.is_postmaster]
    _signal(postmasters, signal.SIGINT)
    survivors = _wait_for_end(name, account, POLITE_SECONDS if postmasters else BEREFT_SECONDS)
    _signal(survivors, signal.SIGQUIT)
    survivors = _wait_for_end(name, account, IMMEDIATE_SECONDS)
    if survivors:
        pids = ", ".join(str(survivor.pid) for survivor in survivors)
        raise EmbeddedPostgresError(f"processes of an earlier embedded PostgreSQL do not end: {pids}")
    _forget_dead_postmaster(data_directory / "postmaster.pid")


def _survivors(name: str, account: ServerAccount) -> list[_Survivor]:
    found = []
    for process in _PROCESSES.glob("[0-9]*"):
        try:
            owner = process.stat().st_uid
            command_line = (process / "cmdline").read_bytes().rstrip(b"\0").decode(errors="replace")
        except OSError:  # it ended meanwhile
            continue
        is_postmaster = f"cluster_name={name}" in command_line.split("\0")
        if owner == account.uid and (is_postmaster or command_line.startswith(f"postgres: {name}: ")):
            found.append(_Survivor(int(process.name), is_postmaster))
    return found


def _wait_for_end(name: str, account: ServerAccount, seconds: float) -> list[_Survivor]:
    deadline = time.monotonic() + seconds
    while (survivors := _survivors(name, account)) and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
    return survivors


def _signal(survivors: list[_Survivor], number: signal.Signals) -> None:
    for survivor in survivors:
        try:
            os.kill(survivor.pid, number)
        except ProcessLookupError:
            continue


def _forget_dead_postmaster(pid_file: Path) -> None:
    """Remove a postmaster.pid whose number now belongs to a zombie or to some other program.

    PostgreSQL only asks whether such a process exists, and refuses to start for as long as it does: for ever,
    in a container whose first process does not reap. A number nobody bears PostgreSQL deals with itself.
    """
    try:
        pid = int(pid_file.read_text(encoding="ascii").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    if (_PROCESSES / str(pid)).exists():
        pid_file.unlink(missing_ok=True)
