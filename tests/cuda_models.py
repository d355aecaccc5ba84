"""Networks that break on a GPU and nowhere else, each in its own way."""

import torch

from tests.jobs import Broken, kill_itself

#: More numbers than any device holds: 64 TiB of them.
TOO_MANY = 2**44


def _on_a_gpu(outcome):
    """Break on a GPU only; on a CPU and the meta device the network is sound."""
    return Broken(lambda scores: outcome(scores) if scores.is_cuda else scores)


def asserting():
    """Trip a device-side assertion: an index that is out of bounds."""

    def trip(scores):
        beyond = torch.full((1,), scores.shape[1] + 10, device=scores.device)
        return scores[:, beyond]

    return _on_a_gpu(trip)


def starved():
    """Ask for more memory than there is."""
    return _on_a_gpu(lambda scores: scores.new_empty(TOO_MANY))


def killed():
    """Take the process down while its kernels run."""
    return _on_a_gpu(lambda _: kill_itself("SIGKILL", None))
