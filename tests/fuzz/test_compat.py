"""A few hundred calls of the fuzzer at every test run; `python -m tests.fuzz.compat` makes many more."""

from tests.fuzz.compat import fuzz


async def test_no_call_makes_the_face_fail() -> None:
    fuzzer = await fuzz(seconds=30.0, seed=20260, most=600)
    assert {200, 401, 422} <= set(fuzzer.statuses)
