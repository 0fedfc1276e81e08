"""Places on a road: who gets one, in which order, and what becomes of those of whoever gave up waiting."""

import asyncio

from adapters.places import Places

LONG = 60.0


async def a_line(places: Places, *, waiting: int) -> list["asyncio.Task[bool]"]:
    """Return so many who wait, in the order they came."""
    line = [asyncio.create_task(places.wait(LONG)) for _ in range(waiting)]
    await asyncio.sleep(0)
    return line


async def test_free_places_are_taken_at_once_and_no_more() -> None:
    places = Places(2)

    assert [places.take_at_once() for _ in range(3)] == [True, True, False]
    assert places.taken == 2
    places.leave()
    assert places.take_at_once()


async def test_a_place_goes_to_who_has_waited_longest_and_past_nobody() -> None:
    places = Places(1)
    places.take_at_once()
    first, second = await a_line(places, waiting=2)

    places.leave()
    assert not places.take_at_once()
    assert await first
    assert (second.done(), places.taken, places.waiting) == (False, 1, 1)
    places.leave()
    assert await second


async def test_who_waited_in_vain_is_told_so_and_leaves_the_line() -> None:
    places = Places(1)
    places.take_at_once()

    assert not await places.wait(0.0)
    assert (places.taken, places.waiting) == (1, 0)
    places.leave()
    assert places.take_at_once()


async def test_a_full_line_is_not_joined_but_a_free_place_is_taken() -> None:
    places = Places(1, 1)
    assert await places.wait(LONG)
    (waiting,) = await a_line(places, waiting=1)

    assert not await places.wait(LONG)
    places.leave()
    assert await waiting


async def test_a_place_given_to_whoever_gives_up_at_that_moment_goes_on_to_the_next() -> None:
    places = Places(1)
    places.take_at_once()
    first, second = await a_line(places, waiting=2)

    places.leave()  # to the first, who has not been woken yet
    first.cancel()
    assert await second
    assert first.cancelled()
    assert places.taken == 1
    places.leave()
    assert places.taken == 0


async def test_whoever_gave_up_before_is_passed_over() -> None:
    places = Places(1)
    places.take_at_once()
    first, second = await a_line(places, waiting=2)

    first.cancel()
    places.leave()  # while the first still stands in the line
    assert await second
    assert (places.taken, places.waiting) == (1, 0)


async def test_when_all_gave_up_the_place_is_free() -> None:
    places = Places(1)
    places.take_at_once()
    line = await a_line(places, waiting=3)

    for one in line:
        one.cancel()
    places.leave()
    await asyncio.wait(line)
    assert (places.taken, places.waiting) == (0, 0)
