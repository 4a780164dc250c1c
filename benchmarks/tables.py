"""Compares TabularClassifier and TabularRegressor with boosting and other networks on tables.

    python benchmarks/tables.py FOLDER [--rows 2000] [--splits 3] [--tables adult,wine]

FOLDER contains tables as CSV files whose last column is ``target``. Without FOLDER, data sets of
scikit-learn are used. For each table, the program prints the mean error, log-loss and seconds over
the splits. The error is the fraction of wrong labels, or the RMSE divided by the standard deviation
of the target. At the end, it prints mean ranks. LightGBM, CatBoost and pytabkit are included if
they are installed. All models have their default parameters. scikit-learn's MLP is in a pipeline
with imputation, one-hot encoding and scaling.
"""

import argparse
import importlib.util
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sknn import TabularClassifier, TabularRegressor

TEXT = make_column_selector(dtype_include=["object", "str", "category"])
NUMBERS = make_column_selector(dtype_include="number")
BUNDLED = {
    "breast_cancer": datasets.load_breast_cancer,
    "wine": datasets.load_wine,
    "digits": datasets.load_digits,
    "diabetes": datasets.load_diabetes,
}
REGRESSION = ("abalone", "california_housing", "diamonds", "diabetes")


def prepared(model):
    """Returns a pipeline that converts columns of any kind to scaled numbers."""
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    text = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="missing"),
        OneHotEncoder(handle_unknown="ignore"),
    )
    columns = make_column_transformer((numbers, NUMBERS), (text, TEXT))
    return make_pipeline(columns, model)


class ScaledTarget:
    """A regressor on a standardised target."""

    def __init__(self, model):
        self.model = model

    def fit(self, X, y):
        self.mean, self.scale = y.mean(), y.std() or 1.0
        self.model.fit(X, (y - self.mean) / self.scale)
        return self

    def predict(self, X):
        return self.model.predict(X) * self.scale + self.mean


def contestants(regression, seed):
    """Returns {name: unfitted model}."""
    if regression:
        found = {
            "TabularRegressor": TabularRegressor(random_state=seed),
            "HistGradientBoosting": HistGradientBoostingRegressor(
                categorical_features="from_dtype", random_state=seed
            ),
            "scikit-learn MLP": ScaledTarget(prepared(MLPRegressor(random_state=seed))),
        }
    else:
        found = {
            "TabularClassifier": TabularClassifier(random_state=seed),
            "HistGradientBoosting": HistGradientBoostingClassifier(
                categorical_features="from_dtype", random_state=seed
            ),
            "scikit-learn MLP": prepared(MLPClassifier(random_state=seed)),
        }
    kind = "Regressor" if regression else "Classifier"
    if importlib.util.find_spec("lightgbm"):
        import lightgbm

        found["LightGBM"] = getattr(lightgbm, f"LGBM{kind}")(random_state=seed, verbose=-1)
    if importlib.util.find_spec("catboost"):
        import catboost

        found["CatBoost"] = getattr(catboost, f"CatBoost{kind}")(
            random_state=seed, verbose=0, allow_writing_files=False
        )
    if importlib.util.find_spec("pytabkit"):
        import pytabkit

        for name in ("RealMLP_TD_S", "RealMLP_TD", "TabM_D"):
            model = getattr(pytabkit, f"{name}_{kind}", None)
            if model is not None:
                found[name] = model(random_state=seed)
    return found


def read(path):
    """Returns X, y and whether to run a regression, for a CSV file."""
    frame = pd.read_csv(path)
    name = path.name.partition(".")[0]
    y = frame.pop("target")
    return as_categories(frame), y.to_numpy(), name in REGRESSION


def bundled(name):
    """Returns the same for a data set of scikit-learn."""
    data = BUNDLED[name](as_frame=True)
    return data.data, data.target.to_numpy(), name in REGRESSION


def as_categories(frame):
    """Converts text columns to categories, which boosting supports."""
    text = frame.select_dtypes(["object", "str"]).columns
    return frame.astype(dict.fromkeys(text, "category"))


def measured(model, X, y, X_test, y_test, regression):
    """Returns the error, the log-loss or nan, and the seconds of fit."""
    numbers = X.select_dtypes("number").columns
    for frame in (X, X_test):
        frame[numbers] = frame[numbers].astype(float)
    if type(model).__module__.startswith("catboost"):
        text = list(X.select_dtypes("category").columns)
        X, X_test = (
            own.assign(**{c: own[c].astype(object).fillna("missing") for c in text})
            for own in (X, X_test)
        )
        model.set_params(cat_features=text)
    began = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - began
    if regression:
        error = mean_squared_error(y_test, model.predict(X_test)) ** 0.5 / y_test.std()
        return error, np.nan, seconds
    p = model.predict_proba(X_test)
    classes = np.unique(y)
    known = np.isin(y_test, classes)  # False for classes without training rows
    error = 1 - np.mean(classes[p.argmax(axis=1)] == y_test)
    return error, log_loss(y_test[known], p[known], labels=classes), seconds


def split(X, y, regression, rows, seed):
    """Returns X, y, X_test and y_test, with at most ``rows`` training and 10,000 test rows."""
    counts = None if regression else np.unique(y, return_counts=True)[1]
    strata = y if counts is not None and counts.min() > 1 else None
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=0.25, random_state=seed, stratify=strata
    )
    return X.iloc[:rows].copy(), y[:rows], X_test.iloc[:10_000].copy(), y_test[:10_000]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--rows", type=int, default=2000, help="maximum number of training rows")
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--first", type=int, default=100, help="seed of the first split")
    parser.add_argument("--tables", help="comma-separated names")
    asked = parser.parse_args(arguments)
    tables = {name: lambda name=name: bundled(name) for name in BUNDLED}
    if asked.folder:
        for path in sorted(asked.folder.glob("*.csv*")):
            tables[path.name.partition(".")[0]] = lambda path=path: read(path)
    names = asked.tables.split(",") if asked.tables else list(tables)
    results = []
    for name in names:
        X, y, regression = tables[name]()
        for number in range(asked.splits):
            seed = asked.first + number
            parts = split(X, y, regression, asked.rows, seed)
            for model_name, model in contestants(regression, seed).items():
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    found = measured(model, *parts, regression)
                model_name = model_name.replace("Classifier", "").replace("Regressor", "")
                results.append((name, seed, model_name, len(parts[0]), *found))
        show(name, results)
    rank(results)


def columns():
    return ["table", "split", "model", "rows", "error", "log_loss", "seconds"]


def show(name, results):
    """Prints the means over the splits of one table."""
    frame = pd.DataFrame(results, columns=columns())
    own = frame[frame.table == name].groupby("model", sort=False)
    means = own[["rows", "error", "log_loss", "seconds"]].mean()
    for model, row in means.iterrows():
        print(
            f"{name:20} {row.rows:6.0f} {model:22} error {row.error:.4f}  "
            f"log-loss {row.log_loss:.4f}  {row.seconds:6.1f} s",
            flush=True,
        )


def rank(results):
    """Prints the mean ranks over tables."""
    frame = pd.DataFrame(results, columns=columns())
    for figure in ("error", "log_loss"):
        means = frame.pivot_table(index="table", columns="model", values=figure)
        print(f"Mean rank, {figure}: {means.rank(axis=1).mean().round(2).to_dict()}")


if __name__ == "__main__":
    main()
