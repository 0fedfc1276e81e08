"""`dancu reports`: figures held against the log, and put right."""

from tests.cli.commands import ask, dancu
from tests.world import Database

_FALSE = (
    "insert into usage_figure values ('2026-03-04', gen_random_uuid(), 'commune', '1.004194', 'found', '',"
    " 'lookup', 4)"
)


def test_false_figures_are_named_with_exit_code_1_and_put_right(recordable: Database) -> None:
    right = dancu("reports", "rebuild", "--check")
    assert (right.code, right.err) == (0, "")
    ask(recordable.owner_url, _FALSE)
    wrong = dancu("reports", "rebuild", "--check")
    assert wrong.code == 1
    assert wrong.out.startswith("2026-03-04 ")
    assert wrong.out.endswith("commune 1.004194 lookup found -: kept 4, counted 0\n")
    assert "1 figures differ" in wrong.err
    rebuilt = dancu("reports", "rebuild")
    assert (rebuilt.code, rebuilt.err) == (0, "")
    assert "1 figures were others" in rebuilt.out
    assert ask(recordable.owner_url, "select count(*) from usage_figure") == 0
    assert dancu("reports", "rebuild", "--check").code == 0
