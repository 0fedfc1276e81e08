"""How many sign-ins a second this process looks at, and who goes first when there are more (R13)."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import AddressValueError, IPv6Address
from math import ceil, exp
from typing import Final

from app.clock import Clock
from app.errors import ProblemCode, TooManyError

_BURST_SECONDS: Final = 10.0
"""So many seconds' worth of tries may come at once."""
_WINDOW_SECONDS: Final = 10.0
"""Over about so long a place's tries count against its share."""
_KEPT_FOR_OTHERS: Final = 0.5
"""The part of the burst that a place leaves alone which had much lately; less, the less it had."""
_KEPT_FOR_KNOWN: Final = 0.25
"""The part that only places with a right sign-in may use."""
_STRANGERS_RATE: Final = 0.4
"""The part of the rate that all places without a right sign-in have between them, burst apart."""
_KNOWN_SECONDS: Final = timedelta(days=7).total_seconds()
_MOST_PLACES: Final = 10_000
_NETWORK_BYTES: Final = 8  # of an IPv6 address: who has one has a /64 of them


class SignInsThrottledError(TooManyError):
    """More sign-ins arrive than this process looks at; says nothing about any of them."""

    def __init__(self, retry_after_seconds: int) -> None:
        """Say when a try makes sense again."""
        super().__init__(ProblemCode.SIGN_INS_THROTTLED, retry_after_seconds=retry_after_seconds)


class SignInThrottle:
    """A token bucket over all sign-ins of this process, shared fairly among the places they come from.

    A single place may use the whole rate. The more it had lately, against an equal share, the more of the
    burst it leaves alone, up to half, so that others who come now and then find a token. The last quarter is
    for places from which an officer signed in rightly within a week, however many strange places flood; once
    the burst is spent, strange places have two fifths of the rate between them: a flood of them must not
    keep a processor hashing.
    Behind one and the same address nobody can be told apart here. N processes look at N times as many; a
    process that starts knows no place yet.
    """

    def __init__(self, clock: Clock, *, per_second: float) -> None:
        """Look at *per_second* tries a second, and at ten seconds' worth of them at once."""
        self._clock = clock
        now = clock.monotonic()
        self._all = _Bucket(per_second, max(1.0, per_second * _BURST_SECONDS), now)
        self._for_strangers = _Bucket(
            per_second * _STRANGERS_RATE, max(1.0, self._all.burst * (1.0 - _KEPT_FOR_KNOWN)), now
        )
        self._known: OrderedDict[str, float] = OrderedDict()
        self._strangers = _Crowd(per_second * _STRANGERS_RATE * _WINDOW_SECONDS)
        self._regulars = _Crowd(per_second * _WINDOW_SECONDS)

    def step(self, address: str) -> None:
        """Take a token for a try from *address*; SignInsThrottledError, saying when to come back, else."""
        now, place = self._clock.monotonic(), place_of(address)
        is_known = self._known.get(place, now) > now
        crowd, bucket = (self._regulars, self._all) if is_known else (self._strangers, self._for_strangers)
        wait = bucket.seconds_until(_KEPT_FOR_OTHERS * crowd.part_of_share(place, now), now)
        if not is_known:
            wait = max(wait, self._all.seconds_until(_KEPT_FOR_KNOWN, now))
        if wait > 0:
            raise SignInsThrottledError(ceil(wait))
        self._all.left -= 1.0
        if not is_known:
            self._for_strangers.left -= 1.0
        crowd.charge(place)

    def remember(self, address: str) -> None:
        """Note that an officer signed in rightly from *address*."""
        place = place_of(address)
        self._known[place] = self._clock.monotonic() + _KNOWN_SECONDS
        self._known.move_to_end(place)
        if len(self._known) > _MOST_PLACES:
            self._known.popitem(last=False)


class _Bucket:
    """Tokens that come at a steady rate, up to a burst; `left` as of the last question."""

    def __init__(self, per_second: float, burst: float, now: float) -> None:
        self._per_second = per_second
        self.burst = burst
        self.left = burst
        self._filled_at = now

    def seconds_until(self, kept: float, now: float) -> float:
        """Return after how many seconds a token may be taken that leaves the part *kept* of the burst."""
        self.left = min(self.burst, self.left + (now - self._filled_at) * self._per_second)
        self._filled_at = now
        return (1.0 + kept * (self.burst - 1.0) - self.left) / self._per_second


@dataclass(slots=True)
class _Account:
    spent: float
    seen_at: float


class _Crowd:
    """The places that tried lately, and what each was given."""

    def __init__(self, per_window: float) -> None:
        """Share *per_window* tries among them."""
        self._per_window = per_window
        self._places: OrderedDict[str, _Account] = OrderedDict()

    def part_of_share(self, place: str, now: float) -> float:
        """Return how near *place* is to twice an equal share, 0 to 1: to everything, where it is alone."""
        account = self._places.setdefault(place, _Account(0.0, now))
        account.spent *= exp((account.seen_at - now) / _WINDOW_SECONDS)
        account.seen_at = now
        self._places.move_to_end(place)
        self._forget(now)
        return min(1.0, account.spent / max(1.0, 2 * self._per_window / (len(self._places) + 1)))

    def charge(self, place: str) -> None:
        """Count a try that was let through."""
        self._places[place].spent += 1.0

    def _forget(self, now: float) -> None:
        # The longest unseen stand first; the place just seen stands last and stays.
        while len(self._places) > _MOST_PLACES or next(iter(self._places.values())).seen_at < (
            now - _WINDOW_SECONDS
        ):
            self._places.popitem(last=False)


def place_of(address: str) -> str:
    """Return what counts as one place: an IPv4 address, or the /64 that an IPv6 address is in."""
    try:
        known = IPv6Address(address)
    except AddressValueError:
        return address
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return known.packed[:_NETWORK_BYTES].hex()
