"""`effprof doctor` through the installed command."""

import json


def test_every_point_stands_somewhere_and_trouble_comes_with_a_remedy(effprof):
    done = effprof("doctor", "--json")
    assert done.returncode == 0, done.stderr
    findings = json.loads(done.stdout)["findings"]
    points = [finding["point"] for finding in findings]
    assert {"torch", "GPU", "NVML", "profiler", "CPU", "clocks", "load", "store"} <= set(points)
    for finding in findings:
        assert finding["found"]
        assert finding["standing"] == "good" or finding["remedy"]


def test_a_broken_store_is_found_and_told(effprof, tmp_path):
    (tmp_path / "broken.sqlite").write_text("this is no database, whatever it is called" * 100)
    done = effprof("doctor", "--store", "broken.sqlite")
    assert done.returncode == 74
    assert "broken.sqlite" in done.stdout
    assert "--store" in done.stdout
