"""Predictions of a setting are the correlations of its rows, estimate for estimate."""

from effprof.analysis.correlation import PREDICTORS, STATISTICS, correlations
from effprof.analysis.estimate_columns import estimate_of
from effprof.study.predictors import predictions
from effprof.study.study import Study
from tests.report.zoo import zoo_run
from tests.runs import sample_run


def test_predictions_are_the_correlations_of_the_frame():
    study = Study(zoo_run((1, 8)))
    found = predictions(study.settings[0].results)
    rows = correlations(study.frame).dropna(subset=["spearman"]).to_dict("records")
    assert len(found) == len(rows) == 2 * len(PREDICTORS)
    for each, row in zip(found, rows, strict=True):
        told = (each.predictor, each.batch_size, each.models)
        assert told == (row["predictor"], row["batch_size"], row["models"])
        assert each.statistics == {name: estimate_of(row, name) for name in STATISTICS}


def test_too_few_networks_predict_nothing():
    assert predictions(Study(sample_run()).settings[0].results) == ()
    assert predictions([]) == ()
