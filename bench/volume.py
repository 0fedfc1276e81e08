"""`python -m bench.volume`: searches, reports and upkeep over logs of millions of records.

Each size is a database of its own, filled with an invented log in the gateway's own record format, and kept
where `--keep` says: what is there already is only measured. Exit code 1 where a bar is missed.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from app.auditing.reader import AuditReader
from app.clock import SystemClock, local_day
from app.database.connect import open_searching_engine
from app.database.embedded import EmbeddedPostgresError, default_state_directory
from app.logs import configure_logging
from bench.failure import BenchError
from bench.machine import describe_machine
from bench.volume_busy import show_searches_beside_lookups
from bench.volume_export import show_export_memory
from bench.volume_figures import are_figures_right
from bench.volume_ground import Ground, open_ground
from bench.volume_inserts import are_inserts_fast
from bench.volume_searches import Question, Times, ask, questions, together
from bench.volume_subjects import are_reports_fast
from bench.volume_upkeep import is_upkeep_unnoticed
from bench.volume_world import Size

_BAR_MILLISECONDS: Final = 50.0
_BAR_RATIO: Final = 2.0
_LEAST: Final = 1_000
_PASSABLE: Final = 0o711  # for the account that runs PostgreSQL


@dataclass(frozen=True, slots=True)
class Asked:
    """What one question took in one log: the first time, and afterwards."""

    first: Times
    again: Times


@dataclass(frozen=True, slots=True)
class Log:
    """A log that can be searched."""

    reader: AuditReader
    postgres_pid: int


def main() -> int:
    """Do what the command line says; 1 where a bar is missed or something failed."""
    options = _read_options()
    configure_logging(sys.stderr, level=logging.WARNING)  # tables alone on the standard output
    try:
        with ExitStack() as stack:
            keep = options.keep
            if keep is None:
                parent = default_state_directory("bench")
                keep = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=parent)))
            keep.chmod(_PASSABLE)
            machine = describe_machine(keep)
            grounds = [
                stack.enter_context(open_ground(_folder(keep, records), _size(records, options)))
                for records in options.records
            ]
            is_met = asyncio.run(_measure(grounds, options))
            if options.insert:
                empty = stack.enter_context(_open_empty(keep, options))
                is_met &= asyncio.run(are_inserts_fast(empty, grounds, options.insert))
            if options.subjects:
                is_met &= are_reports_fast(grounds, options.subjects)
            for ground in grounds if options.export else ():
                show_export_memory(ground, options.export)
            if options.upkeep:
                is_met &= is_upkeep_unnoticed(grounds[-1], options.upkeep, options.lookups)
            print(
                f"\n{machine.time}; {machine.processor}, {machine.cores} cores, load before {machine.load};"
                f" database on {machine.file_system} with fsync; {machine.python}; commit {machine.commit}."
            )
    except (BenchError, EmbeddedPostgresError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0 if is_met else 1


async def _measure(grounds: Sequence[Ground], options: argparse.Namespace) -> bool:
    is_met = await _searched(grounds, options.calls, options.rounds)
    if options.figures:
        for ground in grounds:
            is_met &= await are_figures_right(ground)
    if options.busy:
        await show_searches_beside_lookups(grounds[-1], options.calls, options.lookups)
    return is_met


async def _searched(grounds: Sequence[Ground], calls: int, rounds: int) -> bool:
    """Ask every question in each log, by turns, and print a row for each; return whether the bars are met."""
    asked = [questions(ground.world, await ground.dossiers(calls)) for ground in grounds]
    engines = [open_searching_engine(ground.auditing_url, pool_size=2) for ground in grounds]
    try:
        logs = [
            Log(AuditReader(engine, ground.audit_root), ground.postgres_pid)
            for engine, ground in zip(engines, grounds, strict=True)
        ]
        print(_heading(grounds), flush=True)
        verdicts = list[bool]()
        for same in zip(*asked, strict=True):
            found = await _ask_by_turns(logs, same, rounds)
            print(_row(same[0].name, found), flush=True)
            verdicts += [_is_met(found)] if same[0].is_judged else []
    finally:
        for engine in engines:
            await engine.dispose()
    verdict = "met" if all(verdicts) else "MISSED"
    print(
        f"the bar: {_BAR_MILLISECONDS:.0f} ms at the 95th percentile by citizen, officer and month, dossier,"
        f" and at most {_BAR_RATIO:.0f} x the smallest log's in the largest: {verdict}"
    )
    return all(verdicts)


async def _ask_by_turns(logs: Sequence[Log], same: Sequence[Question], rounds: int) -> list[Asked]:
    """Ask one question in each log, round after round, so that what else the machine does meets all alike."""
    times: list[list[Times]] = [[] for _ in logs]
    for _ in range(1 + rounds):
        for log, question, so_far in zip(logs, same, times, strict=True):
            so_far.append(await ask(log.reader, question, log.postgres_pid))
    return [Asked(first, together(again)) for first, *again in times]


def _is_met(found: Sequence[Asked]) -> bool:
    is_fast = all(one.again.p95 <= _BAR_MILLISECONDS for one in found)
    return is_fast and found[-1].again.p95 <= _BAR_RATIO * found[0].again.p95


def _heading(grounds: Sequence[Ground]) -> str:
    names = [f"{ground.world.size.records:,}" for ground in grounds]
    columns = [f"{name}: a page | first p50 | p95 | then p50 | p95 | CPU" for name in names]
    ratios = ["÷ p50 | p95 | CPU"] if len(grounds) > 1 else []
    rule = "| --- |" + " ---: |" * (6 * len(columns) + 3 * len(ratios))
    return f"| search | {' | '.join([*columns, *ratios])} |\n{rule}"


def _row(name: str, found: Sequence[Asked]) -> str:
    cells = [
        f"{one.again.found:.0f} | {one.first.median:.1f} | {one.first.p95:.1f}"
        f" | {one.again.median:.1f} | {one.again.p95:.1f} | {one.again.processor:.1f}"
        for one in found
    ]
    if len(found) > 1:
        small, large = found[0].again, found[-1].again
        ratios = large.median / small.median, large.p95 / small.p95, large.processor / small.processor
        cells.append(" | ".join(f"{ratio:.2f}" for ratio in ratios))
    return f"| {name} | {' | '.join(cells)} |"


def _size(records: int, options: argparse.Namespace) -> Size:
    yesterday = local_day(SystemClock().now()) - timedelta(days=1)
    return Size(records, options.months, yesterday, options.seed)


@contextmanager
def _open_empty(keep: Path, options: argparse.Namespace) -> Iterator[Ground]:
    """Run a log with months and keys, and no records; it does not stay."""
    with tempfile.TemporaryDirectory(dir=keep) as name:
        folder = Path(name)
        folder.chmod(_PASSABLE)
        with open_ground(folder, _size(0, options)) as ground:
            yield ground


def _folder(keep: Path, records: int) -> Path:
    folder = keep / str(records)
    folder.mkdir(exist_ok=True)
    folder.chmod(_PASSABLE)
    return folder


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.volume", description=__doc__)
    add = parser.add_argument
    add("--records", type=_sizes, default=[1_000_000, 10_000_000], help="sizes, smallest first: 1000000,…")
    add("--months", type=int, default=24, help="monthly partitions with records (24)")
    add("--seed", type=int, default=7, help="the same log for the same number (7)")
    add(
        "--keep",
        type=Path,
        metavar="DIR",
        help="an existing folder, where databases stay and are found again",
    )
    add("--calls", type=int, default=100, help="searches of each kind in a round (100)")
    add("--rounds", type=int, default=3, help="rounds after the first (3)")
    add("--figures", action="store_true", help="also count the figures of use, and again from the records")
    add("--export", type=_sizes, help="also the memory of exports of so many leaves: 50000,500000")
    add("--insert", type=int, metavar="SECONDS", help="also how fast records are added, for so long a round")
    add("--subjects", type=int, metavar="N", help="also reports for so many citizens of each kind")
    add("--busy", action="store_true", help="also searches of the largest log while lookups come in")
    add(
        "--upkeep",
        type=lambda text: _sizes(text)[-1],
        metavar="RECORDS",
        help="also months of the largest log made, archived and ended while lookups come in: of so many",
    )
    add("--lookups", type=float, default=300, help="lookups a second that come in (300)")
    return parser.parse_args()


def _sizes(text: str) -> list[int]:
    sizes = sorted(int(part) for part in text.split(","))
    if sizes[0] < _LEAST:
        raise argparse.ArgumentTypeError(f"at least {_LEAST}")
    return sizes


if __name__ == "__main__":
    sys.exit(main())
