"""How many instructions processes ran: what neighbours on a machine, unlike time, cannot add to."""

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Self

_EVENT: Final = "instructions"
_EVENT_PART: Final = 2  # value, unit, event, ... (perf-stat(1), CSV FORMAT)
_START_SECONDS: Final = 0.3
_STOP_SECONDS: Final = 10


class Instructions:
    """Counts with `perf stat` from entering to leaving, where that is here and the machine lets it."""

    def __init__(self, pids: Sequence[int]) -> None:
        """Count what these processes run, the system's own work for them included."""
        self._pids = ",".join(map(str, pids))
        self._perf: subprocess.Popen[str] | None = None
        self.count: float | None = None

    def __enter__(self) -> Self:
        """Begin to count."""
        if (program := shutil.which("perf")) is not None:
            self._perf = subprocess.Popen(
                [program, "stat", "-x,", "-e", _EVENT, "-p", self._pids],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                env=os.environ | {"LC_ALL": "C"},
            )
            # It says nothing when it has begun; refused, it ends at once.
            with suppress(subprocess.TimeoutExpired):
                self._perf.communicate(timeout=_START_SECONDS)
                self._perf = None
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and keep what was counted."""
        if self._perf is None:
            return
        self._perf.send_signal(signal.SIGINT)
        try:
            said = self._perf.communicate(timeout=_STOP_SECONDS)[1]
        except subprocess.TimeoutExpired:
            self._perf.kill()
            self._perf.communicate()
            return
        self.count = counted(said)


def counted(said: str) -> float | None:
    """Return the count that `perf stat -x,` wrote, or None where it could not count."""
    for line in said.splitlines():
        parts = line.split(",")
        if len(parts) > _EVENT_PART and parts[_EVENT_PART].startswith(_EVENT) and parts[0].isdigit():
            return float(parts[0])
    return None
