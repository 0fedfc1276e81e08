"""`python -m bench.sign_in`: what the time of a refused sign-in tells, and what a flood of them costs.

One real gateway with fsync, over HTTP on loopback; addresses of 127.0.0.0/8 stand in for many callers. For
the times the limit on sign-ins a second is lifted and no address fails often enough to be locked; under the
flood all limits are as they come.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from app.database.embedded import default_state_directory
from bench.failure import BenchError
from bench.flood_cost import Load, measure_floods
from bench.flooding import MIXES
from bench.machine import describe_machine
from bench.processor import choose_pinning
from bench.programs import find_programs
from bench.refusal_times import time_refusals
from bench.sign_in_ground import open_ground


def main() -> int:
    """Do what the command line says; 1 where a bar is missed."""
    options = _read_options()
    programs = find_programs()
    pinning = choose_pinning()
    pinning.apply_to_others()
    parent = default_state_directory("bench")
    folder = Path(tempfile.mkdtemp(prefix="sign-in-", dir=parent))
    folder.chmod(0o711)  # the account that runs PostgreSQL passes through
    machine = describe_machine(folder)
    print(f"{machine.time}; {machine.processor}, {machine.cores} cores, load before {machine.load};")
    print(f"{machine.python}; database on {machine.file_system} with fsync; commit {machine.commit};")
    print(str(pinning).replace("wrk", "clients, the flood"), flush=True)
    can_be_told = loses = False
    try:
        if options.tries:
            (times := folder / "times").mkdir(mode=0o711)
            with open_ground(
                times, options.tries, pinning, programs.nginx, DANCU_SIGN_INS_PER_SECOND="10000"
            ) as ground:
                can_be_told = time_refusals(ground, options.tries, options.most)
        if options.rounds:
            (flood := folder / "flood").mkdir(mode=0o711)
            with open_ground(flood, 0, pinning, programs.nginx) as ground:
                load = Load(options.rate, options.seconds, options.rounds)
                mixes = [MIXES[options.mix - 1]] if options.mix else list(MIXES)
                loses = measure_floods(ground, load, mixes, options.least)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if can_be_told or loses else 0


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.sign_in", description=__doc__)
    add = parser.add_argument
    add("--tries", type=int, default=1000, help="tries of each kind (1000); 0 leaves the times out")
    add("--most", type=float, default=0.55, help="an AUC beyond this tells two kinds apart (0.55)")
    add("--rounds", type=int, default=5, help="rounds of each flood (5); 0 leaves the floods out")
    add("--mix", type=int, choices=range(1, len(MIXES) + 1), help="only this one of the floods, 1 to 4")
    add("--seconds", type=int, default=10, help="how long each stretch of a round takes (10)")
    add("--rate", type=int, default=200, help="wrong sign-ins a second (200)")
    add("--least", type=float, default=0.9, help="the share of lookups that must remain (0.9)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
