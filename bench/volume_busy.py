"""The same searches in a quiet log, and while lookups come in."""

import statistics
from typing import Final

from app.auditing.reader import AuditReader
from app.database.connect import open_searching_engine
from bench.volume_ground import Ground, take_into_tree
from bench.volume_searches import Question, Times, ask, questions, together
from bench.volume_traffic import Place, lookups_beside, waits_of

_ROUNDS: Final = 2
_LEAST_CALLS: Final = 10
_SHARE: Final = 4


async def show_searches_beside_lookups(ground: Ground, calls: int, per_second: float) -> None:
    """Ask each question a quarter as often as otherwise, by turns without and with *per_second* lookups.

    Prints a row for each; what was recorded stays in the log. BenchError where a record failed.
    """
    asked = questions(ground.world, await ground.dossiers(max(_LEAST_CALLS, calls // _SHARE)))
    engine = open_searching_engine(ground.auditing_url, pool_size=2)
    reader, pid = AuditReader(engine, ground.audit_root), ground.postgres_pid
    quiet: list[list[Times]] = []
    busy: list[list[Times]] = []
    waits = []
    try:
        await _round(reader, asked, pid)
        for _ in range(_ROUNDS):
            quiet.append(await _round(reader, asked, pid))
            with lookups_beside(Place(ground.gateway_url, ground.root, per_second)) as traffic:
                busy.append(await _round(reader, asked, pid))
            waits.append(waits_of(traffic.records))
    finally:
        await engine.dispose()
    await take_into_tree(ground.owner_url, ground.folder)
    print(
        f"\n| search of {ground.world.size.records:,} records, ms | p50 | p95"
        f" | beside {per_second:g} lookups/s: p50 | p95 | ÷ p50 | p95 |\n| --- |" + " ---: |" * 6
    )
    for at, question in enumerate(asked):
        _show(question.name, together([one[at] for one in quiet]), together([one[at] for one in busy]))
    print(
        f"records meanwhile: {sum(one.count for one in waits):,}, p50"
        f" {statistics.median(one.median for one in waits):.1f} ms, p99 {max(one.p99 for one in waits):.1f},"
        f" longest {max(one.longest for one in waits):.0f}; {sum(one.failed for one in waits)} failed"
    )


async def _round(reader: AuditReader, asked: list[Question], postgres_pid: int) -> list[Times]:
    return [await ask(reader, question, postgres_pid) for question in asked]


def _show(name: str, quiet: Times, busy: Times) -> None:
    print(
        f"| {name} | {quiet.median:.1f} | {quiet.p95:.1f} | {busy.median:.1f} | {busy.p95:.1f}"
        f" | {busy.median / quiet.median:.2f} | {busy.p95 / quiet.p95:.2f} |",
        flush=True,
    )
