"""How long a citizen's report takes over logs of different sizes, and how much memory its process."""

import asyncio
import random
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from app.auditing.subject_evidence import Gathered, SubjectEvidence
from bench.volume_ground import Ground, take_into_tree
from bench.volume_report_desk import Sources, open_report_desk
from bench.volume_searches import Times
from bench.volume_world import number_of

_ROUNDS: Final = 3
_MOST_RATIO: Final = 2.0
_MOST_SECONDS: Final = 5.0
_MIB: Final = 1024
_MILLISECONDS: Final = 1_000
_KINDS: Final = ("the most looked up", "rare")


@dataclass(frozen=True, slots=True)
class Reports:
    """Some reports of one kind of citizen: looks in each, milliseconds of collecting and of all of it."""

    looks: Sequence[int]
    collecting: Sequence[float]
    whole: Sequence[float]


@dataclass(frozen=True, slots=True)
class Round:
    """What one process made: reports by kind, and its memory in MiB before the first and at its height."""

    reports: Sequence[Reports]
    before_mib: float
    peak_mib: float


class _TimedEvidence(SubjectEvidence):
    """Says how long the last collecting took and how much it brought."""

    milliseconds = 0.0
    looks = 0

    async def gather(self, numbers: Sequence[str], case_number: str, now: datetime) -> Gathered:
        """Return what the evidence says, as ever."""
        begun = time.perf_counter()
        gathered = await super().gather(numbers, case_number, now)
        self.milliseconds = (time.perf_counter() - begun) * _MILLISECONDS
        self.looks = len(gathered.looks)
        return gathered


def are_reports_fast(grounds: Sequence[Ground], citizens: int) -> bool:
    """Make reports for so many *citizens* of each kind in each log, by turns, and print what they took.

    Each round of a log has a process of its own. Requests and reports stay on record, as any are. Returns
    whether the bars are met.
    """
    rounds: list[list[Round]] = [[] for _ in grounds]
    for number in range(_ROUNDS):
        for ground, own in zip(grounds, rounds, strict=True):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                own.append(pool.submit(_make_round, _sources(ground), citizens, number).result())
    for ground in grounds:
        asyncio.run(take_into_tree(ground.owner_url, ground.folder))
    names = [f"{ground.world.size.records:,}" for ground in grounds]
    columns = [f"{name}: looks | collecting p50 | p95 | report p50 | p95" for name in names]
    print(f"\n| a citizen's report, ms | {' | '.join(columns)} |\n| --- |" + " ---: |" * (5 * len(columns)))
    for kind, name in enumerate(_KINDS):
        _show(name, [_together([one.reports[kind] for one in own]) for own in rounds])
    for name, own in zip(names, rounds, strict=True):
        before, peak = (max(getattr(one, which) for one in own) for which in ("before_mib", "peak_mib"))
        print(f"memory of the process over {name} records: {before:.0f} MiB before, {peak:.0f} at its height")
    return is_met([[_together([one.reports[kind] for one in own]) for kind in (0, 1)] for own in rounds])


def _sources(ground: Ground) -> Sources:
    return Sources(ground.gateway_url, ground.auditing_url, ground.root, ground.audit_root, ground.world.size)


def _make_round(sources: Sources, citizens: int, number: int) -> Round:
    return asyncio.run(_make_reports(sources, citizens, number))


async def _make_reports(sources: Sources, citizens: int, number: int) -> Round:
    async with AsyncExitStack() as stack:
        desk, evidence = await open_report_desk(stack, sources, _TimedEvidence)
        await desk.make(number_of(citizens))  # the keys of all months are opened, connections made
        before = _memory_mib("VmRSS:")
        reports = []
        for asked in _citizens(sources, citizens, number):
            made = list[tuple[int, float, float]]()
            for citizen in asked:
                seconds = await desk.make(number_of(citizen))
                made.append((evidence.looks, evidence.milliseconds, seconds * _MILLISECONDS))
            looks, collecting, whole = zip(*made, strict=True)
            reports.append(Reports(looks, collecting, whole))
    return Round(reports, before, _memory_mib("VmHWM:"))


def _citizens(sources: Sources, count: int, number: int) -> tuple[Sequence[int], Sequence[int]]:
    """Return those looked up most often, and some that hardly ever are, others in each round."""
    draw = random.Random(f"{sources.world.size.seed}/subjects/{number}")  # noqa: S311 - invented
    many = sources.world.citizens
    return range(count), [draw.randrange(many // 2, many) for _ in range(count)]


def _together(rounds: Sequence[Reports]) -> Reports:
    return Reports(
        [one for each in rounds for one in each.looks],
        [one for each in rounds for one in each.collecting],
        [one for each in rounds for one in each.whole],
    )


def _show(name: str, found: Sequence[Reports]) -> None:
    cells = []
    for one in found:
        collecting, whole = (Times(taken, 0, 0) for taken in (one.collecting, one.whole))
        cells.append(
            f"{statistics.mean(one.looks):.0f} | {collecting.median:.0f} | {collecting.p95:.0f}"
            f" | {whole.median:.0f} | {whole.p95:.0f}"
        )
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


def is_met(logs: Sequence[Sequence[Reports]]) -> bool:
    """Say whether collecting grows little with the log, and every kind of report is there in time."""
    ratio = max(
        statistics.median(large.collecting) / statistics.median(small.collecting)
        for small, large in zip(logs[0], logs[-1], strict=True)
    )
    longest = max(Times(one.whole, 0, 0).p95 for reports in logs for one in reports) / _MILLISECONDS
    is_kept = ratio <= _MOST_RATIO and longest <= _MOST_SECONDS
    print(
        f"the bar: collecting in the largest log at most {_MOST_RATIO:g} x the smallest one's median"
        f" ({ratio:.2f}), a report within {_MOST_SECONDS:g} s at the 95th percentile ({longest:.1f}):"
        f" {'met' if is_kept else 'MISSED'}"
    )
    return is_kept


def _memory_mib(name: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / _MIB
