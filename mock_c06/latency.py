"""How long answers take, as a distribution: most come at once, a few are late (log-normal)."""

import math
import random
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

# The standard normal distribution's value below which 99 of 100 lie.
_NINETY_NINE: Final = 2.3263478740408408


class Latency(BaseModel):
    """Half of the answers take no longer than the median, 99 of 100 no longer than the tail."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    median_ms: float = Field(gt=0, le=600_000)
    p99_ms: float = Field(gt=0, le=600_000)

    @model_validator(mode="after")
    def _check_order(self) -> "Latency":
        if self.p99_ms < self.median_ms:
            raise ValueError("p99_ms must not be less than median_ms")
        return self

    def draw(self, chance: random.Random) -> float:
        """Return the seconds that one answer takes; never longer than ten times the tail."""
        spread = math.log(self.p99_ms / self.median_ms) / _NINETY_NINE
        drawn = chance.lognormvariate(math.log(self.median_ms), spread)
        return min(drawn, 10 * self.p99_ms) / 1000


USUAL: Final = Latency(median_ms=80, p99_ms=1500)
