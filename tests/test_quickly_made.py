"""Values that are made quickly are in nothing else other than those that dataclasses makes."""

from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from app.quickly_made import quickly_made


@dataclass(frozen=True, slots=True)
class _Usual:
    first: int
    second: str = field(default="two", repr=False)
    third: tuple[int, ...] = ()


@quickly_made
@dataclass(frozen=True, slots=True)
class _Quick:
    first: int
    second: str = field(default="two", repr=False)
    third: tuple[int, ...] = ()


def test_fields_are_given_as_before_by_place_by_name_or_not_at_all() -> None:
    for given, named in (((1,), {}), ((1, "x"), {"third": (3,)}), ((), {"third": (1,), "first": 5})):
        usual, quick = _Usual(*given, **named), _Quick(*given, **named)
        assert [getattr(usual, one.name) for one in fields(usual)] == [
            getattr(quick, one.name) for one in fields(quick)
        ]
        assert repr(usual).removeprefix("_Usual") == repr(quick).removeprefix("_Quick")


def test_what_is_missing_or_unknown_is_a_mistake() -> None:
    with pytest.raises(TypeError, match=r"_Quick\.__init__.*first"):
        _Quick()  # type: ignore[call-arg] # the mistake
    with pytest.raises(TypeError, match="fourth"):
        _Quick(1, fourth=4)  # type: ignore[call-arg] # the mistake


def test_a_value_stays_frozen_comparable_and_replaceable() -> None:
    value = _Quick(1)
    with pytest.raises(FrozenInstanceError):
        value.first = 2  # type: ignore[misc] # what must not be
    assert replace(value, first=2) == _Quick(2)
    assert hash(value) == hash(_Quick(1))


def test_what_a_class_does_after_it_is_made_is_done() -> None:
    @quickly_made
    @dataclass(frozen=True, slots=True)
    class Checked:
        number: int

        def __post_init__(self) -> None:
            if self.number < 0:
                raise ValueError("below nothing")

    assert Checked(1).number == 1
    with pytest.raises(ValueError, match="below nothing"):
        Checked(-1)


def test_what_is_not_given_is_made_for_each_anew() -> None:
    @quickly_made
    @dataclass(frozen=True, slots=True)
    class Making:
        first: int
        second: list[int] = field(default_factory=list)
        third: int = 3

    one, another = Making(1), Making(first=1)
    assert one == another == Making(1, [], 3)
    assert one.second is not another.second
    assert Making(1, given := [4]).second is given


def test_who_inherits_stays_what_they_are() -> None:
    class Heir(_Quick):
        __slots__ = ()

    assert type(Heir(1)) is Heir
    assert Heir(1).second == "two"
    with pytest.raises(FrozenInstanceError):
        _Quick.__setattr__(Heir(1), "first", 2)


def test_classes_it_would_make_otherwise_are_refused() -> None:
    @dataclass(frozen=True)
    class WithoutSlots:
        first: int

    @dataclass(frozen=True, slots=True, kw_only=True)
    class ByName:
        first: int

    @dataclass(frozen=True, slots=True)
    class WithItsOwn:
        first: list[int] = field(init=False, default_factory=list)

    @dataclass(frozen=True, slots=True)
    class WithAnothers(_Usual):
        fourth: int = 4

    for wrong in (WithoutSlots, ByName, WithItsOwn, WithAnothers, int):
        with pytest.raises(TypeError):
            quickly_made(wrong)
