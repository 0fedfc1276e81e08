"""Late questions are given up, one timer for all of them."""

import asyncio

import pytest

from adapters.patience import Patience
from adapters.reasons import Reason
from adapters.wire import Wire
from app.errors import SourceSilentError
from tests.adapters.virtual_time import run
from tests.adapters.wire_line import Line


def a_question() -> tuple[Wire, "asyncio.Future[object]"]:
    wire = Wire(1000)
    wire.connection_made(Line())
    return wire, wire.ask(b"question")  # type: ignore[return-value]


async def until_given_up(question: "asyncio.Future[object]") -> float:
    """Return when, by the loop's time, the question was given up."""
    with pytest.raises(SourceSilentError) as caught:
        await question
    assert (caught.value.reason, caught.value.was_sent) == (Reason.TIMEOUT, True)
    return asyncio.get_running_loop().time()


def test_each_question_is_given_up_at_its_own_deadline_in_whatever_order_they_come() -> None:
    async def story() -> list[float]:
        patience = Patience(None)
        deadlines = (5.0, 2.0, 9.0, 2.5)
        asked = [a_question() for _ in deadlines]
        for (wire, _), deadline in zip(asked, deadlines, strict=True):
            patience.begin(wire, deadline)
        return list(await asyncio.gather(*(until_given_up(question) for _, question in asked)))

    assert run(story()) == [5.0, 2.0, 9.0, 2.5]


def test_a_question_that_ended_is_left_alone_and_the_next_is_looked_after() -> None:
    async def story() -> tuple[bool, float]:
        patience = Patience(None)
        (ended, answered), (late, question) = a_question(), a_question()
        patience.begin(ended, 1.0)
        patience.end(ended)
        await asyncio.sleep(2)  # the timer found nobody, and ended
        patience.begin(late, 4.0)
        return answered.done(), await until_given_up(question)

    assert run(story()) == (False, 4.0)


def test_whoever_is_heard_is_waited_for_until_the_deadline_and_silence_is_not() -> None:
    async def story() -> tuple[float, float]:
        patience = Patience(2.0)
        (heard, slow), (mute, silent) = a_question(), a_question()
        for wire in (heard, mute):
            patience.begin(wire, 5.0)

        async def trickle() -> None:
            while not slow.done():
                await asyncio.sleep(1)
                heard.data_received(b"HTTP/1.1 103 Early Hints\r\n\r\n")

        trickling = asyncio.create_task(trickle())
        given_up = await asyncio.gather(until_given_up(slow), until_given_up(silent))
        await trickling
        return given_up[0], given_up[1]

    assert run(story()) == (5.0, 2.0)


def test_nobody_is_looked_after_once_it_is_closed() -> None:
    async def story() -> bool:
        patience = Patience(None)
        wire, question = a_question()
        patience.begin(wire, 1.0)
        patience.close()
        await asyncio.sleep(2)
        return question.done()

    assert run(story()) is False
