"""Networks that a counter easily gets wrong have the MACs that were worked out by hand."""

import warnings

import pytest
import torch

from effprof.core.cells import Cell
from effprof.core.errors import BadInput
from effprof.cost import count_model
from effprof.measure.steps import build_step
from effprof.models.build import build_model
from effprof.profiling import Subject
from effprof.profiling.clock import clocked_step
from effprof.sweep import tasks
from tests.cost import networks

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _quiet_about_scripts():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.*")
        yield


def name_of(network):
    return f"{networks.__file__}:{network}"


@pytest.mark.parametrize("network", networks.MACS)
def test_their_macs_are_those_worked_out_by_hand(network):
    static = count_model(name_of(network), 32).static
    assert static.total.macs == networks.MACS[network]
    assert networks.COMPUTED.get(network, "") in static.computed
    assert bool(static.computed) == (network in networks.COMPUTED)


@pytest.mark.parametrize("network", networks.MACS)
def test_a_training_step_of_them_is_counted_too(network):
    infer, train = (
        count_model(name_of(network), 32, mode, 2).static for mode in ("infer", "train")
    )
    assert train.by_phase["forward"].macs == infer.total.macs
    assert infer.total.macs <= train.by_phase["backward"].macs <= 2.5 * infer.total.macs


@pytest.mark.parametrize("network", networks.MACS)
def test_what_runs_under_the_clock_is_what_was_counted(network):
    static = count_model(name_of(network), 32, "infer", 2).static
    model = build_model(name_of(network))
    step = build_step(model, Cell(name_of(network), 32, batch_size=2), CPU)
    ops = clocked_step(Subject.of(model, step, CPU))
    assert sum(op.macs for op in ops) == static.total.macs == 2 * networks.MACS[network]


def test_a_network_that_does_not_run_at_all_is_refused():
    with pytest.raises(BadInput, match=r"does not run on images of shape \(1, 3, 2, 2\)"):
        count_model(name_of("encoder"), 2)


@pytest.mark.parametrize("network", networks.COMPUTED)
def test_weights_of_the_caller_stay_as_they_are_where_a_step_is_computed(network):
    if network == "partly_scripted":
        pytest.skip("an object with TorchScript cannot be copied")
    net = getattr(networks, network)()
    before = [weight.clone() for weight in net.parameters()]
    count_model(net, 32, "train", 2)
    assert all(map(torch.equal, before, net.parameters()))
    assert all(weight.grad is None for weight in net.parameters())


def test_a_run_notes_what_its_flops_lack():
    cells = (Cell(name_of("complex_weight"), 32), Cell(name_of("encoder"), 32))
    counted = tasks.count_costs(cells, print)
    (note,) = counted.notes
    assert "complex_weight are without those of _fft_r2c (a Fourier transform" in note
    assert len(counted.costs) == 2
