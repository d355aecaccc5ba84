"""Made-up assessments of nights, for tests of pages: of any size, with every kind of event."""

from effprof.core.estimates import Estimate
from effprof.core.events import Event, SeriesKey
from effprof.core.reasons import Reason
from effprof.regressions.assessment import Assessment, Change, Night, SeriesState, ShownEvent

#: Spread of unchanged nights around their level.
ALIKE = (1.0, 1.004, 0.997, 1.002, 0.999)

#: State of every so many-th series; the first that divides its number wins.
STATES = {97: "missing", 53: "not comparable", 31: "cannot tell", 23: "suspicious"}


def night(number, **attributes):
    return Night(
        f"202611{number:04}-020000-abc123",
        f"2026-11-21T02:00:{number % 60:02}+00:00",
        {"device": "Some CPU", "git": f"{number:07x}", "torch": "2.15.0"} | attributes,
    )


def key(number, metric="step_seconds", model="timm/net"):
    return SeriesKey(
        "Some CPU", "laptop", f"{model}_{number}@224 infer b1 fp32 nchw eager", metric, "1"
    )


def shown(nights, number=0, effect=0.1, model="timm/net", **fields):
    """An event of one series, `number`, whose level moved by `effect` ten nights ago."""
    step = max(1, len(nights) - 10)
    old, own = 0.017, key(number, model=model)
    levels = [old * (1 if place < step else 1 + effect) for place in range(len(nights))]
    values = tuple(None if i == 4 else v * ALIKE[i % 5] for i, v in enumerate(levels))
    event = Event(
        **{
            "id": f"e{number:05}",
            "kind": "regression" if effect > 0 else "improvement",
            "device": own.device,
            "host": own.host,
            "cell": own.cell,
            "metric": own.metric,
            "method": own.method,
            "first_bad": nights[step].run_id,
            "last_good": nights[step - 1].run_id,
            "old": old,
            "new": old * (1 + effect),
            "change": Estimate(effect, effect - 0.01, effect + 0.01, "welch", 10),
            "n": (step, len(nights) - step),
        }
        | fields
    )
    return ShownEvent(
        event,
        values,
        step,
        attributes={"git": ("00000aa", "00000bb"), "torch": ("2.14.0", "2.15.0")},
        causes={
            "slower arithmetic": Estimate(1.13, 1.1, 1.16, "welch", 7),
            "uncounted work": Estimate(1.002, 0.99, 1.01, "welch", 7),
            "framework": Estimate(0.95, 0.93, 0.97, "welch", 7),
        },
        roles={"activation": 0.0012, "norm": -0.0001},
        flags=("clocks were throttled on the first bad night",) if number % 2 else (),
        command=f"effprof run --cpu --models net_{number} --batch-sizes 1",
    )


#: Why a made-up series is not judged.
WHY = Reason("few_nights", "a reason")


def assessment(series=8, nights=30, events=2, model="timm/net"):
    """A night with many series, of which `events` changed: every third for the better."""
    known = tuple(night(number, suite=model) for number in range(nights))
    effects = [(-1 if i % 3 == 2 else 1) * (0.05 + 0.4 / (i + 1)) for i in range(events)]
    found = tuple(shown(known, i, effect, model) for i, effect in enumerate(effects))
    states = tuple(_state(number, effects, model) for number in range(series))
    return Assessment(
        known,
        states,
        found,
        recovered=(shown(known, 99, 0.2, model, recovered=known[-1].run_id),) if events else (),
        missing={each.key.cell: "oom: too large" for each in states if each.state == "missing"},
        remarks=("No sentinel moved: the machine is as it was.",),
    )


def _state(number, effects, model):
    own = key(number, model=model)
    if number < len(effects):
        effect = effects[number]
        moved = Estimate(effect, effect - 0.01, effect + 0.01, "welch", 10)
        change = Change(0.017, 0.017 * (1 + effect), moved, (20, 10))
        return SeriesState(own, "regression" if effect > 0 else "improvement", change)
    state = next((state for every, state in STATES.items() if number % every == 0), "ok")
    change = Change(0.017, 0.01701, Estimate(0.0006, -0.01, 0.011, "prediction", 29), (29, 1))
    silent = state in ("missing", "cannot tell")
    return SeriesState(own, state, None if silent else change, None if state == "ok" else WHY)
