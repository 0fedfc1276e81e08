"""`python -m bench.roads`: a minute of load over two roads, of which the first hangs in between.

A real gateway and database, two stand-ins of the national side. Exit code 1 where a question was sent
twice, a lookup that arrived more than two seconds after the hang failed, one took longer than its budget,
one lacks its record, or the first road was not used again after it recovered.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.children import HOST, free_port, running
from bench.desk import open_desk
from bench.endings import Rule, run_rules
from bench.processor import Pinning
from bench.road_load import Plan, run_load
from bench.road_verdict import judge, read_national_logs, read_records

FIRST, SECOND = "lgsp-soap", "vdxp-soap"
_BUDGET_SECONDS: Final = 8
_NOWHERE: Final = Pinning(None, None)


def main() -> int:
    """Run the load, print what came of it, and return 1 where a rule was broken."""
    plan = _read_plan()
    return run_rules(lambda folder: _measure(folder, plan))


def _measure(folder: Path, plan: Plan) -> Sequence[Rule]:
    print(
        f"{plan.per_second} lookups/s for {plan.seconds} s, budget {plan.budget_seconds} s;"
        f" {FIRST} hangs from {plan.hangs_at} s to {plan.recovers_at} s"
    )
    with (
        _national_side(FIRST, folder) as (first_url, first_log),
        _national_side(SECOND, folder) as (second_url, second_log),
        open_desk(folder, f"{first_url}/{FIRST}", plan.officers, _NOWHERE, _settings(second_url)) as desk,
    ):
        load = asyncio.run(run_load(plan, desk.url, desk.tokens, first_url))
        desk.evidence()  # waits until no lookup is open
        logs = read_national_logs((first_url, first_log), (second_url, second_log))
        verdict = judge(plan, load, asyncio.run(read_records(desk.database_url)), logs)
    print(verdict.table)
    return verdict.rules


def _settings(second_url: str) -> dict[str, str]:
    return {
        "DANCU_LOOKUP_BUDGET_SECONDS": str(_BUDGET_SECONDS),
        "DANCU_UPSTREAM2_PROFILE": SECOND,
        "DANCU_UPSTREAM2_BASE_URL": f"{second_url}/{SECOND}",
        "DANCU_UPSTREAM2_USER": "TEST_USER",
        "DANCU_UPSTREAM2_SECRET_KEY": "test-secret",
        "DANCU_UPSTREAM2_AGENCY_CODE": "DV-TEST-01",
    }


@contextmanager
def _national_side(name: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """Run a stand-in; yield its address and the access log it keeps."""
    port, log = free_port(), folder / f"{name}.jsonl"
    url = f"http://{HOST}:{port}"
    command = [sys.executable, "-m", "mock_c06", "--port", str(port), "--access-log", str(log)]
    with running(f"national-{name}", command, ready_url=f"{url}/livez", folder=folder):
        yield url, log


def _read_plan() -> Plan:
    parser = argparse.ArgumentParser(prog="python -m bench.roads", description=__doc__)
    add = parser.add_argument
    add("--per-second", type=int, default=40, help="lookups that arrive (40)")
    add("--seconds", type=int, default=60, help="how long the load lasts (60)")
    add("--hangs-at", type=int, default=20, help="second at which the first road hangs (20)")
    add("--recovers-at", type=int, default=40, help="second at which it recovers (40)")
    add("--latency-ms", type=int, default=200, help="what the first road takes otherwise (200)")
    add("--officers", type=int, default=20)
    options = parser.parse_args()
    return Plan(**vars(options), budget_seconds=_BUDGET_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
