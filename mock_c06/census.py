"""The population by its place in a row, so that load tests know whom to ask about: nothing is stored."""

from collections.abc import Iterator
from math import gcd
from typing import Final

from mock_c06.citizen import Identity, Sex
from mock_c06.draws import Draw
from mock_c06.identity import compose_citizen_id, identity_of

DEFAULT_SIZE: Final = 5_000_000
_BIRTH_YEARS: Final = range(1940, 2021)
_SEXES: Final = tuple(Sex)
# Personas have lower serials than these: nobody in the row misbehaves.
_SERIALS: Final = range(1_000, 1_000_000)
LARGEST: Final = len(_BIRTH_YEARS) * len(_SEXES) * len(_SERIALS)


class Census:
    """So many of the people a seed makes, each at a place from 0 on; the same place, the same person."""

    def __init__(self, size: int, seed: str) -> None:
        """Raise ValueError for more people than there are numbers, or none."""
        if not 0 < size <= LARGEST:
            raise ValueError(f"the population must be 1 to {LARGEST}")
        self.size = size
        self._seed = seed
        draw = Draw(seed, "census")
        self._first = draw.below(LARGEST)
        # Coprime with their number, so that no two places have the same person.
        self._step = next(
            step for step in range(draw.below(LARGEST) | 1, 2 * LARGEST) if gcd(step, LARGEST) == 1
        )

    def number_at(self, place: int) -> str:
        """Return the personal number of whoever stands at *place*; IndexError beyond the last."""
        if not 0 <= place < self.size:
            raise IndexError("the population has no such place")
        rest, serial = divmod((self._first + place * self._step) % LARGEST, len(_SERIALS))
        year, sex = divmod(rest, len(_SEXES))
        return compose_citizen_id(_SEXES[sex], _BIRTH_YEARS[year], f"{_SERIALS[serial]:06d}")

    def people(self, first: int, count: int) -> Iterator[Identity]:
        """Yield whom to ask about at these places, as far as there are any."""
        for place in range(first, min(first + count, self.size)):
            yield identity_of(self.number_at(place), self._seed)
