"""What may happen in a life, how often, and whom it happens to: numbers stand for people, units and days."""

from dataclasses import dataclass, replace
from typing import Final

from hypothesis import strategies as st


@dataclass(frozen=True)
class Step:
    """One thing that happens; what it does not need it leaves alone."""

    what: str
    who: int
    unit: int
    offset: int
    length: int
    turn: int


WEIGHTS: Final = {
    "sign_in": 8,
    "pass_days": 5,
    "bring_in": 5,
    "transfer": 4,
    "second": 3,
    "resume": 3,
    "merge": 3,
    "guess": 3,
    "appoint": 2,
    "leave": 2,
    "lapse": 2,
    "review": 2,
    "answer": 2,
    "close": 2,
    "split": 2,
    "unlock": 2,
    "register": 2,
    "add_unit": 1,
    "end_unit": 1,
    "recode": 1,
    "limit": 1,
    "suspend": 1,
    "wait": 1,
}
_STEP: Final = st.builds(
    Step,
    what=st.sampled_from([what for what, weight in WEIGHTS.items() for _ in range(weight)]),
    who=st.integers(0, 3),
    unit=st.integers(0, 5),
    offset=st.sampled_from([0, 1, 0, 4, 2, -3, 12]),
    length=st.sampled_from([3, 10, 1, 44, 46, 0]),
    turn=st.integers(0, 11),
)

Story = tuple[tuple[str, dict[str, int]], ...]
STORIES: Final[tuple[Story, ...]] = (
    (("transfer", {"offset": 0}), ("pass_days", {"length": 1}), ("transfer", {"offset": -3, "unit": 1})),
    (("second", {"offset": 0, "length": 3, "unit": 2}), ("sign_in", {}), ("pass_days", {"length": 3}),
     ("sign_in", {})),
    (("sign_in", {}), ("pass_days", {"length": 44}), ("lapse", {}), ("pass_days", {"length": 1}),
     ("lapse", {})),
    (("bring_in", {}),),
    (("guess", {"turn": 3, "who": 1}), ("unlock", {"turn": 2, "unit": 0, "who": 1})),
    (("bring_in", {"turn": 2, "length": 1, "unit": 0, "who": 1, "offset": 0}), ("sign_in", {"who": 1})),
    (("bring_in", {"turn": 0, "length": 3, "unit": 5, "who": 0, "offset": 0}),),
    (("bring_in", {"turn": 3, "length": 2, "unit": 1, "who": 0, "offset": 0}),
     ("bring_in", {"turn": 3, "length": 1, "who": 0, "offset": 0})),
    (("split", {"turn": 1, "unit": 1, "offset": 4}), ("transfer", {"unit": 1, "offset": 0}),
     ("register", {"unit": 1, "offset": 0})),
    (("transfer", {"unit": 2, "offset": 12}), ("merge", {"unit": 2, "offset": 1, "turn": 0})),
    (("bring_in", {"turn": 0, "length": 0}), ("bring_in", {"turn": 3, "length": 1, "offset": 0})),
    (("bring_in", {"turn": 2, "length": 1, "unit": 0}), ("bring_in", {"turn": 2, "length": 10, "unit": 3})),
    (("bring_in", {"turn": 8, "length": 1}), ("bring_in", {"turn": 5, "length": 0, "unit": 3})),
    (("bring_in", {"turn": 1, "length": 3}), ("end_unit", {"offset": 1}), ("limit", {})),
    (("add_unit", {"offset": 0}), ("wait", {}), ("end_unit", {"offset": 1, "unit": 4}), ("appoint", {})),
    (("review", {"length": 3}), ("pass_days", {"length": 3}), ("close", {}), ("pass_days", {"length": 1}),
     ("close", {})),
    (("review", {"length": 10}), ("answer", {"turn": 1}), ("sign_in", {})),
    (("sign_in", {}), ("guess", {"turn": 3}), ("sign_in", {}), ("unlock", {}), ("sign_in", {})),
    (("guess", {"turn": 3}), ("unlock", {"turn": 0, "unit": 1}), ("sign_in", {})),
    (("sign_in", {}), ("suspend", {}), ("sign_in", {}), ("resume", {}), ("sign_in", {})),
    (("leave", {"offset": 4}), ("sign_in", {}), ("pass_days", {"length": 10}),
     ("appoint", {"offset": 0, "length": 10, "unit": 0}), ("resume", {}), ("sign_in", {})),
    (("split", {"offset": 1, "turn": 1}), ("sign_in", {}), ("pass_days", {"length": 1}), ("sign_in", {})),
    (("transfer", {"offset": 12}), ("merge", {"offset": 1}), ("suspend", {})),
    (("limit", {"offset": -3, "length": 10}), ("sign_in", {}), ("pass_days", {"length": 10})),
    (("sign_in", {}), ("recode", {"offset": 0}), ("sign_in", {})),
)  # fmt: skip
"""What seldom comes together by chance."""


def _told(story: Story, step: Step) -> list[Step]:
    return [replace(step, what=what, **fixed) for what, fixed in story]


FIRST: Final = (
    Step("register", 0, 0, 0, 0, 0),
    Step("register", 0, 1, 0, 0, 1),
    Step("register", 0, 3, 0, 0, 2),
)
LIVES: Final = st.lists(
    st.one_of(_STEP.map(lambda step: [step]), st.builds(_told, st.sampled_from(STORIES), _STEP)),
    min_size=8,
    max_size=16,
).map(lambda parts: [step for part in parts for step in part])
# What is drawn changes whenever the sources do: Hypothesis draws numbers that stand in them, too.
_NEVER_LEFT_TO_CHANCE: Final[tuple[Story, ...]] = (
    (("sign_in", {}), ("pass_days", {"length": 1}), ("leave", {}), ("sign_in", {})),
)
EACH_STORY: Final = tuple(
    _told(story, Step("", 0, 1, 0, 10, 0)) for story in (*STORIES, *_NEVER_LEFT_TO_CHANCE)
)
"""Lives that are lived in every run, whatever is drawn."""
