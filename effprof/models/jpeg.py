"""JPEG files as a network is fed with them: decoded, resized, cropped and normalised on the CPU.

What the files show is random, smooth as photographs are, so that they compress and decode like
them. They have no names: the system removes them with the last process that holds them.
"""

import io
import os
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

#: Files that a loader draws from, each written anew in every process.
FILES = 64

#: Width and height in pixels: the commonest size in ImageNet.
WIDTH, HEIGHT = 500, 375

#: Quality at which Pillow writes them.
QUALITY = 90

#: Edges of the grids of random colours that are blown up and added, and how strong each is: larger
#: structures have more contrast, as in photographs. About 100 KB a file, ImageNet's mean is 110.
_GRIDS = ((5, 1.0), (24, 0.5), (96, 0.25), (375, 0.45))

#: Deviation of the sum from medium grey.
_CONTRAST = 45.0

#: Share of the resized image that the crop keeps, and the colours' mean and deviation: what
#: evaluation on ImageNet does.
CROP_SHARE = 0.875
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def picture(seed: int) -> "Image":
    """Make up a picture; the same seed gives the same one."""
    import numpy as np
    from PIL import Image

    random = np.random.default_rng(seed)
    total = np.zeros((HEIGHT, WIDTH, 3))
    for edge, strength in _GRIDS:
        grid = random.normal(size=(edge, edge, 3)) * 40 + 128
        small = Image.fromarray(grid.clip(0, 255).astype(np.uint8))
        blown_up = small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
        total += (np.asarray(blown_up, dtype=float) - 128) / 40 * strength
    return Image.fromarray((total * _CONTRAST + 128).clip(0, 255).astype(np.uint8))


@dataclass(frozen=True, slots=True)
class _File:
    """A file without a name: its descriptor and its size in bytes."""

    descriptor: int
    size: int


class JpegFiles:
    """Random pictures as files, each given as a normalised tensor of `resolution` x `resolution`.

    Raises `OSError`, naming the folder, when they cannot be written. Processes that share them must
    be forked.
    """

    def __init__(self, resolution: int) -> None:
        """Write `FILES` pictures where temporary files are kept."""
        from torchvision import transforms

        try:
            self._files = [_written(picture(seed)) for seed in range(FILES)]
        except OSError as error:
            raise OSError(
                f"cannot write {FILES} JPEG files to {tempfile.tempdir or 'a temporary folder'}:"
                f" {error.strerror or error}; make room there, or name another folder with TMPDIR"
            ) from error
        self._transform = transforms.Compose(
            (
                transforms.Resize(round(resolution / CROP_SHARE)),
                transforms.CenterCrop(resolution),
                transforms.ToTensor(),
                transforms.Normalize(MEAN, DEVIATION),
            )
        )

    def __len__(self) -> int:
        """Count the files."""
        return len(self._files)

    def __getitem__(self, index: int) -> "torch.Tensor":
        """Read, decode and transform one file."""
        from PIL import Image

        file = self._files[index]
        # Reads at a place: processes that share a descriptor share its position too.
        content = os.pread(file.descriptor, file.size, 0)
        image: torch.Tensor = self._transform(Image.open(io.BytesIO(content)).convert("RGB"))
        return image

    @property
    def mean_bytes(self) -> float:
        """Mean size of a file."""
        return sum(file.size for file in self._files) / len(self._files)

    def close(self) -> None:
        """Let go of the files; they are gone once no process holds them."""
        for file in self._files:
            os.close(file.descriptor)
        self._files.clear()


def _written(image: "Image") -> _File:
    with tempfile.TemporaryFile(prefix="effprof-") as file:
        image.save(file, "JPEG", quality=QUALITY)
        file.flush()
        return _File(os.dup(file.fileno()), file.tell())
