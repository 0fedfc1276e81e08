"""Trust policies: who must have witnessed a checkpoint."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit.tree.checkpoint import NoteKey, checkpoint_text
from app.audit.tree.merkle import EMPTY_TREE
from app.audit.tree.notes import NoteError
from app.audit.tree.policy import PolicyError, read_policy
from tests.audit.tree.fake_witness import FakeWitness
from tests.lookup_fakes import StandingClock

LOG = NoteKey("dancu/H19", Ed25519PrivateKey.generate())
TEXT = checkpoint_text("dancu/H19", EMPTY_TREE)
KEYS = {name: FakeWitness(f"{name}.example", StandingClock(), {}) for name in ("X1", "X2", "X3", "Y1", "Y2")}
WITNESSES = "".join(f"witness {name} {one.vkey} https://{name}.example/\n" for name, one in KEYS.items())
TWO_LEVELS = f"""
# the specification's example
\tlog  {LOG.verifier} \thttps://dancu.example
{WITNESSES}
group X-witnesses 2 X1 X2 X3
group Y-witnesses any Y1 Y2
  # Kiểm sát
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


@pytest.mark.parametrize(
    ("cosigned", "is_enough"),
    [
        ("X1 X2 Y1", True),
        ("X1 X3 Y2", True),
        ("X1 X2 X3 Y1 Y2", True),
        ("X1 Y1 Y2", False),
        ("X1 X2 X3", False),
        ("", False),
        ("Z1 Z2 Z3", False),
    ],
)
def test_groups_of_groups_count_who_cosigned(cosigned: str, is_enough: bool) -> None:  # noqa: FBT001
    assert read_policy(TWO_LEVELS.encode()).is_quorum(cosigned.split()) is is_enough


def test_a_single_witness_may_be_the_quorum() -> None:
    policy = read_policy(f"{WITNESSES}quorum X2\n".encode())
    assert policy.is_quorum({"X2"})
    assert not policy.is_quorum({"X1"})


def test_a_policy_may_ask_for_nobody_and_then_nothing_is_witnessed() -> None:
    policy = read_policy(b"quorum none\n")
    assert policy.is_quorum(set())
    assert not policy.needs_witnesses
    assert not policy.is_witnessed(LOG.sign(TEXT))


def test_only_cosignatures_that_verify_count() -> None:
    policy = read_policy(f"{WITNESSES}group both all X1 X2\nquorum both\n".encode())
    stranger = FakeWitness("stranger.example", StandingClock(), {})
    note = LOG.sign(TEXT) + KEYS["X1"].cosign(TEXT) + stranger.cosign(TEXT)
    forged = KEYS["X2"].cosign(TEXT.replace("\n0\n", "\n1\n"))
    assert policy.cosigners(note + forged) == {"X1"}
    assert not policy.is_witnessed(note + forged)
    assert policy.is_witnessed(note + forged + KEYS["X2"].cosign(TEXT))
    with pytest.raises(NoteError):
        policy.cosigners("no note")


def test_addresses_are_kept_and_not_needed() -> None:
    policy = read_policy(f"{TWO_LEVELS}witness Z {FakeWitness('z', StandingClock(), {}).vkey}\n".encode())
    assert [one.url for one in policy.witnesses[-2:]] == ["https://Y2.example/", None]
    assert [key.name for key in policy.logs] == ["dancu/H19"]


def test_octets_beyond_ascii_are_a_name_whatever_they_mean() -> None:
    name = b"ki\xe1\xbb\x83m-s\xc3\xa1t \xff".split(b" ")[0] + b"\xff"
    content = b"witness " + name + b" " + KEYS["X1"].vkey.encode() + b"\nquorum " + name + b"\n"
    assert read_policy(content).witnesses[0].key.name == "X1.example"


X1, X2 = KEYS["X1"].vkey, KEYS["X2"].vkey


@pytest.mark.parametrize(
    "content",
    [
        "",
        f"witness X1 {X1}\n",
        "quorum X1\n",
        f"quorum X1\nwitness X1 {X1}\n",
        "quorum none\nquorum none\n",
        "quorum\n",
        "quorum none none\n",
        "log\nquorum none\n",
        f"log {LOG.verifier} a b\nquorum none\n",
        f"log {X1}\nquorum none\n",
        f"log {LOG.verifier}\nlog {LOG.verifier}\nquorum none\n",
        "witness X1\nquorum none\n",
        f"witness X1 {X1} a b\nquorum none\n",
        f"witness X1 {LOG.verifier}\nquorum none\n",
        f"witness X1 {X1}x\nquorum none\n",
        f"witness X1 {X1}\nwitness X2 {X1}\nquorum none\n",
        f"witness X1 {X1}\nwitness X1 {X2}\nquorum none\n",
        f"witness none {X1}\nquorum none\n",
        f"witness X1 {X1}\ngroup g any\nquorum none\n",
        f"witness X1 {X1}\ngroup g 2 X1\nquorum none\n",
        f"witness X1 {X1}\ngroup g 0 X1\nquorum none\n",
        f"witness X1 {X1}\ngroup g some X1\nquorum none\n",
        f"witness X1 {X1}\ngroup g {'9' * 5000} X1\nquorum none\n",
        f"witness X1 {X1}\ngroup g any X1 X1\nquorum none\n",
        f"witness X1 {X1}\ngroup g any X1\ngroup h any X1\nquorum none\n",
        "group g any none\nquorum none\n",
        "group g any g\nquorum none\n",
        f"witness X1 {X1}\ngroup X1 any X1\nquorum none\n",
        "something else\nquorum none\n",
        "quorum none\r\n",
        "quorum none\x7f\n",
        "#" * 300_000 + "\nquorum none\n",
    ],
    ids=map(str, range(32)),  # keys differ in each process that runs the tests
)
def test_what_is_no_policy_is_refused(content: str) -> None:
    with pytest.raises(PolicyError):
        read_policy(content.encode())


def test_the_line_that_is_wrong_is_named() -> None:
    with pytest.raises(PolicyError, match=r"^line 3: "):
        read_policy(b"# one\n\nquorum nobody\n")
