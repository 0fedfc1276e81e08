"""What the time of a refused sign-in tells: 1,000 interleaved tries of each kind, and the AUC of each."""

import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Final
from urllib.parse import urlencode

from bench.children import HOST
from bench.sign_in_ground import PASSWORD, TOKEN_PATH, WRONG, Ground, addresses

_TRIES_PER_ADDRESS: Final = 90  # a hundred failures lock an address
_REFUSED: Final = 400
_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of try that is refused, told from *baseline* or not; *login* prefixes its officers' names."""

    title: str
    login: str
    password: str = WRONG
    baseline: str = "wrong"
    is_judged: bool = True


CASES: Final = (
    Case("wrong password", "wrong"),
    Case("unknown user", "nobody"),
    Case("locked, right password", "locked", PASSWORD),
    Case("suspended, right password", "suspended", PASSWORD),
    Case("never activated", "inactive"),
    Case("first password lapsed, right one", "lapsed", PASSWORD),
    Case("right password, wrong one-time code", "coded", PASSWORD),
    Case("unknown user, the try that locks", "lastnone", is_judged=False),
    Case("wrong password, the try that locks", "last", baseline="lastnone"),
)


def time_refusals(ground: Ground, tries: int, most: float) -> bool:
    """Print how well each kind can be told by its time; return whether one can, or a body differs.

    A kind is told apart where its AUC is beyond *most*, or below 1 - *most*.
    """
    times: dict[str, list[float]] = {case.login: [] for case in CASES}
    answers: set[tuple[int, bytes]] = set()
    connections = _connections(ground)
    for number in range(1, tries + 1):
        for case in random.sample(CASES, len(CASES)):  # no kind always behind the same other one
            answer, seconds = _try(next(connections), ground, f"{case.login}.{number}", case.password)
            answers.add(answer)
            times[case.login].append(seconds)
    print(
        f"\n{'kind of try':<37}{'tries':>6}{'median ms':>11}{'p95 ms':>9}{'AUC':>9}{'SE':>7}   told from",
        flush=True,
    )
    can_be_told = [_show(case, times, most) for case in CASES]
    is_one = len(answers) == 1 and next(iter(answers))[0] == _REFUSED
    verdict = "byte-identical" if is_one else f"{len(answers)} DIFFERENT answers"
    print(f"the bar: every AUC but the one in brackets within {1 - most:.2f} and {most:.2f}")
    print(f"status and body: {verdict}", flush=True)
    return any(can_be_told) or not is_one


def _show(case: Case, times: dict[str, list[float]], most: float) -> bool:
    """Print one kind's line; return whether its time tells it from its baseline."""
    own, other = times[case.login], times[case.baseline]
    median, p95 = statistics.median(own) * _MS, statistics.quantiles(own, n=20)[-1] * _MS
    line = f"{case.title:<37}{len(own):>6}{median:>11.2f}{p95:>9.2f}"
    if case.login == case.baseline:
        print(f"{line}        –      –   everything below")
        return False
    auc = _auc(own, other)
    is_told = case.is_judged and abs(auc - 0.5) > most - 0.5
    shown = f"{auc:.3f}" if case.is_judged else f"({auc:.3f})"
    against = next(each.title for each in CASES if each.login == case.baseline)
    mark = "  TOLD APART" if is_told else ""
    print(f"{line}{shown:>9}{_standard_error(len(own), len(other)):>7.3f}   {against}{mark}")
    return is_told


def _connections(ground: Ground) -> Iterator[HTTPConnection]:
    """Yield a connection that may be used once more; a new address before one has failed too often."""
    for address in addresses():
        connection = HTTPConnection(HOST, ground.port, timeout=30, source_address=(address, 0))
        connection.request("GET", "/livez")
        connection.getresponse().read()
        for _ in range(_TRIES_PER_ADDRESS):
            yield connection
        connection.close()


def _try(
    connection: HTTPConnection, ground: Ground, login: str, password: str
) -> tuple[tuple[int, bytes], float]:
    # A code in every try: nobody but the gateway knows who needs one.
    form = {"grant_type": "password", "username": login, "password": password, "otp": "314159"}
    body = urlencode(form)
    started = time.perf_counter()
    connection.request("POST", TOKEN_PATH, body, ground.headers)
    answer = connection.getresponse()
    content = answer.read()
    return (answer.status, content), time.perf_counter() - started


def _auc(own: list[float], other: list[float]) -> float:
    """Return the chance that one of *own* took longer than one of *other*: Mann and Whitney's U over n·m."""
    ranked = sorted([(each, 0) for each in other] + [(each, 1) for each in own])
    smaller_others = above = 0
    for _, is_own in ranked:
        if is_own:
            above += smaller_others
        else:
            smaller_others += 1
    return above / (len(own) * len(other))


def _standard_error(own: int, other: int) -> float:
    """Return the AUC's standard error where two kinds are alike."""
    return float(((own + other + 1) / (12 * own * other)) ** 0.5)
