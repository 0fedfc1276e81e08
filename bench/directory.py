"""`python -m bench.directory`: gateways that know 50,000 officers, 5,000 units and 200,000 grants.

How long such a directory takes to load and how long the event loop is held meanwhile, what a process with it
weighs, and how soon a suspension bites on every one of four processes while lookups go on, also while all
load everything anew. Exit code 1 where a bar is missed.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Final

from bench.arrivals import Reply
from bench.directory_ground import Size, fill
from bench.directory_load import Step, measure_loading
from bench.directory_spread import AT_ONCE, QUIET_SECONDS, SUSPENSIONS, Spread, measure_spread
from bench.endings import Rule, run_rules
from bench.open_load import percentile
from bench.slow_ground import Delay, open_slow_ground

_WORKERS: Final = 4
_LOOKERS: Final = 8
_MOST_MB: Final = 300
_MOST_SECONDS: Final = 1.0
_MOST_HELD_MS: Final = 50
_OK: Final = 200
_ANEW_SECONDS: Final = 8.0


def main() -> int:
    """Run the measurement, print what came of it, and return 1 where a bar was missed."""
    size = _read_size()
    return run_rules(lambda folder: _measure(folder, size))


def _measure(folder: Path, size: Size) -> list[Rule]:
    officers = SUSPENSIONS + 2 + _LOOKERS
    with open_slow_ground(
        folder, Delay(50, 0.3), officers, {}, fill=partial(fill, size=size), workers=_WORKERS
    ) as ground:
        spread = measure_spread(ground, _WORKERS)
        known, steps = measure_loading(ground.desk.serving_url, ground.desk.database_url)
    print(", ".join(f"{count} {name}" for name, count in asdict(known).items()))
    print("processes, MB: " + " ".join(f"{each:.0f}" for each in spread.resident_mb), end="; ")
    print("after loading anew: " + " ".join(f"{each:.0f}" for each in spread.resident_later_mb), end="; ")
    print("of these without shared libraries: " + " ".join(f"{each:.0f}" for each in spread.own_mb))
    print(f"a suspension while all load everything anew bit after {spread.while_loading_anew:.2f} s")
    print(f"{'one process':<34}{'seconds':>9}{'loop held, ms':>15}")
    for step in steps:
        print(f"{step.name:<34}{step.seconds:>9.2f}{step.held_ms:>15.1f}")
    _print_lookups(spread)
    return [*_loading_rules(known, size, steps), *_spread_rules(spread)]


def _print_lookups(spread: Spread) -> None:
    begin, end = spread.loading_began, spread.loading_began + _ANEW_SECONDS
    parts = {
        "lookups before any change": [each for each in spread.replies if each.due < QUIET_SECONDS],
        "while officers are suspended": [
            each for each in spread.replies if QUIET_SECONDS <= each.due < begin
        ],
        "while all load everything anew": [each for each in spread.replies if begin <= each.due < end],
    }
    print(f"{'beside 4 processes, ms':<34}{'p50':>9}{'p99':>9}{'longest':>9}")
    for name, replies in parts.items():
        took = [each.took_seconds * 1000 for each in replies] or [0.0]
        print(f"{name:<34}{percentile(took, 50):>9.0f}{percentile(took, 99):>9.0f}{max(took):>9.0f}")


def _loading_rules(known: Size, size: Size, steps: Sequence[Step]) -> list[Rule]:
    held = max(step.held_ms for step in steps)
    return [
        (
            known.officers >= size.officers and known.grants >= size.grants and known.units >= size.units,
            "the directory held all of it",
        ),
        (
            held <= _MOST_HELD_MS,
            f"the event loop was held for {held:.1f} ms at most; the bar is {_MOST_HELD_MS}",
        ),
    ]


def _spread_rules(spread: Spread) -> list[Rule]:
    heaviest = max(*spread.resident_mb, *spread.resident_later_mb)
    slowest = max(spread.one_by_one)
    middle = percentile(spread.one_by_one, 50)
    return [
        (heaviest < _MOST_MB, f"a process weighs {heaviest:.0f} MB at most; the bar is {_MOST_MB}"),
        (
            slowest < _MOST_SECONDS,
            f"a suspension bit on all {_WORKERS} processes in {slowest:.2f} s at most (median {middle:.2f})",
        ),
        (
            spread.many_at_once < _MOST_SECONDS,
            f"one of {AT_ONCE} at once after {spread.many_at_once:.2f} s",
        ),
        (
            all(each.status == _OK for each in spread.replies),
            f"{_found(spread.replies)} of {len(spread.replies)} lookups beside it were answered",
        ),
    ]


def _found(replies: Sequence[Reply]) -> int:
    return sum(each.status == _OK for each in replies)


def _read_size() -> Size:
    parser = argparse.ArgumentParser(prog="python -m bench.directory", description=__doc__)
    parser.add_argument("--officers", type=int, default=50_000)
    parser.add_argument("--units", type=int, default=5_000)
    parser.add_argument("--procedures", type=int, default=2_000)
    parser.add_argument("--grants", type=int, default=200_000)
    given = parser.parse_args()
    return Size(given.officers, given.units, given.procedures, given.grants)


if __name__ == "__main__":
    sys.exit(main())
