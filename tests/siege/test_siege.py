"""Gateways, workers and PostgreSQL die at random moments; a few times here, 500 times with `make siege`."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.database.embedded import EmbeddedServer
from tests.siege.siege import Plan, besiege

KILLS = 12


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    """A server of this test's own, since it is killed."""
    # Not pytest's tmp_path: see tests/cluster.py.
    folder = Path(tempfile.mkdtemp(prefix="dancu-siege-"))
    try:
        with EmbeddedServer(folder, durable=False) as server:
            yield server
    finally:
        shutil.rmtree(folder)


@pytest.mark.timeout(300)  # the machine may be as busy as it likes
async def test_whatever_is_killed_no_question_answer_record_or_checkpoint_is_lost(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    plan = Plan(KILLS, most_pause_seconds=0.6, stock_every=6)
    tally = await besiege(server, tmp_path, plan)
    assert list(tally.violations) == []
    assert tally.kills.total() == KILLS
    assert tally.journal.answers["found"] > 0
    assert tally.heads > 1
