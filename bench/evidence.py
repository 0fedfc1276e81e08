"""`python -m bench.evidence`: what evidence costs a lookup, and how fast records become durable."""

import argparse
import asyncio
import statistics
import sys
from collections.abc import Sequence
from typing import Final

from bench.endings import measuring_folder, run
from bench.evidence_ground import Ground, Switch, lookup_service, open_ground
from bench.machine import describe_machine
from bench.meter import Speed

_BAR_US: Final = 250.0
_BAR_RATIO: Final = 1.5
_CROWD: Final = 64
_WARM_UP_SECONDS: Final = 1


def main() -> int:
    """Do what the command line says; 1 where a bar is missed, 2 where nothing could be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.evidence", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (5)")
    parser.add_argument("--seconds", type=int, default=5, help="how long each measurement takes (5)")
    options = parser.parse_args()
    return run(lambda: _run(options.rounds, options.seconds))


def _run(rounds: int, seconds: int) -> int:
    with measuring_folder() as folder:
        machine = describe_machine(folder)
        with open_ground(folder) as ground:
            is_met = asyncio.run(_measure(ground, rounds, seconds))
    print(
        f"{machine.time}; {machine.processor}, {machine.cores} cores, load before {machine.load};"
        f" database on {machine.file_system} with fsync; {machine.python}; commit {machine.commit}."
    )
    return 0 if is_met else 1


async def _measure(ground: Ground, rounds: int, seconds: int) -> bool:
    costs = [await _cost(ground, callers, rounds, seconds) for callers in (1, _CROWD)]
    ratio = await _speed(ground, rounds, seconds)
    print(
        f"evidence at {_CROWD} callers: {_judged(costs[-1] <= _BAR_US)}, the bar is {_BAR_US:.0f} µs a lookup"
    )
    print(f"writer ÷ pgbench at {_CROWD}: {_judged(ratio >= _BAR_RATIO)}, the bar is {_BAR_RATIO}")
    return costs[-1] <= _BAR_US and ratio >= _BAR_RATIO


async def _cost(ground: Ground, callers: int, rounds: int, seconds: int) -> float:
    """Print and return the microseconds of this process that evidence costs a lookup (median)."""
    found: list[tuple[Speed, Speed]] = []
    async with ground.writer() as writer:
        log = Switch(writer)
        service = await lookup_service(log)
        await ground.look_up(service, callers=callers, seconds=_WARM_UP_SECONDS)
        for number in range(rounds):
            measured = {}
            for log.is_on in (True, False) if number % 2 else (False, True):
                measured[log.is_on] = await ground.look_up(service, callers=callers, seconds=seconds)
            found.append((measured[True], measured[False]))
    own = [with_log.own_us - without.own_us for with_log, without in found]
    print(
        f"{callers} callers: evidence {_shown(own)} µs of the gateway's processor time a lookup"
        f" ({_middle([one.own_us for one, _ in found])} with, {_middle([one.own_us for _, one in found])}"
        f" without); PostgreSQL {_middle([one.postgres_us for one, _ in found])} µs more;"
        f" {_middle([one.per_second for one, _ in found])} lookups/s with the log",
        flush=True,
    )
    return statistics.median(own)


async def _speed(ground: Ground, rounds: int, seconds: int) -> float:
    """Print and return the writer's records a second by pgbench's single rows: median of the rounds."""
    ours, theirs = [], []
    async with ground.writer() as writer:
        await ground.write(writer, callers=_CROWD, seconds=_WARM_UP_SECONDS)
        for _ in range(rounds):
            ours.append(await ground.write(writer, callers=_CROWD, seconds=seconds))
            theirs.append(await asyncio.to_thread(ground.insert_rows, clients=_CROWD, seconds=seconds))
    ratios = [own.per_second / other.per_second for own, other in zip(ours, theirs, strict=True)]
    for name, speeds in (("the writer", ours), ("pgbench", theirs)):
        print(
            f"{_CROWD} callers: {name}: {_shown([one.per_second for one in speeds])} rows/s; a row costs it"
            f" {_middle([one.own_us for one in speeds])} µs of processor time,"
            f" and PostgreSQL {_middle([one.postgres_us for one in speeds])} µs"
        )
    print(f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})", flush=True)
    return statistics.median(ratios)


def _shown(figures: Sequence[float]) -> str:
    return f"{_middle(figures)} ({min(figures):.0f}-{max(figures):.0f})"


def _middle(figures: Sequence[float]) -> str:
    return f"{statistics.median(figures):.0f}"


def _judged(is_met: bool) -> str:  # noqa: FBT001 - a verdict
    return "met" if is_met else "MISSED"


if __name__ == "__main__":
    sys.exit(main())
