"""Choosing a network of a run: what is never weighed against each other."""

from effprof.session.choice import Wish, choose
from effprof.study.study import Study
from tests.report.test_findings import both_policies
from tests.report.zoo import zoo_run


def test_networks_are_chosen_under_one_policy_of_the_allocator():
    one = zoo_run((1, 8))
    both = both_policies(one, lambda *_: 0.5)
    wish = Wish(sort="speed")
    found = choose(Study(both), wish).frame
    assert list(found.index) == list(choose(Study(one), wish).frame.index)
    assert set(found["allocator"]) == {"kept"}
    asked = choose(Study(both), Wish(axes={"allocator": "default"})).frame
    assert len(asked) == 2
