"""Whatever JSON arrives, the gateway answers for itself: it never breaks."""

import asyncio
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway import Gateway, bearer
from tests.world import a_lookup

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=40)
    | st.text(alphabet="0123456789", min_size=9, max_size=13)
    | st.dates().map(str)
    | st.uuids().map(str)
    | st.sampled_from(["Trần Văn Thử", "\ud800", "\0", "1.004194", "000.12.34.H19-230301-0001"])
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from([*a_lookup(), "purpose", "fields", "retry_of"])
NEARLY_RIGHT = st.dictionaries(NAMES, ANYTHING, max_size=2).map(lambda changes: a_lookup() | changes)
NEARLY_RIGHT_CITIZENS = st.dictionaries(st.sampled_from([*a_lookup()["citizen"]]), ANYTHING, max_size=2).map(
    lambda changes: a_lookup(citizen=changes)
)


async def test_no_json_makes_the_gateway_fail(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    loop = asyncio.get_running_loop()

    async def send(content: bytes) -> tuple[int, Any]:
        headers = bearer(token) | {"Content-Type": "application/json"}
        answer = await gateway.http.post("/v1/residence-lookups", content=content, headers=headers)
        return answer.status_code, answer.json()

    @settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(NEARLY_RIGHT | NEARLY_RIGHT_CITIZENS | ANYTHING)
    def answers(body: Any) -> None:
        content = json.dumps(body).encode()
        status, answer = asyncio.run_coroutine_threadsafe(send(content), loop).result(30)
        assert status in {200, 403, 413, 422}
        assert status == 200 or answer["paper"]["may_ask"] is False

    await asyncio.to_thread(answers)
