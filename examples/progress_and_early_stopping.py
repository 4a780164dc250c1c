"""How do I monitor training, and stop it with a metric of my choice?

The program uses the parameter scoring and a callback.
"""

from sklearn.datasets import load_breast_cancer
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import scale

from sknn import MLPClassifier


class StopWhenGood:
    """A custom callback that records the F1 of each epoch and stops when the loss is small."""

    def __init__(self, loss):
        self.loss, self.scores = loss, []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator):
        if context.task_name == "epoch":
            self.scores.append(f1_score(y, fitted_estimator.predict(X)))
            return estimator.history_["loss"][-1] < self.loss


X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(scale(X), y, stratify=y, random_state=0)
X_train, X_val, y_train, y_val = train_test_split(
    X_train, y_train, stratify=y_train, random_state=0
)

# 1. Early stopping with the F1 score on separate validation data
clf = MLPClassifier(early_stopping=True, scoring="f1", learning_rate_init=0.01, random_state=0)
clf.fit(X_train, y_train, X_val=X_val, y_val=y_val)
print(f"Stopped after {clf.n_iter_} epochs. The best F1, {clf.best_validation_score_:.3f}, was in")
print(
    f"epoch {1 + clf.validation_scores_.index(clf.best_validation_score_)}, whose weights are kept."
)
print(f"Test F1 {f1_score(y_test, clf.predict(X_test)):.3f}")

# 2. A callback. The callbacks of scikit-learn 1.9, sklearn.callback.ProgressBar() and
# ScoringMonitor(), are set in the same way.
stop = StopWhenGood(loss=0.05)
clf = MLPClassifier(learning_rate_init=0.01, random_state=0).set_callbacks(stop)
clf.fit(X_train, y_train)
print("Training F1 by epoch:", " ".join(f"{score:.3f}" for score in stop.scores))
print(f"Stopped at loss {clf.loss_:.3f} after {clf.n_iter_} epochs")
