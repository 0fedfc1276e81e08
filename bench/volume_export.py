"""How much memory an export of the evidence takes, by its size."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.failure import BenchError
from bench.volume_ground import Ground

_MIB: Final = 1024
_PEAK: Final = "VmHWM:"
_EVERY_SECONDS: Final = 0.02


def show_export_memory(ground: Ground, sizes: Sequence[int]) -> None:
    """Export the first leaves of the log, so many each time, in a process of its own, and print its peak.

    BenchError where an export fails.
    """
    print(f"\n| `dancu audit export` of {ground.world.size.records:,} records | MB | seconds | peak MiB |")
    print("| ---: | ---: | ---: | ---: |")
    environment = os.environ | ground.database.environment
    environment["DANCU_MIGRATION_DATABASE_URL"] = ground.owner_url
    for size in sizes:
        target = ground.folder / "export"
        shutil.rmtree(target, ignore_errors=True)
        command = [sys.executable, "-m", "app", "audit", "export", str(target), "--to-index", str(size)]
        begun = time.monotonic()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        peak = _peak_kib(process)
        if process.returncode != 0:
            raise BenchError(f"the export of {size} leaves failed")
        megabytes = sum(path.stat().st_size for path in target.iterdir()) / 1e6
        took = time.monotonic() - begun
        print(f"| {size:,} | {megabytes:,.0f} | {took:.1f} | {peak / _MIB:.0f} |", flush=True)
        shutil.rmtree(target)


def _peak_kib(process: subprocess.Popen[bytes]) -> int:
    """Return the most memory that *process* had, once it has ended.

    Read while it runs: what wait4() says of a child counts what its parent had before the child's program.
    """
    peak = 0
    while process.poll() is None:
        with contextlib.suppress(OSError):  # it has just ended
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
            peak = max(
                [peak, *(int(line.split()[1]) for line in status.splitlines() if line.startswith(_PEAK))]
            )
        time.sleep(_EVERY_SECONDS)
    return peak
