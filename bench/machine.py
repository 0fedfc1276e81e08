"""Says on what the figures were measured."""

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from app.clock import SystemClock, rfc3339


@dataclass(frozen=True, slots=True)
class Machine:
    """When, on what and of which commit; `load` is the machine's load average before the run."""

    time: str
    processor: str
    cores: int
    python: str
    commit: str
    load: str
    file_system: str


def describe_machine(folder: Path) -> Machine:
    """Return the machine as it is now; *folder* is where the database writes."""
    return Machine(
        time=rfc3339(SystemClock().now()),
        processor=_processor(),
        cores=os.cpu_count() or 1,
        python=f"{platform.python_implementation()} {platform.python_version()}",
        commit=_commit(),
        load=" ".join(f"{load:.2f}" for load in os.getloadavg()),
        file_system=_file_system(folder),
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str:
    git = shutil.which("git")
    root = Path(__file__).parents[1]
    if git is None or not (root / ".git").exists():
        return "unknown"
    commit = _output([git, "-C", str(root), "rev-parse", "--short=12", "HEAD"])
    changed = _output([git, "-C", str(root), "status", "--porcelain", "--", "app", "adapters", "bench"])
    return f"{commit} with changes" if changed else commit


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, check=False, text=True).stdout.strip()


def _file_system(folder: Path) -> str:
    """Return the type of the file system that *folder* is on: on tmpfs, fsync costs nothing."""
    found, longest = "unknown", 0
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        _, mount, kind, *_ = line.split()
        if folder.is_relative_to(mount) and len(mount) >= longest:
            found, longest = kind, len(mount)
    return found
