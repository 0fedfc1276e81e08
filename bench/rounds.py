"""The order of rounds, and the figures they come to."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from bench.contestants import Contestant
from bench.load import Round, Wrk

# What a warm-up left in flight is answered before the processor time is read.
_SETTLING_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Standing:
    """A contestant's medians over all rounds; ratios are medians of the rounds' own ratios."""

    name: str
    requests_per_second: float
    slowest: float
    fastest: float
    cpu_us: float
    postgres_cpu_us: float | None
    p50_ms: float
    p99_ms: float
    speed_ratio: float
    cpu_ratio: float


def run_rounds(
    wrk: Wrk,
    contestants: Sequence[Contestant],
    *,
    rounds: int,
    seconds: int,
    warm_up_seconds: int,
    say: Callable[[str], None],
) -> dict[str, list[Round]]:
    """Load the contestants in turn, round by round, so that the machine's drift meets all of them alike."""
    figures: dict[str, list[Round]] = {contestant.name: [] for contestant in contestants}
    for number in range(rounds):
        start = number % len(contestants)
        for contestant in (*contestants[start:], *contestants[:start]):
            wrk.load(contestant, warm_up_seconds)
            time.sleep(_SETTLING_SECONDS)
            measured = wrk.load(contestant, seconds)
            figures[contestant.name].append(measured)
            say(
                f"round {number + 1} of {rounds}: {contestant.name}: "
                f"{measured.requests_per_second:.0f} a second, {measured.cpu_us:.0f} µs"
            )
    return figures


def standings(figures: dict[str, list[Round]], yardstick: str) -> list[Standing]:
    """Return the medians, with ratios to *yardstick* within the same round."""
    return [_standing(name, rounds, figures[yardstick]) for name, rounds in figures.items()]


def _standing(name: str, rounds: list[Round], yardstick: list[Round]) -> Standing:
    speeds = [each.requests_per_second for each in rounds]
    pairs = list(zip(rounds, yardstick, strict=True))
    in_database = [each.postgres_cpu_us for each in rounds if each.postgres_cpu_us is not None]
    return Standing(
        name=name,
        requests_per_second=median(speeds),
        slowest=min(speeds),
        fastest=max(speeds),
        cpu_us=median(each.cpu_us for each in rounds),
        postgres_cpu_us=median(in_database) if in_database else None,
        p50_ms=median(each.p50_ms for each in rounds),
        p99_ms=median(each.p99_ms for each in rounds),
        speed_ratio=median(own.requests_per_second / other.requests_per_second for own, other in pairs),
        cpu_ratio=median(own.cpu_us / other.cpu_us for own, other in pairs),
    )
