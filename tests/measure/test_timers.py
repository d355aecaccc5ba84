"""Timers say how long steps take."""

from effprof.measure.timers import CpuTimer


class Clock:
    """A clock that only steps move."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def step(self, seconds):
        def run():
            self.now += seconds

        return run


def test_each_step_is_timed_on_its_own():
    clock = Clock()
    assert CpuTimer(clock=clock).throughput(clock.step(2.0), 3) == [2.0, 2.0, 2.0]
    assert CpuTimer(clock=clock).latency(clock.step(0.5), 2) == [0.5, 0.5]


def test_phases_are_timed_in_order():
    clock = Clock()
    phases = [clock.step(seconds) for seconds in (1.0, 4.0, 0.25)]
    assert CpuTimer(clock=clock).phases(phases) == [1.0, 4.0, 0.25]
