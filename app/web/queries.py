"""Reading what stands behind the question mark of a path: strict, and never repeating what was sent."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from app.errors import InvalidRequestError, ProblemCode

M = TypeVar("M", bound=BaseModel)


def read_query(model: type[M], **values: str | None) -> M:
    """Return the parameters as *model*; those that are not there have its defaults.

    Raises InvalidRequestError(INVALID_VALUE), which points to the parameter.
    """
    given = {name: value for name, value in values.items() if value is not None}
    try:
        return model.model_validate_strings(given)
    except ValidationError as error:
        names = sorted({str(fault["loc"][0]) for fault in error.errors(include_input=False) if fault["loc"]})
    # Raised outside "except": pydantic's own message would otherwise ride along as context.
    raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=tuple(f"/{name}" for name in names))
