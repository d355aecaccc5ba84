"""Sentinels: fixed work that watches the machine, and not any network's code.

When these move from one night to the next, the machine moved. They are the user's models of
`effprof.models.names` like any other: `effprof.models.sentinels:matrix_product`. The resolution
sets their size.
"""

from torch import Tensor, nn


class MatrixProduct(nn.Module):
    """Multiplies one channel of the image with itself: arithmetic, and nothing else."""

    def forward(self, images: Tensor) -> Tensor:
        """Return the product, shape (H, H)."""
        plane = images[0, 0]
        return plane @ plane


class Copy(nn.Module):
    """Copies the images: memory traffic, and nothing else."""

    def forward(self, images: Tensor) -> Tensor:
        """Return the copy."""
        return images.clone()


def matrix_product() -> nn.Module:
    """Build the matrix product."""
    return MatrixProduct()


def copy() -> nn.Module:
    """Build the copy."""
    return Copy()
