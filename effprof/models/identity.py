"""What an object that makes or is a model consists of, as a digest that is the same on another day.

The digest stands for what changes a measurement. Counted are the classes and the settings of all
modules, the names, shapes and types of parameters and buffers and whether they are trained, hooks,
and code. Not counted: the values of tensors, on which device they lie, and whether the module is in
training mode. So one architecture has one name before and after it was trained.

Code that an importable module holds counts by its name, as that of `package.module:callable` does:
runs before and after a change of it are compared. Code that is only in memory (a notebook, a
script, a local class, a closure) has no such name and counts itself, with the values that it uses.
It counts as compiled, so that another minor version of Python gives it another digest; so does a
library that gives its modules other settings.
"""

import copyreg
import dis
import hashlib
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any

#: Hexadecimal digits of a digest: four thousand million, for the few models of one name in a store.
DIGITS = 8

#: What every class has, and what says nothing of how it computes.
_OF_EVERY_CLASS = frozenset(
    {
        "__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__annotations__",
        "__annotate__", "__firstlineno__", "__static_attributes__", "_abc_impl",
    }
)  # fmt: skip

#: Parts of a module that count, of those that every module has.
_PARTS = frozenset({"_parameters", "_buffers", "_modules"})

#: Hooks that run in a step; torch numbers them as they are registered.
_HOOKS = frozenset(
    {"_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks"}
)


def digest(thing: object) -> str:
    """Give the digest of a module, or of a callable that makes one; loads torch."""
    description = _Description()
    description.add(thing)
    return description.digest


def importable(thing: Any) -> bool:  # noqa: ANN401  # a class or a function
    """Whether a class or a function is what its module has under its name; not of a script."""
    where, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)
    if where in {None, "__main__"} or name is None:
        return False
    found: Any = sys.modules.get(where)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is thing


class _Description:
    """Writes everything that a thing consists of into a hash, each part once."""

    def __init__(self) -> None:
        from torch import nn

        self._hash = hashlib.sha256()
        #: Parts by address, numbered; they are held, so that no other gets the address.
        self._known: dict[int, tuple[int, object]] = {}
        self._of_every_module = frozenset(vars(nn.Module())) - _PARTS

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()[:DIGITS]

    def add(self, value: object) -> None:
        """Add a value of any type."""
        if isinstance(value, _PLAIN):
            self._write(type(value).__name__, repr(value))
            return
        if not isinstance(value, _VALUES):
            known = self._known.get(id(value))
            if known is not None:
                self._write("again", known[0])
                return
            self._known[id(value)] = len(self._known), value
        add = next(add for matches, add in _KINDS if matches(value))
        add(self, value)

    def _write(self, *words: object) -> None:
        # Separated by what no word holds: ("a", "bc") and ("ab", "c") differ.
        self._hash.update("".join(f"{word}\0" for word in words).encode(errors="backslashreplace"))

    def _add_all(self, kind: str, values: Iterable[object]) -> None:
        values = list(values)
        self._write(kind, len(values))
        for value in values:
            self.add(value)

    def _add_mapping(self, kind: str, values: Mapping[Any, object]) -> None:
        self._add_all(kind, chain.from_iterable(values.items()))

    def _add_tensor(self, tensor: Any) -> None:  # noqa: ANN401
        self._write(type(tensor).__name__, tuple(tensor.shape), tensor.dtype, tensor.requires_grad)

    def _add_array(self, array: Any) -> None:  # noqa: ANN401
        self._write(type(array).__name__, tuple(array.shape), array.dtype)

    def _add_set(self, values: Iterable[object]) -> None:
        plain = (isinstance(each, _PLAIN) for each in values)
        told = (repr(each) if p else type(each) for each, p in zip(values, plain, strict=True))
        self._write("set", *sorted(map(str, told)))

    def _add_module(self, module: Any) -> None:  # noqa: ANN401
        self.add(type(module))
        _, arguments, state = _reduced(module)
        for part in (*arguments, state):
            if not isinstance(part, dict):
                self.add(part)
                continue
            own = sorted(part.keys() - self._of_every_module)
            self._add_mapping("module", {name: part[name] for name in own})
            for name in sorted(_HOOKS & part.keys()):
                self._add_all(name, part[name].values())

    def _add_class(self, owner: type) -> None:
        if importable(owner):
            self._write("class", owner.__module__, owner.__qualname__)
            return
        self._add_all(f"class {owner.__name__}", owner.__bases__)
        own = {name: each for name, each in vars(owner).items() if name not in _OF_EVERY_CLASS}
        self._add_mapping("members", own)

    def _add_function(self, function: types.FunctionType) -> None:
        if importable(function):
            self._write("function", function.__module__, function.__qualname__)
            return
        self.add(function.__code__)
        self._add_all("defaults", (function.__defaults__, function.__kwdefaults__))
        self._add_all("closure", map(_content, function.__closure__ or ()))
        used = sorted(_globals_of(function.__code__) & function.__globals__.keys())
        self._add_mapping("globals", {name: function.__globals__[name] for name in used})
        self._add_mapping("attributes", vars(function))

    def _add_code(self, code: types.CodeType) -> None:
        self._write(
            "code", code.co_code.hex(), code.co_names, code.co_varnames, code.co_freevars,
            code.co_cellvars, code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount,
        )  # fmt: skip
        self._add_all("constants", code.co_consts)

    def _add_property(self, member: property) -> None:
        self._add_all("property", (member.fget, member.fset, member.fdel))

    def _add_other(self, value: object) -> None:
        """Add what pickle would write of it; what pickle cannot write counts by its type."""
        self.add(type(value))
        try:
            name, arguments, state = _reduced(value)
        except Exception:  # noqa: BLE001  # a user's own __reduce__ may raise anything
            return
        self._write(name)
        self._add_all("arguments", arguments)
        self.add(state)


def _reduced(value: Any) -> tuple[str, list[object], object]:  # noqa: ANN401
    """Return (name, arguments, state) of what pickle would make of a value."""
    reducer = copyreg.dispatch_table.get(type(value))
    parts = reducer(value) if reducer else value.__reduce_ex__(4)
    if isinstance(parts, str):
        return parts, [], None
    function, arguments, state, items, pairs = (*parts, None, None, None)[:5]
    name = getattr(function, "__qualname__", type(function).__name__)
    return name, [*arguments, *(items or ()), *chain.from_iterable(pairs or ())], state


def _content(cell: types.CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return None


def _globals_of(code: types.CodeType) -> set[str]:
    """Names of globals that code and the functions inside it read."""
    inner = (each for each in code.co_consts if isinstance(each, types.CodeType))
    own = (each.argval for each in dis.get_instructions(code) if each.opname in _GLOBAL)
    return set(own).union(*map(_globals_of, inner))


_GLOBAL = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})


def _is_torch(*names: str) -> Callable[[object], bool]:
    """Whether a value is of one of the classes of torch; torch is loaded by whoever has one."""

    def matches(value: object) -> bool:
        import torch

        return isinstance(value, tuple(getattr(torch, name) for name in names))

    return matches


def _is_module(value: object) -> bool:
    from torch import nn

    return isinstance(value, nn.Module)


def _is_array(value: object) -> bool:
    # A number of NumPy has no axes, and its value counts.
    shape = getattr(value, "shape", None)
    return isinstance(shape, tuple) and bool(shape) and hasattr(value, "dtype")


def _is(*kinds: type) -> Callable[[object], bool]:
    return lambda value: isinstance(value, kinds)


#: Values that are equal where their text is.
_PLAIN = (types.NoneType, bool, int, float, complex, str, bytes, types.EllipsisType)

#: Values that are the same where they are equal: whether they are one object is chance.
_VALUES = (tuple, frozenset, types.CodeType)

#: How a value is added. Order is meaning; the last row catches all.
_KINDS: tuple[tuple[Callable[[object], bool], Callable[[_Description, Any], None]], ...] = (
    (_is_torch("Tensor"), _Description._add_tensor),
    (_is_module, _Description._add_module),
    (_is_torch("device"), lambda to, _: to._write("device")),
    (_is_torch("dtype"), lambda to, value: to._write(value)),
    (_is(type), _Description._add_class),
    (_is(types.FunctionType), _Description._add_function),
    (_is(types.CodeType), _Description._add_code),
    (_is(types.ModuleType), lambda to, value: to._write("module", value.__name__)),
    (_is(staticmethod, classmethod), lambda to, value: to.add(value.__func__)),
    (_is(property), _Description._add_property),
    (_is(tuple, list), lambda to, value: to._add_all(type(value).__name__, value)),
    (_is(set, frozenset), _Description._add_set),
    (_is(dict), lambda to, value: to._add_mapping(type(value).__name__, value)),
    (_is_array, _Description._add_array),
    (lambda _: True, _Description._add_other),
)
