"""Cursors: a place and back, and nothing else."""

from base64 import urlsafe_b64encode

import pytest

from app.errors import InvalidRequestError
from app.web.cursors import cursor_of, place_in

PLACE = (True, -12, "H19.34", "Đ")
LIKE = (False, 0, "", "")


def test_a_cursor_leads_back_to_its_place() -> None:
    assert place_in(cursor_of(PLACE), LIKE) == PLACE


@pytest.mark.parametrize(
    "text",
    ["", "á", "x", "[" * 9, *(urlsafe_b64encode(raw).decode() for raw in (
        b"[true,1]", b'[1,1,"",""]', b'[true,true,"",""]', b'[true,1.5,"",""]', b'[true,1,null,""]', b"{}",
        b"[" * 100_000, b"\xff",
    ))],
)  # fmt: skip
def test_what_is_no_cursor_of_this_list_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError):
        place_in(text, LIKE)
