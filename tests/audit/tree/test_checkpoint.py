"""Checkpoints as signed notes."""

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit.tree.checkpoint import NoteKey, checkpoint_text, log_origin
from app.audit.tree.merkle import EMPTY_TREE, TreeHead

# Key, verifier and note of the documentation of Go's golang.org/x/mod/sumdb/note.
SECRET = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = """If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""


def test_a_note_is_signed_as_go_signs_it() -> None:
    key = NoteKey("PeterNeumann", Ed25519PrivateKey.from_private_bytes(SECRET))
    assert key.verifier == VERIFIER
    assert key.sign(NOTE.partition("\n\n")[0] + "\n") == NOTE


def test_a_checkpoint_says_origin_size_and_root() -> None:
    text = checkpoint_text(log_origin("H19"), TreeHead(20852163, bytes(range(32))))
    assert text == "dancu/H19\n20852163\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
    assert checkpoint_text("x", EMPTY_TREE) == "x\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"


def test_a_note_key_does_not_print_its_secret() -> None:
    assert "private" not in repr(NoteKey("x", Ed25519PrivateKey.generate()))
