"""How full volumes are, and when the log says so."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import pytest

from app.audit import headroom
from app.audit.headroom import Headroom, Room, Volume, read_volumes
from app.cli.headroom import volume_finding
from app.logs import configure_logging
from app.settings import Settings
from tests.audit.workbench import until


@pytest.mark.parametrize(
    ("used_percent", "room"),
    [
        (0, Room.ENOUGH),
        (69, Room.ENOUGH),
        (70, Room.LOW),
        (89, Room.LOW),
        (90, Room.CRITICAL),
        (100, Room.CRITICAL),
        (None, Room.UNREADABLE),
    ],
)
def test_alarms_begin_where_they_are_promised(used_percent: int | None, room: Room) -> None:
    assert Volume("/data", used_percent).room is room


def test_volume_is_read_as_the_system_counts_it(tmp_path: Path) -> None:
    (volume,) = read_volumes([str(tmp_path)])

    assert volume.used_percent is not None
    assert 0 <= volume.used_percent <= 100


def test_path_that_is_not_there_and_one_without_blocks_cannot_be_read(tmp_path: Path) -> None:
    missing, virtual = read_volumes([str(tmp_path / "missing"), "/proc"])

    assert (missing.room, virtual.room) == (Room.UNREADABLE, Room.UNREADABLE)


@pytest.mark.parametrize(
    ("volume", "is_good", "word"),
    [
        (Volume("/data", 12), True, "12 % used"),
        (Volume("/data", 75), None, "make room"),
        (Volume("/data", 95), False, "make room now"),
        (Volume("/data", None), False, "cannot be read"),
    ],
)
def test_check_says_how_bad_it_is(volume: Volume, is_good: bool | None, word: str) -> None:  # noqa: FBT001
    said = volume_finding(volume)

    assert said[0] is is_good
    assert word in said[1]


class Told(Headroom):
    """Sees what a test says."""

    def __init__(self, *used: int | None) -> None:
        super().__init__(["/data"], every_seconds=0.0)
        self._used = list(used)
        self.looks = 0

    async def _read(self) -> tuple[Volume, ...]:
        used = self._used[min(self.looks, len(self._used) - 1)]
        self.looks += 1
        return (Volume("/data", used),)


async def said_by(watch: Told) -> list[dict[str, Any]]:
    stream = io.StringIO()
    configure_logging(stream)
    async with watch:
        await until(lambda: watch.looks > 10)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


async def test_each_change_is_said_once() -> None:
    lines = await said_by(Told(10, 75, 75, 95, 95, None, None, 20, 20))

    assert [(one["event"], one["level"], one["reason"], one.get("used_percent")) for one in lines] == [
        ("audit.headroom_low", "warning", "low", 75),
        ("audit.headroom_low", "error", "critical", 95),
        ("audit.headroom_low", "error", "unreadable", None),
        ("audit.headroom_back", "warning", "enough", 20),
    ]
    assert {one["volume"] for one in lines} == {"/data"}


async def test_what_stays_bad_is_said_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headroom, "_AGAIN_SECONDS", 0.0)

    assert len(await said_by(Told(95))) > 3
    assert await said_by(Told(10)) == []


async def test_nothing_is_watched_where_no_path_is_set() -> None:
    async with Headroom([]) as watch:
        await asyncio.sleep(0)

    assert watch.volumes == ()


async def test_volumes_are_shown_as_last_seen(tmp_path: Path) -> None:
    async with Headroom([str(tmp_path), "/nowhere"]) as watch:
        await until(lambda: bool(watch.volumes))

    assert [one.path for one in watch.volumes] == [str(tmp_path), "/nowhere"]
    assert watch.volumes[1].room is Room.UNREADABLE


async def test_volume_that_does_not_answer_is_one_that_cannot_be_read(tmp_path: Path) -> None:
    watch = Headroom([str(tmp_path)], every_seconds=0.0, read_seconds=0.01)
    hanging = watch._reading = asyncio.get_running_loop().create_future()
    async with watch:
        await until(lambda: bool(watch.volumes))
        assert watch.volumes[0].room is Room.UNREADABLE
        assert watch._reading is hanging  # nobody else is sent after the one that hangs
        hanging.set_result([Volume(str(tmp_path), 5)])
        await until(lambda: watch.volumes[0].used_percent is not None)


def test_setting_takes_plain_absolute_paths_only() -> None:
    settings = Settings(_env_file=None, headroom_paths="/var/lib/postgresql, /srv/wal")

    assert settings.headroom_paths == ("/var/lib/postgresql", "/srv/wal")
    for wrong in ("data", "/a b", "/srv/099190000017"):
        with pytest.raises(ValueError, match="absolute paths"):
            Settings(_env_file=None, headroom_paths=wrong)
