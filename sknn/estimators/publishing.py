"""Sets the fitted attributes of an estimator. They are set in no other module."""


def publish(estimator, fit, result=None):
    """Sets all fitted attributes except those that follow from X and y alone.

    result: a Result, or None during the fit, when callbacks and scorers look at the estimator
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
    # For code that was written for scikit-learn's estimators.
    estimator._no_improvement_count = int(fit.run.patience.count)
    if result.next_rate is not None:
        estimator._learning_rate = result.next_rate
    estimator._run = fit.run if fit.goes_on else None


def publish_by_hand(estimator, model):
    """Sets the attributes that follow from manually set weights, given their Model."""
    _publish_network(estimator, model)
    estimator.n_features_in_ = model.network.shapes[0][0]  # in a fit, validation sets it


def _publish_network(estimator, model):
    estimator.n_layers_ = len(model.weights) + 1
    estimator.n_outputs_ = model.network.shapes[-1][0]
    estimator.out_activation_ = model.loss.link
