"""What was acknowledged outlives the loss of the primary; once here, twenty times with `make durability`."""

from tests.durability.failover import Failover, Tally
from tests.durability.ground import Ground
from tests.durability.pair import Pair


async def test_every_acknowledged_lookup_is_on_the_promoted_standby_and_the_gateway_finds_it_by_itself(
    ground: Ground, pair: Pair
) -> None:
    tally = Tally()
    await Failover(ground, pair, tally, gateways=1, clients=4, seed=1).run(1)
    assert tally.acknowledged > 0
    assert (tally.lost, tally.violations) == (0, {})
