"""`python -m bench.search_export`: time and memory of exporting a search, and of checking the package.

Each size runs in processes of its own over an invented log in a file, so that what is measured is the export
and not a database. Memory is the most the process ever had (its own start-up included).
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from app.auditing.search_export import ListFormat, begin_export
from tests.auditing.invented_search import InventedLog, a_ground, a_search
from tests.lookup_fakes import a_caller

_SIZES: Final = (2_000, 50_000)
_PAGE: Final = 200
_KIB_PER_MIB: Final = 1024
_PACKAGE: Final = "package.zip"
_LOG: Final = "log.sqlite3"
_STATUS: Final = Path("/proc/self/status")
_CHECK: Final = """
import sys
from app.audit.verifying.command import verify
code = verify(sys.argv[1:])
sys.stderr.write(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:")))
sys.exit(code)
"""
"""Loads the verifier and nothing else."""


def main() -> int:
    """Print a line for each format and size."""
    parser = argparse.ArgumentParser("python -m bench.search_export", description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=_SIZES, metavar="LOOKUPS")
    parser.add_argument("--export", type=Path, help=argparse.SUPPRESS)
    formats = [each.value for each in ListFormat]
    parser.add_argument("--format", choices=formats, help="only this one; all by default")
    options = parser.parse_args()
    if options.export is not None:
        return _export(options.export, options.sizes[0], ListFormat(options.format))
    heads = ("export s", "lookups/s", "export MiB", "check s", "check MiB")
    print(f"{'format':<8}{'lookups':>10}{'ZIP MB':>8}" + "".join(f"{head:>12}" for head in heads))
    for list_format in [ListFormat(options.format)] if options.format else ListFormat:
        for size in options.sizes:
            with tempfile.TemporaryDirectory() as folder:
                _measure(Path(folder), size, list_format)
    return 0


def _measure(folder: Path, size: int, list_format: ListFormat) -> None:
    program = [sys.executable, "-m", "bench.search_export", str(size), "--export", str(folder)]
    done = subprocess.run(
        [*program, "--format", list_format.value], check=True, capture_output=True, text=True
    )
    seconds, peak, log_key = done.stdout.split()
    started = time.monotonic()
    options = ["--dir", str(folder / _PACKAGE), "--log-key", log_key]
    checked = subprocess.run(
        [sys.executable, "-c", _CHECK, *options], check=True, capture_output=True, text=True
    )
    took, megabytes = time.monotonic() - started, (folder / _PACKAGE).stat().st_size / 1e6
    figures = (
        f"{float(seconds):>12.1f}{size / float(seconds):>12,.0f}{int(peak) / _KIB_PER_MIB:>12.0f}"
        f"{took:>12.1f}{int(checked.stderr) / _KIB_PER_MIB:>12.0f}"
    )
    print(f"{list_format.value:<8}{size:>10,}{megabytes:>8.1f}{figures}", flush=True)


def _export(folder: Path, size: int, list_format: ListFormat) -> int:
    log = InventedLog(str(folder / _LOG))
    log.fill(size)
    seconds = asyncio.run(_write(log, folder / _PACKAGE, list_format))
    print(seconds, _peak_kib(), log.log_key.verifier)
    return 0


def _peak_kib() -> int:
    """Return the most memory this process had; getrusage's figure would begin with its parent's."""
    lines = _STATUS.read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


async def _write(log: InventedLog, file: Path, list_format: ListFormat) -> float:
    ground, started = a_ground(log, page_size=_PAGE), time.monotonic()
    export = await begin_export(ground.means, a_caller(), a_search(), list_format)
    with file.open("wb") as package:
        async for chunk in export.chunks():
            package.write(chunk)
    return time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
