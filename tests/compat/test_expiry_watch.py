"""The hourly look at what ends of the old ways in: counted where it is in use, said once a day."""

import asyncio
import io
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.accounts.clients import Client
from app.accounts.compatible_credentials import CompatibleCredential, CompatiblePolicy, CompatibleProfile
from app.accounts.expiring import Expiring
from app.accounts.lookup_keys import LookupKey
from app.accounts.store import Accounts
from app.accounts.values import Officer
from app.compat.directory import FaceDirectory
from app.compat.expiry_watch import ExpiryWatch
from app.database.live import LiveView
from app.errors import DirectoryStaleError
from app.logs import configure_logging
from tests.lookup.deciding import a_client, an_officer
from tests.lookup_fakes import StandingView
from tests.world import TurnableClock

DAY = timedelta(days=1)
CLIENT, OFFICER = a_client(), an_officer()


class Scene:
    """What a process has in memory, and a watch over it."""

    def __init__(self, officer: Officer = OFFICER, client: Client = CLIENT) -> None:
        self.clock = TurnableClock()
        self.accounts = StandingView(
            Accounts({officer.officer_id: officer}, {officer.login_name: officer}, {client.client_id: client})
        )
        self.face = StandingView(FaceDirectory.of([], {}))
        self.watch = ExpiryWatch(self.face, self.accounts, self.clock)

    def holds(self, keys: list[timedelta], credentials: list[timedelta | None], **changes: Any) -> None:
        """Let there be keys and credentials with so much time left."""
        now = self.clock.now()
        made = [a_key(now, left, **changes) for left in keys]
        self.face.shown = FaceDirectory.of(
            [a_credential(now, left) for left in credentials], {key.name: key for key in made}
        )

    async def seen(self) -> Expiring:
        await self.watch.look()
        return self.watch.expiring


def a_key(now: datetime, left: timedelta, **changes: Any) -> LookupKey:
    unit_id = OFFICER.unit_id or UUID(int=0)
    name = f"tk{uuid4().hex}"
    key = LookupKey(
        uuid4(), OFFICER.officer_id, unit_id, CLIENT.client_id, name, b"", now - 90 * DAY, now + left
    )
    return replace(key, **changes)


def a_credential(now: datetime, left: timedelta | None) -> CompatibleCredential:
    return CompatibleCredential(
        uuid4(),
        CLIENT.client_id,
        CompatibleProfile.LGSP,
        f"LGSP-{left}",
        CompatiblePolicy(),
        (),
        now - 90 * DAY,
        now + left if left is not None else None,
    )


async def test_keys_are_counted_and_credentials_named_what_ends_first_before() -> None:
    scene = Scene()
    scene.holds([6 * DAY, 20 * DAY, 40 * DAY, -DAY], [25 * DAY, None, 5 * DAY, 31 * DAY, -DAY])
    found = await scene.seen()
    assert (found.keys, found.keys_very_soon) == (2, 1)
    assert [one.name for one in found.credentials] == ["LGSP-5 days, 0:00:00", "LGSP-25 days, 0:00:00"]


async def test_many_keys_are_counted_while_others_go_on() -> None:
    scene = Scene()
    scene.holds([20 * DAY] * 2500, [])
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    found = await scene.seen()
    task.cancel()
    assert found.keys == 2500
    assert turns >= 3


@pytest.mark.parametrize(
    ("officer", "client", "key"),
    [
        ({"is_active": False}, {}, {}),
        ({"unit_id": uuid4()}, {}, {}),
        ({"officer_id": uuid4()}, {}, {}),
        ({"password_changed_at": TurnableClock().now() - DAY}, {}, {}),
        ({}, {"is_active": False}, {}),
        ({}, {"expires_at": TurnableClock().now() - DAY}, {}),
        ({}, {}, {"client_id": "khac"}),
    ],
    ids=["suspended", "moved", "gone", "new password", "client suspended", "client over", "no client"],
)
async def test_nobody_is_told_of_a_key_that_opens_nothing_anyway(
    officer: dict[str, Any], client: dict[str, Any], key: dict[str, Any]
) -> None:
    scene = Scene(replace(OFFICER, **officer), replace(CLIENT, **client))
    scene.holds([5 * DAY], [5 * DAY] if client else [], **key)
    assert await scene.seen() == Expiring()


async def test_what_ends_soon_is_said_once_a_day() -> None:
    scene, written = Scene(), io.StringIO()
    configure_logging(written)
    scene.holds([5 * DAY, 20 * DAY], [20 * DAY])

    async def lines() -> list[tuple[str, int, int]]:
        written.seek(0)
        written.truncate()
        await scene.watch.look()
        said = [json.loads(line) for line in written.getvalue().splitlines()]
        assert {one["event"] for one in said} <= {"accounts.credentials_ending"}
        return [(one["reason"], one["count"], one["days"]) for one in said]

    assert await lines() == [("compatible_credential", 1, 30), ("lookup_key", 2, 30), ("lookup_key", 1, 7)]
    assert await lines() == []
    scene.clock.ahead = 14 * DAY
    assert await lines() == [
        ("compatible_credential", 1, 30),
        ("compatible_credential", 1, 7),
        ("lookup_key", 1, 30),
        ("lookup_key", 1, 7),
    ]
    scene.clock.ahead = 30 * DAY
    assert await lines() == []


async def test_it_looks_by_itself_and_waits_for_a_directory_that_is_not_there_yet() -> None:
    looked = asyncio.Event()

    class LateView(LiveView[FaceDirectory]):
        def __init__(self) -> None:
            self.asked = 0

        @property
        def current(self) -> FaceDirectory:
            self.asked += 1
            if self.asked == 1:
                raise DirectoryStaleError
            if self.asked == 3:
                looked.set()
            return FaceDirectory.of([], {})

    watch = ExpiryWatch(LateView(), Scene().accounts, TurnableClock(), every_seconds=0.0, again_seconds=0.0)
    async with asyncio.timeout(10), watch:
        await looked.wait()
