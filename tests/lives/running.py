"""Runs lives over a database: always the same ones, or as many others as somebody has time for."""

import asyncio
import os
import secrets
from collections import Counter
from collections.abc import Sequence

import hypothesis
from hypothesis import HealthCheck, Phase
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.database.connect import open_engine
from tests.lives.ground import OpenVault, lay_ground
from tests.lives.life import live
from tests.lives.steps import EACH_STORY, FIRST, LIVES, Step

LIVES_IN_AN_ORDINARY_RUN = 40
ORDINARY_SEED = 20_261_122


def chosen_run() -> tuple[int, int]:
    """Return how many lives, DANCU_LIVES if set, and by which seed: DANCU_LIVES_SEED for the same again."""
    wanted, seed = os.environ.get("DANCU_LIVES"), os.environ.get("DANCU_LIVES_SEED")
    if wanted is None:
        return LIVES_IN_AN_ORDINARY_RUN, int(seed or ORDINARY_SEED)
    return int(wanted), int(seed) if seed else secrets.randbelow(2**32)


def run_lives(owner_url: str, count: int, seed: int, *, is_shrinking: bool = True) -> Counter[str]:
    """Run lives and return how often each kind of step took effect; raises RuleBrokenError.

    What is raised says by which seed it comes back.
    """
    landed: Counter[str] = Counter()
    phases: Sequence[Phase] = (Phase.explicit, Phase.generate, Phase.shrink)[: 3 if is_shrinking else 2]
    with asyncio.Runner() as runner, OpenVault(workers=1, max_waiting=8) as vault:
        ground = runner.run(lay_ground(owner_url))
        engine = open_engine(owner_url, pool_size=1)
        connection = runner.run(_connected(engine))

        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=count,
            deadline=None,
            database=None,
            phases=phases,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(steps=LIVES)
        def each_life(steps: list[Step]) -> None:
            landed["steps"] += len(FIRST) + len(steps)
            runner.run(live(connection, ground, vault, steps, landed))

        for story in EACH_STORY:
            each_life = hypothesis.example(steps=story)(each_life)
        try:
            each_life()
        except BaseException as error:
            error.add_note(f"again: DANCU_LIVES={count} DANCU_LIVES_SEED={seed}")
            raise
        finally:
            runner.run(_close(engine, connection))
    return landed


async def _connected(engine: AsyncEngine) -> AsyncConnection:
    return await engine.connect()


async def _close(engine: AsyncEngine, connection: AsyncConnection) -> None:
    await connection.close()
    await engine.dispose()
