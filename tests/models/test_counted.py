"""What was counted of registered networks once is what the counter counts, and scales with images.

`EFFPROF_REGENERATE_GOLDEN=1` counts all of them anew: two minutes.
"""

import os
from pathlib import Path

import pytest

from effprof.cost import count_cost
from effprof.models import counted as module
from effprof.models.build import native_resolution
from effprof.models.counted import counted, kept_cost
from effprof.models.registry import registered

FILE = Path(module.__file__).with_name("counted.toml")

HEAD = """\
# What `effprof cost` counts of one step of one fp32 image of `resolution` pixels. Written by
# tests/models/test_counted.py with EFFPROF_REGENERATE_GOLDEN=1.
"""

#: Networks that are counted in every test: of each family of operators one.
CHECKED = ("timm/efficientnet_b0", "timm/resnet50", "timm/mobilenetv3_large_100")


def row(name, resolution):
    """Count a network and write its row."""
    lines = [f'["{name}"]', f"native = {native_resolution(name)}", f"resolution = {resolution}"]
    costs = {mode: count_cost(name, resolution, mode) for mode in ("infer", "train")}
    lines.append(f"parameters = {costs['infer'].parameters}")
    for mode, cost in costs.items():
        of = cost.total
        told = f"ops = {of.ops}, macs = {of.macs}"
        traffic = f"bytes_read = {of.bytes_read}, bytes_written = {of.bytes_written}"
        lines.append(f"{mode} = {{ {told}, {traffic} }}")
    return "\n".join(lines)


def test_every_registered_network_is_kept():
    names = {facts.names[0]: facts.resolution for facts in registered()}
    if os.environ.get("EFFPROF_REGENERATE_GOLDEN"):
        rows = [row(name, resolution) for name, resolution in names.items()]
        FILE.write_text("\n\n".join([HEAD.rstrip(), *rows]) + "\n", encoding="utf-8")
    for name, resolution in names.items():
        found = counted(name)
        assert found is not None, name
        assert found.resolution == resolution
    assert counted("timm/no_such_net") is None
    assert counted("torchvision/efficientnet_b0") == counted("timm/efficientnet_b0")


@pytest.mark.parametrize("name", CHECKED)
def test_what_is_kept_is_what_is_counted(name):
    assert row(name, counted(name).resolution) in FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize("mode", ["infer", "train"])
@pytest.mark.parametrize(("resolution", "batch_size"), [(224, 16), (320, 2)])
def test_it_scales_with_images_as_what_is_counted_does(mode, resolution, batch_size):
    key = ("timm/efficientnet_b0", resolution, mode, batch_size, "float32")
    kept, found = kept_cost(key), count_cost(*key)
    assert kept.key == found.key
    assert kept.parameters == found.parameters
    assert kept.total.ops == pytest.approx(found.total.ops, rel=0.05)
    assert kept.total.macs == pytest.approx(found.total.macs, rel=0.03)
    assert kept.total.bytes_moved == pytest.approx(found.total.bytes_moved, rel=0.1)
