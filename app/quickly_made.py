"""Makes frozen values cheap to make: some hundred are made at every lookup."""

from dataclasses import MISSING, fields, is_dataclass
from inspect import signature
from typing import Any, Final, TypeVar

T = TypeVar("T")
_set_class: Final = object.__dict__["__class__"].__set__


def quickly_made(cls: type[T]) -> type[T]:
    """Return *cls*, a frozen slotted dataclass, with a constructor that does the same in a third of the time.

    The one of dataclasses asks `object.__setattr__` for each field by name, past the class that forbids it.
    This one lends what it makes another class meanwhile, of the same slots, that forbids nothing; that alone
    takes as long as one field. Raises TypeError for a class that it is not for.
    """
    usual: Any = cls.__init__
    if not is_dataclass(cls) or "__slots__" not in vars(cls) or usual.__code__.co_kwonlyargcount:
        raise TypeError(f"{cls.__name__} is no dataclass with slots, or has arguments by keyword only")
    if cls.__bases__ != (object,):
        raise TypeError(f"{cls.__name__} has slots that are another class's")
    if any(not one.init for one in fields(cls)):
        raise TypeError(f"{cls.__name__} has fields that its caller does not give")
    names = [one.name for one in fields(cls)]
    makers = {one.name: one.default_factory for one in fields(cls) if one.default_factory is not MISSING}
    lines = [f"if {name} is not_given_{name}: {name} = make_{name}()" for name in makers]
    lines += ["frozen_class = self.__class__", "set_class(self, open_class)"]
    lines += [*(f"self.{name} = {name}" for name in names), "self.__class__ = frozen_class"]
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    open_class = type(cls.__name__, (), {"__slots__": tuple(names)})
    known: dict[str, Any] = {"set_class": _set_class, "open_class": open_class}
    for name, make in makers.items():
        # What stands for "not given" among the defaults that dataclasses chose.
        known |= {f"make_{name}": make, f"not_given_{name}": signature(usual).parameters[name].default}
    source = f"def __init__(self, {', '.join(names)}):\n    " + "\n    ".join(lines)
    exec(source, known)  # noqa: S102 - of field names only, as dataclasses itself does it
    quick = known["__init__"]
    quick.__defaults__, quick.__annotations__ = usual.__defaults__, usual.__annotations__
    quick.__qualname__, quick.__module__ = usual.__qualname__, cls.__module__
    cls.__init__ = quick  # type: ignore[method-assign] # the same constructor to whoever calls it
    return cls
