"""A full disk stops lookups with a clear word, loses nothing, and is over when there is space again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.durability.fullness import Rig, a_rig, fill_data, fill_wal
from tests.durability.ground import Ground
from tests.durability.volumes import missing


@pytest.fixture
async def rig(ground: Ground, tmp_path: Path) -> AsyncIterator[Rig]:
    if reason := missing():
        pytest.skip(reason)
    async with a_rig(ground, tmp_path) as rig:
        yield rig


async def test_full_data_volume_refuses_lookups_and_they_go_on_when_space_returns(rig: Rig) -> None:
    assert await fill_data(rig) == []
    assert rig.site.supervisor.restarts == 0


async def test_full_wal_volume_stops_the_server_and_lookups_go_on_once_it_runs_again(rig: Rig) -> None:
    assert await fill_wal(rig) == []
