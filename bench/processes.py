"""`python -m bench.processes`: what a lookup costs with one, two and four gateway processes.

Three gateways over one PostgreSQL take turns in each round, each in three ways: `steady`, so many lookups a
second for each of its processes; `full`, so many callers for each who ask again at once; `spread`, the same
lookups a second in all, however many processes share them. Processor time is that of all its processes.
Exit code 1 where, with two or four processes, a lookup costs more than with one, beyond a tolerance: `steady`
by processor time; `full` by instructions, where `perf` is here to count them, because more busy processes
than cores lose time to each other that is no work. `spread` is told and not judged.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from bench.endings import Rule, run_rules
from bench.failure import BenchError
from bench.processes_ground import Cost, Gateway, Ground, open_ground
from bench.programs import find_programs

_WARM_UP_SECONDS: Final = 1
_IDLE_SECONDS: Final = 4.0
_CONNECTIONS: Final = 32  # a process
_MOST_GROWTH: Final = 1.15
_STEADY, _FULL, _SPREAD = "steady", "full", "spread"
Costs = dict[tuple[str, int], list[Cost]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How often and how long, with how many callers a process, and how many lookups a second for each."""

    rounds: int
    seconds: int
    callers: int
    rate: float


def main() -> int:
    """Run the measurement, print what came of it, and return 1 where a bar was missed."""
    plan = _read_plan()
    return run_rules(lambda folder: _measure(folder, plan))


def _measure(folder: Path, plan: Plan) -> Sequence[Rule]:
    with open_ground(folder, find_programs()) as ground:
        idle = {each.processes: ground.idle_ms_per_second(each, _IDLE_SECONDS) for each in ground.gateways}
        costs = _run_rounds(ground, plan)
        evidence = ground.desk.evidence()
    counted = sum(cost.lookups for several in costs.values() for cost in several)
    if not evidence.intents == evidence.outcomes == evidence.found >= counted:
        raise BenchError(f"{counted} lookups were counted, but the record holds {evidence}")
    _print(costs, idle)
    print(f"{counted} lookups counted, each answered with the person; on record: {evidence}")
    several = sorted(idle)[1:]
    return [rule for count in several for rule in (*_by_time(costs, count), *_by_instructions(costs, count))]


def _run_rounds(ground: Ground, plan: Plan) -> Costs:
    most = max(gateway.processes for gateway in ground.gateways)
    ways: Mapping[str, Callable[[Gateway, int], Cost]] = {
        _STEADY: lambda gateway, seconds: ground.paced(
            gateway, plan.rate * gateway.processes, _CONNECTIONS * gateway.processes, seconds
        ),
        _FULL: lambda gateway, seconds: ground.full(gateway, plan.callers * gateway.processes, seconds),
        _SPREAD: lambda gateway, seconds: ground.paced(
            gateway, plan.rate * most, _CONNECTIONS * most, seconds
        ),
    }
    costs: Costs = {(way, each.processes): [] for way in ways for each in ground.gateways}
    for number in range(plan.rounds):
        turn = number % len(ground.gateways)  # so that a drift of the machine meets all of them
        for gateway in (*ground.gateways[turn:], *ground.gateways[:turn]):
            for way, load in ways.items():
                load(gateway, _WARM_UP_SECONDS)
                cost = load(gateway, plan.seconds)
                costs[way, gateway.processes].append(cost)
                print(
                    f"round {number + 1} of {plan.rounds}: {way}, processes: {gateway.processes}:"
                    f" {cost.per_second:.0f} lookups/s, {cost.cpu_us:.0f} µs",
                    flush=True,
                )
    return costs


def _print(costs: Costs, idle: Mapping[int, float]) -> None:
    head = (
        "lookups/s",
        "µs a lookup",
        "÷ one",
        "PostgreSQL's",
        "busiest's part",
        "records a batch",
        "instructions",
    )
    print(f"{'':<22}" + "".join(f"{each:>16}" for each in head))
    for (way, count), several in costs.items():
        said = (
            f"{median(each.per_second for each in several):.0f}",
            f"{median(each.cpu_us for each in several):.0f}",
            f"{_growth(costs, way, count):.2f}",
            f"{median(each.postgres_us for each in several):.0f}",
            f"{median(each.busiest for each in several):.2f}",
            f"{median(each.batch for each in several):.1f}",
            _instructions(several),
        )
        print(f"{f'{way}, processes: {count}':<22}" + "".join(f"{each:>16}" for each in said))
    told = ", ".join(f"{ms:.1f} with {count}" for count, ms in idle.items())
    print(f"while nobody asks, ms of processor time a second: {told}")


def _instructions(several: Sequence[Cost]) -> str:
    counted = [each.instructions for each in several if each.instructions is not None]
    return f"{median(counted):.0f} k" if counted else "-"


def _by_time(costs: Costs, count: int) -> list[Rule]:
    growth = _growth(costs, _STEADY, count)
    text = f"{_STEADY}: with {count} processes a lookup takes {growth:.2f} times the processor time of one"
    return [(growth <= _MOST_GROWTH, f"{text}; the bar is {_MOST_GROWTH}")]


def _by_instructions(costs: Costs, count: int) -> list[Rule]:
    """Return the rule, or none where nobody counted."""
    pairs = zip(costs[_FULL, count], costs[_FULL, 1], strict=True)
    ratios = [
        many.instructions / one.instructions for many, one in pairs if many.instructions and one.instructions
    ]
    if not ratios:
        print(f"{_FULL}, processes: {count}: not judged, for perf does not count instructions here")
        return []
    growth = median(ratios)
    text = f"{_FULL}: with {count} processes a lookup takes {growth:.2f} times the instructions of one"
    return [(growth <= _MOST_GROWTH, f"{text}; the bar is {_MOST_GROWTH}")]


def _growth(costs: Costs, way: str, count: int) -> float:
    """Return the median of the rounds' own ratios."""
    pairs = zip(costs[way, count], costs[way, 1], strict=True)
    return median(several.cpu_us / one.cpu_us for several, one in pairs)


def _read_plan() -> Plan:
    parser = argparse.ArgumentParser(prog="python -m bench.processes", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured in each way (3)")
    parser.add_argument("--seconds", type=int, default=6, help="how long each measurement takes (6)")
    parser.add_argument("--callers", type=int, default=64, help="full: callers a process (64)")
    parser.add_argument("--rate", type=float, default=100, help="steady: lookups a second a process (100)")
    return Plan(**vars(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
