"""Signs tree heads: each must continue the one signed before, whatever the database has become since."""

import asyncio
import base64
import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit.sealing import RootKey
from app.audit.tree.checkpoint import NoteKey, as_text, checkpoint_text, log_epoch, log_origin
from app.audit.tree.merkle import EMPTY_TREE, HASH_BYTES, TreeHead, continues

_KEY_FILE: Final = "log.key"
_STATE_FILE: Final = "signed.json"
_ORIGIN_FILE: Final = "origin"  # only where the log is not the installation's first
_LOCK_FILE: Final = "lock"
SIGNER_FILES: Final = (_KEY_FILE, _STATE_FILE, _ORIGIN_FILE)
"""All that makes up a signer."""


class SignerRefusedError(Exception):
    """This head does not continue the one signed last: the tree was rewritten, or an old copy restored."""


class SignerStateError(Exception):
    """The signer's files are missing or are none: without what was signed last nothing may be signed."""


class CheckpointSigner(Protocol):
    """Holds the log's key and remembers what it signed, apart from the database."""

    async def last(self) -> TreeHead:
        """Return the head signed last, the empty tree's before the first; SignerStateError."""
        ...

    async def sign(self, head: TreeHead, proof: Sequence[bytes]) -> str:
        """Return *head* as a signed note; *proof* shows that it continues the last one.

        Remembered durably before it is returned. Raises SignerRefusedError, SignerStateError.
        """
        ...


class FileSigner:
    """A signer whose key, wrapped under the root key, and memory are files in a folder of its own."""

    def __init__(self, folder: Path, root: RootKey, authority_code: str) -> None:
        """Open the key; SignerStateError where there is none, SealBrokenError for another root key or log."""
        self._folder = folder
        self._key = open_log_key(_files(folder), root, authority_code)
        self._remembered()

    @property
    def verifier(self) -> str:
        """What others check this log's checkpoints by."""
        return self._key.verifier

    async def last(self) -> TreeHead:
        """Return the head signed last; see CheckpointSigner."""
        return await asyncio.to_thread(self._remembered)

    async def sign(self, head: TreeHead, proof: Sequence[bytes]) -> str:
        """Return the signed note; see CheckpointSigner."""
        return await asyncio.to_thread(self._sign, head, proof)

    def _sign(self, head: TreeHead, proof: Sequence[bytes]) -> str:
        with _alone(self._folder):  # two workers must not both continue the same head
            last = self._remembered()
            if not continues(last, head, proof):
                raise SignerRefusedError("this head does not continue the one signed last")
            if head != last:
                _write_durably(self._folder / _STATE_FILE, _state_text(head))
            return self._key.sign(checkpoint_text(self._key.name, head))

    def _remembered(self) -> TreeHead:
        return signed_head(_files(self._folder))


def create_signer(folder: Path, root: RootKey, authority_code: str, *, epoch: int = 1) -> FileSigner:
    """Make a key in a folder for its owner only; never overwrites one, and goes on from what was signed.

    Raises FileExistsError where the folder has a key.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = NoteKey(log_origin(authority_code, epoch), Ed25519PrivateKey.generate())
    wrapped = root.wrap(_wrapping_name(key.name), key.private_key.private_bytes_raw())
    if (folder / _KEY_FILE).exists():
        raise FileExistsError(None, "there is a log key already", str(folder / _KEY_FILE))
    # The memory first: a key without one signs nothing. One that is there outlives a key that was lost.
    if not (folder / _STATE_FILE).exists():
        _write_durably(folder / _STATE_FILE, _state_text(EMPTY_TREE))
    if epoch > 1:
        _write_durably(folder / _ORIGIN_FILE, key.name)
    _write_durably(folder / _KEY_FILE, as_text(wrapped))
    return FileSigner(folder, root, authority_code)


def discard_signer(folder: Path) -> None:
    """Take the key away again before it signed anything; what was signed before it stays in memory."""
    (folder / _KEY_FILE).unlink()


def copy_signer(folder: Path) -> dict[str, str]:
    """Return the files that make up the signer, by name, as they are between two signatures."""
    with _alone(folder):
        return _files(folder)


def put_signer(folder: Path, files: Mapping[str, str], head: TreeHead) -> None:
    """Make a signer of *files* that goes on from *head*; FileExistsError where the folder has a key."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(folder):
        if (folder / _KEY_FILE).exists():
            raise FileExistsError(None, "there is a log key already", str(folder / _KEY_FILE))
        for name, text in {**files, _STATE_FILE: _state_text(head)}.items():
            if name != _KEY_FILE:
                _write_durably(folder / name, text)
        _write_durably(folder / _KEY_FILE, files[_KEY_FILE])  # last: without it nothing is signed


def rewrap_signer(folder: Path, root: RootKey, new: RootKey, authority_code: str) -> None:
    """Wrap the log key under *new*; SignerStateError, SealBrokenError where *root* does not open it."""
    with _alone(folder):
        key = open_log_key(_files(folder), root, authority_code)
        wrapped = new.wrap(_wrapping_name(key.name), key.private_key.private_bytes_raw())
        _write_durably(folder / _KEY_FILE, as_text(wrapped))


def open_log_key(files: Mapping[str, str], root: RootKey, authority_code: str) -> NoteKey:
    """Return the log key among *files*; SignerStateError where there is none, SealBrokenError as above."""
    origin = origin_of(files, authority_code)
    try:
        wrapped = base64.b64decode(files[_KEY_FILE], validate=True)
    except (KeyError, ValueError):
        raise SignerStateError(f"{_KEY_FILE} is missing or unreadable") from None
    private = root.unwrap(_wrapping_name(origin), wrapped)
    return NoteKey(origin, Ed25519PrivateKey.from_private_bytes(private))


def origin_of(files: Mapping[str, str], authority_code: str) -> str:
    """Return the name of the log that *files* sign; SignerStateError where it is another installation's."""
    origin = files.get(_ORIGIN_FILE, log_origin(authority_code))
    if log_epoch(origin, authority_code) is None:
        raise SignerStateError(f"{_ORIGIN_FILE} names another installation's log")
    return origin


def signed_head(files: Mapping[str, str]) -> TreeHead:
    """Return the head signed last, as *files* say; SignerStateError where they do not."""
    try:
        state = json.loads(files[_STATE_FILE])
        size, root = state["size"], base64.b64decode(state["root"], validate=True)
    except (ValueError, KeyError, TypeError):
        raise SignerStateError(f"{_STATE_FILE} is missing or unreadable") from None
    if type(size) is not int or size < 0 or len(root) != HASH_BYTES:
        raise SignerStateError(f"{_STATE_FILE} says no tree head")
    return TreeHead(size, root)


def _files(folder: Path) -> dict[str, str]:
    """Return the text of those files that are there and readable."""
    found = dict[str, str]()
    for name in SIGNER_FILES:
        with contextlib.suppress(OSError, ValueError):
            found[name] = (folder / name).read_text(encoding="utf-8")
    return found


def _wrapping_name(origin: str) -> str:
    return f"log key {origin}"


def _state_text(head: TreeHead) -> str:
    return json.dumps({"size": head.size, "root": as_text(head.root)})


def _write_durably(path: Path, text: str) -> None:
    """Put *text* in the place of the file, whole or not at all, also where the power fails."""
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder / _LOCK_FILE, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
