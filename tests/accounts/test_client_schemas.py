"""What administrators may register client software with."""

from typing import Any

import pytest
from pydantic import ValidationError

from app.accounts.client_schemas import LimitsRequest, NewClientRequest

_LIMITS: dict[str, Any] = {"grants": [], "procedures": None, "expires_at": None}


@pytest.mark.parametrize("block", ["0.0.0.0/0", "::/0"])
def test_software_is_never_registered_for_every_address(block: str) -> None:
    networks = ["10.1.2.0/24", block]
    with pytest.raises(ValidationError) as refused:
        NewClientRequest.model_validate({"client_id": "mot-cua", "name": "Một cửa", "networks": networks})
    assert [fault["loc"] for fault in refused.value.errors()] == [("networks", 1)]
    with pytest.raises(ValidationError) as refused:
        LimitsRequest.model_validate(_LIMITS | {"networks": networks})
    assert [fault["loc"] for fault in refused.value.errors()] == [("networks", 1)]


def test_the_widest_blocks_that_name_some_addresses_pass() -> None:
    assert LimitsRequest.model_validate(_LIMITS | {"networks": ["10.0.0.0/8", "2000::/3"]}).networks
