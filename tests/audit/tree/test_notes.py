"""Notes, verifier keys, checkpoints and cosignatures as outsiders read them."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit.tree.checkpoint import NoteKey, checkpoint_text
from app.audit.tree.cosignature import verify_cosignature
from app.audit.tree.merkle import EMPTY_TREE, TreeHead
from app.audit.tree.notes import (
    NoteError,
    SignatureLine,
    VerifierKey,
    read_head,
    split_note,
    strict_base64,
    verified_head,
)
from tests.audit.tree.fake_witness import FakeWitness
from tests.audit.tree.test_checkpoint import NOTE, VERIFIER
from tests.lookup_fakes import StandingClock

HEAD = TreeHead(7, bytes(range(32)))
LOG = NoteKey("dancu/H19", Ed25519PrivateKey.generate())
LOG_KEY = VerifierKey.from_text(LOG.verifier)
TEXT = checkpoint_text("dancu/H19", HEAD)


def a_witness() -> FakeWitness:
    return FakeWitness("thanh-tra.example/w1", StandingClock(), {})


def test_a_key_and_a_note_of_another_implementation_are_read() -> None:
    key = VerifierKey.from_text(VERIFIER)
    assert (key.name, key.key_id.hex(), key.algorithm) == ("PeterNeumann", "c74f20a3", 1)
    text, (line,) = split_note(NOTE)
    signed = SignatureLine.from_text(line)
    assert signed.is_by(key)
    assert key.accepts(signed.signature, text.encode())
    assert not key.accepts(signed.signature, text.encode() + b" ")
    assert not key.accepts(signed.signature[:-1], text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        VERIFIER.replace("c74f20a3", "c74f20a4"),
        VERIFIER.replace("c74f20a3", "C74F20A3"),
        VERIFIER.replace("PeterNeumann", "PeterNewman"),
        VERIFIER.replace("PeterNeumann", ""),
        VERIFIER.replace("Peter", "Peter "),
        VERIFIER[:-4],
        f"{VERIFIER}====",
        "x+00000000+" + base64.b64encode(b"\x06" + bytes(32)).decode(),
    ],
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey.from_text(text)


def test_a_checkpoint_is_verified_by_its_logs_key_and_no_other() -> None:
    other = NoteKey("dancu/H19", Ed25519PrivateKey.generate())
    other_log = NoteKey("dancu/H20", LOG.private_key)
    note = LOG.sign(TEXT)
    assert verified_head(note, [VerifierKey.from_text(other.verifier), LOG_KEY]) == HEAD
    for wrong in ([], [VerifierKey.from_text(other.verifier)], [VerifierKey.from_text(other_log.verifier)]):
        with pytest.raises(NoteError):
            verified_head(note, wrong)
    with pytest.raises(NoteError):
        verified_head(note.replace("\n7\n", "\n8\n"), [LOG_KEY])
    with pytest.raises(NoteError):
        verified_head(note, [VerifierKey.from_text(a_witness().vkey)])


def test_cosignatures_below_a_checkpoint_leave_it_verifiable() -> None:
    note = LOG.sign(TEXT) + a_witness().cosign(TEXT)
    assert verified_head(note, [LOG_KEY]) == HEAD


@pytest.mark.parametrize("note", ["", TEXT, f"{TEXT}\n", f"{TEXT}\n— x", f"{TEXT}\nx\n", "a\n\n— x AAAA\n"])
def test_what_is_no_signed_checkpoint_is_refused(note: str) -> None:
    with pytest.raises(NoteError):
        verified_head(note, [LOG_KEY])


def test_a_note_longer_than_any_is_not_looked_into() -> None:
    with pytest.raises(NoteError):
        split_note(LOG.sign(TEXT) + a_witness().cosign(TEXT) * 1000)


@pytest.mark.parametrize(
    "lines",
    [
        ["dancu/H19", "7"],
        ["", "7", "root"],
        ["dancu/H19", "07", "root"],
        ["dancu/H19", "-7", "root"],
        ["dancu/H19", "٧", "root"],
        ["dancu/H19", str(2**63), "root"],
        ["dancu/H19", "7", "AAAA"],
        ["dancu/H19", "7", "?"],
    ],
)
def test_what_says_no_tree_head_is_refused(lines: list[str]) -> None:
    root = base64.b64encode(bytes(32)).decode()
    with pytest.raises(NoteError):
        read_head("".join(f"{line}\n" for line in lines).replace("root", root))


def test_a_checkpoint_may_say_more_below_its_root() -> None:
    assert read_head(checkpoint_text("x", EMPTY_TREE) + "more\n") == ("x", EMPTY_TREE)
    with pytest.raises(NoteError):
        read_head(checkpoint_text("x", EMPTY_TREE) + "more")


def test_base64_has_one_form() -> None:
    assert strict_base64("AA==") == b"\0"
    for text in ("AB==", "AA", "AA==\n", "A A=", "ă"):
        with pytest.raises(NoteError):
            strict_base64(text)


def test_a_cosignature_says_when_its_witness_saw_the_log() -> None:
    witness = a_witness()
    key = VerifierKey.from_text(witness.vkey)
    line = witness.cosign(TEXT)
    assert verify_cosignature(key, TEXT, line) == int(witness.clock.now().timestamp())
    assert verify_cosignature(key, TEXT, line.rstrip("\n")) == int(witness.clock.now().timestamp())


def test_the_specifications_example_is_read() -> None:
    line = (
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nP"
        "Zqhf5nNo0xUe+mbIUBkBIfZ+qnA=="
    )
    signed = SignatureLine.from_text(line)
    assert int.from_bytes(signed.signature[:8]) == 1679315147
    assert len(signed.signature) == 8 + 64


def test_another_witness_checkpoint_time_or_key_is_no_cosignature() -> None:
    witness = a_witness()
    key, line = VerifierKey.from_text(witness.vkey), witness.cosign(TEXT)
    data = base64.b64decode(line.split(" ")[2])
    later = base64.b64encode(data[:4] + (1).to_bytes(8) + data[12:]).decode()
    never = base64.b64encode(data[:4] + b"\xff" * 8 + data[12:]).decode()
    wrong = [
        (VerifierKey.from_text(a_witness().vkey), TEXT, line),
        (key, TEXT.replace("\n7\n", "\n8\n"), line),
        (key, TEXT, line.replace("/w1", "/w2")),
        (key, TEXT, f"— {witness.name} {later}\n"),
        (key, TEXT, f"— {witness.name} {never}\n"),
        (key, TEXT, f"— {witness.name} {base64.b64encode(data[:4]).decode()}\n"),
        (LOG_KEY, TEXT, LOG.sign(TEXT).splitlines()[-1]),
        (key, TEXT, "nothing"),
    ]
    for one in wrong:
        with pytest.raises(NoteError):
            verify_cosignature(*one)
