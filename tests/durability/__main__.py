"""`python -m tests.durability`: lose the primary and fill the disks, many times, and count what was lost."""

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.database.embedded import EmbeddedPostgresError
from app.logs import configure_logging
from tests.cluster import running_cluster
from tests.durability import volumes
from tests.durability.failover import Failover, Tally
from tests.durability.fullness import Rig, a_rig, fill_data, fill_wal
from tests.durability.ground import Ground, missing, prepare
from tests.durability.pair import Pair

_COLUMNS = ("what happened", "rounds", "acknowledged", "present", "lost", "refusals by code", "violations")
_WIDTH = 150


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code: 1 where anything was lost or broken, 2 where nothing can be tried here."""
    options = _read_options(arguments)
    console = Console(width=max(Console().width, _WIDTH))
    try:
        reason = missing(options.binaries)
    except EmbeddedPostgresError as error:
        reason = str(error)
    if reason:
        console.print(f"not tried: {reason}", markup=False)
        return 2
    folder = Path(tempfile.mkdtemp(prefix="dancu-durability-"))
    with (folder / "here.log").open("w") as log, running_cluster(options.binaries) as cluster:
        configure_logging(log)
        sys.excepthook = sys.__excepthook__  # here a traceback is wanted, with all it says
        ground = asyncio.run(prepare(cluster, folder, options.binaries))
        tallies = {"primary lost, standby promoted": _lose_primary(ground, options)}
        if reason := volumes.missing():
            console.print(f"full disks are not tried: {reason}", markup=False)
        else:
            tallies["data volume full"] = asyncio.run(_fill(ground, fill_data, options.full))
            tallies["WAL volume full"] = asyncio.run(_fill(ground, fill_wal, options.full))
    console.print(_table(tallies))
    times = tallies["primary lost, standby promoted"].recovery_seconds
    console.print(f"lookups again after a new standby was begun: at most {max(times, default=0):.1f} s")
    broken = [f"{name}: {words}" for name, tally in tallies.items() for words in tally.violations]
    for line in broken:
        console.print(line, markup=False)
    if broken or any(tally.lost for tally in tallies.values()):
        console.print(f"logs: {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


def _lose_primary(ground: Ground, options: argparse.Namespace) -> Tally:
    tally, pair = Tally(), Pair(ground.origin, durable=True)
    try:
        failover = Failover(
            ground, pair, tally, gateways=options.gateways, clients=options.clients, seed=options.seed
        )
        asyncio.run(failover.run(options.rounds))
    finally:
        pair.end()
    return tally


async def _fill(ground: Ground, fill: Callable[..., Awaitable[list[str]]], rounds: int) -> Tally:
    tally, folder = Tally(refusals=Counter()), Path(tempfile.mkdtemp(dir=ground.origin.folder))
    async with a_rig(ground, folder) as rig:
        for _ in range(rounds):
            try:
                wrong = await fill(rig, clients=4)
            except TimeoutError:
                tally.violations["a round did not end in time"] = None
                break
            tally.rounds += 1
            _take_over(tally, rig, wrong)
    return tally


def _take_over(tally: Tally, rig: Rig, wrong: Sequence[str]) -> None:
    tally.violations |= dict.fromkeys(wrong)
    tally.acknowledged = len(rig.acknowledged)
    tally.present = tally.acknowledged - sum(words.endswith(" is gone") for words in wrong)
    tally.refusals = rig.refusals


def _table(tallies: dict[str, Tally]) -> Table:
    table = Table(*_COLUMNS)
    for name, tally in tallies.items():
        refusals = ", ".join(f"{code}: {times}" for code, times in sorted(tally.refusals.items()))
        numbers = (tally.rounds, tally.acknowledged, tally.present, tally.lost)
        table.add_row(name, *map(str, numbers), refusals, str(len(tally.violations)))
    return table


def _read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.durability", description=__doc__)
    add = parser.add_argument
    add("--rounds", type=int, default=20, help="how often the primary is lost")
    add("--full", type=int, default=5, help="how often each volume is filled")
    add("--gateways", type=int, default=2)
    add("--clients", type=int, default=4, help="of each gateway")
    add("--seed", type=int, default=1, help="another seed kills at other moments")
    add("--binaries", type=Path, help="a folder of PostgreSQL's programs, such as /usr/lib/postgresql/15/bin")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
