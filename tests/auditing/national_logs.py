"""Two sides that agree, as many lookups as one likes, and twenty discrepancies to plant among them."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from app.auditing.reconciliation import reconcile
from app.auditing.reconciliation_reading import NationalLog
from app.auditing.reconciliation_spill import Spill
from app.auditing.reconciliation_texts import local_time
from app.auditing.reconciliation_values import Kind, Period, Recorded, Rules, Totals

HEADING = "ThoiGian,MaYeuCau,MaCanBo,MaDVC,DichVu,KetQua"
STARTS = 1_793_491_200_000  # 2026-11-01 07:00 in Vietnam
STEP = 17_000
AHEAD = 3_000
"""The national side's clock runs three seconds ahead."""
MONTH = Period(STARTS - 60_000, STARTS + 31 * 86_400_000)
LONG_AGO = 0x019E_0000_0000_7000_8000_0000_0000_0000


def id_of(number: int) -> str:
    return f"{LONG_AGO + number * 7919:032x}"


def code_of(number: int) -> str:
    return f"cb-{number % 97:03d}"


def at_of(number: int) -> int:
    return STARTS + number * STEP + number * 31 % 997


def a_record(
    number: int, outcome: str = "found", *, at: int | None = None, code: str | None = None
) -> Recorded:
    return Recorded(
        id_of(number),
        at_of(number) if at is None else at,
        str(UUID(id_of(number))),
        "00000000-0000-0000-0000-000000000007",
        code_of(number) if code is None else code,
        "H19.34",
        "mot-cua",
        "1.004194",
        "lgsp-soap",
        outcome,
    )


def a_row(number: int, result: str = "found", *, at: int | None = None, code: str | None = None) -> str:
    time = local_time((at_of(number) if at is None else at) + AHEAD + number * 13 % 900)
    return f"{time},{id_of(number)},{code_of(number) if code is None else code},1.004194,037,{result}"


OUTCOMES = ("found", "not_found", "mismatch", "found", "found", "upstream_confused")


class Sides:
    """Both sides of *count* lookups with twenty discrepancies, and innocent oddities that are none."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.period = Period(MONTH.start, at_of(count) + 120_000)
        step = count // 21
        places = [step * each for each in range(1, 21)]
        names = (
            ["bypassed"] * 3 + ["without_id"] * 2 + ["dropped"] * 4 + ["invented"] * 4
            + ["looked_twice"] * 2 + ["recorded_twice"] + ["late"] * 2 + ["other_officer"] * 2
        )  # fmt: skip
        self.planted = dict(zip(places, names, strict=True))
        self.innocent = {places[0] + 1: "token", places[1] + 1: "silent", places[2] + 1: "unknown"}

    def rows(self) -> Iterator[str]:
        """Yield the national side's rows, in the order of its clock but for few."""
        for number in range(self.count):
            match self.planted.get(number) or self.innocent.get(number):
                case "bypassed":
                    yield a_row(number)
                    yield a_row(number + 10 * self.count, at=at_of(number))
                case "without_id":
                    yield a_row(number)
                    yield a_row(number).replace(id_of(number), "")
                case "invented" | "silent" | "unknown":
                    pass
                case "looked_twice":
                    yield a_row(number)
                    yield a_row(number, at=at_of(number) + 400)
                case "late":
                    yield a_row(number, at=at_of(number) + 61_000 * (-1 if number % 2 else 1))
                case "other_officer":
                    yield a_row(number, code="cb-999")
                case "token":
                    yield a_row(number, "token_rejected_once")
                    yield a_row(number)
                case _:
                    yield a_row(number)
        yield ",,,,037,not_admitted".replace(",", local_time(STARTS) + ",", 1)

    def records(self) -> Iterator[Recorded]:
        """Yield our records."""
        for number in range(self.count):
            match self.planted.get(number) or self.innocent.get(number):
                case "dropped":
                    pass
                case "recorded_twice":
                    yield a_record(number)
                    yield a_record(number)
                case "invented":
                    yield a_record(number, OUTCOMES[number % 3])
                case "silent":
                    yield a_record(number, "upstream_unavailable")
                case "unknown":
                    yield a_record(number, "")
                case _:
                    yield a_record(number, OUTCOMES[number % len(OUTCOMES)])

    def expected(self) -> dict[Kind, int]:
        """What is to be found, and nothing else."""
        return {
            Kind.LOOK_WITHOUT_RECORD: 9,
            Kind.RECORD_WITHOUT_LOOK: 4,
            Kind.LOOKED_TWICE: 2,
            Kind.RECORDED_TWICE: 1,
            Kind.TIME_DIFFERS: 2,
            Kind.OTHER_OFFICER: 2,
            Kind.UNCERTAIN: 2,
        }

    def write_log(self, path: Path) -> None:
        """Write the national side's log to *path*."""
        with path.open("w", encoding="utf-8") as file:
            file.write(HEADING + "\n")
            file.writelines(row + "\n" for row in self.rows())


def compared(spill: Spill, log: Path, records: Iterator[Recorded], rules: Rules | None = None) -> Totals:
    """Return what comparing the log with these records comes to."""
    for _ in spill.take_rows(NationalLog(log).rows()):
        pass
    spill.take_records(records)
    return reconcile(spill, rules or Rules(MONTH))
