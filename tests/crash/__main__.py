"""`python -m tests.crash`: kill -9 at every step of a lookup, many times, and count what broke."""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from tests.cluster import running_cluster
from tests.crash.barriers import MEANINGS, Barrier
from tests.crash.ground import prepare_ground
from tests.crash.siege import Tally, besiege

_COLUMNS = (
    "barrier",
    "the gateway died when",
    "kills",
    "asked",
    "intents",
    "found",
    "unknown",
    "other",
    "citizens (part)",
    "doubts",
    "sibling",
    "violations",
)
_TABLE_WIDTH = 180


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code: 1 where anything broke."""
    options = _read_options(arguments)
    console = Console(
        width=max(Console().width, _TABLE_WIDTH)
    )  # a narrower window shows whole words, wrapped
    folder = Path(tempfile.mkdtemp(prefix="dancu-crash-"))
    started_at = time.monotonic()
    tallies = asyncio.run(_run(options, folder, console))
    console.print(_table(tallies))
    console.print(f"{sum(t.kills for t in tallies)} kills in {time.monotonic() - started_at:.0f} s")
    broken = [f"{tally.barrier}: {words}" for tally in tallies for words in tally.violations]
    for line in broken:
        console.print(line, markup=False)
    if broken:
        console.print(f"logs: {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


async def _run(options: argparse.Namespace, folder: Path, console: Console) -> list[Tally]:
    lanes = asyncio.Semaphore(options.at_once)
    progress = Progress(
        TextColumn("kills"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )
    with running_cluster() as cluster, progress:
        task = progress.add_task("kills", total=options.kills * len(options.barriers))
        ground = await prepare_ground(cluster, folder)

        async def take(barrier: Barrier) -> Tally:
            async with lanes:
                return await besiege(
                    ground, barrier, options.kills, seed=options.seed, on_kill=lambda: progress.advance(task)
                )

        return await asyncio.gather(*map(take, options.barriers))


def _table(tallies: Sequence[Tally]) -> Table:
    # doubts: records handed to a writer that died before it knew, kept/lost; sibling: 200s of a live gateway.
    table = Table(*(Column(name, no_wrap=True) for name in _COLUMNS))
    for tally in tallies:
        others = tally.outcomes.total() - tally.outcomes["found"] - tally.outcomes["unknown"]
        slow = f" ({tally.bystanders_too_slow} slow)" if tally.bystanders_too_slow else ""
        table.add_row(
            tally.barrier.value,
            MEANINGS[tally.barrier],
            str(tally.kills),
            str(tally.questions),
            str(tally.intents),
            str(tally.outcomes["found"]),
            str(tally.outcomes["unknown"]),
            str(others),
            f"{tally.citizens} ({tally.partly})",
            f"{tally.doubts_kept}/{tally.doubts_lost}",
            f"{tally.bystanders}{slow}",
            str(len(tally.violations)),
        )
    return table


def _read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    add = parser.add_argument
    add("--kills", type=int, default=50, help="how often at each barrier")
    add("--at-once", type=int, default=4, help="barriers worked on at the same time")
    add("--seed", type=int, default=1, help="another seed stops at other passages")
    add("barriers", nargs="*", type=Barrier, default=list(Barrier), help="only these (all)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
