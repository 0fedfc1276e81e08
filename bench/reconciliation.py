"""`python -m bench.reconciliation`: twenty discrepancies planted among many lookups, all to be found.

Each size in a process of its own, for its time and peak memory; exit code 1 where one is missed or a
false one is named. The national side's log is read from a file; our records come without a database.
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

from app.auditing.reconciliation_spill import open_spill
from app.auditing.reconciliation_values import Rules
from bench.machine import describe_machine
from tests.auditing.national_logs import Sides, compared

_MIB: Final = 1024
_LOG: Final = "c06.csv"


def main() -> int:
    """Reconcile the sizes asked for and print the figures; 1 where one of them was judged wrongly."""
    parser = argparse.ArgumentParser("python -m bench.reconciliation")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000], help="lookups")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one is not None:
        return _one(options.one, options.sizes[0])
    for name, value in asdict(describe_machine(Path(tempfile.gettempdir()))).items():
        print(f"{name}: {value}")
    print("   lookups      MB   seconds  peak MiB  planted found  false", flush=True)
    codes = []
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            Sides(size).write_log(Path(folder) / _LOG)
            command = [sys.executable, "-m", "bench.reconciliation", "--one", folder, "--sizes", str(size)]
            codes.append(subprocess.run(command, check=False).returncode)
    return max(codes)


def _one(folder: Path, size: int) -> int:
    sides, log = Sides(size), folder / _LOG
    started = time.monotonic()
    with open_spill() as spill:
        totals = compared(spill, log, sides.records(), Rules(sides.period))
    seconds = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB
    wanted = {kind: count for kind, count in sides.expected().items() if kind.is_difference}
    found = {kind: count for kind, count in totals.found.items() if kind.is_difference}
    hits = sum(min(count, found.get(kind, 0)) for kind, count in wanted.items())
    false = totals.differences - hits
    megabytes = log.stat().st_size / 1e6
    print(f"{size:>10,}{megabytes:>8,.0f}{seconds:>10,.1f}{peak:>10,.0f}{hits:>15}{false:>7}", flush=True)
    return 0 if (hits, false, totals.broken_rows) == (len(sides.planted), 0, 0) else 1


if __name__ == "__main__":
    sys.exit(main())
