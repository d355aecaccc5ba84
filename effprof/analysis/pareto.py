"""The Pareto front: the rows that no other row beats in both of two columns."""

import pandas as pd


def pareto_front(frame: pd.DataFrame, maximise: str, minimise: str) -> pd.Index:
    """Return the labels of the rows on the front, from the smallest `minimise` to the largest.

    A row is beaten by one that is at least as good in both columns and better in one; rows equal in
    both stand or fall together. A row with a missing value is on no front.

    >>> nets = pd.DataFrame({"top1": [77, 76, 80], "ms": [1.0, 2.0, 3.0]}, index=["a", "b", "c"])
    >>> list(pareto_front(nets, maximise="top1", minimise="ms"))
    ['a', 'c']
    """
    known = frame[[maximise, minimise]].dropna()
    ordered = known.sort_values([minimise, maximise], ascending=[True, False], kind="stable")
    best_below = ordered[maximise].cummax().shift()
    alike = (ordered == ordered.shift()).all(axis=1)
    better = best_below.isna() | (ordered[maximise] > best_below)
    # A copy of the row before it shares that row's fate, and so on down a chain of copies.
    return ordered.index[better.astype(float).where(~alike).ffill() == 1]
