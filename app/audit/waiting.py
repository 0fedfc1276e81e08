"""Who waits for which draft to become durable, and who of them may stand in one batch."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.audit.record import Draft, RecordKind
from app.errors import AuditUnavailableError

MAX_BATCH: Final = 256
MAX_WAITING: Final = 10_000
_MOST_TURNS: Final = 4  # of the event loop between two batches
_LOOKUP_OUTCOME: Final = RecordKind.LOOKUP_OUTCOME


@dataclass(slots=True, eq=False)
class Waiter:
    """A draft, what no other draft of its batch may want too, and whom to tell.

    Who gives up takes the draft back, unless it is *final*: that one is written all the same.
    """

    draft: Draft
    wants: tuple[object, ...]
    done: "asyncio.Future[None]"
    is_final: bool = False
    is_told: bool = False

    @classmethod
    def of(cls, draft: Draft) -> "Waiter":
        """Return a waiter of the running loop."""
        # What became of a question must not depend on whether somebody still waits for the answer.
        is_final = draft.kind is _LOOKUP_OUTCOME
        wants: tuple[object, ...] = (str(draft.record_id),)
        if is_final:
            # The id of its intent, too: in one statement it would not see it to close it.
            wants += (draft.facts["lookup_id"],)
        if draft.claim is not None:
            wants += (draft.claim.key_digest,)
        return cls(draft, wants, asyncio.get_running_loop().create_future(), is_final)

    @classmethod
    def for_nobody(cls, draft: Draft) -> "Waiter":
        """Return one for a record of the writer's own; nobody asks how it ends."""
        waiter = cls.of(draft)
        waiter.done.add_done_callback(asyncio.Future.exception)
        return waiter

    @property
    def has_given_up(self) -> bool:
        """Whether the draft need not be written any more: somebody was told, or nobody waits."""
        return self.is_told or (not self.is_final and self.done.cancelled())

    def succeed(self) -> None:
        """Say that the draft is durable."""
        self.is_told = True
        if not self.done.done():
            self.done.set_result(None)

    def refuse(self, error: Exception) -> None:
        """Say why it is not, or not certainly."""
        self.is_told = True
        if not self.done.done():
            self.done.set_exception(error)


class WaitingLine:
    """Waiters in the order they came."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._waiting: deque[Waiter] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_full(self) -> bool:
        """Whether whoever comes now must be turned away."""
        return len(self._waiting) >= MAX_WAITING

    @property
    def crowding(self) -> float:
        """How many batches wait."""
        return len(self._waiting) / MAX_BATCH

    def join(self, waiter: Waiter) -> None:
        """Put *waiter* last."""
        self._waiting.append(waiter)

    def next_batch(self) -> list[Waiter]:
        """Take those whose turn it is; a second one for the same key or lookup waits for the next batch."""
        waiting, batch, deferred = self._waiting, list[Waiter](), list[Waiter]()
        taken: set[object] = set()
        while waiting and len(batch) < MAX_BATCH:
            waiter = waiting.popleft()
            if waiter.has_given_up:
                continue
            wants = waiter.wants
            if taken.isdisjoint(wants):
                taken.update(wants)
                batch.append(waiter)
            else:
                deferred.append(waiter)
        waiting.extendleft(reversed(deferred))
        return batch


class Patience:
    """Refuses whoever has waited as long as was promised.

    All wait equally long, so that the first who came is the next to be refused and one timer serves all:
    a timer each costs more than a record's place in its chain.
    """

    def __init__(self, wait_seconds: float) -> None:
        """Let each wait for *wait_seconds*."""
        self._wait_seconds = wait_seconds
        self._waiting: deque[tuple[float, Waiter]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, waiter: Waiter) -> None:
        """Refuse *waiter* in time, unless it was told something or gave up before."""
        self._forget_the_told()
        loop = waiter.done.get_loop()
        self._waiting.append((loop.time() + self._wait_seconds, waiter))
        if self._timer is None:
            self._timer = loop.call_at(self._waiting[0][0], self._refuse_the_late)

    def _refuse_the_late(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        while self._waiting and self._waiting[0][0] <= loop.time():
            _, waiter = self._waiting.popleft()
            waiter.refuse(AuditUnavailableError())
        self._forget_the_told()
        if self._waiting:
            self._timer = loop.call_at(self._waiting[0][0], self._refuse_the_late)

    def _forget_the_told(self) -> None:
        waiting = self._waiting
        while waiting and waiting[0][1].has_given_up:
            waiting.popleft()


def fail(batch: Sequence[Waiter]) -> None:
    """Tell everybody in *batch* that their record is not certain."""
    for waiter in batch:
        waiter.refuse(AuditUnavailableError())


async def let_others_go_first(batch: Sequence[Waiter]) -> None:
    """Let whom *batch* woke go on, and those come who are about to: so batches are fewer, and each larger.

    One turn of the event loop would leave busy desks in two crowds that wait for each other's batch for good.
    A turn in which nobody has anything to do takes next to no time.
    """
    for _ in range(min(len(batch), _MOST_TURNS)):
        await asyncio.sleep(0)
