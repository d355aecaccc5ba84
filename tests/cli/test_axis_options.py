"""The options that come from the table of axes: their words and their order in `--help`."""

import re

import pytest

RUN = {
    "--models": "Models, e.g. resnet50,timm/x or 'resnet*'.",
    "--batch-sizes": "Images per step, e.g. 1,8,64.",
    "--resolution": "Input size: native, paper, or pixels.",
    "--mode": "infer, train.",
    "--precision": "fp32, tf32, amp-fp16, amp-bf16.",
    "--memory-format": "nchw, nhwc.",
    "--execution": "eager, compile, cudagraph, bn-folded.",
    "--threads": "CPU threads of the worker.",
    "--loader": "synthetic, or jpeg-Nw: fed from JPEG files by N processes.",
    "--allocator": "CPU memory that a step frees: kept, or default as plain Python programs run.",
}

#: Every option takes one value here, but for batch sizes; each says its default.
PROFILE = {
    "--batch-size": "Images per step, e.g. 1 or 1,8,64. [default: 1]",
    "--resolution": "Input size: native, paper or pixels. [default: native]",
    "--mode": "infer or train. [default: infer]",
    "--precision": "fp32, tf32, amp-fp16 or amp-bf16. [default: fp32]",
    "--memory-format": "nchw or nhwc. [default: nchw]",
    "--execution": "eager, compile, cudagraph or bn-folded. [default: eager]",
    "--threads": "CPU threads of the worker. [default: 1]",
    "--allocator": "CPU memory that a step frees: kept, or default as plain Python programs run."
    " [default: kept]",
}


@pytest.mark.parametrize(("command", "options"), [("run", RUN), ("profile", PROFILE)])
def test_axes_are_told_in_this_order_and_these_words(here, command, options):
    told = list(described(here(command, "--help").stdout).items())
    behind = told.index(("--cpu", "Measure the CPU."))
    assert told[behind + 1 :][: len(options)] == list(options.items())


def described(text):
    """Flag -> its help on one line, in the order of the page."""
    parts = re.split(r"^  (--[a-z0-9-]+)", text, flags=re.MULTILINE)
    words = [re.sub(r"^(<[^>]+>| / \S+)? *", "", each.strip()) for each in parts[2::2]]
    return dict(zip(parts[1::2], [" ".join(each.split()) for each in words], strict=True))
