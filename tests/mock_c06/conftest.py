"""Fixtures of the stand-in's own tests."""

from collections.abc import AsyncIterator

import pytest

from tests.mock_c06.national_side import NationalSide, start


@pytest.fixture
async def national_side() -> AsyncIterator[NationalSide]:
    """A stand-in as it comes, strict, whose slow personas are quick."""
    side = start(slow_seconds=0.05)
    async with side.http:
        yield side
