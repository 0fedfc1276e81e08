"""A copied cluster for this folder's tests, where one can be copied."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import PostgresCluster
from tests.durability.ground import Ground, missing, prepare
from tests.durability.pair import Pair


@pytest.fixture(scope="session")
def ground(postgres_cluster: PostgresCluster) -> Iterator[Ground]:
    if reason := missing():
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="dancu-durability-"))
    yield asyncio.run(prepare(postgres_cluster, folder))
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def _running_pair(ground: Ground) -> Iterator[Pair]:
    pair = Pair(ground.origin)
    yield pair
    pair.end()


@pytest.fixture
async def pair(_running_pair: Pair) -> Pair:
    """A primary whose standby streams, in whichever places earlier tests left them."""
    await _running_pair.until_streaming()
    return _running_pair
