"""Asking witnesses: each once per checkpoint, from the size it knows; what it cannot do delays nobody."""

import asyncio
import base64
from collections.abc import Sequence
from io import StringIO
from itertools import cycle
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit.record import leaf_hash
from app.audit.tree.checkpoint import NoteKey, checkpoint_text
from app.audit.tree.merkle import TreeHead, consistency_leaves
from app.audit.tree.policy import read_policy
from app.audit.tree.witness import Answer, Cosigned, Witnesses
from app.logs import configure_logging
from tests.audit.tree.fake_witness import FakeWitness, Town
from tests.audit.tree.plain import plain_root
from tests.lookup_fakes import StandingClock

LOG = NoteKey("dancu/H19", Ed25519PrivateKey.generate())
HASHES = [leaf_hash(str(number).encode()) for number in range(40)]
FORKED = [leaf_hash(b"another"), *HASHES[1:]]
CLOCK = StandingClock()


def a_witness(name: str = "w1") -> FakeWitness:
    return FakeWitness(f"{name}.example/w", CLOCK, {"dancu/H19": LOG.verifier})


class Log:
    """A log that grows, and shows any proof of its tree."""

    def __init__(self, hashes: Sequence[bytes] = HASHES) -> None:
        self.hashes = hashes
        self.proven: list[tuple[int, int]] = []

    async def prove(self, earlier: int, later: int) -> list[bytes]:
        self.proven.append((earlier, later))
        return [plain_root(self.hashes[first:last]) for first, last in consistency_leaves(earlier, later)]

    def head(self, size: int) -> TreeHead:
        return TreeHead(size, plain_root(self.hashes[:size]))

    def note(self, size: int) -> str:
        return LOG.sign(checkpoint_text("dancu/H19", self.head(size)))

    async def cosigned_by(self, witnesses: Witnesses, size: int, **known: str) -> Cosigned:
        return await witnesses.cosign(self.head(size), self.note(size), self.prove, known)


def some_witnesses(quorum: str = "any", /, **places: Any) -> Witnesses:
    """Return a client whose policy names *places* at https://<name>/prefix."""
    names = [name for name, place in places.items() if isinstance(place, FakeWitness)]
    lines = [f"witness {name} {places[name].vkey} https://{name}/prefix/" for name in names]
    lines += [f"group g {quorum} {' '.join(names)}", "quorum g", ""]
    policy = read_policy("\n".join(lines).encode())
    http = httpx.AsyncClient(transport=Town(**places))
    return Witnesses(policy, http, CLOCK)


def policy_over(keys: dict[str, FakeWitness], **places: Any) -> Witnesses:
    """Return a client whose policy has these keys at places that are something else."""
    lines = [f"witness {name} {one.vkey} https://{name}" for name, one in keys.items()]
    policy = read_policy("\n".join([*lines, f"quorum {next(iter(keys))}", ""]).encode())
    return Witnesses(policy, httpx.AsyncClient(transport=Town(**places)), CLOCK)


def replying(*replies: tuple[int, bytes]) -> httpx.MockTransport:
    """Return a place that gives these answers in turn, over and over."""
    turns = cycle(replies)

    def reply(_: httpx.Request) -> httpx.Response:
        status, content = next(turns)
        return httpx.Response(status, stream=httpx.ByteStream(content))

    return httpx.MockTransport(reply)


async def test_each_witness_is_asked_once_and_its_cosignature_stands_below_the_checkpoint() -> None:
    one, two, log = a_witness("w1"), a_witness("w2"), Log()
    witnesses = some_witnesses("all", w1=one, w2=two)
    for size in (5, 13):
        cosigned = await log.cosigned_by(witnesses, size)
        assert cosigned.is_quorum
        text = checkpoint_text("dancu/H19", log.head(size))
        assert set(cosigned.lines.values()) == {one.cosign(text), two.cosign(text)}
        assert all(one.name in name or two.name in name for name in cosigned.lines)
    assert one.asked == two.asked == [0, 5]
    assert one.answers == two.answers == [200, 200]


async def test_a_client_that_knows_nothing_learns_the_witnesss_size_and_asks_again() -> None:
    witness, log = a_witness(), Log()
    await log.cosigned_by(some_witnesses(w1=witness), 5)
    cosigned = await log.cosigned_by(some_witnesses(w1=witness), 9)
    assert cosigned.is_quorum
    assert witness.asked == [0, 0, 5]
    assert witness.answers == [200, 409, 200]
    assert log.proven == [(0, 5), (0, 9), (5, 9)]


async def test_a_witness_that_lost_its_memory_is_followed_back() -> None:
    witness, log = a_witness(), Log()
    witnesses = some_witnesses(w1=witness)
    await log.cosigned_by(witnesses, 9)
    witness.latest.clear()
    assert (await log.cosigned_by(witnesses, 12)).is_quorum
    assert witness.asked == [0, 9, 0]


async def test_what_is_stored_is_not_asked_for_again_and_not_believed_unseen() -> None:
    one, two, log = a_witness("w1"), a_witness("w2"), Log()
    witnesses = some_witnesses("all", w1=one, w2=two)
    text = checkpoint_text("dancu/H19", log.head(5))
    names = {one.name: "", two.name: ""}
    for name in (await log.cosigned_by(witnesses, 5)).lines:
        names[name.partition("+")[0]] = name
    one.asked.clear()
    two.asked.clear()
    known = {names[one.name]: one.cosign(text), names[two.name]: one.cosign(text)}
    assert (await log.cosigned_by(witnesses, 5, **known)).is_quorum
    assert (one.asked, two.asked) == ([], [5])


@pytest.mark.parametrize(("quorum", "is_enough"), [("any", True), ("2", True), ("all", False)])
async def test_a_witness_that_is_away_holds_nothing_up(quorum: str, *, is_enough: bool) -> None:
    one, two, away = a_witness("w1"), a_witness("w2"), a_witness("w3")
    witnesses = some_witnesses(quorum, w1=one, w2=two, w3=away)
    witnesses._http = httpx.AsyncClient(transport=Town(w1=one, w2=two))
    configure_logging(said := StringIO())
    cosigned = await Log().cosigned_by(witnesses, 5)
    assert (len(cosigned.lines), cosigned.is_quorum) == (2, is_enough)
    assert '"reason":"unreachable"' in said.getvalue()


async def test_a_witness_that_never_answers_is_given_up_within_the_round() -> None:
    class Silent(httpx.AsyncBaseTransport):
        async def handle_async_request(self, _: httpx.Request) -> httpx.Response:
            await asyncio.Event().wait()
            raise AssertionError

    one, silent = a_witness("w1"), a_witness("w2")
    witnesses = some_witnesses("any", w1=one, w2=silent)
    witnesses._http = httpx.AsyncClient(transport=Town(w1=one, w2=Silent()))
    witnesses._round_seconds = 0.2
    async with asyncio.timeout(5):
        cosigned = await Log().cosigned_by(witnesses, 5)
    assert len(cosigned.lines) == 1


async def last_answer(
    witnesses: Witnesses, size: int = 5, log: Log | None = None
) -> tuple[Answer | None, str]:
    """Return what came of asking the only witness, and the event that told of it."""
    configure_logging(said := StringIO())
    cosigned = await (log or Log()).cosigned_by(witnesses, size)
    assert not cosigned.lines
    assert not cosigned.is_quorum
    (line,) = said.getvalue().splitlines()
    return witnesses._asked[0].last_answer, line


async def test_a_forked_log_is_not_cosigned_and_that_is_told_loudly() -> None:
    witness = a_witness()
    await Log().cosigned_by(some_witnesses(w1=witness), 5)
    answer, line = await last_answer(some_witnesses(w1=witness), 9, Log(FORKED))
    assert (answer, witness.answers[-2:]) == (Answer.SAW_ANOTHER_PAST, [409, 422])
    assert '"level":"critical"' in line
    assert "audit.witness_saw_another_log" in line


async def test_another_root_at_the_same_size_is_not_cosigned() -> None:
    witness = a_witness()
    await Log().cosigned_by(some_witnesses(w1=witness), 5)
    answer, _ = await last_answer(some_witnesses(w1=witness), 5, Log(FORKED))
    assert (answer, witness.answers[-2:]) == (Answer.SAW_ANOTHER_ROOT, [409, 409])


async def test_a_log_that_was_cut_off_or_restored_is_not_cosigned_until_it_is_whole_again() -> None:
    witness, log = a_witness(), Log()
    await log.cosigned_by(some_witnesses(w1=witness), 9)
    witnesses = some_witnesses(w1=witness)
    answer, _ = await last_answer(witnesses, 5)
    assert (answer, witness.answers[-1]) == (Answer.SAW_MORE, 409)
    again = await log.cosigned_by(witnesses, 6)
    assert not again.lines
    assert (await log.cosigned_by(witnesses, 12)).is_quorum
    # Grown anew behind an older copy, beyond what the witness saw.
    regrown = Log([*HASHES[:11], *FORKED[:1], *HASHES[12:]])
    answer, _ = await last_answer(some_witnesses(w1=witness), 20, regrown)
    assert answer is Answer.SAW_ANOTHER_PAST


async def test_a_witness_that_does_not_know_the_log_or_its_key_is_told_apart() -> None:
    witness = a_witness()
    witness.logs = {"dancu/H20": LOG.verifier}
    assert (await last_answer(some_witnesses(w1=witness)))[0] is Answer.LOG_UNKNOWN
    witness.logs = {"dancu/H19": NoteKey("dancu/H19", Ed25519PrivateKey.generate()).verifier}
    answer, line = await last_answer(some_witnesses(w1=witness))
    assert answer is Answer.KEY_UNKNOWN
    assert '"reason":"key_unknown"' in line
    assert '"witness":"w1"' in line


@pytest.mark.parametrize(
    ("status", "content", "answer"),
    [
        (200, b"", Answer.NOT_ITS_KEY),
        (200, "— stranger.example AAAAAAAA\n".encode(), Answer.NOT_ITS_KEY),
        (200, b"\xff" * 100_000, Answer.NOT_ITS_KEY),
        (400, b"", Answer.REQUEST_REFUSED),
        (409, b"", Answer.SAW_ANOTHER_ROOT),
        (409, b"03\n", Answer.SAW_ANOTHER_ROOT),
        (409, b"6\n", Answer.SAW_MORE),
        (409, b"9999999999999999999\n", Answer.SAW_MORE),
        (409, b"99999999999999999999\n", Answer.SAW_ANOTHER_ROOT),
        (302, b"", Answer.TROUBLE),
        (500, b"", Answer.TROUBLE),
    ],
)
async def test_whatever_a_witness_answers_is_met(status: int, content: bytes, answer: Answer) -> None:
    keys = {"w1": a_witness()}
    assert (await last_answer(policy_over(keys, w1=replying((status, content)))))[0] is answer


async def test_a_witness_that_names_ever_other_sizes_is_asked_twice_a_round() -> None:
    place = replying((409, b"2\n"), (409, b"3\n"))
    answer, _ = await last_answer(policy_over({"w1": a_witness()}, w1=place))
    assert answer is Answer.OTHER_SIZE


async def test_a_witness_whose_clock_is_wrong_does_not_count() -> None:
    witness = a_witness()
    witness.clock = StandingClock()
    witness.clock.turn(minutes=-11)
    assert (await last_answer(some_witnesses(w1=witness)))[0] is Answer.CLOCK_DIFFERS


async def test_a_state_is_told_once_and_its_end_too() -> None:
    witness, log = a_witness(), Log()
    witnesses = some_witnesses(w1=witness)
    configure_logging(said := StringIO())
    known, witness.logs = witness.logs, {}
    for _ in range(3):
        await log.cosigned_by(witnesses, 5)
    witness.logs = known
    for size in (6, 7):
        await log.cosigned_by(witnesses, size)
    events = [line.partition('"event":"')[2].partition('"')[0] for line in said.getvalue().splitlines()]
    assert events == ["audit.witness_failed", "audit.witness_cosigns"]


async def test_a_name_that_could_be_anything_is_said_in_signs_a_log_may_hold() -> None:
    key = a_witness()
    policy = read_policy(f"witness Viện-kiểm-sát-099190000017 {key.vkey} https://w1\nquorum none\n".encode())
    configure_logging(said := StringIO())
    witnesses = Witnesses(policy, httpx.AsyncClient(transport=Town()), CLOCK)
    cosigned = await Log().cosigned_by(witnesses, 5)
    assert cosigned.is_quorum
    assert '"witness":"Vi_n-ki_m-s_t-_"' in said.getvalue()


@pytest.mark.parametrize("address", ["ftp://w1", "w1", "https://w1:x", "https://[w1", "https://" + "ă" * 300])
async def test_an_address_that_is_none_holds_nothing_up(address: str) -> None:
    policy = read_policy(f"witness w1 {a_witness().vkey} {address}\nquorum w1\n".encode())
    async with httpx.AsyncClient() as http:
        assert (await last_answer(Witnesses(policy, http, CLOCK)))[0] is Answer.UNREACHABLE


async def test_a_witness_without_an_address_is_not_asked() -> None:
    policy = read_policy(f"witness w1 {a_witness().vkey}\nquorum w1\n".encode())
    witnesses = Witnesses(policy, httpx.AsyncClient(transport=Town()), CLOCK)
    assert await Log().cosigned_by(witnesses, 5) == Cosigned({}, is_quorum=False)


async def test_the_request_is_written_as_the_specification_has_it() -> None:
    sent = list[str]()

    def reply(request: httpx.Request) -> httpx.Response:
        sent.append(f"{request.method} {request.url} {request.content.decode()}")
        return httpx.Response(409, stream=httpx.ByteStream(b"4\n"))

    log = Log()
    await log.cosigned_by(policy_over({"w1": a_witness()}, w1=httpx.MockTransport(reply)), 7)
    proof = "".join(f"{base64.b64encode(part).decode()}\n" for part in await log.prove(4, 7))
    assert sent == [
        f"POST https://w1/add-checkpoint old 0\n\n{log.note(7)}",
        f"POST https://w1/add-checkpoint old 4\n{proof}\n{log.note(7)}",
    ]
