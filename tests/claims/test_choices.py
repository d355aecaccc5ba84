"""What counts as measured alike: equal settings, the largest common batch, the preferred name."""

from effprof.claims.choices import measured_alike
from effprof.claims.claim import NotMeasured
from effprof.claims.evidence import Wanted, evidence_of
from effprof.core.cells import Cell
from effprof.core.formats import TIMM
from effprof.study.study import Study
from tests.evidence import evidence, run_of

ONE, TWO = "timm/one", "timm/two"


def choice(*names, **axes):
    return tuple(Wanted(name, 224, **axes) for name in names)


def found(cells, *choices, smallest=1, **more):
    answer = measured_alike(evidence(dict.fromkeys(cells, (0.1, 0.1)), **more), choices, smallest)
    return answer if isinstance(answer, NotMeasured) else [each[0].cell for each in answer]


def at(name, batch, **axes):
    return Cell(name, 224, batch_size=batch, **axes)


def test_the_largest_batch_that_all_have_counts():
    cells = [at(ONE, 1), at(ONE, 64), at(ONE, 256), at(TWO, 1), at(TWO, 64)]
    assert found(cells, choice(ONE), choice(TWO)) == [at(ONE, 64), at(TWO, 64)]


def test_a_batch_that_is_too_small_counts_for_nothing():
    answer = found([at(ONE, 32), at(TWO, 32)], choice(ONE), choice(TWO), smallest=64)
    assert isinstance(answer, NotMeasured)
    assert {(w.model, w.batch_size) for w in answer.wanted} == {
        *((ONE, 64), (ONE, 256), (TWO, 64), (TWO, 256))
    }


def test_only_what_is_not_there_is_wanted():
    answer = found([at(ONE, 64)], choice(ONE, batch_size=64), choice(TWO, batch_size=64))
    assert [(w.model, w.batch_size) for w in answer.wanted] == [(TWO, 64)]


def test_settings_that_differ_are_not_alike():
    cells = [at(ONE, 64, memory_format="nhwc"), at(TWO, 64)]
    assert isinstance(found(cells, choice(ONE), choice(TWO)), NotMeasured)


def test_plain_settings_come_before_others_of_the_same_batch():
    cells = [
        at(name, 64, memory_format=order, execution=how)
        for how in ("compile", "eager")
        for order in ("nhwc", "nchw")
        for name in (ONE, TWO)
    ]
    either = [
        (*choice(name, execution="eager"), *choice(name, execution="compile"))
        for name in (ONE, TWO)
    ]
    assert found(cells, *either) == [at(ONE, 64), at(TWO, 64)]


def test_eager_and_compiled_do_not_mix_where_either_would_do():
    cells = [at(ONE, 1), at(TWO, 1, execution="compile")]
    either = [(*choice(name), *choice(name, execution="compile")) for name in (ONE, TWO)]
    assert isinstance(found(cells, *either), NotMeasured)


def test_the_preferred_name_comes_first_and_another_stands_in():
    both = [at(ONE, 1), at("timm/tf_one", 1), at(TWO, 1)]
    names = choice(ONE, "timm/tf_one")
    assert found(both, names, choice(TWO))[0] == at(ONE, 1)
    assert found(both[1:], names, choice(TWO))[0] == at("timm/tf_one", 1)


def test_a_second_name_serves_where_the_first_lacks_the_setting():
    cells = [at(ONE, 1), at("timm/tf_one", 64), at(TWO, 64)]
    names = choice(ONE, "timm/tf_one")
    assert found(cells, names, choice(TWO)) == [at("timm/tf_one", 64), at(TWO, 64)]


def test_published_networks_stand_at_their_own_largest_batch():
    cells = [at(ONE, 64), at(ONE, 1024), at(TWO, 256)]
    alike = found(cells, choice(ONE), choice(TWO), smallest=64, method=TIMM.method)
    assert alike == [at(ONE, 1024), at(TWO, 256)]


def test_a_cell_comes_with_its_repeats_from_every_run():
    runs = [run_of({at(ONE, 1): (0.1,), at(TWO, 1): (0.2,)}, run_id=name) for name in ("a", "b")]
    (known,) = evidence_of([Study(each) for each in runs])
    one, two = measured_alike(known, (choice(ONE), choice(TWO)))
    assert (len(one), len(two)) == (2, 2)
