"""Names of micro-architectures: models, and the instructions that each must and may have.

A hypervisor can show any model and hide any instructions, so a name is given only where both
agree. Sources: of Intel arch/x86/include/asm/intel-family.h of the Linux kernel, steppings where it
names them; of AMD the ranges by which arch/x86/kernel/cpu/amd.c tells the generations of Zen; of
Arm's architecture the part numbers of arch/arm64/include/asm/cputype.h, and where the chips of
clouds are built on a core, their makers' documentation. What a row may have besides are
instructions that older kernels do not show, or that firmware and clouds often switch off.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from effprof.device.instructions import (
    AMX,
    ASIMD,
    ASIMD_FP16,
    AVX2,
    AVX512,
    AVX512_BF16,
    AVX512_VNNI,
    DOT_PRODUCT,
    MATRIX,
    SVE,
    SVE2,
)

#: Stepping of which there is no larger one.
_LAST = 15


@dataclass(frozen=True, slots=True)
class Microarchitecture:
    """One row: CPUs of `family` and `models` whose instructions agree have this `name`.

    `family` and `models` are texts as /proc/cpuinfo shows them; on Arm they are implementer and
    part. `steppings` are the first and the last, of x86 only. `seen` names chips built on it.
    """

    name: str
    maker: str
    family: str
    models: frozenset[str]
    has: frozenset[str]
    may: frozenset[str] = frozenset()
    steppings: tuple[int, int] = (0, _LAST)
    seen: str = ""

    def agrees(self, stepping: str | None, instructions: Iterable[str]) -> bool:
        """Whether a CPU of its models can be one: nothing is lacking, and nothing too much."""
        first, last = self.steppings
        fits = stepping is None or not stepping.isdecimal() or first <= int(stepping) <= last
        return fits and self.has <= frozenset(instructions) <= self.has | self.may


def _models(*models: int | range) -> frozenset[str]:
    return frozenset(
        str(each) for model in models for each in ([model] if isinstance(model, int) else model)
    )


def _intel(
    name: str,
    models: frozenset[str],
    has: frozenset[str],
    may: frozenset[str] = frozenset(),
    steppings: tuple[int, int] = (0, _LAST),
) -> Microarchitecture:
    return Microarchitecture(name, "Intel", "6", models, has, may, steppings)


def _amd(
    name: str,
    family: int,
    models: frozenset[str],
    has: frozenset[str],
    may: frozenset[str] = frozenset(),
) -> Microarchitecture:
    return Microarchitecture(name, "AMD", str(family), models, has, may)


def _arm(
    name: str,
    part: str,
    has: frozenset[str],
    may: frozenset[str] = frozenset(),
    seen: str = "",
) -> Microarchitecture:
    return Microarchitecture(name, "Arm", "0x41", frozenset({part}), has, may, seen=seen)


def _other_arm(
    maker: str, implementer: str, part: str, name: str, has: frozenset[str]
) -> Microarchitecture:
    return Microarchitecture(name, maker, implementer, frozenset({part}), has, MATRIX)


_VNNI = frozenset({"AVX-VNNI"})
_LATE_SERVER = AMX | _VNNI | {"AVX-512 FP16"}
_ALDER_LAKE = _VNNI | AVX512_BF16 | {"AVX-512 FP16"}

#: The first row that agrees wins; a model has several where steppings tell them apart.
MICROARCHITECTURES: tuple[Microarchitecture, ...] = (
    _intel("Sandy Bridge", _models(42, 45), frozenset()),
    _intel("Ivy Bridge", _models(58, 62), frozenset()),
    _intel("Haswell", _models(60, 63, 69, 70), AVX2),
    _intel("Broadwell", _models(61, 71, 79, 86), AVX2),
    _intel("Skylake", _models(78, 94), AVX2),
    _intel("Skylake server", _models(85), AVX512, steppings=(0, 4)),
    _intel("Cascade Lake", _models(85), AVX512_VNNI, steppings=(5, 7)),
    _intel("Cooper Lake", _models(85), AVX512_BF16, steppings=(10, 11)),
    _intel("Kaby Lake", _models(142, 158), AVX2, steppings=(0, 9)),
    _intel("Coffee Lake", _models(142), AVX2, steppings=(10, 10)),
    _intel("Coffee Lake", _models(158), AVX2, steppings=(10, 13)),
    _intel("Whiskey Lake", _models(142), AVX2, steppings=(11, 12)),
    _intel("Comet Lake", _models(165, 166), AVX2),
    _intel("Cannon Lake", _models(102), AVX512),
    _intel("Ice Lake", _models(125, 126), AVX512_VNNI),
    _intel("Ice Lake server", _models(106, 108), AVX512_VNNI),
    _intel("Tiger Lake", _models(140, 141), AVX512_VNNI),
    _intel("Rocket Lake", _models(167), AVX512_VNNI),
    _intel("Alder Lake", _models(151, 154, 190), AVX2, _ALDER_LAKE),
    _intel("Raptor Lake", _models(183, 186, 191), AVX2, _VNNI),
    _intel("Meteor Lake", _models(170, 172), AVX2, _VNNI),
    _intel("Arrow Lake", _models(181, 197, 198), AVX2, _VNNI),
    _intel("Lunar Lake", _models(189), AVX2, _VNNI),
    _intel("Panther Lake", _models(204), AVX2, _VNNI),
    _intel("Sapphire Rapids", _models(143), AVX512_BF16, _LATE_SERVER),
    _intel("Emerald Rapids", _models(207), AVX512_BF16, _LATE_SERVER),
    _intel("Granite Rapids", _models(173, 174), AVX512_BF16, _LATE_SERVER | {"AMX FP16"}),
    _intel("Sierra Forest", _models(175), AVX2, _VNNI),
    _amd("Zen+", 23, _models(8, 24), AVX2),
    _amd("Zen", 23, _models(range(0x30), range(0x50, 0x60)) - _models(8, 24), AVX2),
    _amd(
        "Zen 2",
        23,
        _models(range(0x30, 0x50), range(0x60, 0x80), 0x90, 0x91, range(0xA0, 0xB0)),
        AVX2,
    ),
    _amd("Zen 3", 25, _models(range(0x10), range(0x20, 0x60)), AVX2),
    _amd("Zen 4", 25, _models(range(0x10, 0x20), range(0x60, 0xB0)), AVX512_BF16),
    _amd(
        "Zen 5",
        26,
        _models(range(0x30), range(0x40, 0x50), range(0x60, 0x80)),
        AVX512_BF16,
        _VNNI,
    ),
    _arm("Cortex-A53", "0xd03", ASIMD),
    _arm("Cortex-A57", "0xd07", ASIMD, seen="NVIDIA Tegra X1"),
    _arm("Cortex-A72", "0xd08", ASIMD, seen="AWS Graviton or Raspberry Pi 4"),
    _arm("Cortex-A73", "0xd09", ASIMD),
    _arm("Cortex-A55", "0xd05", ASIMD_FP16, DOT_PRODUCT),
    _arm("Cortex-A75", "0xd0a", ASIMD_FP16, DOT_PRODUCT),
    _arm("Cortex-A76", "0xd0b", DOT_PRODUCT, seen="Raspberry Pi 5"),
    _arm("Cortex-A77", "0xd0d", DOT_PRODUCT),
    _arm("Cortex-A78", "0xd41", DOT_PRODUCT),
    _arm("Cortex-A78AE", "0xd42", DOT_PRODUCT, seen="NVIDIA Orin"),
    _arm("Cortex-X1", "0xd44", DOT_PRODUCT),
    _arm("Cortex-A710", "0xd47", SVE2, MATRIX),
    _arm("Cortex-X2", "0xd48", SVE2, MATRIX),
    _arm("Cortex-A720", "0xd81", SVE2, MATRIX),
    _arm("Cortex-X4", "0xd82", SVE2, MATRIX),
    _arm("Cortex-X925", "0xd85", SVE2, MATRIX),
    _arm("Cortex-A725", "0xd87", SVE2, MATRIX),
    _arm("Neoverse-N1", "0xd0c", DOT_PRODUCT, seen="AWS Graviton2 or Ampere Altra"),
    _arm("Neoverse-V1", "0xd40", SVE, MATRIX, seen="AWS Graviton3"),
    _arm("Neoverse-N2", "0xd49", SVE2, MATRIX),
    _arm("Neoverse-V2", "0xd4f", SVE2, MATRIX, seen="AWS Graviton4 or NVIDIA Grace"),
    _arm("Neoverse-V3AE", "0xd83", SVE2, MATRIX),
    _arm("Neoverse-V3", "0xd84", SVE2, MATRIX),
    _arm("Neoverse-N3", "0xd8e", SVE2, MATRIX),
    _other_arm("Microsoft", "0x6d", "0xd49", "Cobalt 100", SVE2),
    _other_arm("Ampere", "0xc0", "0xac3", "AmpereOne", DOT_PRODUCT),
    _other_arm("Ampere", "0xc0", "0xac4", "AmpereOne A", DOT_PRODUCT),
    _other_arm("Apple", "0x61", "0x022", "M1 Icestorm", DOT_PRODUCT),
    _other_arm("Apple", "0x61", "0x023", "M1 Firestorm", DOT_PRODUCT),
    _other_arm("Apple", "0x61", "0x024", "M1 Pro Icestorm", DOT_PRODUCT),
    _other_arm("Apple", "0x61", "0x025", "M1 Pro Firestorm", DOT_PRODUCT),
    _other_arm("Apple", "0x61", "0x028", "M1 Max Icestorm", DOT_PRODUCT),
    _other_arm("Apple", "0x61", "0x029", "M1 Max Firestorm", DOT_PRODUCT),
    _other_arm("Apple", "0x61", "0x032", "M2 Blizzard", DOT_PRODUCT),
    _other_arm("Apple", "0x61", "0x033", "M2 Avalanche", DOT_PRODUCT),
    _other_arm("Apple", "0x61", "0x034", "M2 Pro Blizzard", DOT_PRODUCT),
    _other_arm("Apple", "0x61", "0x035", "M2 Pro Avalanche", DOT_PRODUCT),
    _other_arm("Apple", "0x61", "0x038", "M2 Max Blizzard", DOT_PRODUCT),
    _other_arm("Apple", "0x61", "0x039", "M2 Max Avalanche", DOT_PRODUCT),
    _other_arm("NVIDIA", "0x4e", "0x004", "Carmel", ASIMD_FP16),
    _other_arm("Fujitsu", "0x46", "0x001", "A64FX", ASIMD_FP16 | {"SVE"}),
    _other_arm("HiSilicon", "0x48", "0xd01", "TSV110", DOT_PRODUCT),
    _other_arm("Marvell", "0x43", "0x0af", "ThunderX2", ASIMD),
    _other_arm("Qualcomm", "0x51", "0x001", "Oryon", DOT_PRODUCT),
)


def microarchitecture(
    family: str, model: str, stepping: str | None, instructions: tuple[str, ...]
) -> Microarchitecture | None:
    """Find the row that a CPU agrees with; None where there is none, or what is shown is masked."""
    rows = (row for row in MICROARCHITECTURES if row.family == family and model in row.models)
    return next((row for row in rows if row.agrees(stepping, instructions)), None)
