"""Sealed persons and search tags: they open with the keys that were committed to, and say the same number."""

import hmac
import json
import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from app.audit.key_names import index_key_name, private_key_name
from app.audit.leaf import Value
from app.audit.sealing import DataKey, MonthSecret, RootKey, SealBrokenError, SealedSubject, sealed_bytes
from app.audit.verifying.chains import ChainState
from app.audit.verifying.columns import stored_time
from app.audit.verifying.export_files import MONTH_KEYS_FILE, Entry, Line, Tag, read_text
from app.audit.verifying.findings import CannotCheckError, Check, Gap, Kind, Ledger, Place
from app.audit.verifying.kinds import TAGGED_KINDS

_MOST_DATA_KEYS: Final = 1000
_MOST_MONTHS: Final = 10_000
_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")


class PersonChecker:
    """Holds the months' keys, where it was given them; says nothing of what they open."""

    def __init__(self, root: RootKey | None, ledger: Ledger) -> None:
        """Open what *root* unwraps; without it only check that tags are where they must be."""
        self._root = root
        self._ledger = ledger
        self._months = dict[str, MonthSecret | None]()
        self._data_keys = OrderedDict[tuple[UUID, str], DataKey | None]()
        self._untagged = Counter[str]()
        self._unopened = set[str]()
        self._opens = False

    def load(self, lines: Iterable[Line], *, with_keys: bool) -> None:
        """Take the months whose keys are there; CannotCheckError where *root* did not wrap them."""
        self._opens = self._root is not None and with_keys
        if self._root is None:
            self._ledger.leave_out(Gap.NO_ROOT_KEY)
        elif not with_keys:
            self._ledger.leave_out(Gap.NO_KEYS_IN_EXPORT)
        for number, line in enumerate(lines, start=1):
            try:
                key_id = read_text(line["key_id"])
                self._months[key_id] = self._secret(key_id, line)
                if number > _MOST_MONTHS:
                    raise ValueError("there are not so many months")
            except (ValueError, KeyError, TypeError):
                raise CannotCheckError(f"{MONTH_KEYS_FILE}: line {number} is not readable") from None
            except SealBrokenError:
                raise CannotCheckError(
                    "the auditing root key is not the one that wrapped the months' keys"
                ) from None

    def _secret(self, key_id: str, line: Line) -> MonthSecret | None:
        if self._root is None or "private_key" not in line:
            return None
        private = self._root.unwrap(private_key_name(key_id), bytes.fromhex(line["private_key"]))
        index = self._root.unwrap(index_key_name(key_id), bytes.fromhex(line["index_key"]))
        return MonthSecret(key_id, X25519PrivateKey.from_private_bytes(private), index)

    def meet(self, entry: Entry, facts: Mapping[str, Value], chain: ChainState, place: Place) -> None:
        """Check the person and the tag of one record."""
        number = self._check_subject(entry.record_id, facts, chain, place) if "subject" in facts else None
        key_id = str(facts.get("key_id"))
        if facts.get("kind") in TAGGED_KINDS and "subject" in facts:
            self._check_tag(entry.tag, key_id, facts, number, place)
        elif entry.tag is not None:
            self._ledger.find(Kind.TAG_STRAY, place)

    def _check_tag(
        self, tag: Tag | None, key_id: str, facts: Mapping[str, Value], number: str | None, place: Place
    ) -> None:
        self._ledger.looked_at[Check.TAGS] += 1
        if tag is None:
            if key_id in self._months:
                self._ledger.find(Kind.TAG_MISSING, place)
            else:  # the tags of a month may end with its keys
                self._untagged[_month_of(key_id)] += 1
            return
        secret = self._months.get(key_id)
        is_wrong = (tag.key_id, tag.recorded_at) != (key_id, stored_time(facts))
        if secret is not None and number is not None:
            is_wrong = is_wrong or not hmac.compare_digest(tag.tag, secret.search_tag(number))
        if is_wrong:
            self._ledger.find(Kind.TAG_WRONG, place)

    def finish(self, has_ended: Callable[[str], bool], *, is_whole: bool) -> None:
        """Miss tags and keys of months whose keys are gone although no record says that they ended."""
        for month in sorted(month for month in self._unopened if is_whole and not has_ended(month)):
            self._ledger.cannot.append(f"{month}: its keys are not there, and no record says that it ended")
        for month, count in sorted(self._untagged.items()):
            if has_ended(month):
                continue
            if not is_whole:
                self._ledger.leave_out(Gap.PART_OF_THE_LOG, count)
            else:
                self._ledger.find(Kind.TAG_MISSING, detail=f"{month}: {count}")

    def stray(self, lines: Iterable[Line]) -> None:
        """Say which tags belong to no record at all."""
        for line in lines:
            self._ledger.find(Kind.TAG_STRAY, Place(record_id=str(line.get("record_id"))))

    def _check_subject(
        self, record_id: UUID, facts: Mapping[str, Value], chain: ChainState, place: Place
    ) -> str | None:
        """Return the number inside, as text; None where it was not opened, or where that is a finding."""
        key_id = str(facts.get("key_id"))
        secret = self._months.get(key_id)
        if secret is None:
            if self._opens:
                self._ledger.leave_out(Gap.MONTH_KEY_GONE)
                self._unopened.add(_month_of(key_id))
            return None
        if chain.sealed_key is None or chain.key_id != key_id:
            self._ledger.leave_out(Gap.DATA_KEY_ELSEWHERE)
            return None
        self._ledger.looked_at[Check.SUBJECTS] += 1
        writer_id = UUID(str(facts["writer_id"]))
        number = self._opened(record_id, facts, self._data_key(secret, chain.sealed_key, writer_id))
        if number is None:
            self._ledger.find(Kind.SUBJECT_BROKEN, place)
        return number

    def _data_key(self, secret: MonthSecret, sealed: str, writer_id: UUID) -> DataKey | None:
        name = writer_id, secret.key_id
        if name not in self._data_keys:
            try:
                data_key = DataKey(secret.open_data_key(sealed_bytes(sealed), writer_id))
            except (SealBrokenError, ValueError):
                data_key = None
            self._data_keys[name] = data_key
            if len(self._data_keys) > _MOST_DATA_KEYS:
                self._data_keys.popitem(last=False)
        return self._data_keys[name]

    def _opened(self, record_id: UUID, facts: Mapping[str, Value], data_key: DataKey | None) -> str | None:
        if data_key is None:
            return None
        sealed = SealedSubject(str(facts["subject"]), str(facts.get("subject_commitment")))
        try:
            subject = json.loads(data_key.open(record_id, sealed))
        except (SealBrokenError, ValueError, RecursionError):
            return None
        number = subject.get("id_number", "") if isinstance(subject, dict) else ""
        return number if isinstance(number, str) else None


def _month_of(key_id: str) -> str:
    month = key_id.rpartition("/")[2]
    return month if _MONTH.fullmatch(month) else "?"
