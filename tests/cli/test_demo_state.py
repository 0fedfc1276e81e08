"""The demo begins anew: its folder is emptied, and never under one that runs."""

import os
from pathlib import Path

import pytest

from app.cli.demo_state import begin_anew
from app.database.embedded import EmbeddedPostgresError, lock_state
from tests.cli.commands import PATIENCE_SECONDS, a_process

LAUNCHER = Path(__file__).with_name("demo_process.py")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A folder as a demo leaves it, beside a file that is not the demo's."""
    state = tmp_path / "demo"
    for folder in ("postgres/data/base", "keys", "signer"):
        (state / folder).mkdir(parents=True)
    for file in ("secrets.json", "keys/root.key", "postgres/lock", "postgres/data/base/1"):
        (state / file).write_text("x", encoding="utf-8")
    (tmp_path / "kept").write_text("x", encoding="utf-8")
    (state / "link").symlink_to(tmp_path)
    return state


def test_nothing_is_left_but_the_lock(state: Path) -> None:
    begin_anew(state)
    assert sorted(str(each.relative_to(state)) for each in state.rglob("*")) == ["postgres", "postgres/lock"]
    assert (state.parent / "kept").exists()


def test_a_folder_without_a_demo_may_begin_anew(tmp_path: Path) -> None:
    begin_anew(tmp_path / "demo")
    begin_anew(tmp_path / "demo")


def test_nothing_is_removed_while_a_demo_runs(state: Path) -> None:
    before = sorted(state.rglob("*"))
    lock = lock_state(state / "postgres")
    try:
        with pytest.raises(EmbeddedPostgresError, match="another process is using"):
            begin_anew(state)
    finally:
        os.close(lock)
    assert sorted(state.rglob("*")) == before


def test_fresh_is_refused_beside_a_demo_that_runs(state: Path, tmp_path: Path) -> None:
    lock, environment = lock_state(state / "postgres"), {"STATE": str(state)}
    try:
        with a_process(
            tmp_path / "out", str(LAUNCHER), "demo", "--once", "--fresh", environment=environment
        ) as process:
            code = process.popen.wait(PATIENCE_SECONDS)
    finally:
        os.close(lock)
    assert (code, "another process is using" in process.written) == (2, True), process.written
    assert (state / "secrets.json").exists()
