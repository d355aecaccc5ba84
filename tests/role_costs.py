"""What four networks at 224 px cost by role, for made-up runs.

Counted by `effprof cost` in fp32; the shares of the time are those of one CPU thread, rounded.
"""

from typing import NamedTuple


class RoleCost(NamedTuple):
    """Forward work of one role for one image; weights are read once for a whole batch."""

    ops: int
    macs: int
    activations: int
    weight_bytes: int
    bytes_read: int
    bytes_written: int
    time_share: float


ROLE_COSTS = {
    "timm/resnet50": {
        "classifier": RoleCost(1, 2_048_000, 0, 8_196_000, 8_192, 4_000, 0.007),
        "pointwise conv": RoleCost(
            36, 2_119_434_240, 8_931_328, 48_513_024, 34_420_736, 35_725_312, 0.44
        ),
        "dense conv": RoleCost(
            17, 1_967_702_016, 2_182_656, 45_306_624, 8_228_864, 8_730_624, 0.43
        ),
        "activation": RoleCost(49, 0, 0, 0, 38_434_816, 38_434_816, 0.04),
        "norm": RoleCost(53, 0, 0, 424_960, 44_455_936, 44_455_936, 0.05),
        "residual add": RoleCost(16, 0, 0, 0, 44_154_880, 22_077_440, 0.023),
        "pool": RoleCost(2, 0, 0, 0, 3_612_672, 2_416_640, 0.01),
    },
    "timm/efficientnet_b0": {
        "SE squeeze": RoleCost(16, 0, 0, 0, 9_226_112, 35_840, 0.03),
        "SE scale": RoleCost(16, 0, 0, 0, 9_261_952, 9_226_112, 0.034),
        "SE gate": RoleCost(16, 0, 0, 0, 35_840, 35_840, 0.0015),
        "SE FC": RoleCost(48, 627_200, 9_340, 2_546_160, 38_880, 38_880, 0.0235),
        "classifier": RoleCost(1, 1_280_000, 0, 5_124_000, 5_120, 4_000, 0.02),
        "depthwise conv": RoleCost(16, 34_532_064, 2_306_528, 728_064, 15_153_152, 9_226_112, 0.13),
        "pointwise conv": RoleCost(
            32, 338_537_472, 4_029_760, 12_584_448, 11_546_752, 16_119_040, 0.491
        ),
        "dense conv": RoleCost(1, 10_838_016, 401_408, 3_456, 602_112, 1_605_632, 0.02),
        "activation": RoleCost(33, 0, 0, 0, 24_630_144, 24_630_144, 0.12),
        "norm": RoleCost(49, 0, 0, 336_128, 26_950_784, 26_950_784, 0.12),
        "residual add": RoleCost(9, 0, 0, 0, 1_680_896, 840_448, 0.006),
        "pool": RoleCost(1, 0, 0, 0, 250_880, 5_120, 0.004),
    },
    "timm/mobilenetv2_100": {
        "classifier": RoleCost(1, 1_280_000, 0, 5_124_000, 5_120, 4_000, 0.025),
        "depthwise conv": RoleCost(17, 20_716_416, 2_301_824, 256_896, 14_964_992, 9_207_296, 0.18),
        "pointwise conv": RoleCost(
            34, 267_939_840, 3_974_880, 8_498_688, 11_496_576, 15_899_520, 0.555
        ),
        "dense conv": RoleCost(1, 10_838_016, 401_408, 3_456, 602_112, 1_605_632, 0.027),
        "activation": RoleCost(35, 0, 0, 0, 24_423_168, 24_423_168, 0.07),
        "norm": RoleCost(52, 0, 0, 272_896, 26_712_448, 26_712_448, 0.13),
        "residual add": RoleCost(10, 0, 0, 0, 1_731_072, 865_536, 0.008),
        "pool": RoleCost(1, 0, 0, 0, 250_880, 5_120, 0.005),
    },
    "timm/resnet18": {
        "classifier": RoleCost(1, 512_000, 0, 2_052_000, 2_048, 4_000, 0.008),
        "pointwise conv": RoleCost(3, 19_267_584, 175_616, 688_128, 1_404_928, 702_464, 0.02),
        "dense conv": RoleCost(
            17, 1_794_293_760, 2_308_096, 43_979_520, 7_325_696, 9_232_384, 0.89
        ),
        "activation": RoleCost(17, 0, 0, 0, 9_232_384, 9_232_384, 0.028),
        "norm": RoleCost(20, 0, 0, 76_800, 9_934_848, 9_934_848, 0.034),
        "residual add": RoleCost(8, 0, 0, 0, 6_021_120, 3_010_560, 0.013),
        "pool": RoleCost(2, 0, 0, 0, 3_311_616, 2_410_496, 0.007),
    },
}
