"""Which CPU it is: what two machines of one kind have in common, read from what Linux shows."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from effprof.device.instructions import instructions_of, widest
from effprof.device.microarchitectures import Microarchitecture, microarchitecture

#: `vendor_id` -> the maker that people know.
VENDORS = {
    "GenuineIntel": "Intel",
    "AuthenticAMD": "AMD",
    "HygonGenuine": "Hygon",
    "CentaurHauls": "Zhaoxin",
    "Shanghai": "Zhaoxin",
}

#: `CPU implementer` -> maker: arch/arm64/include/asm/cputype.h of the Linux kernel.
IMPLEMENTERS = {
    "0x41": "Arm",
    "0x42": "Broadcom",
    "0x43": "Marvell",
    "0x46": "Fujitsu",
    "0x48": "HiSilicon",
    "0x4e": "NVIDIA",
    "0x50": "Applied Micro",
    "0x51": "Qualcomm",
    "0x53": "Samsung",
    "0x61": "Apple",
    "0x6d": "Microsoft",
    "0x70": "Phytium",
    "0xc0": "Ampere",
}

#: Part that guests see on macOS, whose Virtualization framework hides the core.
HIDDEN_PART = "0x000"

#: What a product's name says besides: marks of the law, clocks, counts of cores, graphics.
_CLUTTER = re.compile(
    r"\((?:R|TM)\)| CPU(?= @|$)| @ [\d.]+ ?[GM]Hz| \d+-Core(?= Proc)| Processor\b| (?:w/|with ).*",
    re.IGNORECASE,
)


Architecture = Literal["x86", "Arm"]


@dataclass(frozen=True, slots=True)
class CpuIdentity:
    """One kind of CPU as a process sees it; what is not shown is None.

    `family`, `model` and `stepping` are texts as shown; on Arm implementer, parts (`0x022 + 0x023`
    where there are two kinds of cores) and revisions (`r1p1`). `instructions` are names of
    `effprof.device.instructions`, `caches` pairs of level and bytes, a level more than once where
    kinds of cores differ. `usable_cores` counts the logical CPUs that the process may run on.
    """

    architecture: Architecture | None
    product: str
    maker: str | None
    family: str | None
    model: str | None
    stepping: str | None
    instructions: tuple[str, ...] | None
    caches: tuple[tuple[str, int], ...] | None
    usable_cores: int
    threads_per_core: int | None
    virtual: bool

    @property
    def microarchitectures(self) -> tuple[Microarchitecture, ...]:
        """The rows that its models agree with; none unless every model has one."""
        if self.family is None or self.model is None or self.instructions is None:
            return ()
        rows = [
            microarchitecture(self.family, model, self.stepping, self.instructions)
            for model in self.model.split(" + ")
        ]
        return tuple(row for row in rows if row is not None) if None not in rows else ()

    @property
    def name(self) -> str:
        """What people recognise it by: product, model, micro-architecture where certain, cores."""
        return ", ".join((*_NAMED[self.architecture](self), self._cores()))

    def fields(self) -> dict[str, str | None]:
        """Give what must be equal for two CPUs to be of one kind, by field of the fingerprint."""
        threads, names = self.threads_per_core, self.instructions
        caches = ", ".join(f"{level} {_size(size)}" for level, size in self.caches or ())
        return {
            "maker": self.maker,
            "family": self.family,
            "model": self.model,
            "stepping": self.stepping,
            "instructions": None if names is None else ", ".join(names) or "none of note",
            "caches": caches or None,
            "usable cores": str(self.usable_cores),
            "SMT": None
            if threads is None
            else f"{threads} thread{'s' if threads > 1 else ''} per core",
        }

    def _cores(self) -> str:
        noun = "hardware thread" if (self.threads_per_core or 1) > 1 else "core"
        count = f"{self.usable_cores} {noun}{'' if self.usable_cores == 1 else 's'}"
        return f"{count} of a virtual machine" if self.virtual else count


def identify(
    cpuinfo: str,
    caches: Iterable[tuple[str, int]] = (),
    usable_cores: int = 1,
    threads_per_core: int | None = None,
    fallback: str = "unknown CPU",
) -> CpuIdentity:
    """Read an identity from the text of /proc/cpuinfo and from what /sys and the scheduler tell.

    `caches` are (level, bytes) of any CPUs, `fallback` names a CPU whose text has no name.
    """
    cores = _records(cpuinfo)
    first = _telling(cores)
    flags = first.get("flags", first.get("Features"))
    architecture = _architecture(first)
    arm = architecture == "Arm"
    family, model, stepping = (_arm if arm else _x86)(cores)
    vendor = first.get("vendor_id")
    maker = IMPLEMENTERS.get(family or "") if arm else VENDORS.get(vendor or "", vendor)
    return CpuIdentity(
        architecture=architecture,
        product=_product(first.get("model name", first.get("cpu", fallback))),
        maker=maker,
        family=family,
        model=model,
        stepping=stepping,
        instructions=instructions_of(architecture, flags) if architecture and flags else None,
        caches=tuple(sorted(set(caches))) or None,
        usable_cores=usable_cores,
        threads_per_core=threads_per_core or _threads(first),
        virtual="hypervisor" in (flags or "").split() or (arm and model == HIDDEN_PART),
    )


def _architecture(first: Mapping[str, str]) -> Architecture | None:
    if "CPU implementer" in first:
        return "Arm"
    return "x86" if "cpu family" in first else None


def _telling(cores: list[dict[str, str]]) -> Mapping[str, str]:
    """Return the first record that says what the CPU is; old Arm kernels give it one of its own."""
    telling = (core for core in cores if {"CPU implementer", "cpu family"} & core.keys())
    return next(telling, cores[0] if cores else {})


def _records(text: str) -> list[dict[str, str]]:
    records = []
    for block in re.split(r"\n\s*\n", text.strip()):
        pairs = (line.partition(":") for line in block.splitlines() if ":" in line)
        records.append({name.strip(): value.strip() for name, _, value in pairs})
    return [record for record in records if record]


_Triple = tuple[str | None, str | None, str | None]


def _x86(cores: list[dict[str, str]]) -> _Triple:
    first = _telling(cores)
    return first.get("cpu family"), first.get("model"), first.get("stepping")


def _arm(cores: list[dict[str, str]]) -> _Triple:
    def joined(values: Iterable[str]) -> str | None:
        return " + ".join(sorted(set(values))) or None

    told = [core for core in cores if "CPU part" in core]
    return (
        joined(core.get("CPU implementer", "") for core in told),
        joined(core["CPU part"] for core in told),
        joined(
            f"r{int(core.get('CPU variant', '0'), 0)}p{core.get('CPU revision', '0')}"
            for core in told
        ),
    )


def _threads(first: Mapping[str, str]) -> int | None:
    """Threads of a core, by the counts of a package; kinds of cores may differ, so it is rounded.

    >>> _threads({"siblings": "32", "cpu cores": "16"}), _threads({})
    (2, None)
    """
    if not (first.get("siblings", "").isdecimal() and first.get("cpu cores", "").isdecimal()):
        return None
    return -(-int(first["siblings"]) // max(1, int(first["cpu cores"])))


def _product(name: str) -> str:
    """Shorten the name that a maker gave.

    >>> _product("Intel(R) Core(TM) i5-6267U CPU @ 2.90GHz"), _product("Intel(R) Xeon(R) Processor")
    ('Intel Core i5-6267U', 'Intel Xeon')
    >>> _product("AMD Ryzen 9 7940HS w/ Radeon 780M Graphics"), _product("AMD EPYC 9R14")
    ('AMD Ryzen 9 7940HS', 'AMD EPYC 9R14')
    """
    return " ".join(_CLUTTER.sub("", name).split())


def _name_x86(cpu: CpuIdentity) -> tuple[str, ...]:
    numbers = f"family {cpu.family} model {cpu.model}"
    if rows := cpu.microarchitectures:
        return cpu.product, f"{numbers} ({rows[0].name})"
    return cpu.product, numbers, widest("x86", cpu.instructions or ())


def _name_arm(cpu: CpuIdentity) -> tuple[str, ...]:
    if rows := cpu.microarchitectures:
        seen = f" (as in {rows[0].seen})" if rows[0].seen else ""
        names = " + ".join(row.name for row in rows)
        maker = "" if names.startswith(rows[0].maker) else f"{rows[0].maker} "
        return (f"{maker}{names} {cpu.stepping}{seen}",)
    maker = f"implementer {cpu.family}" if cpu.maker is None else cpu.maker
    maker = "Apple M-series" if cpu.maker == "Apple" else maker
    return f"{maker}, part {cpu.model}", widest("Arm", cpu.instructions or ())


def _name_other(cpu: CpuIdentity) -> tuple[str, ...]:
    return (cpu.product,)


#: How CPUs of an architecture are named, before their cores.
_NAMED: Mapping[Architecture | None, Callable[[CpuIdentity], tuple[str, ...]]] = {
    "x86": _name_x86,
    "Arm": _name_arm,
    None: _name_other,
}


def _size(size: int) -> str:
    """Write bytes of a cache.

    >>> _size(49152), _size(2 * 2**20), _size(491520 * 1024)
    ('48 KiB', '2 MiB', '480 MiB')
    """
    mib = 2**20
    return f"{size // mib} MiB" if size >= mib and size % mib == 0 else f"{size // 1024} KiB"
