"""Fits that fail leave no trace on the estimator."""

from contextlib import contextmanager

from sknn.scikit_learn import CALLBACKS_UNDER_WAY


@contextmanager
def all_or_nothing(estimator):
    """Puts every attribute back as it was if what happens inside fails."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        # scikit-learn has yet to tear the callbacks down.
        kept = [name for name in CALLBACKS_UNDER_WAY if name in vars(estimator)]
        callbacks = {name: vars(estimator)[name] for name in kept}
        vars(estimator).clear()
        vars(estimator).update(before | callbacks)
        raise
