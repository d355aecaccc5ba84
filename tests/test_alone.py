"""Tests that measure get the machine to themselves; the others run side by side."""

import threading

import pytest

from tests.alone import Machine

#: Seconds after which somebody who waits for a turn counts as kept out.
PATIENCE = 10.0

#: Seconds within which somebody who may come in has done so.
SOON = 0.2


class Guest(threading.Thread):
    """Takes a turn and keeps it until it is told to go."""

    def __init__(self, machine, *, alone):
        super().__init__(daemon=True)
        self._machine, self._alone = machine, alone
        self.inside, self._go = threading.Event(), threading.Event()
        self.start()

    def run(self):
        with self._machine.turn(alone=self._alone):
            self.inside.set()
            assert self._go.wait(PATIENCE)

    def leave(self):
        self._go.set()
        self.join(PATIENCE)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_many_share_the_machine(machine):
    guests = [Guest(machine, alone=False) for _ in range(3)]
    assert all(guest.inside.wait(PATIENCE) for guest in guests)
    for guest in guests:
        guest.leave()


def test_who_is_alone_waits_for_the_others_and_goes_before_those_who_come_later(machine):
    early = Guest(machine, alone=False)
    assert early.inside.wait(PATIENCE)
    lone = Guest(machine, alone=True)
    assert not lone.inside.wait(SOON)
    late = Guest(machine, alone=False)
    assert not late.inside.wait(SOON)
    early.leave()
    assert lone.inside.wait(PATIENCE)
    assert not late.inside.wait(SOON)
    lone.leave()
    assert late.inside.wait(PATIENCE)
    late.leave()
