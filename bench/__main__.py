"""`python -m bench`: lookup, verification and compatible face beside pass-throughs and more, in one run."""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from bench.contestants import LOOKUP, OURS, SHORT, YARDSTICK, Field, open_field
from bench.desk import TOKEN_MINUTES
from bench.endings import measuring_folder, run
from bench.failure import BenchError
from bench.load import Wrk
from bench.machine import describe_machine
from bench.on_record import Evidence, count_by_way
from bench.plot import write_plot
from bench.processor import choose_pinning
from bench.programs import find_programs
from bench.report import Report
from bench.rounds import run_rounds, standings

_MINUTE_SECONDS: Final = 60
_EACH_ROUNDS_OVERHEAD_SECONDS: Final = 2
_GUARDED: Final = (LOOKUP, YARDSTICK)
_ONLY: Final = f"measure these alone, with commas between: {', '.join(SHORT)}"


def main() -> int:
    """Do what the command line says and return the exit code."""
    options = _read_options()
    return run(lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    report = _measure(options)
    report.show()
    if options.markdown is not None:
        options.markdown.write_text(report.markdown(), encoding="utf-8")
    if options.plot is not None:
        caption = f"CPU µs a request, {report.connections} busy connections"
        write_plot(report.standings, OURS.keys(), caption, options.plot)
    if options.guard is not None and report.lookups_ratio > options.guard:
        raise BenchError(
            f"a lookup takes {report.lookups_ratio:.2f} times the pass-through's processor time,"
            f" more than {options.guard:.2f}"
        )
    return 0


def _measure(options: argparse.Namespace) -> Report:
    programs = find_programs()
    pinning = choose_pinning()
    pinning.apply_to_others()
    with measuring_folder() as folder:
        machine = describe_machine(folder)
        _say("Starting the database, the mock and the contestants ...")
        field = open_field(
            folder,
            programs,
            pinning,
            options.only,
            connections=options.connections,
            officers=options.officers,
        )
        with field as opened:
            for contestant in opened.contestants:
                contestant.check_once()
            figures = run_rounds(
                Wrk(programs.wrk, options.connections, folder, opened.mock_url),
                opened.contestants,
                rounds=options.rounds,
                seconds=options.seconds,
                warm_up_seconds=options.warm_up,
                say=_say,
            )
            for contestant in opened.contestants:
                contestant.check_once()
            counted = {name: sum(each.requests for each in rounds) for name, rounds in figures.items()}
            evidence = _checked_evidence(opened, counted)
    yardstick = YARDSTICK if YARDSTICK in options.only else options.only[0]
    return Report(
        machine=machine,
        versions=programs.versions,
        pinning=pinning,
        rounds=options.rounds,
        seconds=options.seconds,
        connections=options.connections,
        officers=options.officers,
        standings=standings(figures, yardstick),
        yardstick=yardstick,
        evidence=evidence,
        counted=counted,
    )


def _checked_evidence(field: Field, counted: Mapping[str, int]) -> dict[str, Evidence]:
    """Return what is on record of each of ours; BenchError where one answered without it."""
    total, by_way = field.desk.evidence(), asyncio.run(count_by_way(field.desk.database_url))
    if sum(each.outcomes for each in by_way.values()) != total.outcomes:
        raise BenchError(f"outcomes are on record that belong to no intent: {total}, {by_way}")
    found = {name: by_way[asked] for name, asked in OURS.items()}
    for name, evidence in found.items():
        if not evidence.intents == evidence.outcomes == evidence.found >= counted.get(name, 0):
            raise BenchError(f"{name}: wrk counted {counted.get(name, 0)}, but the record holds {evidence}")
    return {name: evidence for name, evidence in found.items() if name in counted}


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    add = parser.add_argument
    add("--rounds", type=_positive, default=3, help="how often each contestant is measured (3)")
    add("--seconds", type=_positive, default=10, help="how long each measurement takes (10)")
    add("--warm-up", type=_positive, default=2, help="seconds of load before each measurement (2)")
    add("--connections", type=_positive, default=64, help="connections of wrk, all busy (64)")
    add("--officers", type=_positive, default=50, help="officers whose tokens take turns (50)")
    add("--markdown", type=Path, metavar="FILE", help="write the table there as well")
    add("--plot", type=Path, metavar="FILE", help="draw processor time a request there (PNG)")
    which = parser.add_mutually_exclusive_group().add_argument
    which("--guard", type=float, metavar="RATIO", help="fail where a lookup's CPU ÷ pass-through is higher")
    which("--only", type=_names, default=tuple(SHORT.values()), metavar="NAMES", help=_ONLY)
    options = parser.parse_args()
    if options.guard is not None:
        options.only = _GUARDED
    each_seconds = options.seconds + options.warm_up + _EACH_ROUNDS_OVERHEAD_SECONDS
    if options.rounds * len(options.only) * each_seconds > (TOKEN_MINUTES - 5) * _MINUTE_SECONDS:
        parser.error(f"the officers' tokens last {TOKEN_MINUTES} minutes: fewer or shorter rounds, please")
    return options


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _names(text: str) -> Sequence[str]:
    """Return the contestants named, in the order of the table."""
    asked = {part.strip() for part in text.split(",")}
    if unknown := asked - SHORT.keys():
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
    return tuple(name for short, name in SHORT.items() if short in asked)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
