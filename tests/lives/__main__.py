"""`python -m tests.lives`: plants faults one at a time, and says which ones the lives do not notice."""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence

from tests.cluster import PostgresCluster, running_cluster
from tests.lives.faults import FAULTS, Fault
from tests.lives.ground import make_province
from tests.lives.planting import Verdict, begin, verdict_of
from tests.lives.running import LIVES_IN_AN_ORDINARY_RUN, ORDINARY_SEED


def main(arguments: Sequence[str] | None = None) -> int:
    """Return how many faults went unnoticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of faults' names; all by default")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--lives", type=int, default=LIVES_IN_AN_ORDINARY_RUN)
    asked = parser.parse_args(arguments)
    chosen = [one for one in FAULTS if not asked.names or any(part in one.name for part in asked.names)]
    started_at = time.monotonic()
    with running_cluster() as cluster:
        asyncio.run(cluster.make_template("province", make_province))
        verdicts = _run(cluster, chosen, asked.jobs, asked.lives)
    noticed = sum(verdict.is_noticed for verdict in verdicts)
    _say(f"{len(chosen)} faults planted, {noticed} noticed ({time.monotonic() - started_at:.0f} s)")
    return len(chosen) - noticed


def _run(cluster: PostgresCluster, faults: Sequence[Fault], jobs: int, lives: int) -> list[Verdict]:
    """Run every fault on a database of its own, the same lives as in an ordinary run."""
    waiting, running, verdicts = list(reversed(faults)), dict[int, tuple[Fault, int, float]](), []
    while waiting or running:
        while waiting and len(running) < jobs:
            fault = waiting.pop()
            url = cluster.url(asyncio.run(cluster.create_database("province")))
            child, answer = begin(fault, url, lives, ORDINARY_SEED)
            running[child] = (fault, answer, time.monotonic())
        child, _ = os.wait()
        fault, answer, begun_at = running.pop(child)
        verdicts.append(verdict_of(answer))
        mark = "noticed" if verdicts[-1].is_noticed else "NOT NOTICED"
        _say(f"{mark:12}{time.monotonic() - begun_at:5.1f} s  {fault.name}\n{'':21}{verdicts[-1].words}")
    return verdicts


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
