"""Models that are objects: an `nn.Module`, or a callable that makes one, copied into workers.

cloudpickle writes them into files, with code that stands in no importable module. What is written
is executed where it is opened: in workers of the process that was given the object and, to be
counted, in that process itself. No store and no exported run holds it: whoever can write to a store
would run code on every machine that reads it.
"""

from __future__ import annotations

import io
import pickle
import re
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from effprof.core.errors import BadInput
from effprof.core.units import byte_size
from effprof.models.identity import digest

if TYPE_CHECKING:
    from torch import nn

    #: An `nn.Module`, or what makes one when it is called without arguments.
    ModelObject: TypeAlias = nn.Module | Callable[[], nn.Module]

#: What to do about an object that cannot be copied.
INSTEAD = "put a function that makes it into a file and give 'file.py:function'"

#: Longest part of a name that is taken from a class or a function, in characters.
LONGEST_LABEL = 40

#: Longest reason that is quoted of an error, in characters.
LONGEST_REASON = 200


@dataclass(frozen=True)
class Sent:
    """Models as workers are given them: the name of each, and the file of each that is an object.

    `files` is name -> path. They lie in a folder that only this user can enter, and are deleted
    with this value, at the latest when the process ends.
    """

    names: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)


def send(models: Iterable[str | ModelObject]) -> Sent:
    """Write every model that is an object into a file; names stay as they are.

    No object is changed, moved or called. Objects of one name are one model, of which the first is
    sent. Raises `BadInput` naming each that cannot be sent, why, and what to give instead.
    """
    given = tuple(models)
    if all(isinstance(each, str) for each in given):
        return Sent(tuple(str(each) for each in given))
    folder = Path(tempfile.mkdtemp(prefix="effprof-"))
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        sent = _written(given, folder)
        weakref.finalize(sent, undo.pop_all().close)
    return sent


def _written(models: Iterable[str | ModelObject], folder: Path) -> Sent:
    names: list[str] = []
    files: dict[str, str] = {}
    problems: list[str] = []
    for number, model in enumerate(models):
        if isinstance(model, str):
            names.append(model)
            continue
        path = str(folder / f"{number}.pt")
        try:
            _refuse_empty(model)
            pack(model, path)
            names.append(object_name(model))
        except BadInput as error:
            problems.append(str(error))
        else:
            files.setdefault(names[-1], path)
    if problems:
        raise BadInput("\n".join(dict.fromkeys(problems)))
    return Sent(tuple(names), files)


def object_name(model: ModelObject) -> str:
    """Name an object: its class or function, and the digest of what it consists of.

    `object:MyNet-3f2a9c1d` is the same on another day and for other weights, and another one for
    another architecture or other code (`effprof.models.identity` says what counts). Raises
    `BadInput` where it cannot be looked through.
    """
    with _copying(model):
        return f"object:{_label(model)}-{digest(model)}"


def pack(model: object, file: str | IO[bytes]) -> None:
    """Write an object into a file, its tensors as they are, from whatever device they are on.

    Raises `BadInput` for what is neither a module nor a callable, for what cannot be copied, and
    where weights need more memory than is free.
    """
    import cloudpickle
    import torch
    from torch import nn

    if isinstance(model, nn.Module):
        _refuse_uncopyable(model)
    elif not callable(model):
        kind = type(model).__name__
        raise BadInput(f"{model!r:.80} is a {kind}, not a model: a name, a module or a callable")
    with _copying(model):
        torch.save(model, file, pickle_module=cloudpickle, pickle_protocol=pickle.HIGHEST_PROTOCOL)


def unpack(file: str | IO[bytes], device: str) -> ModelObject:
    """Run what `pack` wrote; every tensor of it comes to `device`, on "meta" without contents."""
    import torch

    opened: ModelObject = torch.load(file, map_location=device, weights_only=False)
    return opened


def copied_to(model: ModelObject, device: str) -> ModelObject:
    """Copy an object, its tensors to `device`, on "meta" without contents; raises as `pack`."""
    with io.BytesIO() as file:
        pack(model, file)
        file.seek(0)
        return unpack(file, device)


#: Name -> file of the objects that the running call of a worker was sent. Between a worker, which
#: gets them, and the provider that builds them lie all the functions that know models by name.
_RECEIVED: ContextVar[Mapping[str, str] | None] = ContextVar("received", default=None)


@contextmanager
def receiving(files: Mapping[str, str]) -> Iterator[None]:
    """Let objects of these names be opened meanwhile; `files` are those of `Sent`."""
    before = _RECEIVED.set(files)
    try:
        yield
    finally:
        _RECEIVED.reset(before)


def received(name: str, device: str) -> ModelObject:
    """Open an object that this process was sent, afresh each time, its tensors on `device`.

    Raises `BadInput` where it was not sent one of this name, or where it does not open.
    """
    path = (_RECEIVED.get() or {}).get(name)
    if path is None:
        raise BadInput(
            f"{name} was an object of a Python process, and objects are not stored: give the object"
            f" again in Python, or {INSTEAD}"
        )
    try:
        return unpack(path, device)
    except Exception as error:
        # Opening imports and runs the user's code, which may raise anything.
        raise BadInput(f"{name} does not open in a worker: {_told(error)}; {INSTEAD}") from error


def _label(model: Any) -> str:  # noqa: ANN401
    """Name a class or a function in letters, digits and underscores."""
    while isinstance(model, partial):
        model = model.func
    name = getattr(model, "__name__", type(model).__name__)
    return re.sub(r"\W", "", name, flags=re.ASCII)[:LONGEST_LABEL] or "model"


@contextmanager
def _copying(model: object) -> Iterator[None]:
    """Turn whatever goes wrong while an object is looked through into `BadInput`."""
    try:
        yield
    except Exception as error:
        # Pickling runs the user's own methods, which may raise anything.
        raise _uncopyable(model, _told(error)) from error


def _uncopyable(model: object, reason: str) -> BadInput:
    return BadInput(f"{_label(model)} cannot be copied: {reason}; {INSTEAD}")


def _told(error: Exception) -> str:
    first = str(error).strip().partition("\n")[0][:LONGEST_REASON]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def _refuse_uncopyable(model: nn.Module) -> None:
    """Raise `BadInput` for a module that a copy in another process would not be the same as."""
    import psutil
    from torch.nn.parameter import is_lazy

    for path, module in model.named_modules():
        for matches, reason in _UNCOPYABLE:
            if matches(module):
                place = f"its part {path}" if path else "it"
                raise _uncopyable(model, f"{place} {reason}")
    tensors = [*model.parameters(), *model.buffers()]
    if any(map(is_lazy, tensors)):
        raise _uncopyable(model, "its weights have no shapes yet: run it on an image first")
    needed = sum(tensor.numel() * tensor.element_size() for tensor in tensors if not tensor.is_meta)
    free = psutil.virtual_memory().available
    if needed > free:
        sizes = f"its weights take {byte_size(needed)}, and {byte_size(free)} of memory are free"
        raise _uncopyable(model, sizes)


def _refuse_empty(model: object) -> None:
    """Raise `BadInput` for a module whose weights have no contents to send."""
    from torch import nn

    if isinstance(model, nn.Module) and any(each.is_meta for each in model.parameters()):
        raise _uncopyable(model, "its weights are on the meta device, where they have no contents")


def _is_scripted(module: nn.Module) -> bool:
    import torch

    return isinstance(module, torch.jit.ScriptModule)


def _is_compiled(module: nn.Module) -> bool:
    return hasattr(module, "_orig_mod")  # to name the class would load the compiler


def _is_spread(module: nn.Module) -> bool:
    from torch import nn

    return isinstance(module, (nn.DataParallel, nn.parallel.DistributedDataParallel))


#: What a module must not be, nor a part of it, and how that is said.
_UNCOPYABLE: tuple[tuple[Callable[[nn.Module], bool], str], ...] = (
    (_is_scripted, "is TorchScript, which cannot be pickled"),
    (_is_compiled, "is compiled: give what was compiled, and measure it with execution compile"),
    (_is_spread, "is spread over devices: give its attribute module"),
)
