"""What a check of the evidence finds: kinds of trouble, where each stands, and how much was looked at."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

MOST_LISTED: Final = 20  # of one kind; the number of all is told too


class CannotCheckError(Exception):
    """What is needed to check is missing, or is not readable; nothing is said about the evidence."""


class Check(StrEnum):
    """What is looked at; each is told with how much of it there was."""

    FILES = "files"
    CHECKPOINT = "checkpoint"
    TREE = "tree"
    SINCE = "since"
    WITNESSES = "witnesses"
    AGE = "age"
    BYTES = "bytes"
    CHAINS = "chains"
    SIGNATURES = "signatures"
    COLUMNS = "columns"
    SUBJECTS = "subjects"
    TAGS = "tags"
    LOOKUPS = "lookups"
    OUTSIDE = "outside"
    RETENTION = "retention"
    DROPS = "drops"
    PROOFS = "proofs"
    ROWS = "rows"


class Kind(StrEnum):
    """Kinds of finding; those in NOTICES do not make the evidence broken."""

    FILE_CHANGED = "file_changed"
    CHECKPOINT_UNSIGNED = "checkpoint_unsigned"
    CHECKPOINT_OTHER_LOG = "checkpoint_other_log"
    CHECKPOINT_MISSING = "checkpoint_missing"
    LEAF_MISSING = "leaf_missing"
    ROOT_DIFFERS = "root_differs"
    NOT_A_CONTINUATION = "not_a_continuation"
    SHORTER_THAN_BEFORE = "shorter_than_before"
    QUORUM_MISSED = "quorum_missed"
    CHECKPOINT_OLD = "checkpoint_old"
    BYTES_DIFFER = "bytes_differ"
    BYTES_UNREADABLE = "bytes_unreadable"
    FOREIGN_RECORD = "foreign_record"
    CHAIN_LINK = "chain_link"
    CHAIN_START = "chain_start"
    CHAIN_GAP = "chain_gap"
    CHAIN_FORK = "chain_fork"
    CHAIN_LATE = "chain_late"
    CHAIN_AFTER_END = "chain_after_end"
    CHAIN_SHORTER_THAN_NAMED = "chain_shorter_than_named"
    CHAIN_LONGER_THAN_NAMED = "chain_longer_than_named"
    CHAIN_KEY_UNNAMED = "chain_key_unnamed"
    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_INVALID = "signature_invalid"
    SIGNATURE_HEAD = "signature_head"
    SIGNATURE_TWICE = "signature_twice"
    SIGNED_RECORDS_MISSING = "signed_records_missing"
    WRITER_KEY_UNKNOWN = "writer_key_unknown"
    WRITER_KEY_RETIRED = "writer_key_retired"
    COLUMNS_DIFFER = "columns_differ"
    SUBJECT_BROKEN = "subject_broken"
    TAG_MISSING = "tag_missing"
    TAG_WRONG = "tag_wrong"
    TAG_STRAY = "tag_stray"
    INTENT_OPEN = "intent_open"
    OUTCOME_ALONE = "outcome_alone"
    OUTCOME_TWICE = "outcome_twice"
    ROW_OUTSIDE = "row_outside"
    ROW_DROPPED = "row_dropped"
    DROP_UNAPPROVED = "drop_unapproved"
    DROP_SELF_APPROVED = "drop_self_approved"
    DROP_DIFFERS = "drop_differs"
    DROP_EARLY = "drop_early"
    DROP_UNORDERED = "drop_unordered"
    NOT_IN_TREE = "not_in_tree"
    LIST_DIFFERS = "list_differs"
    MANIFEST_DIFFERS = "manifest_differs"
    # Notices
    CHAIN_UNENDED = "chain_unended"
    DOUBTFUL_RECORDS = "doubtful_records"
    ROW_FRESH = "row_fresh"
    WRITER_KEY_UNPINNED = "writer_key_unpinned"
    WRITER_KEY_LATE = "writer_key_late"
    NOT_WITNESSED_YET = "not_witnessed_yet"


NOTICES: Final = frozenset(
    {
        Kind.CHAIN_UNENDED,
        Kind.DOUBTFUL_RECORDS,
        Kind.ROW_FRESH,
        Kind.WRITER_KEY_UNPINNED,
        Kind.WRITER_KEY_LATE,
        Kind.NOT_WITNESSED_YET,
    }
)


class Gap(StrEnum):
    """Why a check was not made, or not wholly; nothing is claimed about that part."""

    FORMER_LOG = "former_log"
    NO_OLD_CHECKPOINT = "no_old_checkpoint"
    OLD_CHECKPOINT_ELSEWHERE = "old_checkpoint_elsewhere"
    NO_WITNESSES = "no_witnesses"
    NO_MAX_AGE = "no_max_age"
    NO_ROOT_KEY = "no_root_key"
    NO_KEYS_IN_EXPORT = "no_keys_in_export"
    MONTH_KEY_GONE = "month_key_gone"
    DATA_KEY_ELSEWHERE = "data_key_elsewhere"
    RECORDS_DROPPED = "records_dropped"
    APPROVAL_ELSEWHERE = "approval_elsewhere"
    PART_OF_THE_LOG = "part_of_the_log"
    BATCH_NUMBER_ONLY = "batch_number_only"
    NO_MANIFEST_DIGEST = "no_manifest_digest"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: leaf (None outside the tree), record id, and the time it says."""

    index: int | None = None
    record_id: str | None = None
    time: str | None = None


NOWHERE: Final = Place()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or that a reader should know; *detail* never says a stored value."""

    kind: Kind
    place: Place
    detail: str


@dataclass(slots=True)
class Ledger:
    """Everything found and counted; of each kind of finding the first are kept, all are counted."""

    looked_at: Counter[Check] = field(default_factory=Counter)
    totals: Counter[Kind] = field(default_factory=Counter)
    listed: dict[Kind, list[Finding]] = field(default_factory=dict)
    gaps: dict[Gap, int] = field(default_factory=dict)
    facts: dict[str, str | int] = field(default_factory=dict)
    """What was checked: origin, size, root and the like."""
    cannot: list[str] = field(default_factory=list)
    """What was asked for and could not be done."""

    def find(self, kind: Kind, place: Place = NOWHERE, detail: str = "") -> None:
        """Note a finding."""
        self.totals[kind] += 1
        listed = self.listed.setdefault(kind, [])
        if len(listed) < MOST_LISTED:
            listed.append(Finding(kind, place, detail))

    def leave_out(self, gap: Gap, count: int = 1) -> None:
        """Note that *count* things were not checked."""
        self.gaps[gap] = self.gaps.get(gap, 0) + count

    @property
    def is_broken(self) -> bool:
        """Whether anything is wrong with the evidence."""
        return any(kind not in NOTICES for kind in self.totals)
