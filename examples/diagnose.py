"""Why does my network not learn?

The function diagnose finds the problems of two bad fits, and both are repaired as it suggests.
"""

import warnings

from sklearn.datasets import load_digits, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sknn import MLPClassifier
from sknn.inspection import diagnose

warnings.simplefilter("ignore", ConvergenceWarning)  # diagnose says more


def attempt(title, clf, X_train, X_test, y_train, y_test):
    """Fits the classifier, and prints its test accuracy and the diagnosis."""
    clf.fit(X_train, y_train)
    print(f"== {title}: test accuracy {clf.score(X_test, y_test):.2f} ==")
    print(diagnose(clf, X_train, y_train, X_val=X_test, y_val=y_test), end="\n\n")


X, y = load_wine(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.4, random_state=0)
attempt("Wine, unscaled", MLPClassifier(random_state=0), X_train, X_test, y_train, y_test)

scaler = StandardScaler().fit(X_train)
X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
attempt("Wine, scaled", MLPClassifier(random_state=0), X_train, X_test, y_train, y_test)

X, y = load_digits(return_X_y=True)
digits = train_test_split(X / 16, y, stratify=y, random_state=0)
for rate in (0.3, 0.003):
    clf = MLPClassifier(learning_rate_init=rate, max_iter=100, random_state=0)
    attempt(f"Digits, learning_rate_init={rate}", clf, *digits)
