"""Ours against the counts that timm publishes, made by fvcore on real tensors."""

import csv
import re
from pathlib import Path

import pytest
import timm

from effprof.cost import CountedModel, count_model

#: Files of timm whose models are made of convolutions.
CONVOLUTIONAL = """
    byobnet convmixer convnext cspnet densenet dla dpn efficientnet ghostnet hardcorenas hgnet
    inception_resnet_v2 inception_v3 inception_v4 mobilenetv3 nasnet nfnet pnasnet regnet repghost
    repvit res2net resnest resnet resnetv2 rexnet selecsls senet sknet tresnet vgg vovnet xception
    xception_aligned
"""

#: Published size up to which a model is compared, and one that is known to differ: the test
#: takes half a minute.
LARGEST_GMACS = 2.5
LARGEST_KNOWN_GMACS = 6.0

_STANDARDISED = "fvcore counts 5 operations per weight that the model standardises in its forward"
_SAME_PADDING = "fvcore does not know convolutions with padding='same' (the depthwise ones)"

#: Models that differ, by pattern, and why. Every other model agrees, and these do not.
KNOWN_DIFFERENCES = {
    r"(dm_|eca_)?nfnet_.*": _STANDARDISED,
    r"nf_(eca|se)?resnet\d+": _STANDARDISED,
    r"nf_regnet_b\d": _STANDARDISED,
    r"resnetv2_\d+x\d+_bit": _STANDARDISED,
    r"convmixer_.*": _SAME_PADDING,
    r"ghostnetv2_160": "fvcore counts its interpolation (2.2 M), enough to round up",
    r"ecaresnext50t_32x4d": "the published row has the parameters and counts of ecaresnext26t",
}

KNOWN = re.compile("|".join(KNOWN_DIFFERENCES))

#: Published numbers are rounded to two decimals; the rest is pooling, which fvcore counts.
ROUNDING = 0.0051
RELATIVE = 0.002


def published(root: Path) -> dict[str, dict[str, str]]:
    """First row of every convolutional model that both know, in the newest of the files."""
    folder = root / "../shared/timm_results"
    paths = sorted(folder.glob("benchmark-infer-amp-nchw-*.csv"))
    if not paths:
        pytest.skip("the folder of timm's published results is not beside the repository")
    files = set(CONVOLUTIONAL.split())
    rows: dict[str, dict[str, str]] = {}
    with paths[-1].open() as lines:
        for row in csv.DictReader(lines):
            file = timm.models._registry._model_to_module.get(row["model"])
            limit = LARGEST_KNOWN_GMACS if KNOWN.fullmatch(row["model"]) else LARGEST_GMACS
            if file in files and float(row["infer_gmacs"] or "inf") <= limit:
                rows.setdefault(row["model"], row)
    return rows


def as_fvcore_counts(counted: CountedModel) -> float:
    """Our MACs plus what fvcore adds: per element 2 for batch norm, 5 for other norms."""
    extra = 0
    for op in counted.ops:
        elements = op.cost.bytes_written // 4
        per_element = 2 if "batch_norm" in op.op else 5 if "_norm" in op.op else 0
        extra += per_element * elements
    return (counted.static.total.macs + extra) / 1e9


def agrees(ours: float, theirs: str) -> bool:
    return abs(ours - float(theirs)) <= ROUNDING + RELATIVE * float(theirs)


def differs(name: str, row: dict[str, str]) -> str:
    """What differs for one model; empty when nothing does."""
    counted = count_model(f"timm/{name}", int(row["infer_img_size"]))
    static = counted.static
    pairs = {
        "params": (static.parameters / 1e6, row["param_count"]),
        "GMACs": (as_fvcore_counts(counted), row["infer_gmacs"]),
        "activations": (static.total.activations / 1e6, row["infer_macts"]),
    }
    wrong = {key: pair for key, pair in pairs.items() if not agrees(*pair)}
    return f"{name}@{row['infer_img_size']}: {wrong}" if wrong else ""


@pytest.mark.slow
def test_every_convolutional_model_of_timm_has_its_published_counts(request):
    rows = published(request.config.rootpath)
    found = {name: differs(name, row) for name, row in rows.items()}
    unexplained = [text for name, text in found.items() if text and not KNOWN.fullmatch(name)]
    vanished = [name for name, text in found.items() if not text and KNOWN.fullmatch(name)]
    assert (unexplained, vanished) == ([], [])
    unused = [p for p in KNOWN_DIFFERENCES if not any(re.fullmatch(p, name) for name in rows)]
    assert unused == []
    assert len(rows) > 200
