"""How many parameter settings can a random search try?

The networks of sknn train together and try 200 settings; those of scikit-learn try 20.

python examples/search.py                          1,797 handwritten digits with 64 pixels each
python examples/search.py --data letter.csv.gz     a CSV file with the labels in its last column
python examples/search.py --settings 50            fewer settings, and a tenth for scikit-learn
"""

import argparse
import warnings
from time import perf_counter

import numpy as np
from scipy.stats import loguniform
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import RandomizedSearchCV, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import sknn
import sknn.model_selection

SPACE = {
    "network__learning_rate_init": loguniform(1e-4, 1e-1),
    "network__alpha": loguniform(1e-6, 10),
    "network__hidden_layer_sizes": [(20,), (50,)],
}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", metavar="FILE", help="a CSV file, optionally gzip-compressed")
    parser.add_argument("--settings", type=int, default=200, metavar="N")
    args = parser.parse_args()
    X, y = table(args.data)
    data = train_test_split(X.astype(np.float32), y, stratify=y, random_state=0)
    warnings.simplefilter("ignore", ConvergenceWarning)  # a search works without convergence
    n_few = max(1, args.settings // 10)
    with threadpool_limits(1):  # a second BLAS thread slows down the products of small networks
        report("scikit-learn", RandomizedSearchCV, MLPClassifier, n_few, *data)
    report(
        "sknn", sknn.model_selection.RandomizedSearchCV, sknn.MLPClassifier, args.settings, *data
    )


def table(path):
    """Returns X and y of a data set from scikit-learn, or of a file."""
    if path is None:
        return load_digits(return_X_y=True)
    cells = np.loadtxt(path, dtype=str, delimiter=",", skiprows=1)
    return cells[:, :-1].astype(float), cells[:, -1]


def report(name, search, network, n_settings, X_train, X_test, y_train, y_test):
    """Runs the search, and prints the time it took and the accuracy of the best network."""
    settings = {"batch_size": 32, "max_iter": 10, "random_state": 0}
    pipeline = Pipeline([("scaler", StandardScaler()), ("network", network(**settings))])
    # The same random_state, so that the first settings of both searches are the same.
    found = search(pipeline, SPACE, n_iter=n_settings, cv=3, random_state=0)
    started = perf_counter()
    found.fit(X_train, y_train)
    seconds = perf_counter() - started
    print(
        f"{name:<13}{n_settings:4} settings in {seconds:5.1f} s, "
        f"cross-validation {found.best_score_:.3f}, test accuracy {found.score(X_test, y_test):.3f}"
    )


if __name__ == "__main__":
    main()
