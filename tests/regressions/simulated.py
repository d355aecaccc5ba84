"""Nights made of random numbers, for the laws of detection and for its benchmark."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from effprof.core.cells import Cell
from effprof.core.events import Event, SeriesKey
from effprof.regressions.assess import Tonight, assess, suspects
from effprof.regressions.assessment import Assessment, Night
from effprof.regressions.edivisive import best_splits
from effprof.regressions.packing import without_spikes
from effprof.regressions.series import History


def best_null_splits(rng: np.random.Generator, nights: int, series: int) -> np.ndarray:
    """The statistic of the best split of series in which nothing changed."""
    found = []
    while series > 0:
        some = min(series, 20_000)
        rows = rng.normal(0.0, 0.01, (some, nights))
        count = np.full(some, nights)
        found.append(best_splits(without_spikes(rows, count), count).statistic)
        series -= some
    return np.concatenate(found)


@dataclass(frozen=True)
class Noise:
    """How nights vary although nothing changes; shares are relative to the level.

    `sigma` is the standard deviation of the night's value, `outliers` the share of nights that are
    8 to 25 % off, either way, and `persistent` the share of those that still are when the cell is
    measured again the same night. `correlation` is that of neighbouring nights, `drift` the change
    per night.

    `common` is the standard deviation of what all series of a night share, `common_correlation` its
    correlation from night to night, and `per_run` says that it is new when cells are measured again
    the same night. Two nights in seven are `weekend` slower. Series follow both with loadings whose
    standard deviation is `loadings`. `modes` is the distance of two levels between which a series
    changes on one night in ten, `walk` the standard deviation of a random walk's steps; `wandering`
    is the share of the series that do so.
    """

    sigma: float = 0.01
    outliers: float = 0.0
    persistent: float = 0.25
    correlation: float = 0.0
    drift: float = 0.0
    common: float = 0.0
    common_correlation: float = 0.0
    per_run: bool = False
    weekend: float = 0.0
    loadings: float = 0.0
    modes: float = 0.0
    walk: float = 0.0
    wandering: float = 1.0


#: Chance that a series with two modes is in the other one on the next night.
MODE_CHANGES = 0.1


@dataclass(frozen=True)
class Nights:
    """Simulated nights: values as first measured and as measured again, [series, nights]."""

    history: History
    again: np.ndarray

    def again_on(self, night: int, keys: Iterable[SeriesKey]) -> dict[SeriesKey, list[float]]:
        rows = {key: row for row, key in enumerate(self.history.keys)}
        return {key: [float(self.again[rows[key], night])] for key in keys}


def nights_named(count: int, attributes=lambda night: {}) -> tuple[Night, ...]:
    start = date(2026, 1, 1)
    return tuple(
        Night(f"run{n:03}", f"{start + timedelta(days=n)}T02:00:00+00:00", attributes(n))
        for n in range(count)
    )


def cell_key(number: int) -> str:
    return Cell(f"timm/model_{number:04}", 224).key


def series_keys(count: int, metric: str = "step_seconds") -> tuple[SeriesKey, ...]:
    return tuple(SeriesKey("Some GPU", "host", cell_key(n), metric, "1") for n in range(count))


def simulate(
    rng: np.random.Generator,
    series: int,
    nights: int,
    noise: Noise,
    steps: np.ndarray | None = None,
) -> Nights:
    """Draw series around levels of 1 to 100 ms; `steps` [series, nights] multiplies them."""
    shape = (series, nights)
    deviation = rng.normal(0.0, 1.0, shape)
    for night in range(1, nights):
        fresh = np.sqrt(1 - noise.correlation**2) * deviation[:, night]
        deviation[:, night] = noise.correlation * deviation[:, night - 1] + fresh
    again = noise.correlation * deviation + np.sqrt(1 - noise.correlation**2) * rng.normal(
        0.0, 1.0, shape
    )
    outlying = rng.random(shape) < noise.outliers
    jolt = rng.uniform(0.08, 0.25, shape) * rng.choice([-1, 1], shape)
    stays = outlying & (rng.random(shape) < noise.persistent)
    level = 10 ** rng.uniform(-3, -1, (series, 1)) * (1 + noise.drift) ** np.arange(nights)
    level = level * (1.0 if steps is None else steps)
    first = level * np.exp(noise.sigma * deviation) * (1 + jolt * outlying)
    second = level * np.exp(noise.sigma * again) * (1 + jolt * stays)
    if noise.modes or noise.walk:
        places = np.exp(_wandering(rng, shape, noise))
        first, second = first * places, second * places
    if noise.common or noise.weekend:
        shared, shared_again = _shared(rng, nights, noise)
        follows = np.maximum(rng.normal(1.0, noise.loadings, (series, 1)), 0.0)
        first, second = first * np.exp(follows * shared), second * np.exp(follows * shared_again)
    return Nights(History(nights_named(nights), series_keys(series), first), second)


def _wandering(rng: np.random.Generator, shape: tuple[int, int], noise: Noise) -> np.ndarray:
    """Where series are that have two modes, or that walk, as logarithms."""
    changes = rng.random(shape) < MODE_CHANGES
    changes[:, 0] = rng.random(shape[0]) < 0.5
    modes = noise.modes * (np.cumsum(changes, axis=1) % 2)
    own = modes + np.cumsum(rng.normal(0.0, noise.walk, shape), axis=1)
    return own * (np.arange(shape[0]) < noise.wandering * shape[0])[:, None]


def _shared(rng: np.random.Generator, nights: int, noise: Noise) -> tuple[np.ndarray, np.ndarray]:
    """What all series share each night, as first measured and as measured again: logarithms."""
    fresh, own = rng.normal(0.0, noise.common, (2, nights))
    shared = fresh.copy()
    for night in range(1, nights):
        kept = noise.common_correlation * shared[night - 1]
        shared[night] = kept + np.sqrt(1 - noise.common_correlation**2) * fresh[night]
    weekend = noise.weekend * (np.arange(nights) % 7 >= 5)
    return shared + weekend, (own if noise.per_run else shared) + weekend


def replay(
    simulated: Nights,
    start: int = 0,
    tonight: Tonight | None = None,
    remeasure: bool = True,
    known: Iterable[Event] = (),
) -> tuple[dict[str, Event], dict[str, int], Assessment]:
    """Live through the nights one by one, with a store's memory for events and values.

    Returns all events by id, the index of the night on which each was first told, and the last
    assessment. What is measured again stays a run of its own, as in a store.
    """
    told: dict[str, int] = {}
    events = {event.id: event for event in known}
    history = simulated.history
    for night in range(start, len(history.nights)):
        past = history.until(night)
        again = {}
        if remeasure:
            again = simulated.again_on(night, suspects(past, tuple(events.values()), tonight))
        assessment = assess(past, tuple(events.values()), again, tonight)
        for shown in (*assessment.events, *assessment.recovered):
            told.setdefault(shown.event.id, night)
            events[shown.event.id] = shown.event
    return events, told, assessment
