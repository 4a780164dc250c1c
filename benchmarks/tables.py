"""Compares TabularClassifier and TabularRegressor with boosting and other networks on tables.

    python benchmarks/tables.py FOLDER [--rows 1000] [--splits 3] [--results FILE]
        [--tables adult,wine] [--models Tabular,CatBoost]

FOLDER contains tables as CSV files whose last column is ``target``. Data sets and generators of
scikit-learn are added. Every model is fitted to the same training rows of each split. The error is
the fraction of wrong labels, or the RMSE divided by the standard deviation of the target. Each
result is written to FILE as soon as it is known, and is not measured again when the program is
started again with the same FILE. At the end, the program prints the mean error and log-loss for
each table, the error of sknn relative to the better of HistGradientBoosting and RealMLP-TD, and
mean ranks. Splits that a model has not finished are left out for all models.

LightGBM, CatBoost and pytabkit are included if they are installed. All models have their default
parameters and one thread. scikit-learn's MLP is in a pipeline with imputation, one-hot encoding and
scaling. Missing values are imputed for pytabkit, which does not support them.
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
REGRESSION = (
    "abalone",
    "california_housing",
    "diamonds",
    "diabetes",
    "friedman1",
    "friedman2",
    "friedman3",
)
COLUMNS = ["table", "split", "model", "rows", "error", "log_loss", "seconds"]
OWN, BASELINES = "Tabular", ["HistGradientBoosting", "RealMLP-TD"]


def mixed():
    """Returns X and y of classes that depend on numbers and categories, with missing values."""
    X, y = datasets.make_classification(
        4000, 16, n_informative=8, n_classes=3, n_clusters_per_class=3, random_state=0
    )
    frame = pd.DataFrame(X).add_prefix("x")
    for number, column in enumerate(frame.columns[:6]):
        levels = pd.qcut(frame[column], 4 + 3 * number, labels=False)
        frame[column] = pd.Categorical("level " + levels.astype(str))
    return frame.mask(np.random.default_rng(0).random(frame.shape) < 0.05), y


GENERATED = {
    "friedman1": lambda: datasets.make_friedman1(4000, noise=1.0, random_state=0),
    "friedman2": lambda: datasets.make_friedman2(4000, noise=100.0, random_state=0),
    "friedman3": lambda: datasets.make_friedman3(4000, noise=0.1, random_state=0),
    "hastie": lambda: datasets.make_hastie_10_2(4000, random_state=0),
    "mixed": mixed,
}


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
            OWN: TabularRegressor(random_state=seed),
            "HistGradientBoosting": HistGradientBoostingRegressor(
                categorical_features="from_dtype", random_state=seed
            ),
            "scikit-learn MLP": ScaledTarget(prepared(MLPRegressor(random_state=seed))),
        }
    else:
        found = {
            OWN: TabularClassifier(random_state=seed),
            "HistGradientBoosting": HistGradientBoostingClassifier(
                categorical_features="from_dtype", random_state=seed
            ),
            "scikit-learn MLP": prepared(MLPClassifier(random_state=seed)),
        }
    kind = "Regressor" if regression else "Classifier"
    if importlib.util.find_spec("lightgbm"):
        import lightgbm

        found["LightGBM"] = getattr(lightgbm, f"LGBM{kind}")(
            random_state=seed, n_jobs=1, verbose=-1
        )
    if importlib.util.find_spec("catboost"):
        import catboost

        found["CatBoost"] = getattr(catboost, f"CatBoost{kind}")(
            random_state=seed, thread_count=1, verbose=0, allow_writing_files=False
        )
    if importlib.util.find_spec("pytabkit"):
        import pytabkit

        for name in ("RealMLP-TD-S", "RealMLP-TD", "TabM-D"):
            model = getattr(pytabkit, f"{name.replace('-', '_')}_{kind}")
            found[name] = model(random_state=seed, n_threads=1)
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


def generated(name):
    """Returns the same for a generator of scikit-learn."""
    X, y = GENERATED[name]()
    return pd.DataFrame(X).rename(columns=str), y, name in REGRESSION


def as_categories(frame):
    """Converts text columns to categories, which boosting supports."""
    text = frame.select_dtypes(["object", "str"]).columns
    return frame.astype(dict.fromkeys(text, "category"))


def without_gaps(X, X_test, numbers):
    """Returns both with a level for missing text, and with the median for missing ``numbers``."""
    text = X.select_dtypes("category").columns
    medians, gaps = X[numbers].median(), [c for c in numbers if X[c].isna().any()]
    filled = []
    for frame in (X, X_test):
        levels = {c: frame[c].astype(object).fillna("missing") for c in text}
        missing = {f"{c} is missing": frame[c].isna().astype(float) for c in gaps}
        filled.append(frame.fillna(medians).assign(**levels, **missing))
    return filled


def measured(model, X, y, X_test, y_test, regression):
    """Returns the error, the log-loss or nan, and the CPU seconds of fit."""
    numbers = X.select_dtypes("number").columns
    for frame in (X, X_test):
        frame[numbers] = frame[numbers].astype(float)
    library = type(model).__module__.partition(".")[0]
    if library in ("catboost", "pytabkit"):
        X, X_test = without_gaps(X, X_test, numbers if library == "pytabkit" else [])
    if library == "catboost":
        model.set_params(cat_features=list(X.select_dtypes("object").columns))
    began = time.process_time()
    model.fit(X, y)
    seconds = time.process_time() - began
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
    parser.add_argument("--rows", type=int, default=1000, help="maximum number of training rows")
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--first", type=int, default=100, help="seed of the first split")
    parser.add_argument("--tables", help="comma-separated names")
    parser.add_argument("--models", help="comma-separated names")
    parser.add_argument("--results", type=Path, help="CSV file of results, which is continued")
    asked = parser.parse_args(arguments)
    tables = {name: lambda name=name: bundled(name) for name in BUNDLED}
    tables |= {name: lambda name=name: generated(name) for name in GENERATED}
    if asked.folder:
        for path in sorted(asked.folder.glob("*.csv*")):
            tables[path.name.partition(".")[0]] = lambda path=path: read(path)
    names = asked.tables.split(",") if asked.tables else list(tables)
    models = asked.models.split(",") if asked.models else list(contestants(False, 0))
    results = pd.DataFrame(columns=COLUMNS)
    if asked.results and asked.results.exists():
        results = pd.read_csv(asked.results)
    known = set(results[COLUMNS[:3]].itertuples(index=False, name=None))
    rows = results.to_numpy().tolist()
    for seed in range(asked.first, asked.first + asked.splits):
        for name in names:
            missing = [model for model in models if (name, seed, model) not in known]
            if not missing:
                continue
            X, y, regression = tables[name]()
            X, y, X_test, y_test = split(X, y, regression, asked.rows, seed)
            for model in missing:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    contestant = contestants(regression, seed)[model]
                    found = measured(contestant, X.copy(), y, X_test.copy(), y_test, regression)
                rows.append([name, seed, model, len(X), *found])
                print(*rows[-1], flush=True)
                if asked.results:
                    pd.DataFrame(rows, columns=COLUMNS).to_csv(asked.results, index=False)
    results = pd.DataFrame(rows, columns=COLUMNS)
    show(results[results.table.isin(names) & results.model.isin(models)], models)


def show(results, models):
    """Prints the means over the splits as a table, and mean ranks."""
    splits = results.pivot_table(index=["table", "split"], columns="model", values="error")
    finished = splits[models].dropna().index
    results = results.set_index(["table", "split"]).loc[finished].reset_index()
    groups = results.groupby(["table", "model"])[["rows", "error", "log_loss", "seconds"]]
    means = groups.mean().unstack()
    means = means.sort_values(("rows", models[0]))
    errors, losses = means["error"][models], means["log_loss"][models]
    bases = [model for model in BASELINES if model in models]
    compared = bool(bases) and OWN in models
    ratios = {}
    print("\n|", " | ".join(["table", "rows", *models, *["ratio"] * compared]), "|")
    print("| --- | ---: |" + " --- |" * (len(models) + compared))
    for table in means.index:
        cells = [table, f"{means.loc[table, ('rows', models[0])]:.0f}"]
        best = errors.loc[table].min()
        for model in models:
            mark = "**" if errors.loc[table, model] == best else ""
            loss = losses.loc[table, model]
            cells.append(
                f"{mark}{errors.loc[table, model]:.3f}{mark}"
                + ("" if np.isnan(loss) else f" ({loss:.2f})")
            )
        if compared:
            ratios[table] = ratio(errors.loc[table, OWN], errors.loc[table, bases].min())
            cells.append(f"{ratios[table]:.2f}")
        print("|", " | ".join(cells), "|")
    end = "| |" if compared else "|"
    for title, figures in (("error", errors), ("log-loss", losses.dropna())):
        ranks = figures.rank(axis=1).mean()
        print(f"| mean rank, {title} | |", " | ".join(f"{rank:.2f}" for rank in ranks), end)
    seconds = means["seconds"][models].median()
    print("| median CPU seconds | |", " | ".join(f"{value:.1f}" for value in seconds), end)
    n_splits = finished.get_level_values("table").value_counts()
    print(f"\n{len(means)} tables, {n_splits.min()} to {n_splits.max()} splits of each")
    if compared:
        close = sum(round(value, 6) <= 1.1 for value in ratios.values())
        print(f"At most 10 % more errors than the better of {' and '.join(bases)}: {close} tables")


def ratio(own, best):
    """Returns own / best, with 1 for 0 / 0."""
    return own / best if best else np.inf if own else 1.0


if __name__ == "__main__":
    main()
