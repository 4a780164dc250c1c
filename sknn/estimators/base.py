"""What every network estimator does: check its input, fit, continue, predict in chunks."""

import warnings
from contextlib import contextmanager
from numbers import Integral, Real
from types import SimpleNamespace

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator, _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from sknn.estimators.solvers import STOCHASTIC_SOLVERS, new_optimizer, new_plan
from sknn.nn.batches import Rows
from sknn.nn.gradient import Gradient
from sknn.nn.lbfgs import minimize_loss
from sknn.nn.model import Model
from sknn.nn.network import Network
from sknn.nn.stopping import Patience
from sknn.nn.training import HISTORY, Run, train

FLOATS = (np.float64, np.float32)  # the first is what other dtypes are converted to


class BaseNetwork(BaseEstimator):
    """Fits a network, whatever its layers and task.

    Subclasses say which layers (``_layers``); tasks say what y means (``_encode``, ``_strata``),
    which loss it asks for (``_loss``) and how predictions are scored (``_score_outputs``).
    """

    _parameter_constraints: dict = {
        "solver": [StrOptions({"lbfgs", *STOCHASTIC_SOLVERS})],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions({"constant", "invscaling", "adaptive"})],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "power_t": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "momentum": [Interval(Real, 0, 1, closed="both")],
        "nesterovs_momentum": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "n_iter_no_change": [
            Interval(Integral, 1, None, closed="left"),
            Options(Real, {np.inf}),
        ],
        "max_fun": [Interval(Integral, 1, None, closed="left")],
    }

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Fit the network to X and y.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The training samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets: class labels, or an indicator matrix of them, for a classifier;
            numbers for a regressor.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples, not negative. A weight of two is as good as the sample
            twice in a full batch.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input cannot be used, or training diverges; a fresh estimator is left as it
            was.
        """
        with all_or_nothing(self):
            return self._fit(X, y, sample_weight, incremental=False)

    def _fit(self, X, y, sample_weight, incremental):
        self._layers(n_outputs=1)  # raises on layers that cannot be, before data is touched
        fresh = not hasattr(self, "coefs_") or not (self.warm_start or incremental)
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        previous = None if fresh else self._current_model()
        if not fresh and previous is not self.__dict__.get("_model"):
            self.best_loss_ = self.best_validation_score_ = None  # of other weights
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=FLOATS if fresh else [previous.dtype],
            order="C",
            multi_output=True,
            y_numeric=self._numeric_targets,
            reset=fresh,
        )
        y, codebook = self._encode(y, X.dtype, learn=fresh and not incremental)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(
                sample_weight, X, dtype=X.dtype, ensure_non_negative=True
            )

        run = self.__dict__.get("_run") if incremental and not fresh else None
        run = run and run.copy()
        random_state = run.random_state if run else check_random_state(self.random_state)
        n_outputs = y.shape[1] if codebook is None else codebook.shape[1]
        model = self._new_model(X.shape[1:], n_outputs, X.dtype, random_state, previous)
        if fresh:
            self.t_ = 0
            self.best_loss_ = self.best_validation_score_ = None
        if fresh or not hasattr(self, "history_"):
            self.history_ = {name: [] for name in HISTORY}
        elif not incremental:
            self.history_ = {name: list(values) for name, values in self.history_.items()}
        self._publish(model)
        # SciPy works in float64; float32 noise would mislead its line search.
        dtype = np.float64 if self.solver == "lbfgs" else model.dtype
        rows = Rows(X, y, sample_weight, dtype=dtype, codebook=codebook)
        if self.solver == "lbfgs":
            self._fit_lbfgs(model, rows)
        else:
            self._fit_stochastic(model, rows, random_state, run, incremental)
        return self

    def _new_model(self, input_shape, n_outputs, dtype, random_state, previous):
        """A Model with drawn weights, or with those of the previous one."""
        layers, loss = self._layers(n_outputs), self._loss()
        network = Network(layers, input_shape)
        if previous is None:
            theta, state = network.initial(random_state, dtype)
        else:
            # Copies, so that a fit that fails leaves the old weights alone.
            theta, state = previous.theta.copy(), previous.state.copy()
            wanted, got = network.shapes[1:], previous.network.shapes[1:]
            if wanted != got:
                raise ValueError(
                    f"To go on from fitted weights the layers must have their sizes, {got}, but "
                    f"the parameters ask for {wanted}. Restore the parameters, or call fit with "
                    "warm_start=False to start anew."
                )
        return Model(layers, input_shape, loss, theta, state)

    def _fit_stochastic(self, model, rows, random_state, run, incremental):
        training, validation = self._split(rows, random_state)
        n_samples = len(rows) if training is None else len(training)
        plan = new_plan(self, n_samples)
        if run is None:
            optimizer = new_optimizer(self, model.theta[: model.network.layout.n_trainable])
            run = Run(optimizer, random_state, Patience(self._best_so_far()), samples=self.t_)
        gradient = Gradient(model.network, model.loss, model.theta, model.state)
        validate = None
        if validation is not None:
            validate = self._validator(model, rows, validation)
        say = print if self.verbose else None
        with np.errstate(all="ignore"):  # overflow is reported once, as divergence
            outcome = train(
                gradient,
                rows,
                plan,
                run,
                1 if incremental else self.max_iter,
                history=self.history_,
                subset=training,
                validate=validate,
                say=say,
            )
        self._run = run if incremental or self.warm_start else None
        self._learning_rate = plan.schedule.rate(run.progress, plan.learning_rate)
        self._no_improvement_count = int(run.patience.count)
        self.n_iter_ = outcome.epochs
        self.t_ = run.progress.samples
        self.loss_curve_ = self.history_["loss"]
        self.loss_ = self.loss_curve_[-1] if self.loss_curve_ else np.nan
        best = float(run.patience.best)
        if self.early_stopping:
            self.validation_scores_ = self.history_["validation_score"]
            self.best_validation_score_, self.best_loss_ = -best, None
        else:
            self.validation_scores_ = self.best_validation_score_ = None
            self.best_loss_ = best
        self._report(outcome, model, incremental)

    def _fit_lbfgs(self, model, rows):
        if self.early_stopping:
            warnings.warn(
                "early_stopping=True is ignored by solver='lbfgs', which sees all samples at "
                "every iteration. Use solver='adam' or 'sgd' to stop on a validation score.",
                UserWarning,
                stacklevel=5,
            )
        theta, state = model.theta.astype(rows.dtype), model.state.astype(rows.dtype)
        gradient = Gradient(model.network, model.loss, theta, state)
        with np.errstate(all="ignore"):
            outcome = minimize_loss(
                gradient,
                rows,
                alpha=self.alpha,
                max_iter=self.max_iter,
                max_fun=self.max_fun,
                tol=self.tol,
                history=self.history_,
                say=print if self.verbose else None,
            )
        np.copyto(model.theta, theta)
        np.copyto(model.state, state)
        self._run = None
        self.n_iter_ = outcome.iterations
        self.t_ += outcome.iterations * len(rows)
        self.loss_curve_ = self.history_["loss"]
        self.loss_ = outcome.loss
        self.best_loss_ = min(self.loss_curve_, default=outcome.loss)
        self.validation_scores_ = self.best_validation_score_ = None
        if not np.isfinite(outcome.loss):
            raise ValueError(self._divergence(model, f"Iteration {outcome.iterations}"))
        if outcome.reason == "interrupted":
            warnings.warn("Training interrupted by user.", stacklevel=5)
        elif outcome.reason in ("limit", "failed"):
            warnings.warn(
                f"lbfgs failed to converge after {outcome.iterations} iteration(s): "
                f"{outcome.message.rstrip(': ')}. Increase max_iter (now {self.max_iter}) or "
                f"max_fun (now {self.max_fun}), or scale the data, as StandardScaler does.",
                ConvergenceWarning,
                stacklevel=5,
            )

    def _best_so_far(self):
        """What patience starts from, to be minimised: under warm_start, the last fit's best."""
        name = "best_validation_score_" if self.early_stopping else "best_loss_"
        best = getattr(self, name, None)
        if best is None:
            return np.inf
        return -best if self.early_stopping else best

    def _split(self, rows, random_state):
        """Numbers of the rows to train and to validate on; None, None without early stopping."""
        if not self.early_stopping:
            return None, None
        training, validation = train_test_split(
            np.arange(len(rows)),
            random_state=random_state,
            test_size=self.validation_fraction,
            stratify=self._strata(rows.y),
        )
        if len(validation) < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' "
                "or the size of your dataset."
            )
        if rows.weight is not None and not rows.weight[validation].any():
            raise ValueError(
                "All samples drawn for the validation set have weight zero. Increase "
                "'validation_fraction', or leave such samples out."
            )
        return training, validation

    def _validator(self, model, rows, at):
        """() -> (loss, score) on the rows ``at``, read chunk by chunk, never copied whole."""
        y, weight, weight_sum = rows.targets(at)

        def validate():
            z = model.outputs(rows.x, _working_memory(), at)
            if not np.isfinite(z).all():
                return np.nan, np.nan
            total = model.loss.sum_and_gradient(y, z, weight, np.empty_like(z))
            loss, _ = model.loss.finish(total, weight_sum)
            return loss, self._score_outputs(z, y, weight)

        return validate

    def _report(self, outcome, model, incremental):
        """Warns or raises on how training ended."""
        if outcome.reason == "interrupted":
            warnings.warn("Training interrupted by user.", stacklevel=6)
        elif outcome.reason == "diverged" and not self.early_stopping:
            raise ValueError(self._divergence(model, f"Epoch {outcome.epochs}"))
        elif outcome.reason == "diverged":
            warnings.warn(
                self._divergence(None, f"Epoch {outcome.epochs}")
                + " The weights with the best validation score were kept.",
                ConvergenceWarning,
                stacklevel=6,
            )
        elif outcome.reason == "epochs" and not incremental:
            warnings.warn(
                f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the "
                "optimization hasn't converged yet. Increase max_iter, or learning_rate_init "
                f"(now {self.learning_rate_init:g}) if the loss is still falling slowly.",
                ConvergenceWarning,
                stacklevel=6,
            )

    def _divergence(self, model, when):
        """What to say of weights or a loss that are no longer finite."""
        layer = model and model.network.first_non_finite(model.theta)
        where = f", first in {layer}" if layer else ", the loss is not finite"
        remedy = (
            "scale the data, for instance with StandardScaler"
            if self.solver == "lbfgs"
            else f"try learning_rate_init={self.learning_rate_init / 10:g}"
        )
        return (
            "Solver produced non-finite parameter weights. The input data may contain large "
            f"values and need to be preprocessed. {when}{where}: {remedy}."
        )

    def _publish(self, model):
        """Sets the attributes that are the model's: its weights, as views, and their numbers."""
        self._model = model
        self.coefs_, self.intercepts_ = list(model.weights), list(model.biases)
        self.n_layers_ = len(model.weights) + 1
        self.n_outputs_ = model.network.shapes[-1][0]
        self.out_activation_ = model.loss.link

    def _current_model(self):
        """The fitted Model, with the weights that ``coefs_`` and ``intercepts_`` now hold."""
        model = self.__dict__.get("_model")
        if model is not None and model.holds(self.coefs_, self.intercepts_):
            return model
        check_is_fitted(self, "coefs_")
        # Weights given by hand: they are the truth.
        arrays = [*self.coefs_, *self.intercepts_]
        dtype = np.result_type(*arrays)
        dtype = dtype if dtype in FLOATS else np.dtype(FLOATS[0])
        layers, loss = self._layers(np.shape(self.coefs_[-1])[-1]), self._loss()
        n_features = getattr(self, "n_features_in_", np.shape(self.coefs_[0])[0])
        network = Network(layers, (n_features,))
        theta, state = network.initial(np.random.RandomState(0), dtype)
        model = Model(layers, network.shapes[0], loss, theta, state)
        model.take_weights(self.coefs_, self.intercepts_)
        return model

    def _outputs(self, X):
        """Raw outputs (n_samples, n_outputs) of validated or plainly valid X."""
        if "coefs_" not in self.__dict__:
            check_is_fitted(self)
        model = self._current_model()
        if not self._plainly_valid(X, model):
            X = validate_data(
                self, X, accept_sparse="csr", dtype=[model.dtype], order="C", reset=False
            )
        with np.errstate(all="ignore"):
            return model.outputs(X, _working_memory())

    def _plainly_valid(self, X, model):
        """Whether X needs no validation, which for few rows would take most of the time."""
        return (
            type(X) is np.ndarray
            and X.dtype == model.dtype
            and X.ndim == 2
            and X.shape[1] == self.n_features_in_
            and X.shape[0] > 0
            and "feature_names_in_" not in self.__dict__
            and _sums_up(X)
        )

    @property
    def _optimizer(self):
        """Read by code written against scikit-learn: the learning rate of the next epoch."""
        return SimpleNamespace(learning_rate=self._learning_rate)

    def __getstate__(self):
        """The model alone carries the weights; the lists are views of it."""
        state = super().__getstate__()
        if "_model" in state and "coefs_" in state:
            state = {**state, "_model": self._current_model()}
            del state["coefs_"], state["intercepts_"]
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        if "_model" in state:
            self.coefs_ = list(self._model.weights)
            self.intercepts_ = list(self._model.biases)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


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
        estimator.__dict__.clear()
        estimator.__dict__.update(before)
        for name, values in history.items():
            del values[lengths[name] :]
        if run:
            run.random_state.set_state(drawn)
        raise


def _sums_up(X):
    """Whether the sum of X is finite: then X is; else it may be."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.isfinite(X.sum())


def _working_memory():
    """Bytes that one chunk may take."""
    return get_config()["working_memory"] * 2**20
