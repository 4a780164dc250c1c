"""Restores the estimator after a failed fit."""

from sknn.scikit_learn import CALLBACKS_UNDER_WAY


def all_or_nothing(estimator, train):
    """Returns ``train(undo)``. If it fails, all attributes of the estimator are restored.

    An interrupt during the restoration is raised after it.

    undo: a list to which ``train`` appends functions that undo changes in place; calling a function
    twice must have the same effect as calling it once
    """
    for name in CALLBACKS_UNDER_WAY:  # left over from an interrupted teardown
        vars(estimator).pop(name, None)
    before, undo = dict(vars(estimator)), []
    try:
        return train(undo)
    except BaseException:
        # No call may precede this try, because an interrupt there would skip the restoration.
        restored = interrupted = False
        while not restored:
            try:
                _put_back(estimator, before, undo)
                restored = True
            except KeyboardInterrupt:
                interrupted = True
        if interrupted:
            raise KeyboardInterrupt  # noqa: B904, the error is its context
        raise


def _put_back(estimator, before, undo):
    for each in undo:
        each()
    now = vars(estimator)
    # scikit-learn has not torn down the callbacks yet.
    under_way = {name: now[name] for name in CALLBACKS_UNDER_WAY if name in now}
    estimator.__dict__ = before | under_way  # in a single step, which an interrupt cannot split
