"""What tells a clean step from one that was held up, and what is made of the latter."""

import itertools
import time
from dataclasses import replace
from pathlib import Path

import pytest

from effprof.core.runs import MeasureOptions
from effprof.measure.loop import PATIENCE, take_samples
from effprof.measure.step_times import Reading, StepTime, TaskClocks, between, undelayed
from effprof.measure.timers import CpuTimer

OPTIONS = MeasureOptions(min_samples=30, min_seconds=1.0, time_cap_seconds=10.0)


def held_up(seconds, waited):
    """A step of one thread that took so long on its core and waited so long for it."""
    return StepTime(seconds + waited, waited, seconds, 1 if waited else 0, alone=True)


class Steps:
    """A timer whose steps come from an iterator."""

    def __init__(self, steps):
        self._steps = iter(steps)

    def watched(self, step, count):
        return list(itertools.islice(self._steps, count))


def take(steps, **options):
    heard = []
    sampled = take_samples(
        None, Steps(steps), replace(OPTIONS, **options), 0.02, lambda *told: heard.append(told)
    )
    return sampled, heard


def test_steps_that_waited_do_not_count_and_are_kept():
    sampled, _ = take(held_up(0.02, 0.0 if n % 3 else 0.05) for n in itertools.count())
    assert sampled.quiet
    assert sampled.converged
    assert set(sampled.samples) == {0.02}
    assert sum(sampled.samples) >= OPTIONS.min_seconds
    assert len(sampled.taken) > len(sampled.samples)
    assert sampled.clean_share == pytest.approx(2 / 3, abs=0.05)
    assert sampled.cpu_share == pytest.approx(1.0)


def test_a_kernel_that_needs_the_core_for_a_moment_disturbs_nothing():
    sampled, _ = take(held_up(0.02, 0.0001) for _ in itertools.count())
    assert len(sampled.samples) == len(sampled.taken)


def test_a_pass_that_is_never_quiet_ends_early_with_what_steps_took_without_waiting():
    sampled, _ = take(held_up(0.02, 0.03) for _ in itertools.count())
    assert not sampled.quiet
    assert sampled.samples == pytest.approx([0.02] * len(sampled.samples))
    # What 50 undisturbed steps need, a quarter more, and one batch of steps.
    assert sum(each.seconds for each in sampled.taken) <= PATIENCE * 1.0 + 0.5


def test_one_batch_of_disturbed_steps_is_borne():
    steps = itertools.chain(
        (held_up(0.02, 0.05) for _ in range(12)), itertools.repeat(held_up(0.02, 0))
    )
    sampled, _ = take(steps)
    assert sampled.quiet
    assert set(sampled.samples) == {0.02}


def test_a_busy_machine_that_is_accepted_counts_every_step():
    sampled, _ = take((held_up(0.02, 0.03) for _ in itertools.count()), allow_busy=True)
    assert sampled.quiet
    assert sampled.samples == pytest.approx([0.05] * len(sampled.samples))


def test_steps_of_several_threads_keep_their_time():
    shared = StepTime(0.05, 0.03, 0.06, 2, alone=False)
    sampled, _ = take(itertools.repeat(shared))
    assert not sampled.quiet
    assert set(sampled.samples) == {0.05}


def test_where_nothing_is_told_every_step_counts():
    sampled, _ = take(StepTime(0.02) for _ in itertools.count())
    assert sampled.quiet
    assert len(sampled.samples) == len(sampled.taken)
    assert sampled.cpu_share is None


def test_without_the_kernel_s_word_one_thread_waited_while_it_had_no_core():
    before, after = Reading(None, 1.0, 0), Reading(None, 1.02, 3)
    alone = between(0.05, before, after, alone=True)
    assert alone.waited == pytest.approx(0.03)
    assert undelayed([alone]) == (pytest.approx(0.02),)
    assert between(0.05, before, after, alone=False).waited is None


def test_a_step_never_took_less_than_its_cpu_time():
    odd = StepTime(0.05, 0.06, 0.02, 1, alone=True)
    assert undelayed([odd]) == (0.02,)


@pytest.mark.skipif(not Path("/proc/thread-self/schedstat").exists(), reason="not Linux")
@pytest.mark.parametrize("threads", [1, 2])
def test_real_clocks_tell_work_from_sleep(threads):
    def work():
        end = time.thread_time() + 0.02
        while time.thread_time() < end:
            pass

    working = CpuTimer(threads).watched(work, 5)
    assert all(each.cpu >= 0.019 for each in working)
    assert all(each.waited is None or each.waited >= 0 for each in working)
    (asleep,) = CpuTimer(threads).watched(lambda: time.sleep(0.05), 1)
    assert asleep.cpu < 0.02
    assert (asleep.waited or 0.0) < 0.04


def test_clocks_cost_little():
    with TaskClocks(1) as clocks:
        began = time.perf_counter()
        for _ in range(1000):
            clocks.now()
        assert time.perf_counter() - began < 0.1
