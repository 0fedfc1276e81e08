"""Trust policies (C2SP tlog-policy): which logs and witnesses count, and how many of them a quorum takes.

Needs nothing but the standard library and cryptography, like app.audit.tree.notes.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from app.audit.tree.cosignature import verify_cosignature
from app.audit.tree.notes import COSIGNS, SIGNS_NOTES, NoteError, VerifierKey, split_note

_NONE: Final = "none"
_MOST_BYTES: Final = 256 * 1024
_WITHOUT_MEMBERS: Final = 2
_MOST_DIGITS: Final = 6
_HIGHEST_CONTROL: Final = 0x1F
_DELETE: Final = 0x7F


class PolicyError(ValueError):
    """The policy cannot be read; the text names the line."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness under the policy's own name for it, and where it takes checkpoints, if that is said."""

    name: str
    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses and groups of which a number must have cosigned."""

    threshold: int
    members: tuple[str, ...]


@dataclass(slots=True)
class TrustPolicy:
    """What makes a checkpoint one to rely on; not changed once it is read."""

    logs: list[VerifierKey] = field(default_factory=list)
    witnesses: list[Witness] = field(default_factory=list)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str = ""

    @property
    def needs_witnesses(self) -> bool:
        """Whether a checkpoint needs any cosignature at all."""
        return self.quorum != _NONE

    def is_quorum(self, cosigned: Collection[str]) -> bool:
        """Whether the witnesses of these names are enough."""
        return not self.needs_witnesses or self._has_witnessed(self.quorum, cosigned)

    def cosigners(self, note: str) -> set[str]:
        """Return the names of the witnesses whose cosignature *note* carries; NoteError for what is none."""
        text, lines = split_note(note)
        return {witness.name for witness in self.witnesses if _has_cosigned(witness, text, lines)}

    def is_witnessed(self, note: str) -> bool:
        """Whether a quorum that there really is one of has cosigned *note*; NoteError where it is none."""
        return self.needs_witnesses and self.is_quorum(self.cosigners(note))

    def _has_witnessed(self, name: str, cosigned: Collection[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in cosigned
        return sum(self._has_witnessed(member, cosigned) for member in group.members) >= group.threshold


def read_policy(content: bytes) -> TrustPolicy:
    """Read a policy file; PolicyError names the line that is wrong."""
    if len(content) > _MOST_BYTES or any(_is_forbidden(octet) for octet in content):
        raise PolicyError("a policy is text of at most 256 KiB without control characters")
    reader = _Reader()
    # Octets beyond ASCII stay what they are: surrogates stand for those that mean nothing.
    for number, line in enumerate(content.decode("utf-8", "surrogateescape").split("\n"), start=1):
        words = [word for word in line.replace("\t", " ").split(" ") if word]
        if words and not words[0].startswith("#"):
            try:
                reader.read(words)
            except ValueError as error:
                raise PolicyError(f"line {number}: {error}") from None
    if not reader.policy.quorum:
        raise PolicyError("the quorum line is missing")
    return reader.policy


class _Reader:
    def __init__(self) -> None:
        self.policy = TrustPolicy()
        self._known = {_NONE}
        self._members = set[str]()

    def read(self, words: Sequence[str]) -> None:
        """Take one line in; ValueError says what is wrong with it."""
        kinds: dict[str, Callable[[Sequence[str]], None]] = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._quorum,
        }
        kind, *rest = words
        if kind not in kinds:
            raise NoteError("a line begins with log, witness, group or quorum")
        kinds[kind](rest)

    def _log(self, words: Sequence[str]) -> None:
        if len(words) not in {1, 2}:
            raise NoteError("a log has a key and perhaps an address")
        key = VerifierKey.from_text(words[0])
        if key.algorithm != SIGNS_NOTES:
            raise NoteError("this key does not sign checkpoints")
        _check_new(key, self.policy.logs)
        self.policy.logs.append(key)

    def _witness(self, words: Sequence[str]) -> None:
        if len(words) not in {2, 3}:
            raise NoteError("a witness has a name, a key and perhaps an address")
        key = VerifierKey.from_text(words[1])
        if key.algorithm != COSIGNS:
            raise NoteError("this key does not make Ed25519 cosignatures (cosignature/v1)")
        _check_new(key, [witness.key for witness in self.policy.witnesses])
        self._name(words[0])
        self.policy.witnesses.append(Witness(words[0], key, *words[2:]))

    def _group(self, words: Sequence[str]) -> None:
        if len(words) <= _WITHOUT_MEMBERS:
            raise NoteError("a group has a name, all, any or a number, and members")
        name, wanted, *members = words
        threshold = {"all": len(members), "any": 1}.get(wanted) or _number(wanted)
        if not 1 <= threshold <= len(members):
            raise NoteError("a group needs all, any or a number of its members")
        for member in members:
            if member not in self._known or member in self._members or member == _NONE:
                raise NoteError("a member is named on a line before, and is in one group only")
            self._members.add(member)
        self._name(name)
        self.policy.groups[name] = Group(threshold, tuple(members))

    def _quorum(self, words: Sequence[str]) -> None:
        if self.policy.quorum:
            raise NoteError("there is one quorum line only")
        if len(words) != 1 or words[0] not in self._known:
            raise NoteError("the quorum is none, or a witness or group named on a line before")
        self.policy.quorum = words[0]

    def _name(self, name: str) -> None:
        if name in self._known:
            raise NoteError("this name is taken")
        self._known.add(name)


def _check_new(key: VerifierKey, known: Sequence[VerifierKey]) -> None:
    if any(key.public_key == other.public_key for other in known):
        raise NoteError("this key stands on a line before")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > _MOST_DIGITS:
        return 0
    return int(text)


def _is_forbidden(octet: int) -> bool:
    return (octet <= _HIGHEST_CONTROL and octet not in b"\t\n") or octet == _DELETE


def _has_cosigned(witness: Witness, text: str, lines: Sequence[str]) -> bool:
    for line in lines:
        try:
            verify_cosignature(witness.key, text, line)
        except NoteError:
            continue
        return True
    return False
