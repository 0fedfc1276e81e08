"""The lives notice what they are there for; `make planted` plants all faults."""

import os
import subprocess
import sys

from tests.lives.faults import FAULTS

SOME = (
    "a merger leaves the former unit its grants",
    "a list takes officers out of foreign units",
    "a locked account gets in",
)


def test_every_fault_still_has_its_place() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    for fault in FAULTS:
        if fault.path:
            compile(fault.source(), fault.path, "exec")


def test_lives_of_an_ordinary_run_notice_faults() -> None:
    assert set(SOME) <= {fault.name for fault in FAULTS}
    planted = subprocess.run(  # noqa: S603 - a process apart: faults are imported in the place of modules
        [sys.executable, "-m", "tests.lives", *SOME],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert planted.returncode == 0, planted.stdout + planted.stderr
    assert "3 faults planted, 3 noticed" in planted.stdout
