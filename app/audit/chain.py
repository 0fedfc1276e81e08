"""A writer's chain: gives drafts their sequence, links each record to the one before, seals its person."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import orjson

from app.audit.record import MAX_LEAF_BYTES, VERSION, Draft, RecordKind, Value, instant_text, leaf_hash
from app.audit.record_ids import new_record_id
from app.audit.sealing import DataKey, MonthKey, sealed_text
from app.audit.writer_keys import WriterKey

GENESIS: Final = bytes(32)
_SALT_BYTES: Final = 16
_MAX_DOUBTFUL: Final = 500  # their ids must fit one leaf


class Record(NamedTuple):
    """A record with its place in the chain, ready to be stored; `facts` are what its leaf says."""

    draft: Draft
    facts: Mapping[str, Value]
    leaf: bytes
    leaf_hash: bytes
    sequence: int
    tag: bytes | None


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """How an earlier chain of this process ended in doubt: what its successor must name."""

    writer_id: UUID
    last_certain_sequence: int
    doubtful: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """The state after the last durable record; `extend` returns the next state and changes nothing.

    A chain in whose first batch nothing became durable has sequence 0 and no key yet.
    """

    authority_code: str
    writer_id: UUID = field(default_factory=new_record_id)
    sequence: int = 0
    last_hash: bytes = GENESIS
    month: MonthKey | None = None
    data_key: DataKey | None = None
    writer_key: WriterKey | None = None
    follows: ChainEnd | None = None

    def extend(self, drafts: Sequence[Draft], month: MonthKey, now: datetime) -> "tuple[Chain, list[Record]]":
        """Return the chain and records that follow when *drafts* are written under *month*.

        The first record of a chain, and the first of a month, carries the sealed data key. Months of
        one chain only go forward: where the clock was set back another chain follows, so that a writer
        has one data key in a month.
        """
        went_back = self.month is not None and month.month < self.month.month
        chain = replace(self.ended(()), writer_key=self.writer_key) if went_back else self
        records = list[Record]()
        if chain.month is None or chain.month.key_id != month.key_id:
            chain, record = chain.opened(month, now)
            records.append(record)
        sequence, last_hash, common = chain.sequence, chain.last_hash, chain.common_facts()
        for draft, salt in zip(drafts, _salts(len(drafts)), strict=True):
            sequence += 1
            record = chain.placed(draft, sequence, last_hash, common, salt)
            last_hash = record.leaf_hash
            records.append(record)
        return replace(chain, sequence=sequence, last_hash=last_hash), records

    def under(self, key: WriterKey) -> "Chain":
        """Return this chain where *key* signs it or nothing does yet, otherwise the next one.

        One key signs a chain from its first batch to its last.
        """
        if self.writer_key is None:
            return replace(self, writer_key=key)
        if self.writer_key.key_id == key.key_id:
            return self
        return replace(self.ended(()), writer_key=key)

    def ended(self, doubtful: tuple[UUID, ...]) -> "Chain":
        """Return a new chain that names this one, after a commit whose fate is not known.

        Where this chain itself never became certain, its successor answers for its doubts too.
        """
        if self.sequence == 0 and self.follows is not None:
            all_doubtful = (self.follows.doubtful + doubtful)[-_MAX_DOUBTFUL:]
            return Chain(self.authority_code, follows=replace(self.follows, doubtful=all_doubtful))
        return Chain(
            self.authority_code, follows=ChainEnd(self.writer_id, self.sequence, doubtful[-_MAX_DOUBTFUL:])
        )

    def opened(self, month: MonthKey, now: datetime) -> "tuple[Chain, Record]":
        """Return the chain under a fresh data key, and the record that carries it sealed."""
        data_key = DataKey.generate()
        facts: dict[str, Value] = {
            "sealed_key": sealed_text(month.seal_data_key(data_key.secret, self.writer_id))
        }
        if self.month is None and self.follows is not None:
            facts["previous_writer_id"] = str(self.follows.writer_id)
            facts["previous_writer_sequence"] = self.follows.last_certain_sequence
            facts["doubtful_records"] = " ".join(map(str, self.follows.doubtful))
        if self.month is None and self.writer_key is not None:
            facts["writer_key"] = self.writer_key.key_id
        kind = RecordKind.WRITER_OPENED if self.month is None else RecordKind.WRITER_KEY
        keyed = replace(self, month=month, data_key=data_key)
        return keyed.appended(Draft(kind, now, facts))

    def appended(self, draft: Draft) -> "tuple[Chain, Record]":
        """Return the chain after *draft*, and the draft as a record."""
        (salt,) = _salts(1)
        record = self.placed(draft, self.sequence + 1, self.last_hash, self.common_facts(), salt)
        return replace(self, sequence=record.sequence, last_hash=record.leaf_hash), record

    def common_facts(self) -> Mapping[str, Value]:
        """Return what every record of this chain says alike."""
        return {
            "version": VERSION,
            "authority_code": self.authority_code,
            "writer_id": str(self.writer_id),
        }

    def placed(
        self, draft: Draft, sequence: int, previous_hash: bytes, common: Mapping[str, Value], salt: str
    ) -> Record:
        """Return *draft* as the record *sequence* of this chain, after the one of that hash.

        *common* is what `common_facts` returns, *salt* no other record's.
        """
        month, data_key = self.month, self.data_key
        if month is None or data_key is None:
            raise ValueError("a chain needs its key before its first record")
        facts: dict[str, Value] = {
            **draft.facts,
            **common,
            "record_id": str(draft.record_id),
            "kind": str(draft.kind),
            "salt": salt,
            "writer_sequence": sequence,
            "previous_hash": previous_hash.hex(),
            "key_id": month.key_id,
            "time": instant_text(draft.time),
        }
        if draft.subject is not None:
            facts["subject"], facts["subject_commitment"] = data_key.seal(draft.record_id, draft.subject)
        leaf = leaf_bytes(facts)
        tag = month.search_tag(draft.searched_number) if draft.searched_number is not None else None
        return Record(draft, facts, leaf, leaf_hash(leaf), sequence, tag)


def _salts(count: int) -> list[str]:
    """Return *count* new salts, drawn at once."""
    drawn = secrets.token_hex(_SALT_BYTES * count)
    return [drawn[begin : begin + 2 * _SALT_BYTES] for begin in range(0, len(drawn), 2 * _SALT_BYTES)]


def leaf_bytes(facts: Mapping[str, Value]) -> bytes:
    """Return what `canonical` returns of a record's facts, in a tenth of its time: every lookup waits for it.

    Raises ValueError for a leaf beyond 32 KiB.
    """
    leaf = orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)
    if len(leaf) > MAX_LEAF_BYTES:
        raise ValueError("a record must not exceed 32 KiB")
    return leaf
