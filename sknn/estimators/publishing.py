"""The attributes that a fit leaves on its estimator: set here, and nowhere else."""


def publish(estimator, fit, result=None):
    """Sets all fitted attributes, but for those that X and y say by themselves.

    result: a Result, or None while the fit is under way, when callbacks and scorers look at the
    estimator
    """
    model, history = fit.model, fit.history
    estimator._model = model
    estimator.coefs_, estimator.intercepts_ = list(model.weights), list(model.biases)
    _publish_network(estimator, model)
    estimator.history_ = history
    if result is None:
        estimator.t_ = fit.run.progress.samples
        return
    estimator.t_ = result.samples
    estimator.n_iter_ = result.epochs
    estimator.loss_ = result.loss
    estimator.loss_curve_ = history["loss"]
    best = float(fit.run.patience.best)
    early = estimator.early_stopping and fit.held_out is not None
    estimator.validation_scores_ = history["validation_score"] if early else None
    estimator.best_validation_score_ = -best if early else None
    estimator.best_loss_ = None if early else best
    # Read by code that was written for scikit-learn's.
    estimator._no_improvement_count = int(fit.run.patience.count)
    if result.next_rate is not None:
        estimator._learning_rate = result.next_rate
    estimator._run = fit.run if fit.goes_on else None


def publish_by_hand(estimator, model):
    """Sets the attributes that follow from weights set by hand, of which this is the Model."""
    _publish_network(estimator, model)
    estimator.n_features_in_ = model.network.shapes[0][0]  # in a fit X says so


def _publish_network(estimator, model):
    estimator.n_layers_ = len(model.weights) + 1
    estimator.n_outputs_ = model.network.shapes[-1][0]
    estimator.out_activation_ = model.loss.link
