"""How fast the gateway's own writer adds records to logs of different sizes."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from app.audit.sealing import RootKey
from app.cli.keys import ROOT_KEY_FILE
from bench import evidence_ground
from bench.meter import Speed
from bench.volume_ground import Ground, take_into_tree

_CALLERS: Final = 64
_ROUNDS: Final = 5
_NONE: Final = Path()


async def show_inserts(grounds: Sequence[Ground], seconds: int) -> None:
    """Write to each log by turns, as 64 callers do that wait for each record, and print what it took.

    What was written stays: it is taken into the tree.
    """
    speeds: list[list[Speed]] = [[] for _ in grounds]
    for _ in range(_ROUNDS):
        for ground, own in zip(grounds, speeds, strict=True):
            own.append(await _speed(ground, seconds))
    print("\n| records there | added/s | ÷ the first, by round | µs of the gateway | of PostgreSQL |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    for ground, own in zip(grounds, speeds, strict=True):
        ratios = [here.per_second / first.per_second for here, first in zip(own, speeds[0], strict=True)]
        print(
            f"| {ground.world.size.records:,} | {statistics.median(one.per_second for one in own):,.0f}"
            f" | {statistics.median(ratios):.2f} | {statistics.median(one.own_us for one in own):.1f}"
            f" | {statistics.median(one.postgres_us for one in own):.1f} |",
            flush=True,
        )
        await take_into_tree(ground.owner_url, ground.folder)


async def _speed(ground: Ground, seconds: int) -> Speed:
    root = RootKey.from_text((ground.folder / "keys" / ROOT_KEY_FILE).read_text(encoding="utf-8"))
    place = evidence_ground.Ground(
        gateway_url=ground.database.environment["DANCU_DATABASE_URL"],
        owner_url=ground.owner_url,
        root=root,
        postgres_pid=ground.postgres_pid,
        pgbench=_NONE,  # it has no part in this
        script=_NONE,
    )
    async with place.writer() as writer:
        await place.write(writer, callers=_CALLERS, seconds=1)
        return await place.write(writer, callers=_CALLERS, seconds=seconds)
