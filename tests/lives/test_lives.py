"""Random lives of officers and units: nobody ever holds a right that no valid record gives."""

import os

from tests.lives.running import chosen_run, run_lives
from tests.lives.steps import WEIGHTS
from tests.world import Database


def test_nobody_ever_holds_a_right_that_no_record_gives_and_records_replay_to_the_same_state(
    database: Database,
) -> None:
    count, seed = chosen_run()
    landed = run_lives(database.owner_url, count, seed, is_shrinking="DANCU_LIVES" in os.environ)
    never = [what for what in WEIGHTS if not landed[what]]
    assert not never, f"never took effect, so that the run says nothing of it: {never}"
