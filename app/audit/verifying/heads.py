"""Checkpoints: signed by the log, said of this very tree, continuing older ones, seen by witnesses."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from app.audit.tree.checkpoint import log_epoch
from app.audit.tree.cosignature import verify_cosignature
from app.audit.tree.growing import GrowingTree, aligned_parts
from app.audit.tree.merkle import TreeHead, perfect_parts
from app.audit.tree.notes import NoteError, VerifierKey, read_head, split_note, verified_head
from app.audit.tree.policy import TrustPolicy
from app.audit.verifying.export_files import CHECKPOINTS_FILE, Line, Manifest, read_text
from app.audit.verifying.findings import CannotCheckError, Check, Gap, Kind, Ledger, Place

_MOST_CHECKPOINTS: Final = 1000  # an export has 40 at most; they are kept in memory


@dataclass(frozen=True, slots=True)
class Trust:
    """What the verifier brings along, none of it from the export."""

    log_key: VerifierKey
    policy: TrustPolicy | None = None
    former_log_keys: Sequence[VerifierKey] = ()
    """Keys of the logs before this one, where it succeeded another (`dancu keys new-log`)."""
    since: Sequence[tuple[str, str]] = ()
    """Older checkpoints, each with the name by which the report calls it."""
    max_age: timedelta | None = None

    @property
    def log_keys(self) -> Sequence[VerifierKey]:
        """The log's key and those of the logs before it."""
        return (self.log_key, *self.former_log_keys)


@dataclass(frozen=True, slots=True)
class _Published:
    head: TreeHead
    note: str
    said_at: str
    is_former: bool
    """Whether a log signed it that the trusted one succeeded; it can contradict, and vouches for nothing."""


@dataclass(slots=True)
class HeadChecker:
    """Grows the tree from the export's leaves, and knows its root at every size it was told to watch."""

    trust: Trust
    manifest: Manifest
    ledger: Ledger
    _tree: GrowingTree = field(default_factory=GrowingTree)
    _published: list[_Published] = field(default_factory=list)
    _watched: dict[int, bytes | None] = field(default_factory=dict)
    _older: list[tuple[str, TreeHead]] = field(default_factory=list)

    def load(self, lines: Iterable[Line]) -> None:
        """Take the export's checkpoints and the older ones; CannotCheckError where one is not readable."""
        for number, line in enumerate(lines, start=1):
            try:
                self._take(line)
                if number > _MOST_CHECKPOINTS:
                    raise ValueError("an export has few checkpoints")
            except (KeyError, TypeError, ValueError):
                raise CannotCheckError(f"{CHECKPOINTS_FILE}: line {number} is not readable") from None
        for name, note in self.trust.since:
            try:
                head = verified_head(note, self.trust.log_keys)
            except NoteError as error:
                raise CannotCheckError(f"--since {name}: {error}") from None
            self._older.append((name, head))
        for size in [each.head.size for each in self._published] + [head.size for _, head in self._older]:
            self._watched[size] = None
        self._grow_before()

    def _take(self, line: Line) -> None:
        lines = [read_text(each) for each in line["cosignatures"]]
        note = read_text(line["note"]) + "".join(f"{each.rstrip()}\n" for each in lines)
        origin, head = read_head(split_note(note)[0])
        if self._is_former(origin) and origin not in {key.name for key in self.trust.former_log_keys}:
            return self.ledger.leave_out(Gap.FORMER_LOG)
        self.ledger.looked_at[Check.CHECKPOINT] += 1
        is_ours = log_epoch(origin, self.manifest.authority_code) is not None
        if not is_ours or not (origin == self.trust.log_key.name or self._is_former(origin)):
            return self.ledger.find(Kind.CHECKPOINT_OTHER_LOG, detail=f"{head.size}: {origin}")
        try:
            verified_head(note, self.trust.log_keys)
        except NoteError:
            return self.ledger.find(Kind.CHECKPOINT_UNSIGNED, detail=str(head.size))
        self._published.append(_Published(head, note, read_text(line["signed_at"]), self._is_former(origin)))
        return None

    def _current(self) -> list[_Published]:
        return [each for each in self._published if not each.is_former]

    def _is_former(self, origin: str) -> bool:
        """Whether *origin* names a log of this installation that the trusted one came after."""
        epoch, trusted = (
            log_epoch(name, self.manifest.authority_code) for name in (origin, self.trust.log_key.name)
        )
        return epoch is not None and trusted is not None and epoch < trusted

    def _grow_before(self) -> None:
        parts = perfect_parts((0, self.manifest.first))
        self._append_parts(parts, self.manifest.before)
        self._watch()

    def _append_parts(self, parts: Sequence[tuple[int, int]], hashes: Sequence[bytes]) -> None:
        if len(parts) != len(hashes):
            raise CannotCheckError("the manifest has not the hashes of what the export leaves out")
        for (first, last), part in zip(parts, hashes, strict=True):
            self._tree.append(part, last - first)

    def append(self, index: int | None, leaf_hash: bytes) -> None:
        """Take the next leaf."""
        if index != self._tree.size:
            self.ledger.find(Kind.LEAF_MISSING, Place(index), f"{self._tree.size}")
        self.ledger.looked_at[Check.TREE] += 1
        self._tree.append(leaf_hash)
        self._watch()

    def _watch(self) -> None:
        if self._tree.size in self._watched:
            self._watched[self._tree.size] = self._tree.root()

    def finish(self, now: datetime) -> None:
        """Compare the tree with every checkpoint, and the newest with the witnesses and the clock."""
        if self._tree.size != self.manifest.end:
            self.ledger.find(Kind.LEAF_MISSING, detail=f"{self._tree.size} / {self.manifest.end}")
        else:
            parts = aligned_parts((self.manifest.end, self.manifest.size))
            self._append_parts(parts, self.manifest.after)
            self._watch()
        self._check_roots()
        self._check_older()
        self._check_witnesses(now)

    def _check_roots(self) -> None:
        """Compare the newest checkpoint, which must be there, and those others that the export reaches."""
        if not any(each.head.size == self.manifest.size for each in self._current()):
            self.ledger.find(Kind.CHECKPOINT_MISSING, detail=str(self.manifest.size))
        for each in self._published:
            root = self._watched[each.head.size]
            if root is None and each.head.size < self.manifest.size:
                continue  # inside of what a part of the log leaves out
            if root != each.head.root:
                self.ledger.find(Kind.ROOT_DIFFERS, detail=str(each.head.size))
            elif each.head.size == self.manifest.size:
                self.ledger.facts["root"] = root.hex()

    def _check_older(self) -> None:
        if not self._older:
            self.ledger.leave_out(Gap.NO_OLD_CHECKPOINT)
        for name, head in self._older:
            root = self._watched[head.size]
            self.ledger.looked_at[Check.SINCE] += 1
            if head.size > self.manifest.size:
                self.ledger.find(
                    Kind.SHORTER_THAN_BEFORE, detail=f"{name}: {head.size} > {self.manifest.size}"
                )
            elif root is None:
                self.ledger.leave_out(Gap.OLD_CHECKPOINT_ELSEWHERE)
                self.ledger.cannot.append(f"--since {name}: this export does not reach leaf {head.size}")
            elif root != head.root:
                self.ledger.find(Kind.NOT_A_CONTINUATION, detail=f"{name}: {head.size}")

    def _check_witnesses(self, now: datetime) -> None:
        newest = max(self._current(), key=lambda each: each.head.size, default=None)
        policy = self.trust.policy
        if policy is None or not policy.needs_witnesses:
            self.ledger.leave_out(Gap.NO_WITNESSES)
            return self._check_age(_instant(newest.said_at) if newest is not None else None, now)
        self.ledger.looked_at[Check.WITNESSES] += 1
        for each in sorted(self._published, key=lambda each: -each.head.size):
            if self._watched[each.head.size] == each.head.root and policy.is_witnessed(each.note):
                self.ledger.facts["witnessed_size"] = each.head.size
                self.ledger.facts["witnessed_by"] = ", ".join(sorted(policy.cosigners(each.note)))
                if each.head.size < self.manifest.size:
                    self.ledger.find(Kind.NOT_WITNESSED_YET, detail=f"{self.manifest.size - each.head.size}")
                return self._check_age(witnessed_at(policy, each.note), now)
        return self.ledger.find(Kind.QUORUM_MISSED, detail=str(self.manifest.size))

    def _check_age(self, said_at: datetime | None, now: datetime) -> None:
        if said_at is not None:
            self.ledger.facts["checkpoint_at"] = said_at.isoformat()
        if self.trust.max_age is None:
            return self.ledger.leave_out(Gap.NO_MAX_AGE)
        self.ledger.looked_at[Check.AGE] += 1
        if said_at is None or now - said_at > self.trust.max_age:
            self.ledger.find(Kind.CHECKPOINT_OLD, Place(time=said_at.isoformat() if said_at else None))
        return None


def witnessed_at(policy: TrustPolicy, note: str) -> datetime | None:
    """Return since when a quorum, which there is, had seen the note; None for a time that is none."""
    text, lines = split_note(note)
    times = dict[str, int]()
    for witness in policy.witnesses:
        for line in lines:
            try:
                times[witness.name] = verify_cosignature(witness.key, text, line)
            except NoteError:
                continue
    return _from_seconds(
        next(
            latest
            for latest in sorted(times.values())
            if policy.is_quorum({name for name, time in times.items() if time <= latest})
        )
    )


def _from_seconds(seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None
