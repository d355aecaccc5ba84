"""Is a network that is efficient on paper efficient on your hardware? effprof measures it.

As a library: `docs/api.md`. A name is loaded when it is first asked for, so that importing effprof
loads nothing of what measures or computes.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from effprof.core.cells import Cell
    from effprof.core.estimates import Absent, Estimate
    from effprof.core.runs import Run
    from effprof.face import (
        claims,
        compare,
        cost,
        load,
        measure,
        night,
        pick,
        plot,
        profile,
        report,
        resume,
        run,
        runs,
        scale,
        write_up,
    )
    from effprof.study.study import Study
    from effprof.sweep.listener import Listener

    __version__: str

__all__ = [
    "Absent",
    "Cell",
    "Estimate",
    "Listener",
    "Run",
    "Study",
    "__version__",
    "claims",
    "compare",
    "cost",
    "load",
    "measure",
    "night",
    "pick",
    "plot",
    "profile",
    "report",
    "resume",
    "run",
    "runs",
    "scale",
    "write_up",
]

#: Name -> the module that defines it: functions are those of `effprof.face`.
_HOMES = dict.fromkeys(__all__, "effprof.face") | {
    "Absent": "effprof.core.estimates",
    "Cell": "effprof.core.cells",
    "Estimate": "effprof.core.estimates",
    "Listener": "effprof.sweep.listener",
    "Run": "effprof.core.runs",
    "Study": "effprof.face",  # where it learns how notebooks show it
}


class _Face(ModuleType):
    """The module effprof. Its names outrank its packages `claims`, `cost` and `report`.

    Whoever imports such a package first would find it under the name of the function.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Face


def _loaded(name: str) -> object:
    """Load what a name stands for, once; raises `AttributeError` with suggestions for no name."""
    if name == "__version__":
        from importlib.metadata import version  # takes as long to load as all else here

        value: object = version("effprof")
    elif name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    else:
        from effprof.core.errors import suggestion

        hint = suggestion(name, __all__)
        raise AttributeError(f"effprof has no {name!r}{hint}", name=name, obj=sys.modules[__name__])
    globals()[name] = value
    return value


if not TYPE_CHECKING:  # type checkers are to miss a name that is none
    __getattr__ = _loaded


def __dir__() -> list[str]:
    return list(__all__)
