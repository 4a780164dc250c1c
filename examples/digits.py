"""How well does a network recognise handwritten digits?

The program trains a network, prints a report and tunes the parameters within seconds. The 1,797
images of 8 x 8 pixels come with scikit-learn, so nothing is downloaded.

    python examples/digits.py
"""

import time

from sklearn.datasets import load_digits
from sklearn.metrics import classification_report, confusion_matrix
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn import MLPClassifier


def main():
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    print(f"{len(X_train)} training images, {len(X_test)} test images")

    started = time.perf_counter()
    model = make_pipeline(StandardScaler(), MLPClassifier(random_state=0))
    model.fit(X_train, y_train)
    seconds = time.perf_counter() - started
    print(f"\n== Default parameters: {model[-1].n_iter_} epochs in {seconds:.1f} s ==")
    report(model, X_test, y_test)

    grid = {
        "mlpclassifier__hidden_layer_sizes": [(50,), (100,), (100, 50)],
        "mlpclassifier__activation": ["relu", "tanh"],
    }
    model = make_pipeline(StandardScaler(), MLPClassifier(tol=1e-3, random_state=0))
    started = time.perf_counter()
    search = GridSearchCV(model, grid, cv=3).fit(X_train, y_train)
    seconds = time.perf_counter() - started
    results = search.cv_results_
    print(f"\n== Grid search: {len(results['params'])} settings in {seconds:.1f} s ==")
    for params, accuracy in zip(results["params"], results["mean_test_score"], strict=True):
        print(f"{accuracy:.4f}  {' '.join(str(value) for value in params.values())}")
    print("Best:", *search.best_params_.values())
    report(search, X_test, y_test)


def report(model, X_test, y_test):
    """Prints the accuracy, a report and the confusion matrix on the test images."""
    y_predicted = model.predict(X_test)
    print(f"Test accuracy: {model.score(X_test, y_test):.4f}\n")
    print(classification_report(y_test, y_predicted))
    print("Confusion matrix (rows: true, columns: predicted)")
    print(confusion_matrix(y_test, y_predicted))


if __name__ == "__main__":
    main()
