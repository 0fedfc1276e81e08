"""Makes records of drafts whose time is over: chains, seals, tags, signatures, by the gateway's own code."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from app.audit.batches import SignedBatch, sign_batch
from app.audit.chain import Chain, Record
from app.audit.keyring import month_of
from app.audit.record import Draft, RecordKind, Value
from app.audit.sealing import DataKey, MonthKey, sealed_text
from app.audit.writer_keys import WriterKey
from app.cli.invented import AUTHORITY
from bench.volume_lookups import Stretch, events_of, record_id, stream
from bench.volume_world import World

_WRITERS: Final = 4
_ENDS_OF_A_CHAIN: Final = 2
_MOST_IN_A_BATCH: Final = 8


@dataclass(frozen=True, slots=True)
class Keys:
    """What a writer holds."""

    months: Mapping[str, MonthKey]
    writer: WriterKey


@dataclass(frozen=True, slots=True)
class Written:
    """Records that become durable together, and what their writer signed of them."""

    batch: SignedBatch
    key_id: str
    records: Sequence[Record]


def write_stretch(world: World, stretch: Stretch, keys: Keys) -> list[Written]:
    """Return exactly the records of *stretch*, in batches, those of a chain in its order.

    Each chain begins and ends in the stretch, and has a key of its own for each month it meets.
    """
    draw = stream(world, stretch.number, "chains")
    writers = max(1, min(_WRITERS, stretch.records // 50))
    begins = world.instant(stretch.number / stretch.count)
    ends = world.instant((stretch.number + 1) / stretch.count)
    months = 1 + max(0, (ends.year - begins.year) * 12 + ends.month - begins.month)
    room = stretch.records - writers * (_ENDS_OF_A_CHAIN + months)
    shares: list[list[Draft]] = [[] for _ in range(writers)]
    for drafts in events_of(world, stretch, room):
        shares[draw.randrange(writers)] += drafts
    chains = [_Writer(keys, draw, sorted(share, key=_time)) for share in shares]
    # What is still missing are signs of life, as a chain gives them that has nothing to say.
    for chain in chains[1:]:
        chain.write(0)
    missing = stretch.records - sum(chain.count for chain in chains[1:])
    chains[0].write(missing)
    return [written for chain in chains for written in chain.written]


def _time(draft: Draft) -> datetime:
    return draft.time


@dataclass(slots=True)
class _Writer:
    """One chain from its first record to its last."""

    keys: Keys
    draw: random.Random
    drafts: list[Draft]
    written: list[Written] = field(default_factory=list)
    chain: Chain | None = None

    @property
    def count(self) -> int:
        return sum(len(one.records) for one in self.written)

    def write(self, wanted: int) -> None:
        """Write all drafts, then signs of life until there are *wanted* records, then the end."""
        began = self.drafts[0].time
        self.chain = Chain(AUTHORITY, writer_id=record_id(self.draw, began), writer_key=self.keys.writer)
        for batch in self._batches():
            self._commit(batch)
        last = self.drafts[-1].time
        while self.count < wanted - 1:
            self._commit([self._own(RecordKind.WRITER_HEARTBEAT, last, {})])
        self._commit([self._own(RecordKind.WRITER_CLOSED, last, {})])

    def _batches(self) -> Iterator[list[Draft]]:
        at = 0
        while at < len(self.drafts):
            size = self.draw.randint(1, _MOST_IN_A_BATCH)
            batch = self.drafts[at : at + size]
            month = month_of(batch[0].time)
            same = [draft for draft in batch if month_of(draft.time) == month]  # a batch has one month's key
            yield same
            at += len(same)

    def _commit(self, drafts: Sequence[Draft]) -> None:
        chain = self.chain
        if chain is None:
            raise ValueError("a chain begins with its first record")
        month = self.keys.months[month_of(drafts[0].time)]
        records = list[Record]()
        if chain.month is None or chain.month.key_id != month.key_id:
            chain, opening = self._opened(chain, month, drafts[0].time)
            records.append(opening)
        chain, more = chain.extend(drafts, month, drafts[0].time)
        records += more
        batch = sign_batch(self.keys.writer, AUTHORITY, chain.writer_id, records)
        self.written.append(Written(batch, month.key_id, records))
        self.chain = chain

    def _opened(self, chain: Chain, month: MonthKey, at: datetime) -> tuple[Chain, Record]:
        """Do what `Chain.opened` does, with a record whose id is of the time that is over."""
        data_key = DataKey.generate()
        sealed = month.seal_data_key(data_key.secret, chain.writer_id)
        facts: dict[str, Value] = {"sealed_key": sealed_text(sealed)}
        kind = RecordKind.WRITER_KEY
        if chain.month is None:
            kind, facts["writer_key"] = RecordKind.WRITER_OPENED, self.keys.writer.key_id
        return replace(chain, month=month, data_key=data_key).appended(self._own(kind, at, facts))

    def _own(self, kind: RecordKind, at: datetime, facts: Mapping[str, Value]) -> Draft:
        return Draft(kind, at, facts, record_id=record_id(self.draw, at))
