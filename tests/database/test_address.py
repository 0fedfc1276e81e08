"""Addresses that name several servers, as each library wants them."""

import pytest

from app.database.address import asyncpg_address, servers_of, sqlalchemy_address
from app.database.connect import connector, open_engine

TWO = "postgresql://u:p%40@a:5432,b:5433/dancu"


@pytest.mark.parametrize(
    ("url", "servers"),
    [
        (TWO, [("a", 5432), ("b", 5433)]),
        ("postgresql://u:p@10.0.0.1,10.0.0.2", [("10.0.0.1", 5432), ("10.0.0.2", 5432)]),
        ("postgresql+asyncpg://u:p@a,b/dancu?target_session_attrs=primary", [("a", 5432), ("b", 5432)]),
        ("postgresql://u:p@a:5432/dancu", []),
        ("postgresql://u:p,q@/dancu?host=/run/socket", []),
    ],
)
def test_several_servers_are_told_from_one_and_from_a_socket(
    url: str, servers: list[tuple[str, int]]
) -> None:
    assert servers_of(url) == servers


@pytest.mark.parametrize(
    ("url", "written"),
    [
        (TWO, "u:p%40@/dancu?host=a:5432&host=b:5433&target_session_attrs=read-write"),
        (
            f"{TWO}?target_session_attrs=primary",
            "u:p%40@/dancu?target_session_attrs=primary&host=a:5432&host=b:5433",
        ),
        ("postgresql://u:p@a:5432/dancu", "u:p@a:5432/dancu"),
        ("postgres://u:p@a/dancu", "u:p@a/dancu"),
        ("postgresql+asyncpg://u:p@a/dancu", "u:p@a/dancu"),
    ],
)
def test_several_servers_stand_among_the_parameters_for_sqlalchemy(url: str, written: str) -> None:
    assert sqlalchemy_address(url) == f"postgresql+asyncpg://{written}"


def test_address_for_asyncpg_is_as_it_was_written() -> None:
    assert asyncpg_address(TWO) == TWO


async def test_no_server_at_all_is_a_database_out_of_reach() -> None:
    nowhere = "postgresql://u:p@127.0.0.1:9,127.0.0.1:9/dancu"
    with pytest.raises(ConnectionError):
        await connector(nowhere)()
    engine = open_engine(nowhere)
    with pytest.raises(ConnectionError):
        await engine.connect()
    await engine.dispose()
