"""A gateway killed at any step leaves complete evidence; once here, fifty times with `make crash`."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import PostgresCluster
from tests.crash.barriers import Barrier
from tests.crash.ground import Ground, prepare_ground
from tests.crash.siege import besiege


@pytest.fixture(scope="module")
def ground(postgres_cluster: PostgresCluster) -> Iterator[Ground]:
    folder = Path(tempfile.mkdtemp(prefix="dancu-crash-"))
    yield asyncio.run(prepare_ground(postgres_cluster, folder))
    shutil.rmtree(folder)


@pytest.mark.parametrize("steps", [("4",), ("5", "6"), ("7",), ("8", "any")], ids=" and ".join)
async def test_kill_9_at_a_step_leaves_no_question_citizen_or_intent_unaccounted_for(
    ground: Ground, steps: tuple[str, ...]
) -> None:
    barriers = [barrier for barrier in Barrier if barrier.step in steps]
    tallies = await asyncio.gather(*(besiege(ground, barrier, 1, seed=1) for barrier in barriers))
    assert [tally.kills for tally in tallies] == [1] * len(barriers)
    assert {tally.barrier: list(tally.violations) for tally in tallies if tally.violations} == {}
