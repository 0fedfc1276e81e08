"""A few hundred calls of the fuzzer at every test run; `python -m tests.fuzz.compat` makes many more."""

import random

from tests.fuzz.compat import calls_of_a_face
from tests.fuzz.loop import fuzz


def test_no_call_makes_the_face_fail() -> None:
    with calls_of_a_face() as calls:
        summary = fuzz([calls.target], seed=random.SystemRandom().randrange(10**9), inputs=600)

    assert summary.findings == [], summary.line
    assert {200, 401, 422} <= set(calls.statuses)
