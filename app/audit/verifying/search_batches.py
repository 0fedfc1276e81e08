"""Batch signatures of an exported search: which records they prove, and which they only number.

A signature is over the last record of a batch, which links to all before it. Records that link to a signed
one through others of the package are proven by it. Where the records between are other people's lookups they
are not in the package: then only the batch and the record's number in it are checked, and the tree proves the
rest.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from app.audit.batches import batch_text
from app.audit.leaf import Value
from app.audit.tree.notes import SIGNS_NOTES, NoteError, VerifierKey
from app.audit.verifying.export_files import Line, read_hash, read_number, read_text
from app.audit.verifying.findings import Check, Gap, Kind, Ledger, Place

_MOST_REMEMBERED: Final = 10_000  # records a batch or a chain apart stand close to each other

_Signed = tuple[UUID, int, int, bytes, str, bytes]
_InChain = tuple[UUID, int]


class SearchBatches:
    """Is told of each record, the newest first."""

    def __init__(
        self,
        authority_code: str,
        pinned: Sequence[str],
        ledger: Ledger,
        *,
        most_remembered: int = _MOST_REMEMBERED,
    ) -> None:
        """Know *pinned* keys as writers'; others are told as such."""
        self._most_remembered = most_remembered
        self._authority_code = authority_code
        self._pinned = frozenset(pinned)
        self._ledger = ledger
        self._keys = dict[str, VerifierKey | None]()
        self._checked = OrderedDict[_Signed, bool]()
        self._vouched = OrderedDict[_InChain, str]()

    def meet(self, facts: Mapping[str, Value], leaf_hash: bytes, said: Line | None, place: Place) -> None:
        """Check the batch signature beside a record; KeyError, TypeError, ValueError where it is none."""
        writer_id, sequence = UUID(str(facts["writer_id"])), read_number(facts["writer_sequence"])
        span = f"{writer_id}: {sequence}"
        if said is None:
            return self._ledger.find(Kind.SIGNATURE_MISSING, place, span)
        first, last = read_number(said["first_sequence"]), read_number(said["last_sequence"])
        head = read_hash(said["chain_head"])
        key_id, signature = read_text(said["writer_key_id"]), bytes.fromhex(said["signature"])
        if not first <= sequence <= last:
            return self._ledger.find(Kind.SIGNATURE_MISSING, place, span)
        if not self._is_valid((writer_id, first, last, head, key_id, signature)):
            return self._ledger.find(Kind.SIGNATURE_INVALID, place, f"{writer_id}: {first}-{last}")
        vouched = [head.hex()] if sequence == last else list[str]()
        vouched += [linked] if (linked := self._vouched.pop((writer_id, sequence), None)) else []
        if any(each != leaf_hash.hex() for each in vouched):
            kind = Kind.SIGNATURE_HEAD if sequence == last else Kind.CHAIN_LINK
            return self._ledger.find(kind, place, span)
        if not vouched:
            return self._ledger.leave_out(Gap.BATCH_NUMBER_ONLY)
        return self._vouch(writer_id, sequence, facts)

    def _vouch(self, writer_id: UUID, sequence: int, facts: Mapping[str, Value]) -> None:
        """Take note that this record is signed, and what it says of the one before it."""
        self._ledger.looked_at[Check.CHAINS] += 1
        self._vouched[writer_id, sequence - 1] = str(facts.get("previous_hash"))
        if len(self._vouched) > self._most_remembered:
            self._vouched.popitem(last=False)

    def finish(self) -> None:
        """Say which keys nobody vouched for."""
        for key_id in sorted(self._keys.keys() - self._pinned):
            if self._keys[key_id] is not None:
                self._ledger.find(Kind.WRITER_KEY_UNPINNED, detail=key_id)

    def _is_valid(self, signed: _Signed) -> bool:
        if signed not in self._checked:
            writer_id, first, last, head, key_id, signature = signed
            key = self._key(key_id)
            text = batch_text(self._authority_code, writer_id, first, last, head)
            self._checked[signed] = key is not None and key.accepts(signature, text)
            self._ledger.looked_at[Check.SIGNATURES] += 1
            if len(self._checked) > self._most_remembered:
                self._checked.popitem(last=False)
        return self._checked[signed]

    def _key(self, key_id: str) -> VerifierKey | None:
        if key_id not in self._keys:
            if len(self._keys) >= self._most_remembered:
                self._keys.clear()
            self._keys[key_id] = _key_of_writer(key_id, f"dancu/{self._authority_code}/writer")
        return self._keys[key_id]


def _key_of_writer(key_id: str, name: str) -> VerifierKey | None:
    try:
        key = VerifierKey.from_text(key_id)
    except NoteError:
        return None
    return key if (key.name, key.algorithm) == (name, SIGNS_NOTES) else None
