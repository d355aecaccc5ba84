import effprof as ep

study = ep.load("reports/amd-epyc-2026-11/quick.jsonl.gz")  # or ep.run("quick", device="cpu")
for result in study:
    if result.batch_size == 1:
        realised = result.realised.value  # and its interval: result.realised.low, .high
        print(f"{result.label:22} promises {result.promise:5.2f}x, delivers {realised:.2f}x")
print("take", ep.pick(study, latency_ms=30, batch_size=1).frame["model"].iloc[0])
print("read", ep.report(study, "page").html)
