"""`python -m tests.siege`: kill -9 at random moments under load, gateway, worker and PostgreSQL alike."""

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.database.embedded import EmbeddedServer
from tests.siege.siege import Plan, Tally, besiege


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code: 1 where a promise was broken."""
    plan, console = _read_plan(arguments), Console()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # however it is ended, PostgreSQL ends with it
    folder, data = (Path(tempfile.mkdtemp(prefix=f"dancu-siege{kind}-")) for kind in ("", "-data"))
    began_at = time.monotonic()
    try:
        tally = _besiege(plan, folder, data, console)
    except BaseException:
        console.print(f"logs: {folder}")
        raise
    finally:
        shutil.rmtree(data)
    _report(console, tally, time.monotonic() - began_at, plan.seed)
    if tally.violations:
        console.print(f"logs: {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


def _besiege(plan: Plan, folder: Path, data: Path, console: Console) -> Tally:
    progress = Progress(
        TextColumn("kills"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )
    with EmbeddedServer(data) as server, progress:
        task = progress.add_task("kills", total=plan.kills)
        return asyncio.run(besiege(server, folder, plan, on_kill=lambda: progress.advance(task)))


def _report(console: Console, tally: Tally, seconds: float, seed: int) -> None:
    journal = tally.journal
    lines = [
        f"seed {seed}: {tally.kills.total()} kills in {seconds:.0f} s, stock taken {tally.stocks} times",
        f"killed: {_listed(tally.kills)}",
        f"ended by themselves while PostgreSQL was away: {_listed(tally.own_ends)}",
        f"asked by desks: {journal.asked}, of these with a key used before: {journal.repeated}",
        f"told: {_listed(journal.answers)}; slowest {journal.slowest_seconds:.1f} s",
        f"asked of the national side: {tally.questions}",
        f"on record: {tally.records} records in {tally.chains} chains; outcomes: {_listed(tally.outcomes)}",
        f"heads the witness took: {tally.heads}",
        f"all closed, covered and at work again after at most {tally.longest_rest_seconds:.1f} s",
        f"violations: {len(tally.violations)}",
        *tally.violations,
    ]
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common()) or "none"


def _read_plan(arguments: Sequence[str] | None) -> Plan:
    parser = argparse.ArgumentParser(prog="python -m tests.siege", description=__doc__)
    add = parser.add_argument
    add("--kills", type=int, default=500)
    add("--seed", type=int, default=1, help="another seed kills others at other moments")
    add("--pause", type=float, default=2.0, help="most seconds from one kill to the next")
    add("--stock-every", type=int, default=10, help="kills between two stock-takings")
    options = parser.parse_args(arguments)
    return Plan(options.kills, options.seed, options.pause, options.stock_every)


if __name__ == "__main__":
    sys.exit(main())
