"""The script of charts is bundled once and kept; a broken or missing cache costs only time."""

import subprocess
import sys

import pytest
import vl_convert

from effprof.report.html import vega


@pytest.fixture
def bundles(tmp_path, monkeypatch):
    """Give the folder of the cache and the list of bundles made."""
    made = []

    def bundle(exports, vl_version):
        made.append(vl_version)
        return f"{exports} // é {vl_version}"

    monkeypatch.setattr(vl_convert, "javascript_bundle", bundle)
    monkeypatch.setattr(vega, "user_cache_path", lambda name: tmp_path / "cache" / name)
    return tmp_path / "cache" / "effprof", made


def asked_anew():
    """Ask as another process does, which remembers nothing."""
    return vega.vega_script.__wrapped__()


def test_what_was_bundled_once_is_read_afterwards(bundles):
    folder, made = bundles
    first = asked_anew()
    assert first.startswith("/* Vega ")
    assert asked_anew() == first
    assert len(made) == 1
    (kept,) = folder.iterdir()
    assert vl_convert.__version__ in kept.name


@pytest.mark.parametrize("damage", [lambda b: b[:-3], lambda b: b"", lambda b: b + b"alert(1)"])
def test_a_broken_file_is_bundled_and_kept_anew(bundles, damage):
    folder, made = bundles
    first = asked_anew()
    (kept,) = folder.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))
    assert asked_anew() == first
    assert len(made) == 2
    assert kept.read_bytes() == whole


def test_other_versions_have_a_file_of_their_own(bundles, monkeypatch):
    folder, made = bundles
    asked_anew()
    monkeypatch.setattr(vl_convert, "get_vega_version", lambda: "99.0")
    assert "Vega 99.0," in asked_anew()
    assert len(made) == len(list(folder.iterdir())) == 2


def test_without_a_folder_that_can_be_written_it_is_bundled_every_time(bundles):
    folder, made = bundles
    folder.parent.write_text("a file where the folder should be")
    assert asked_anew() == asked_anew()
    assert len(made) == 2


#: Asks for the script with an empty cache, and says a digest of it.
ASKS = """
import hashlib, pathlib, sys
from effprof.report.html import vega
vega.user_cache_path = lambda name: pathlib.Path(sys.argv[1])
vega.vl_convert.javascript_bundle = lambda exports, vl_version: "x" * 10_000_000
print(hashlib.sha256(vega.vega_script().encode()).hexdigest())
"""


def test_processes_that_bundle_at_once_all_read_whole_scripts(tmp_path):
    command = [sys.executable, "-c", ASKS, str(tmp_path)]
    asking = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = {each.communicate(timeout=120)[0] for each in asking}
    assert [each.returncode for each in asking] == [0] * 4
    assert len(said) == 1
    assert len(list(tmp_path.iterdir())) == 1
