"""Which If-Match headers let a change pass."""

import pytest
from starlette.requests import Request

from app.errors import ConflictError, InvalidRequestError, ProblemCode
from app.web.conditions import etag, expected_version


def _request(*values: str) -> Request:
    headers = [(b"if-match", value.encode()) for value in values]
    return Request({"type": "http", "method": "PUT", "path": "/", "headers": headers})


@pytest.mark.parametrize("version", [0, 1, 999_999_999_999_999_999])
def test_the_tag_that_was_given_is_the_version_it_stood_for(version: int) -> None:
    assert expected_version(_request(etag(version))) == version


def test_without_the_header_nothing_changes() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        expected_version(_request())
    assert caught.value.code is ProblemCode.IF_MATCH_NEEDED


@pytest.mark.parametrize(
    "value", ["*", 'W/"1"', "1", '"1", "2"', '""', '"-1"', '"٣"', '"1"x', '"1234567890123456789"']
)
def test_what_is_no_tag_of_ours_matches_nothing(value: str) -> None:
    with pytest.raises(ConflictError) as caught:
        expected_version(_request(value))
    assert caught.value.code is ProblemCode.VERSION_OUTDATED


def test_two_headers_name_no_version() -> None:
    with pytest.raises(ConflictError):
        expected_version(_request('"1"', '"1"'))
