"""Where the images of a step come from: random ones on the device, or files behind a loader."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import FrameType
from typing import TYPE_CHECKING, Any

from effprof.core.cells import Cell, loader_workers
from effprof.core.outcomes import MEMORY_NUMBERS
from effprof.core.runs import MeasureOptions
from effprof.device.cpu import usable_cores
from effprof.models.jpeg import QUALITY, JpegFiles

if TYPE_CHECKING:
    import torch

#: Gives the images of the next step, on the device.
Images = Callable[[], "torch.Tensor"]

#: Batches that each process of a loader prepares ahead: torch's default. The warm-up takes five of
#: each at least, so that none of those that were ready before the first step is timed.
PREFETCHED = 2

#: More images than any cell takes: the loader draws them one by one and never ends.
_ENDLESS = 2**40

#: Numbers that cannot be taken of a step that waits for a loader, with the reason.
SKIPPED = {"latency": "a step that waits for a loader has no latency of its own"} | dict.fromkeys(
    MEMORY_NUMBERS, "the batches that a loader holds ready vary from step to step"
)

#: Why such a step has no profile, where one was asked for.
NO_PROFILE = "a step that waits for a loader is not profiled"


@dataclass(frozen=True, slots=True)
class Loader:
    """Processes that decode batches ahead; `batches` waits for the next one.

    `pids` are the processes, `settings` say what they do.
    """

    batches: Iterator["torch.Tensor"]
    pids: tuple[int, ...]
    settings: dict[str, str]

    @property
    def workers(self) -> int:
        """How many processes decode."""
        return len(self.pids)

    def onto(self, device: "torch.device", memory_format: "torch.memory_format") -> Images:
        """Move each batch to the device, laid out as asked."""

        def images() -> "torch.Tensor":
            try:
                batch = next(self.batches)
            except (EOFError, ConnectionError) as error:  # it died while it handed one over
                dead = ", ".join(map(str, self.pids))
                raise RuntimeError(f"DataLoader worker (pid {dead}): one of them died") from error
            return batch.to(device, non_blocking=True, memory_format=memory_format)

        return images

    def scaled(self, options: MeasureOptions) -> MeasureOptions:
        """Spend the same time where each sample is the mean of a round of `workers` steps."""
        return replace(
            options,
            min_seconds=options.min_seconds / self.workers,
            time_cap_seconds=options.time_cap_seconds / self.workers,
            warmup_seconds=options.warmup_seconds / self.workers,
        )


def start_loader(cell: Cell, device_kind: str) -> Loader | None:
    """Write the files and start the processes that a cell is fed by; None where it needs none.

    Call it before the worker is bound to its cores, which the processes would inherit, and on a GPU
    once that is the current device, which batches are pinned for. Raises `OSError` naming the
    folder where the files cannot be written.
    """
    workers = loader_workers(cell.loader)
    if not workers:
        return None
    from torch.utils.data import DataLoader, RandomSampler

    files = JpegFiles(cell.resolution)
    mean_bytes = files.mean_bytes
    before = {child.pid for child in multiprocessing.active_children()}
    loader: DataLoader[Any] = DataLoader(
        files,  # type: ignore[arg-type]  # it has what the protocol asks for
        batch_size=cell.batch_size,
        sampler=RandomSampler(files, replacement=True, num_samples=_ENDLESS),
        num_workers=workers,
        prefetch_factor=PREFETCHED,
        pin_memory=device_kind == "cuda",
        multiprocessing_context="fork",  # they share files that have no names
    )
    batches = iter(loader)
    _raise_once()
    started = (child.pid for child in multiprocessing.active_children() if child.pid not in before)
    settings = {
        "loader": f"{_counted(workers, 'process', 'es')} on {_counted(usable_cores(), 'core')},"
        f" {PREFETCHED} batches ahead each",
        "files": f"{len(files)} random JPEG files of {mean_bytes / 1e3:.0f} kB, quality {QUALITY}",
    }
    files.close()  # the processes hold them
    return Loader(batches, tuple(pid for pid in started if pid is not None), settings)


def _raise_once() -> None:
    """Have torch raise only once, anywhere in this process, that a process of a loader died.

    It does so from a signal handler: while that is classified, the next process to die would raise
    another error that nobody catches.
    """
    told = signal.getsignal(signal.SIGCHLD)
    assert callable(told), "torch hears of dead processes since the loader has begun"

    def once(number: int, frame: FrameType | None) -> None:
        try:
            told(number, frame)
        except RuntimeError:
            signal.signal(signal.SIGCHLD, lambda *_: None)
            raise

    signal.signal(signal.SIGCHLD, once)


def _counted(number: int, noun: str, plural: str = "s") -> str:
    return f"{number} {noun}{plural * (number != 1)}"
