"""Writers' chains: every record follows the one before it, from the chain's first to its end."""

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.audit.leaf import Value
from app.audit.verifying.findings import Check, Gap, Kind, Ledger, Place
from app.audit.verifying.kinds import WRITER_CLOSED, WRITER_KEY, WRITER_OPENED
from app.audit.verifying.signatures import Batch, SignatureChecker
from app.audit.verifying.spill import Spill

_BEFORE_FIRST: Final = bytes(32).hex()
_MOST_IN_MEMORY: Final = 1000
_MOST_IN_DOUBT: Final = 300  # more than one batch holds
_RANDOM_BITS: Final = 80  # of a UUIDv7; the others are milliseconds
_LATELY_MILLISECONDS: Final = 31 * 24 * 3600 * 1000
_LIVELY: Final = timedelta(minutes=5)  # a chain that wrote so lately may just be going on


@dataclass(frozen=True, slots=True)
class Met:
    """A record as its chain sees it; without facts where its bytes are not readable."""

    writer_id: UUID
    sequence: int
    record_id: UUID
    leaf_hash: bytes
    facts: Mapping[str, Value] | None
    place: Place


@dataclass(slots=True)
class ChainState:
    """A chain after the last record met: what the next one must follow."""

    sequence: int = 0
    last_hash: str = _BEFORE_FIRST
    time: str = ""
    index: int | None = None
    is_closed: bool = False
    key_id: str | None = None
    sealed_key: str | None = None
    batch: tuple[int, int, str, str] | None = None
    newest: str = ""
    """The ids of the newest records, one behind the other: a commit in doubt is the last of its chain."""


class ChainChecker:
    """Is told of every record, in the tree's order."""

    def __init__(self, signatures: SignatureChecker, spill: Spill, ledger: Ledger, *, starts_at: int) -> None:
        """Check the records of an export that begins with leaf *starts_at*."""
        self._signatures = signatures
        self._spill = spill
        self._ledger = ledger
        self._starts_at = starts_at
        self._states = OrderedDict[UUID, ChainState]()

    def meet(self, met: Met) -> ChainState:
        """Check one record against its chain and return the chain as it is then."""
        self._ledger.looked_at[Check.CHAINS] += 1
        state = self._state(met.writer_id)
        if met.sequence <= state.sequence:
            self._meet_late(met)
            return state
        if met.sequence == state.sequence + 1:
            self._check_link(met, state)
        else:
            self._meet_gap(met, state)
        self._check_kind(met, state)
        batch = self._signed(met, state)
        if met.facts is not None:
            self._signatures.introduce(met.facts, batch)
        self._advance(met, state, batch)
        return state

    def _check_link(self, met: Met, state: ChainState) -> None:
        if met.facts is not None and met.facts.get("previous_hash") != state.last_hash:
            self._ledger.find(Kind.CHAIN_LINK, met.place, _at(met))

    def _meet_gap(self, met: Met, state: ChainState) -> None:
        """Sequences are missing: retention dropped them, the export begins later, or somebody took them."""
        previous = str(met.facts.get("previous_hash")) if met.facts is not None else ""
        if (month := self._month_dropped(previous)) is not None:
            return self._excuse(met, state, month)
        if state.sequence == 0 and self._starts_at > 0:
            return self._ledger.leave_out(Gap.PART_OF_THE_LOG)
        first, last = state.sequence + 1, met.sequence - 1
        self._spill.put(
            "insert into gap (writer, first, last) values (?, ?, ?)", met.writer_id.bytes, first, last
        )
        return self._ledger.find(Kind.CHAIN_GAP, met.place, f"{met.writer_id}: {first}-{last}")

    def _month_dropped(self, leaf_hash: str) -> str | None:
        """Return the month of the leaf of that hash whose record is gone; None where there is none."""
        try:
            dropped = bytes.fromhex(leaf_hash)
        except ValueError:
            return None
        row = self._spill.one("select month from dropped where hash = ?", dropped)
        return str(row[0]) if row is not None else None

    def _excuse(self, met: Met, state: ChainState, month: str) -> None:
        """Keep a gap in mind whose records retention may have dropped: the order comes later in the log."""
        self._spill.put(
            "insert into excused (writer, first, last, at, record, time, month) values (?, ?, ?, ?, ?, ?, ?)",
            met.writer_id.bytes,
            state.sequence + 1,
            met.sequence - 1,
            met.place.index,
            met.place.record_id,
            met.place.time,
            month,
        )

    def _meet_late(self, met: Met) -> None:
        """Meet a sequence at or before the last: it fills a gap too late, or there are two of it."""
        row = self._spill.one(
            "select first, last from gap where writer = ? and first <= ? order by first desc limit 1",
            met.writer_id.bytes,
            met.sequence,
        )
        if row is None or row[1] < met.sequence:  # gaps do not overlap
            return self._ledger.find(Kind.CHAIN_FORK, met.place, _at(met))
        first, last = row
        writer = met.writer_id.bytes
        self._spill.put("delete from gap where writer = ? and first = ?", writer, first)
        for start, end in ((first, met.sequence - 1), (met.sequence + 1, last)):
            if start <= end:
                self._spill.put("insert into gap (writer, first, last) values (?, ?, ?)", writer, start, end)
        batch = self._signatures.batch_of(met.writer_id, met.sequence, met.place)
        if batch is not None:
            self._signatures.met(batch, met.sequence, met.leaf_hash, met.place)
        return self._ledger.find(Kind.CHAIN_LATE, met.place, _at(met))

    def _check_kind(self, met: Met, state: ChainState) -> None:
        if state.is_closed:
            self._ledger.find(Kind.CHAIN_AFTER_END, met.place, _at(met))
        if met.facts is None:
            return
        if (met.facts.get("kind") == WRITER_OPENED) is not (met.sequence == 1):
            self._ledger.find(Kind.CHAIN_START, met.place, _at(met))
        if met.facts.get("kind") == WRITER_OPENED and "previous_writer_id" in met.facts:
            self._name_previous(met, met.facts)

    def _name_previous(self, met: Met, facts: Mapping[str, Value]) -> None:
        try:
            previous = UUID(str(facts["previous_writer_id"]))
            last = facts.get("previous_writer_sequence", 0)
            if type(last) is not int:
                raise ValueError("this is no sequence")
            doubtful = [UUID(each) for each in str(facts.get("doubtful_records", "")).split()]
        except ValueError:
            return self._ledger.find(Kind.CHAIN_START, met.place, _at(met))
        self._spill.put(
            "insert or ignore into named (writer, last, at, record) values (?, ?, ?, ?)",
            previous.bytes,
            last,
            met.place.index,
            met.place.record_id,
        )
        for each in doubtful:
            self._spill.put("insert or ignore into doubtful (record) values (?)", each.bytes)
        return None

    def _signed(self, met: Met, state: ChainState) -> Batch | None:
        batch = Batch(met.writer_id, *_read_batch(state.batch)) if state.batch is not None else None
        if batch is None or not batch.covers(met.sequence):
            batch = self._signatures.batch_of(met.writer_id, met.sequence, met.place)
        if batch is not None:
            self._signatures.met(batch, met.sequence, met.leaf_hash, met.place)
        return batch

    def _advance(self, met: Met, state: ChainState, batch: Batch | None) -> None:
        state.sequence, state.last_hash = met.sequence, met.leaf_hash.hex()
        state.time, state.index = met.place.time or "", met.place.index
        state.batch = (batch.first, batch.last, batch.head.hex(), batch.key_id) if batch is not None else None
        state.newest = (state.newest + met.record_id.hex)[-32 * _MOST_IN_DOUBT :]
        if met.facts is None:
            return
        kind = met.facts.get("kind")
        state.is_closed = kind == WRITER_CLOSED
        if kind in {WRITER_OPENED, WRITER_KEY}:
            state.key_id, state.sealed_key = str(met.facts.get("key_id")), str(met.facts.get("sealed_key"))
        elif state.key_id is not None and met.facts.get("key_id") != state.key_id:
            self._ledger.find(Kind.CHAIN_KEY_UNNAMED, met.place, _at(met))

    def _state(self, writer_id: UUID) -> ChainState:
        state = self._states.get(writer_id)
        if state is None:
            row = self._spill.one("select state from chain where writer = ?", writer_id.bytes)
            state = self._states[writer_id] = _read_state(row[0]) if row is not None else ChainState()
            if len(self._states) > _MOST_IN_MEMORY:
                self._store(*self._states.popitem(last=False))
        self._states.move_to_end(writer_id)
        return state

    def _store(self, writer_id: UUID, state: ChainState) -> None:
        self._spill.put(
            "insert or replace into chain (writer, state) values (?, ?)",
            writer_id.bytes,
            json.dumps(asdict(state)),
        )

    def finish(self, made_at: str, has_ended: Callable[[str], bool], *, is_whole: bool) -> None:
        """Say of each chain whether it ended as its last record or its successor says.

        *has_ended* tells of a month whether records of the log order its end and say that it came.
        """
        self._judge_excused(has_ended, is_whole=is_whole)
        for writer_id, state in self._states.items():
            self._store(writer_id, state)
        self._states.clear()
        self._ledger.facts["chains"] = int(self._spill.one("select count(*) from chain")[0])
        if not is_whole:
            return
        for writer, text in self._spill.rows("select writer, state from chain order by writer"):
            self._check_end(UUID(bytes=writer), _read_state(text), made_at)
        query = (
            "select writer, last, at, record from named where last > 0"
            " and not exists (select 1 from chain where chain.writer = named.writer)"
        )
        for writer, last, at, record in self._spill.rows(query):
            self._miss_chain(UUID(bytes=writer), last, Place(at, record))

    def _judge_excused(self, has_ended: Callable[[str], bool], *, is_whole: bool) -> None:
        query = "select writer, first, last, at, record, time, month from excused order by rowid"
        for writer, first, last, at, record, time, month in self._spill.rows(query):
            if has_ended(month) or not is_whole:
                self._ledger.leave_out(Gap.RECORDS_DROPPED, last - first + 1)
            else:
                where = Place(at, record, time)
                self._ledger.find(Kind.CHAIN_GAP, where, f"{UUID(bytes=writer)}: {first}-{last}")

    def _miss_chain(self, writer_id: UUID, last: int, place: Place) -> None:
        """Miss a chain of which nothing is left, unless retention took records of just before the next."""
        successor = UUID(place.record_id).int
        lately = max(0, (successor >> _RANDOM_BITS) - _LATELY_MILLISECONDS) << _RANDOM_BITS
        query = "select 1 from dropped_record where record >= ? and record <= ? limit 1"
        if self._spill.one(query, lately.to_bytes(16), successor.to_bytes(16)) is not None:
            return self._ledger.leave_out(Gap.RECORDS_DROPPED, last)
        return self._ledger.find(Kind.CHAIN_SHORTER_THAN_NAMED, place, f"{writer_id}: 1-{last}")

    def _check_end(self, writer_id: UUID, state: ChainState, made_at: str) -> None:
        place = Place(state.index, str(UUID(state.newest[-32:])), state.time)
        named = self._spill.one("select last from named where writer = ?", writer_id.bytes)
        if named is not None:
            self._check_named_end(writer_id, state, named[0], place)
        elif (
            not state.is_closed
            and not _is_lately(state.time, made_at)
            and not self._are_doubtful(state, state.sequence)
        ):
            self._ledger.find(Kind.CHAIN_UNENDED, place, f"{writer_id}: {state.sequence}")

    def _check_named_end(self, writer_id: UUID, state: ChainState, last: int, place: Place) -> None:
        span = f"{writer_id}: {min(last, state.sequence) + 1}-{max(last, state.sequence)}"
        if state.sequence < last:
            self._ledger.find(Kind.CHAIN_SHORTER_THAN_NAMED, place, span)
        elif state.sequence > last and self._are_doubtful(state, state.sequence - last):
            self._ledger.find(Kind.DOUBTFUL_RECORDS, place, span)
        elif state.sequence > last:
            self._ledger.find(Kind.CHAIN_LONGER_THAN_NAMED, place, span)

    def _are_doubtful(self, state: ChainState, count: int) -> bool:
        """Whether the last *count* records of the chain were named as doubtful by a successor."""
        ids = [bytes.fromhex(state.newest[at : at + 32]) for at in range(0, len(state.newest), 32)][-count:]
        return len(ids) == count and all(
            self._spill.one("select 1 from doubtful where record = ?", each) is not None for each in ids
        )


def _read_state(text: str) -> ChainState:
    return ChainState(**json.loads(text))


def _read_batch(batch: tuple[int, int, str, str]) -> tuple[int, int, bytes, str]:
    first, last, head, key_id = batch
    return first, last, bytes.fromhex(head), key_id


def _is_lately(time: str, made_at: str) -> bool:
    try:
        return datetime.fromisoformat(time) > datetime.fromisoformat(made_at) - _LIVELY
    except (ValueError, TypeError):
        return False


def _at(met: Met) -> str:
    return f"{met.writer_id}: {met.sequence}"
