"""What can go wrong with a measurement, told in one line."""


class BenchError(Exception):
    """The run gives no figures: something did not start, or an answer was not what it must be."""


class MissingProgramError(BenchError):
    """nginx or wrk is not here; the text says how to get it."""
