"""Fits that fail leave no trace on the estimator."""

from sknn.scikit_learn import CALLBACKS_UNDER_WAY


def all_or_nothing(estimator, train):
    """What ``train(undo)`` returns. If it fails, every attribute is put back as it was.

    An interrupt that comes while they are put back is raised once they are.

    undo: a list that takes functions, which undo what was changed in place; to call one of them
    twice is the same as once
    """
    for name in CALLBACKS_UNDER_WAY:  # a teardown that was interrupted has left them
        vars(estimator).pop(name, None)
    before, undo = dict(vars(estimator)), []
    try:
        return train(undo)
    except BaseException:
        # No call may stand before this try: there an interrupt would leave it all undone.
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
    # scikit-learn has yet to tear the callbacks down.
    under_way = {name: now[name] for name in CALLBACKS_UNDER_WAY if name in now}
    estimator.__dict__ = before | under_way  # in one step, which no interrupt can divide
