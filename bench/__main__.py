"""`python -m bench`: the lookup beside bare pass-throughs, nginx and a straightforward build, in one run."""

import argparse
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import httpx

from app.database.embedded import EmbeddedPostgresError, default_state_directory
from bench.contestants import LOOKUP, YARDSTICK, Field, open_field
from bench.desk import TOKEN_MINUTES, Evidence
from bench.failure import BenchError, MissingProgramError
from bench.load import Wrk
from bench.machine import describe_machine
from bench.plot import write_plot
from bench.processor import choose_pinning
from bench.programs import find_programs
from bench.report import Report
from bench.rounds import run_rounds, standings

_MINUTE_SECONDS: Final = 60
_CONTESTANTS: Final = 5
_EACH_ROUNDS_OVERHEAD_SECONDS: Final = 2
_GUARDED: Final = frozenset({LOOKUP, YARDSTICK})
_INTERRUPTED: Final = 130
_FAILED: Final = 1
_IMPOSSIBLE: Final = 2


def main() -> int:
    """Do what the command line says and return the exit code."""
    options = _read_options()
    signal.signal(signal.SIGTERM, _stop)
    try:
        report = _measure(options)
        report.show()
        if options.markdown is not None:
            options.markdown.write_text(report.markdown(), encoding="utf-8")
        if options.plot is not None:
            write_plot(
                report.standings,
                LOOKUP,
                f"CPU µs a request, {report.connections} busy connections",
                options.plot,
            )
        if options.guard is not None and report.lookups_ratio > options.guard:
            raise BenchError(
                f"a lookup takes {report.lookups_ratio:.2f} times the pass-through's processor time,"
                f" more than {options.guard:.2f}"
            )
    except KeyboardInterrupt:
        print("\nstopped; nothing is left running")
        return _INTERRUPTED
    except MissingProgramError as error:
        print(f"bench: {error}", file=sys.stderr)
        return _IMPOSSIBLE
    except (BenchError, EmbeddedPostgresError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return _FAILED
    except httpx.HTTPError as error:
        print(f"bench: a contestant stopped answering: {error}", file=sys.stderr)
        return _FAILED
    return 0


def _measure(options: argparse.Namespace) -> Report:
    programs = find_programs()
    pinning = choose_pinning()
    pinning.apply_to_others()
    with _folder() as folder:
        machine = describe_machine(folder)
        _say("Starting the database, the mock and the contestants ...")
        field = open_field(
            folder, programs, pinning, connections=options.connections, officers=options.officers
        )
        with field as opened:
            measured = [each for each in opened.contestants if options.guard is None or each.name in _GUARDED]
            for contestant in measured:
                contestant.check_once()
            figures = run_rounds(
                Wrk(programs.wrk, options.connections, folder, opened.mock_url),
                measured,
                rounds=options.rounds,
                seconds=options.seconds,
                warm_up_seconds=options.warm_up,
                say=_say,
            )
            for contestant in measured:
                contestant.check_once()
            counted = sum(each.requests for each in figures[LOOKUP])
            evidence = _checked_evidence(opened, counted)
    return Report(
        machine=machine,
        versions=programs.versions,
        pinning=pinning,
        rounds=options.rounds,
        seconds=options.seconds,
        connections=options.connections,
        officers=options.officers,
        standings=standings(figures, YARDSTICK),
        evidence=evidence,
        counted_lookups=counted,
    )


def _checked_evidence(field: Field, counted: int) -> Evidence:
    """Return what is on record; BenchError where a lookup was answered without it."""
    evidence = field.desk.evidence()
    if not evidence.intents == evidence.outcomes == evidence.found >= counted:
        raise BenchError(f"wrk counted {counted} lookups, but the record holds {evidence}")
    return evidence


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder for this run and remove it: not in /tmp, which is often memory, where fsync is free."""
    parent = default_state_directory("bench")
    folder = Path(tempfile.mkdtemp(dir=parent))
    if os.geteuid() == 0:
        folder.chmod(0o711)  # the account that runs PostgreSQL passes through
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
    add("--guard", type=float, metavar="RATIO", help="fail where a lookup's CPU ÷ pass-through is higher")
    options = parser.parse_args()
    each_seconds = options.seconds + options.warm_up + _EACH_ROUNDS_OVERHEAD_SECONDS
    if options.rounds * _CONTESTANTS * each_seconds > (TOKEN_MINUTES - 5) * _MINUTE_SECONDS:
        parser.error(f"the officers' tokens last {TOKEN_MINUTES} minutes: fewer or shorter rounds, please")
    return options


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _say(line: str) -> None:
    print(line, flush=True)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
