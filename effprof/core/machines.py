"""Machines: what tells one kind from another, and whether two runs are of one kind.

Two machines of one kind give numbers that can be compared: hosted runners, pods and a second card
of a model keep their history. Only a run that goes on needs the very same machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import geometric_mean

from effprof.core.calibrations import farthest, paces, shift
from effprof.core.runs import Fingerprint, Peak, Run
from effprof.core.units import byte_size, duration, si, times

#: Field name -> (ours or then, theirs or now); None where a run lacks the field.
Differences = Mapping[str, tuple[str | None, str | None]]

#: Kind of device -> the gating fields that say which kind of machine it is, beside its name. Files
#: of before machines were identified have none of them.
IDENTITY: Mapping[str, tuple[str, ...]] = {
    "cpu": (
        *("maker", "family", "model", "stepping", "instructions"),
        *("caches", "usable cores", "SMT"),
    ),
    "cuda": ("memory", "power limit"),
}

#: Recorded fields that tell one machine of a kind from another. Equal ids are the same machine.
HOST = "host"
MACHINE_ID = "machine id"
UUID = "uuid"

#: The recorded field that names a CPU as its maker does; earlier runs have it, too.
PRODUCT = "cpu"

#: Ratio of measured peaks from which on machines whose identity is not known count as unlike. On
#: one machine, shared with others, the largest and the smallest of a day differed by 1.29.
MOST_PEAK_RATIO = 1.3


#: Ratio of what a neutral sentinel took from which on machines count as unlike; and up to which
#: nothing is said: on an idle machine medians of two calibrations differed by up to 4 %.
MOST_SHIFT = 1.3
STEADY = 1.05


@dataclass(frozen=True, slots=True)
class Likeness:
    """Whether two runs are of machines of one kind: the fields that differ, none where they are.

    `remark` says in one line what is unknown, and what was looked at instead.
    """

    differing: Differences
    remark: str = ""


def states(one: Run, other: Run) -> Likeness:
    """Compare the machines of two runs as `likeness` does, and how fast they were themselves.

    Machines of one kind of which one is much slower even in its best moment are unlike.
    """
    found = likeness(one, other)
    differing = {**found.differing, **_sentinels_apart(one, other)}
    return Likeness(differing, found.remark or _shift_text(one, other))


def likeness(one: Run, other: Run) -> Likeness:
    """Compare the machines of two runs by their identity, by their peaks where it is unknown."""
    marks = one.invocation.fingerprint, other.invocation.fingerprint
    differing = dict(machine_differences(*marks))
    unknown = unknown_fields(*marks)
    if not unknown:
        return Likeness(differing)
    peaks = _peaks_of_kinds(one.peaks, other.peaks)
    differing |= {
        f"{kind} peak (identity unknown)": (_rate(kind, ours), _rate(kind, theirs))
        for kind, (ours, theirs) in peaks.items()
        if max(ours, theirs) > MOST_PEAK_RATIO * min(ours, theirs)
    }
    what = "identity" if len(unknown) > 1 else unknown[0]
    lacking = [run.invocation.id for run in (one, other) if not _knows(run, unknown)]
    said = f"{what} unknown of run {' and '.join(lacking)}"
    compared = "compared by measured peaks" if peaks else "there are no peaks to compare by"
    return Likeness(differing, f"{said}; {compared}")


def _sentinels_apart(one: Run, other: Run) -> dict[str, tuple[str | None, str | None]]:
    """Map the neutral sentinels by which one machine is that much slower to what they took.

    The best windows are compared: a busy moment makes no other machine.
    """
    ours, theirs = ({p.work: p.fastest for p in paces(run.calibrations)} for run in (one, other))
    return {
        f"{work} (neutral sentinel)": (duration(ours[work]), duration(theirs[work]))
        for work in ours
        if work in theirs
        and max(ours[work], theirs[work]) > MOST_SHIFT * min(ours[work], theirs[work])
    }


def _shift_text(one: Run, other: Run) -> str:
    """Say by how much the machine itself was slower or faster; nothing where it was steady."""
    found = farthest(shift(one.calibrations, other.calibrations))
    if found is None or max(found[1], 1 / found[1]) <= STEADY:
        return ""
    work, factor = found
    moved = f"{times(max(factor, 1 / factor))} {'slower' if factor > 1 else 'faster'}"
    return f"the machine itself was {moved} in run {other.invocation.id}, by its {work}"


def machine_differences(one: Fingerprint, other: Fingerprint) -> Differences:
    """Map each gating field that differs to (ours, theirs).

    The host tells machines of one kind apart and gates nothing. A field of the identity that one
    side does not know is unknown, not different. A device is told by its product: the name that
    people read follows from the identity, and may be put in better words some day.
    """
    unknown = unknown_fields(one, other)
    names = (one.gating.keys() | other.gating.keys()) - {HOST, *unknown}
    pairs = {name: (one.gating.get(name), other.gating.get(name)) for name in sorted(names)}
    if "device" in pairs:
        pairs["device"] = product_of(one), product_of(other)
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def unknown_fields(one: Fingerprint, other: Fingerprint) -> tuple[str, ...]:
    """Name the fields of the identity by which two machines cannot be compared.

    These are the ones that one of them lacks; all where neither has any.
    """
    kind = one.gating.get("device kind", "")
    fields = IDENTITY.get(kind, ()) if kind == other.gating.get("device kind", "") else ()
    if not any(name in marks.gating for name in fields for marks in (one, other)):
        return fields
    return tuple(name for name in fields if (name in one.gating) != (name in other.gating))


def machine_labels(one: Fingerprint, other: Fingerprint) -> Differences:
    """Map what shows that two fingerprints are of two machines to (ours, theirs).

    Without an id on both sides, as in a container, the name of the host stands for it.
    """
    pairs = {
        name: (one.recorded.get(name), other.recorded.get(name)) for name in (MACHINE_ID, UUID)
    }
    if None in pairs[MACHINE_ID]:
        del pairs[MACHINE_ID]
        pairs[HOST] = host_of(one), host_of(other)
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def host_of(marks: Fingerprint) -> str | None:
    """Name the host of a run; of earlier runs it is a gating field."""
    return marks.gating.get(HOST, marks.recorded.get(HOST))


def product_of(marks: Fingerprint) -> str | None:
    """Name the device as its maker does: earlier runs know no other name."""
    device = marks.gating.get("device")
    return (
        marks.recorded.get(PRODUCT, device) if marks.gating.get("device kind") == "cpu" else device
    )


def place_of(marks: Fingerprint) -> tuple[str, str] | None:
    """Give device and host by which series are told; None for a run that says nothing of either.

    The host is empty: machines of one kind share their series. Earlier runs keep theirs.
    """
    device = marks.gating.get("device")
    if device is None or host_of(marks) is None:
        return None
    return device, marks.gating.get(HOST, "")


def place_text(device: str, host: str) -> str:
    """Say where a series was measured.

    >>> place_text("AMD EPYC", "vm"), place_text("NVIDIA H200", "")
    ('AMD EPYC on vm', 'NVIDIA H200')
    """
    return f"{device} on {host}" if host else device


def _knows(run: Run, fields: tuple[str, ...]) -> bool:
    return any(name in run.invocation.fingerprint.gating for name in fields)


def _peaks_of_kinds(
    one: tuple[Peak, ...], other: tuple[Peak, ...]
) -> dict[str, tuple[float, float]]:
    """Give both geometric means of the peaks that both runs measured, by kind."""
    ours, theirs = ({_key(peak): peak.value for peak in peaks} for peaks in (one, other))
    common: dict[str, list[tuple[float, float]]] = {}
    for key in ours:
        if key in theirs:
            common.setdefault(key[0], []).append((ours[key], theirs[key]))
    return {
        kind: (geometric_mean([a for a, _ in pairs]), geometric_mean([b for _, b in pairs]))
        for kind, pairs in common.items()
    }


def _key(peak: Peak) -> tuple[str, ...]:
    return peak.kind, peak.precision, peak.size, str(peak.threads)


def _rate(kind: str, value: float) -> str:
    """Write a peak.

    >>> _rate("conv3x3", 242.3e9), _rate("copy", 37.9e9)
    ('242 GFLOP/s', '35.3 GiB/s')
    """
    return f"{byte_size(value)}/s" if kind == "copy" else si(value, "FLOP/s")
