"""One network by the protocol of timm's benchmark.py, in this process: 10 steps, then 40 more.

Every step is waited for; the mean over the 40 is what timm prints. Prints the 40 in seconds, as
JSON. Usage: python timm_loop.py MODEL RESOLUTION BATCH amp-fp16|fp32 DEVICE
"""

import json
import sys
import time

import timm
import torch

WARM_UP_STEPS = 10
STEPS = 40


def main() -> None:
    name, resolution, batch, precision, device = sys.argv[1:]
    kind = torch.device(device).type
    if kind == "cpu":
        torch.set_num_threads(1)
    torch.backends.cudnn.benchmark = True
    model = timm.create_model(name).to(device).eval()
    images = torch.randn(int(batch), 3, int(resolution), int(resolution), device=device)

    def step() -> float:
        start = time.perf_counter()
        with torch.autocast(kind, torch.float16, enabled=precision == "amp-fp16"):
            model(images)
        if kind == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter() - start

    with torch.no_grad():
        for _ in range(WARM_UP_STEPS):
            step()
        print(json.dumps([step() for _ in range(STEPS)]))


main()
