import effprof as ep

study = ep.load("reports/amd-epyc-2026-11/quick.jsonl.gz")  # or ep.run("quick", device="cpu")
for result in study:
    if result.batch_size == 1:
        realised = result.realised  # an interval as well: .low, .high
        print(f"{result.label:22} promises {result.promise:.2f}x, delivers {realised.value:.2f}x")
fast = ep.pick(study, latency_ms=30, batch_size=1).of("meets")  # the most accurate first
print("take", fast["model"].iloc[0])
print("read", ep.report(study, "page").html)
