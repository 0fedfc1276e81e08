"""How measurements end: a figure that was missed is never a zero."""

import signal
from collections.abc import Iterator

import pytest

from bench.endings import run, show
from bench.failure import BenchError, MissingProgramError


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """A measurement takes over SIGTERM; tests give it back."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(
    ("raised", "code"),
    [(BenchError("nobody answered"), 1), (MissingProgramError("no wrk"), 2), (KeyboardInterrupt(), 130)],
    ids=["no figures", "a program is missing", "interrupted"],
)
def test_a_run_without_figures_says_so_by_its_exit_code(raised: BaseException, code: int) -> None:
    def work() -> int:
        raise raised

    assert run(work) == code


@pytest.mark.parametrize(
    ("kept", "code"), [((True, True), 0), ((True, False), 1)], ids=["all kept", "one broken"]
)
def test_one_broken_rule_fails_the_run(
    kept: tuple[bool, ...], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    said = [(is_kept, f"rule {number}") for number, is_kept in enumerate(kept)]
    assert show(said) == code
    written = capsys.readouterr().out
    assert ("FAIL rule 1" in written) is (code == 1)
    assert "ok   rule 0" in written
