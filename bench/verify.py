"""`python -m bench.verify`: how fast an export is checked, and how much memory that takes at any size.

The exports hold invented persons' lookups, sealed and signed as a gateway does it.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Final

from app.audit.verifying.command import verify
from bench.invented_log import write_invented_log
from bench.machine import describe_machine

_MIB: Final = 1024
_ROOT_FILE: Final = "root.key"


def main() -> int:
    """Make exports of the sizes asked for, check each in a process of its own, and print the figures."""
    parser = argparse.ArgumentParser("python -m bench.verify")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000], help="records")
    parser.add_argument("--check", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--log-key", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.check is not None:
        return _check(options.check, options.log_key)
    for name, value in asdict(describe_machine(Path(tempfile.gettempdir()))).items():
        print(f"{name}: {value}")
    print("   records      MB   seconds    CPU s   records/s   per CPU s  peak MiB", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for size in options.sizes:
            _measure(Path(folder) / str(size), size)
    return 0


def _measure(folder: Path, size: int) -> None:
    folder.mkdir()
    root_file, export = folder / _ROOT_FILE, folder / "export"
    made = write_invented_log(export, size)
    root_file.write_text(made.root_key)
    megabytes = sum(path.stat().st_size for path in export.iterdir()) / 1e6
    started, used = time.monotonic(), _cpu_of_children()
    check = [sys.executable, "-m", "bench.verify", "--check", str(folder), "--log-key", made.log_key]
    done = subprocess.run(check, check=True, capture_output=True, text=True)
    seconds, cpu = time.monotonic() - started, _cpu_of_children() - used
    peak = int(done.stdout.splitlines()[-1]) / _MIB
    rates = f"{size / seconds:>12,.0f}{size / cpu:>12,.0f}"
    print(f"{size:>10,}{megabytes:>8,.0f}{seconds:>10,.1f}{cpu:>9,.1f}{rates}{peak:>10,.0f}", flush=True)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _check(folder: Path, log_key: str) -> int:
    code = verify(
        [
            *("--dir", str(folder / "export"), "--log-key", log_key),
            *("--audit-root-key-file", str(folder / _ROOT_FILE)),
        ]
    )
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return code


if __name__ == "__main__":
    sys.exit(main())
