"""Fits that fail leave no trace."""

from contextlib import contextmanager

from sknn.scikit_learn import CALLBACKS_UNDER_WAY


@contextmanager
def all_or_nothing(estimator):
    """Puts everything back as it was if what happens inside fails."""
    before = dict(estimator.__dict__)
    history = before.get("history_", {})
    lengths = {name: len(values) for name, values in history.items()}
    run = before.get("_run")
    drawn = run and run.random_state.get_state()
    try:
        yield
    except BaseException:
        kept = [name for name in CALLBACKS_UNDER_WAY if name in vars(estimator)]
        # scikit-learn has yet to tear the callbacks down.
        callbacks = {name: estimator.__dict__[name] for name in kept}
        estimator.__dict__.clear()
        estimator.__dict__.update(before | callbacks)
        for name, values in history.items():
            del values[lengths[name] :]
        if run:
            run.random_state.set_state(drawn)
        raise
