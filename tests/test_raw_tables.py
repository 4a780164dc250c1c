"""Text and missing values in X: the message names the columns and the estimators that take them."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_array

from sknn import CNNClassifier, MLPClassifier, MLPRegressor, SequentialRegressor

Y = [0, 1, 0]
FRAME = pd.DataFrame({"age": [1.0, 2, 3], "town": ["a", "b", None], "size": ["1", "2", "x"]})
GAPS = pd.DataFrame({"age": [1.0, np.nan, 3], "n": [1, 2, 3], "m": [None, 2.0, pd.NA]})


def error_of(call, *args):
    with pytest.raises(ValueError, match=r"\S") as caught:
        call(*args)
    return str(caught.value)


@pytest.mark.parametrize(
    ("X", "columns"),
    [
        (FRAME, "'town', 'size'"),
        (FRAME.astype({"town": "category"}), "'town', 'size'"),
        (FRAME.to_numpy(), "1, 2"),
        (FRAME.to_numpy().astype(str), "1, 2"),
        (FRAME.to_numpy().tolist(), "1, 2"),
        (pl.DataFrame({"age": [1.0, 2, 3], "town": ["a", "b", "c"]}), "'town'"),
    ],
    ids=["frame", "category", "objects", "strings", "list", "polars"],
)
def test_text_is_named_by_its_columns(X, columns):
    text = error_of(MLPClassifier().fit, X, Y)
    assert text.startswith("could not convert string to float")
    assert text.endswith(
        f"\nColumns of X with text: {columns}. Use TabularClassifier, which accepts these "
        "columns, or encode them, for instance with OneHotEncoder in a pipeline."
    )


@pytest.mark.parametrize(
    ("X", "columns"),
    [
        (GAPS, "'age', 'm'"),
        (GAPS.drop(columns="m").to_numpy(), "0"),
        (GAPS.to_numpy(dtype=object, na_value=None), "0, 2"),
    ],
    ids=["frame", "array", "objects"],
)
@pytest.mark.parametrize(
    ("make", "tabular"), [(MLPRegressor, "Regressor"), (MLPClassifier, "Classifier")]
)
def test_missing_values_are_named_by_their_columns(X, columns, make, tabular):
    text = error_of(make().fit, X, Y)
    assert re.match("Input X contains NaN|.*not 'NAType'", text)
    assert "HistGradientBoosting" not in text
    assert text.endswith(
        f"\nColumns of X with missing values: {columns}. Use Tabular{tabular}, which accepts "
        "these columns, or fill them, for instance with SimpleImputer in a pipeline."
    )


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_columns_are_named_when_predicting():
    regressor = SequentialRegressor([], max_iter=1).fit([[1.0, 2], [3, 4]], [0.0, 1])
    assert "with missing values: 1. Use TabularRegressor" in error_of(
        regressor.predict, [[1, np.nan]]
    )


@pytest.mark.parametrize(
    ("n", "named"),
    [(5, "0, 1, 2, 3, 4"), (6, "0, 1, 2, 3, 4 and 1 more"), (8, "0, 1, 2, 3, 4 and 3 more")],
)
def test_many_columns_are_counted(n, named):
    text = error_of(MLPClassifier().fit, np.full((3, n), np.nan), Y)
    assert f"missing values: {named}. Use" in text


def test_other_errors_stay_as_they_are():
    for X, y in ((np.ones((3, 1)), [0, np.nan, 1]), (csr_array([[np.nan], [1], [2]]), Y)):
        assert "Columns of X" not in error_of(MLPRegressor().fit, X, y)
    assert "Columns of X" not in error_of(MLPRegressor().fit, [[np.inf], [1], [2]], Y)
    assert "Columns of X" not in error_of(CNNClassifier().fit, np.full((3, 4), np.nan), Y)
    assert "Columns of X" not in error_of(MLPClassifier().fit, ["a", "b", "c"], Y)
