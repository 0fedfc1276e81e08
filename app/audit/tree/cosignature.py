"""Cosignatures of witnesses on a checkpoint (C2SP tlog-cosignature, `cosignature/v1`, Ed25519).

Needs nothing but the standard library and cryptography, like app.audit.tree.notes.
"""

from typing import Final

from app.audit.tree.notes import COSIGNS, NoteError, SignatureLine, VerifierKey

_TIME_BYTES: Final = 8
_LATEST: Final = 2**63 - 1


def verify_cosignature(key: VerifierKey, checkpoint_text: str, line: str) -> int:
    """Return when the witness saw the log so, in seconds of POSIX.

    *checkpoint_text* is the note's text with its last newline, *line* one of its signature lines. Raises
    NoteError where the line is not this witness's cosignature of this text.
    """
    signed = SignatureLine.from_text(line.removesuffix("\n"))
    if key.algorithm != COSIGNS or not signed.is_by(key):
        raise NoteError("this is not a cosignature by this key")
    seconds = int.from_bytes(signed.signature[:_TIME_BYTES])
    message = cosigned_message(checkpoint_text, seconds)
    if seconds > _LATEST or not key.accepts(signed.signature[_TIME_BYTES:], message):
        raise NoteError("the witness did not sign this")
    return seconds


def cosigned_message(checkpoint_text: str, seconds: int) -> bytes:
    """Return what a witness signs: that it saw this checkpoint at that time."""
    return f"cosignature/v1\ntime {seconds}\n{checkpoint_text}".encode()
