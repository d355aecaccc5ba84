"""Small networks that a counter easily gets wrong, on images of 3 x 32 x 32, with their MACs."""

import torch
from torch import nn

#: Function that makes a network -> MACs for one image.
MACS = {
    "bare_state": 64 * 48 * 6 + 8 * 8 * 4 * 10 * (6 + 10) + 7 * 10,
    "complex_weight": 1024 * 3 * 4 + 4 * (4 * 6 * 32 * 17) + 6 * 5,
    "partly_scripted": 1024 * 27 * 6 + 6 * 5,
    "deformable": 1024 * 27 * 18 + 1024 * 27 * 12 + 12 * 5,
    "matrix_times_vector": 3072 + 3072 * 16,
    "encoder": 16 * 192 * 24 + 3 * 16 * (4 * 24 * 24 + 2 * 24 * 48 + 2 * 16 * 24) + 24 * 5,
    "asks_a_value": 1024 * 27 * 6 + 6 * 5,
    "holds_a_tensor": 1024 * 27 * 6 + 6 * 5,
}

#: Those that shapes alone do not tell, with a word of the reason.
COMPUTED = {"partly_scripted": "TorchScript", "asks_a_value": "value of a tensor"}


class BareState(nn.Module):
    """A recurrent cell whose state `forward` makes without saying where."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 6, 4, 4)
        self.cell, self.head = nn.LSTMCell(6, 10), nn.Linear(10, 7)

    def forward(self, image):
        state = torch.zeros(len(image), 10), torch.zeros(len(image), 10)
        for step in self.patches(image).flatten(2).unbind(2):
            state = self.cell(step, state)
        return self.head(state[0])


def bare_state():
    return BareState()


class OfFrequencies(nn.Module):
    """Multiplies the spectrum of an image by complex matrices."""

    def __init__(self):
        super().__init__()
        self.lift, self.head = nn.Conv2d(3, 4, 1), nn.Linear(6, 5)
        self.weight = nn.Parameter(torch.randn(32, 17, 4, 6, dtype=torch.cfloat))

    def forward(self, image):
        spectrum = torch.fft.rfft2(self.lift(image)).permute(2, 3, 0, 1)
        mixed = (spectrum @ self.weight).permute(2, 3, 0, 1)
        return self.head(torch.fft.irfft2(mixed).mean((2, 3)))


def complex_weight():
    return OfFrequencies()


class Pooled(nn.Module):
    """Class scores of a body with six channels."""

    def __init__(self, body):
        super().__init__()
        self.body, self.head = body, nn.Linear(6, 5)

    def forward(self, image):
        return self.head(self.body(image).mean((2, 3)))


def convolution():
    return nn.Conv2d(3, 6, 3, padding=1)


def partly_scripted():
    return Pooled(torch.jit.script(nn.Sequential(convolution(), nn.ReLU())))


class Deformable(nn.Module):
    def __init__(self):
        super().__init__()
        from torchvision.ops import DeformConv2d

        self.offsets = nn.Conv2d(3, 18, 3, padding=1)
        self.body, self.head = DeformConv2d(3, 12, 3, padding=1), nn.Linear(12, 5)

    def forward(self, image):
        return self.head(self.body(image, self.offsets(image)).mean((2, 3)))


def deformable():
    return Deformable()


class Weighing(nn.Module):
    """Scales its scores by the product of the image and one vector."""

    def __init__(self):
        super().__init__()
        self.vector, self.layer = nn.Parameter(torch.randn(3072)), nn.Linear(3072, 16)

    def forward(self, image):
        flat = image.flatten(1)
        return self.layer(flat) * (flat @ self.vector).unsqueeze(1)


def matrix_times_vector():
    return Weighing()


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches, self.head = nn.Conv2d(3, 24, 8, 8), nn.Linear(24, 5)
        layer = nn.TransformerEncoderLayer(24, 2, 48, batch_first=True)
        self.body = nn.TransformerEncoder(layer, 3)

    def forward(self, image):
        return self.head(self.body(self.patches(image).flatten(2).transpose(1, 2))[:, 0])


def encoder():
    return Encoder()


class Asking(Pooled):
    """Takes a way that a value decides."""

    def forward(self, image):
        return super().forward(image if image.abs().max() > 0 else -image)


def asks_a_value():
    return Asking(convolution())


class Holding(Pooled):
    """Holds a tensor that is neither a weight nor a buffer."""

    def __init__(self, body):
        super().__init__(body)
        self.offset = torch.ones(3, 1, 1)

    def forward(self, image):
        return super().forward(image + self.offset)


def holds_a_tensor():
    return Holding(convolution())
