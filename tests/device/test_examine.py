"""What the doctor says of the machine that cells with loaders and compilers need."""

import pytest

from effprof.device import examine


@pytest.fixture
def room(monkeypatch):
    """Give the shared memory so many bytes, and look at it."""

    def look(free):
        usage = type("Usage", (), {"free": free})
        monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
        return examine._shared_memory()

    return look


def test_the_shared_memory_of_a_plain_container_is_too_small_for_loaders(room):
    assert room(8 * 2**30).standing == "good"
    small = room(64 * 2**20)
    assert (small.standing, small.found) == ("limited", "0.06 GiB free in /dev/shm")
    assert "--shm-size" in small.remedy


def test_a_system_without_shared_memory_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(examine, "SHARED_MEMORY", tmp_path / "none")
    assert "No such file" in examine._shared_memory().found


@pytest.fixture
def tools(monkeypatch, tmp_path):
    """Install programs into a path that holds nothing else."""
    for variable in ("CC", "CXX", "TRITON_PTXAS_PATH"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(examine, "find_spec", lambda name: None)

    def install(*names):
        for name in names:
            (tmp_path / name).touch(mode=0o755)
        return examine._compilers()

    return install


@pytest.fixture
def headers(monkeypatch, tmp_path):
    """A folder of Python's headers; empty until `Python.h` is put into it."""
    folder = tmp_path / "include"
    folder.mkdir()
    monkeypatch.setattr(examine.sysconfig, "get_paths", lambda: {"include": str(folder)})
    return folder


def test_compilers_are_looked_for_where_torch_looks(tools, headers, monkeypatch, tmp_path):
    monkeypatch.setattr("torch.version.cuda", "13.0")
    lacking = tools("gcc", "clang++")
    assert lacking.standing == "limited"
    assert lacking.found == (
        f"gcc: {tmp_path}/gcc, g++: {tmp_path}/clang++, ptxas: not there, Python.h: not there"
    )
    (headers / "Python.h").touch()
    assert "install gcc" in lacking.remedy
    assert tools("ptxas").standing == "good"
    monkeypatch.setenv("CC", str(tmp_path / "ptxas"))
    assert f"gcc: {tmp_path}/ptxas" in tools().found


def test_the_assembler_of_triton_serves(tools, monkeypatch, tmp_path):
    monkeypatch.setattr("torch.version.cuda", "13.0")
    home = tmp_path / "triton"
    (home / "backends/nvidia/bin").mkdir(parents=True)
    (home / "backends/nvidia/bin/ptxas").touch()
    spec = type("Spec", (), {"submodule_search_locations": [str(home)]})
    monkeypatch.setattr(examine, "find_spec", lambda name: spec)
    assert "ptxas: that of triton" in tools("gcc", "g++").found


def test_a_torch_without_cuda_needs_no_assembler(tools, monkeypatch):
    monkeypatch.setattr("torch.version.cuda", None)
    assert tools("gcc", "g++").standing == "good"
