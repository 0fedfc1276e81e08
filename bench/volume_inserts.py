"""How fast the gateway's own writer adds records to logs of different sizes, an empty one among them."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench import evidence_ground
from bench.meter import Speed
from bench.volume_ground import Ground, take_into_tree

_CALLERS: Final = 64
_ROUNDS: Final = 5
_LEAST_RATIO: Final = 0.5
_NONE: Final = Path()


async def are_inserts_fast(empty: Ground, grounds: Sequence[Ground], seconds: int) -> bool:
    """Write to each log by turns, as 64 callers do that wait for each record, and print what it took.

    Returns whether the last, the largest, takes at least half as many as *empty*. What was written stays: it
    is taken into the tree.
    """
    logs = [empty, *grounds]
    speeds: list[list[Speed]] = [[] for _ in logs]
    for _ in range(_ROUNDS):
        for ground, own in zip(logs, speeds, strict=True):
            own.append(await _speed(ground, seconds))
    print("\n| records there | added/s | ÷ the empty log, by round | µs of the gateway | of PostgreSQL |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    for ground, own in zip(logs, speeds, strict=True):
        print(
            f"| {ground.world.size.records:,} | {statistics.median(one.per_second for one in own):,.0f}"
            f" | {ratio_of(own, speeds[0]):.2f} | {statistics.median(one.own_us for one in own):.1f}"
            f" | {statistics.median(one.postgres_us for one in own):.1f} |",
            flush=True,
        )
        await take_into_tree(ground.owner_url, ground.folder)
    ratio = ratio_of(speeds[-1], speeds[0])
    is_met = ratio >= _LEAST_RATIO
    print(
        f"the bar: the largest log takes at least {_LEAST_RATIO:g} x as many as an empty one: {ratio:.2f},"
        f" {'met' if is_met else 'MISSED'}"
    )
    return is_met


def ratio_of(speeds: Sequence[Speed], others: Sequence[Speed]) -> float:
    """Return how many were added to one log for each of another: the median of rounds side by side."""
    return statistics.median(
        one.per_second / other.per_second for one, other in zip(speeds, others, strict=True)
    )


async def _speed(ground: Ground, seconds: int) -> Speed:
    place = evidence_ground.Ground(
        gateway_url=ground.gateway_url,
        owner_url=ground.owner_url,
        root=ground.root,
        postgres_pid=ground.postgres_pid,
        pgbench=_NONE,  # it has no part in this
        script=_NONE,
    )
    async with place.writer() as writer:
        await place.write(writer, callers=_CALLERS, seconds=1)
        return await place.write(writer, callers=_CALLERS, seconds=seconds)
