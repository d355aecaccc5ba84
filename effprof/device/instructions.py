"""The instruction sets that networks gain from, by the flags that /proc/cpuinfo shows."""

#: Architecture -> name of an instruction set -> its flag, from the oldest to the newest. The flags
#: are those of the kernel: arch/x86/include/asm/cpufeatures.h and arch/arm64/kernel/cpuinfo.c.
#: They are told apart by architecture: `sme` is the encryption of memory on x86.
INSTRUCTIONS = {
    "x86": {
        "AVX2": "avx2",
        "AVX-512 F": "avx512f",
        "AVX-512 BW": "avx512bw",
        "AVX-512 VNNI": "avx512_vnni",
        "AVX-512 BF16": "avx512_bf16",
        "AVX-512 FP16": "avx512_fp16",
        "AVX-VNNI": "avx_vnni",
        "AMX tile": "amx_tile",
        "AMX INT8": "amx_int8",
        "AMX BF16": "amx_bf16",
        "AMX FP16": "amx_fp16",
    },
    "Arm": {
        "ASIMD": "asimd",
        "ASIMD FP16": "asimdhp",
        "ASIMD dot product": "asimddp",
        "ASIMD BF16": "bf16",
        "ASIMD I8MM": "i8mm",
        "SVE": "sve",
        "SVE2": "sve2",
        "SME": "sme",
    },
}

#: The groups that people know, the widest first, of x86 and of Arm.
GROUPS = {
    "x86": ("AMX", "AVX-512", "AVX2"),
    "Arm": ("SME", "SVE2", "SVE", "ASIMD dot product", "ASIMD"),
}

AVX2 = frozenset({"AVX2"})
AVX512 = AVX2 | {"AVX-512 F", "AVX-512 BW"}
AVX512_VNNI = AVX512 | {"AVX-512 VNNI"}
AVX512_BF16 = AVX512_VNNI | {"AVX-512 BF16"}
AMX = frozenset({"AMX tile", "AMX INT8", "AMX BF16"})

ASIMD = frozenset({"ASIMD"})
ASIMD_FP16 = ASIMD | {"ASIMD FP16"}
DOT_PRODUCT = ASIMD_FP16 | {"ASIMD dot product"}
MATRIX = frozenset({"ASIMD BF16", "ASIMD I8MM"})
SVE = DOT_PRODUCT | {"SVE"}
SVE2 = SVE | {"SVE2"}


def instructions_of(architecture: str, flags: str) -> tuple[str, ...]:
    """Name the instruction sets that a line of flags holds, in the order of the table.

    >>> instructions_of("x86", "fpu sse2 avx2 avx512f sme hypervisor")
    ('AVX2', 'AVX-512 F')
    """
    there = set(flags.split())
    return tuple(name for name, flag in INSTRUCTIONS[architecture].items() if flag in there)


def widest(architecture: str, instructions: tuple[str, ...]) -> str:
    """Say which group of instruction sets goes furthest.

    >>> widest("x86", ("AVX2", "AVX-512 F", "AVX-512 BW"))
    'with AVX-512'
    >>> widest("x86", ())
    'without AVX2'
    """
    groups = GROUPS[architecture]
    found = next((g for g in groups if any(i.startswith(g) for i in instructions)), None)
    return f"without {groups[-1]}" if found is None else f"with {found}"
