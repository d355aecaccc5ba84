"""CPUs told apart by what Linux shows of them: real texts, and what guests hide."""

from itertools import combinations
from pathlib import Path

import pytest

from effprof.device.cpu_identity import identify
from effprof.device.machine import image, machine_id, read_cpu
from effprof.device.microarchitectures import MICROARCHITECTURES

FOLDER = Path(__file__).parent / "cpuinfo"
TEXTS = {path.stem: path.read_text() for path in sorted(FOLDER.glob("*.txt"))}

KIB, MIB = 2**10, 2**20

#: Read on the guest of which the text is, too.
MASKED_CACHES = (("L1d", 48 * KIB), ("L1i", 64 * KIB), ("L2", 2 * MIB), ("L3", 480 * MIB))

#: Text -> its usable cores and the name of the CPU. The cores of the container, of both guests of
#: Zen 4 and of the masked guest are told by the sources, the others are constructed.
NAMES = {
    "amd-zen2": (32, "AMD EPYC 7302P, family 23 model 49 (Zen 2), 32 hardware threads"),
    "amd-zen3": (32, "AMD Ryzen 9 5950X, family 25 model 33 (Zen 3), 32 hardware threads"),
    "amd-zen4-container": (8, "AMD EPYC 9754, family 25 model 160 (Zen 4), 8 hardware threads"),
    "amd-zen4-guest": (
        8,
        "AMD EPYC 9754, family 25 model 160 (Zen 4), 8 cores of a virtual machine",
    ),
    "amd-zen5": (1, "AMD Ryzen 9 9950X, family 26 model 68 (Zen 5), 1 hardware thread"),
    "amd-zen5-guest": (
        4,
        "AMD Ryzen 9 9950X, family 26 model 68, with AVX2, 4 cores of a virtual machine",
    ),
    "apple-docker": (
        1,
        "implementer 0x00, part 0x000, with ASIMD dot product, 1 core of a virtual machine",
    ),
    "apple-guest": (
        4,
        "Apple M-series, part 0x000, with ASIMD dot product, 4 cores of a virtual machine",
    ),
    "apple-m1": (8, "Apple M1 Icestorm r1p1, 8 cores"),
    "apple-m1-both": (8, "Apple M1 Icestorm + M1 Firestorm r1p1, 8 cores"),
    "arm-ampere": (96, "AmpereOne A r0p0, 96 cores"),
    "arm-graviton2": (4, "Arm Neoverse-N1 r3p1 (as in AWS Graviton2 or Ampere Altra), 4 cores"),
    "arm-graviton3": (4, "Arm Neoverse-V1 r1p1 (as in AWS Graviton3), 4 cores"),
    "intel-arrow-lake": (24, "Intel Core Ultra 9 285, family 6 model 198 (Arrow Lake), 24 cores"),
    "intel-granite-rapids": (
        96,
        "Intel Xeon 6972P, family 6 model 173 (Granite Rapids), 96 cores",
    ),
    "intel-masked-guest": (
        2,
        "Intel Xeon, family 6 model 167, with AMX, 2 cores of a virtual machine",
    ),
    "intel-skylake-server": (
        12,
        "Intel Xeon Gold 6126, family 6 model 85 (Skylake server), 12 cores",
    ),
    "intel-virtualbox": (
        2,
        "Intel Core i5-6267U, family 6 model 78, without AVX2, 2 cores of a virtual machine",
    ),
}


def identity(stem, **fields):
    caches = MASKED_CACHES if stem == "intel-masked-guest" else ()
    return identify(TEXTS[stem], **{"caches": caches, "usable_cores": NAMES[stem][0]} | fields)


@pytest.mark.parametrize("stem", TEXTS)
def test_a_person_recognises_the_cpu(stem):
    assert identity(stem).name == NAMES[stem][1]


#: What the source of a text begins with.
SOURCES = ("github.com/", "lore.kernel.org/", "johanlouwers.blogspot.com/", "read by us", "*constr")


@pytest.mark.parametrize("stem", TEXTS)
def test_every_text_tells_its_source(stem):
    rows = [line for line in (FOLDER / "README.md").read_text().splitlines() if line[:1] == "|"]
    (row,) = (row for row in rows if row.startswith(f"| {stem}.txt |"))
    assert any(f"| {source}" in row for source in SOURCES)


def test_all_are_told_apart_by_what_must_be_equal():
    kinds = {stem: identity(stem).fields() for stem in TEXTS}
    assert [pair for pair in combinations(kinds, 2) if kinds[pair[0]] == kinds[pair[1]]] == []


def test_equal_texts_are_equal_cpus():
    assert all(identity(stem) == identity(stem) for stem in TEXTS)


def test_fewer_usable_cores_are_another_kind():
    """A container shows the text of its host; what it may use tells it from the host."""
    host, container = (
        identity("amd-zen4-container", usable_cores=256),
        identity("amd-zen4-container"),
    )
    differing = {n for n, text in host.fields().items() if text != container.fields()[n]}
    assert differing == {"usable cores"}


def test_what_is_not_shown_is_unknown():
    fields = identity("intel-virtualbox").fields()
    assert fields["caches"] is None
    assert fields["instructions"] == "none of note"
    nothing = identify("", fallback="arm64").fields()
    assert {n for n, text in nothing.items() if text is not None} == {"usable cores"}
    assert identify("", fallback="arm64", usable_cores=8).name == "arm64, 8 cores"


def test_a_flag_means_what_it_means_on_its_architecture():
    """`sme` is the encryption of memory on Zen 2, and matrices on Arm."""
    assert "sme" in TEXTS["amd-zen2"].split()
    assert identity("amd-zen2").instructions == ("AVX2",)
    arm = TEXTS["arm-graviton3"].replace(" sve ", " sve sve2 sme ")
    assert "SME" in identify(arm).instructions


@pytest.mark.parametrize(
    ("stem", "shown", "hidden"),
    [
        ("amd-zen4-guest", "avx512_bf16", ""),
        ("intel-granite-rapids", "avx512_vnni", ""),
        ("intel-skylake-server", "avx512f", "avx512f amx_tile"),
        ("arm-graviton3", " sve ", " "),
        ("arm-graviton2", "asimddp", "asimddp sve"),
    ],
)
def test_no_micro_architecture_is_named_against_the_instructions(stem, shown, hidden):
    """Neither one that lacks something, nor one with more than it has."""
    rows = identity(stem).microarchitectures
    assert rows
    masked = identify(TEXTS[stem].replace(shown, hidden))
    assert masked.microarchitectures == ()
    assert not any(row.name in masked.name for row in rows)


def test_steppings_tell_what_models_do_not():
    text = TEXTS["intel-skylake-server"]
    later = text.replace("avx512bw", "avx512bw avx512_vnni").replace(
        "stepping\t: 4", "stepping\t: 7"
    )
    assert "(Cascade Lake)" in identify(later).name
    assert "(" not in identify(text.replace("stepping\t: 4", "stepping\t: 7")).name


def test_no_two_rows_claim_the_same_cpu():
    for one, other in combinations(MICROARCHITECTURES, 2):
        if one.family == other.family and one.models & other.models:
            apart = one.steppings[1] < other.steppings[0] or other.steppings[1] < one.steppings[0]
            assert apart, (one.name, other.name)


class TestReading:
    """What lies below /proc, /sys and /etc."""

    @pytest.fixture
    def root(self, tmp_path):
        def write(path, text):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)

        write("proc/cpuinfo", TEXTS["amd-zen3"])
        for cpu, size in (("cpu0", "32K"), ("cpu1", "32K"), ("cpu2", "64K")):
            write(f"sys/devices/system/cpu/{cpu}/cache/index0/level", "1\n")
            write(f"sys/devices/system/cpu/{cpu}/cache/index0/type", "Data\n")
            write(f"sys/devices/system/cpu/{cpu}/cache/index0/size", f"{size}\n")
        write("sys/devices/system/cpu/cpu0/cache/index3/level", "3")
        write("sys/devices/system/cpu/cpu0/cache/index3/type", "Unified")
        write("sys/devices/system/cpu/cpu0/cache/index3/size", "32768K")
        write("sys/devices/system/cpu/cpu0/topology/thread_siblings_list", "0,16\n")
        write("sys/devices/system/cpu/cpu2/topology/thread_siblings_list", "2\n")
        write("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        write("etc/os-release", 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12"\n')
        return tmp_path

    def test_the_cpu_with_its_caches_and_threads(self, root):
        cpu = read_cpu(root, cores=16)
        assert cpu.name == "AMD Ryzen 9 5950X, family 25 model 33 (Zen 3), 16 hardware threads"
        assert cpu.fields()["caches"] == "L1d 32 KiB, L1d 64 KiB, L3 32 MiB"
        assert cpu.fields()["SMT"] == "2 threads per core"

    def test_a_machine_is_known_by_a_hash_of_its_id_alone(self, root):
        told = machine_id(root)
        assert told == machine_id(root)
        assert "0123456789abcdef" not in told
        (root / "etc/machine-id").write_text("f123456789abcdef0123456789abcdef\n")
        assert machine_id(root) not in {told, None}

    @pytest.mark.parametrize("text", ["", "\n", "uninitialized\n", None])
    def test_a_container_without_an_id_of_its_own_has_none(self, root, text):
        (root / "etc/machine-id").unlink()
        if text is not None:
            (root / "etc/machine-id").write_text(text)
        assert machine_id(root) is None

    def test_the_image_is_named(self, root, monkeypatch):
        for name in ("ImageOS", "ImageVersion"):
            monkeypatch.delenv(name, raising=False)
        assert image(root) == "Debian GNU/Linux 12"
        monkeypatch.setenv("ImageOS", "ubuntu24")
        monkeypatch.setenv("ImageVersion", "20261101.1")
        assert image(root) == "Debian GNU/Linux 12, ubuntu24 20261101.1"

    def test_where_nothing_is_shown_nothing_is_known(self, tmp_path):
        cpu = read_cpu(tmp_path, cores=3)
        assert cpu.name.endswith(", 3 cores")
        assert (machine_id(tmp_path), image(tmp_path)) == (None, None)
