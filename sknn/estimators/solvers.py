"""The optimisers, schedules and plans of the core that the parameters of an estimator name."""

import inspect
from copy import deepcopy

from sknn.nn.augmentation import AUGMENTATIONS
from sknn.nn.fit import LbfgsPlan
from sknn.nn.optimizers import SGD, Adagrad, Adam, AdamW, NAdam, Optimizer, RMSprop
from sknn.nn.plan import Plan
from sknn.nn.ranges import plain
from sknn.nn.schedules import (
    Adaptive,
    Constant,
    CosineDecay,
    CosLog,
    Exponential,
    FlatCosine,
    InvScaling,
    OneCycle,
    Plateau,
    Schedule,
    Step,
    Warmup,
)
from sknn.nn.stopping import Patience
from sknn.nn.training_state import TrainingState
from sknn.warning import warn

STOCHASTIC_SOLVERS = {
    "adagrad": lambda est: Adagrad(),
    "adam": lambda est: Adam(**_adam(est)),
    "adamw": lambda est: AdamW(**_adam(est), weight_decay=float(est.weight_decay)),
    "nadam": lambda est: NAdam(**_adam(est)),
    "rmsprop": lambda est: RMSprop(epsilon=float(est.epsilon)),
    "sgd": lambda est: SGD(float(est.momentum), est.nesterovs_momentum),
}

SCHEDULES = {
    "adaptive": lambda est: Adaptive(),
    "constant": lambda est: Constant(),
    "coslog": lambda est: CosLog(),
    "cosine": lambda est: CosineDecay(),
    "exponential": lambda est: Exponential(),
    "flat_cosine": lambda est: FlatCosine(),
    "invscaling": lambda est: InvScaling(float(est.power_t)),
    "one_cycle": lambda est: OneCycle(),
    "plateau": lambda est: Plateau(),
    "step": lambda est: Step(),
}
FOR_SGD = ("adaptive", "invscaling")  # scikit-learn ignores them for adam


def has_stochastic_solver(estimator):
    """Whether partial_fit is available, for ``available_if``. Raises AttributeError if not.

    With an unknown solver it is available, and raises an error that names the solver.
    """
    solver = estimator.solver
    if isinstance(solver, str) and solver == "lbfgs":
        raise AttributeError(
            f"partial_fit is only available for stochastic optimizers. {solver} is not stochastic."
        )
    return True


def new_optimizer(estimator):
    """Returns the Optimizer that ``solver`` names, or a copy if ``solver`` is an Optimizer."""
    solver = estimator.solver
    if not isinstance(solver, Optimizer):
        return STOCHASTIC_SOLVERS[solver](estimator)
    solver.check()
    return deepcopy(solver.computed())


def new_training_state(estimator, model, random_state, start, draws):
    """Returns the state that training carries from epoch to epoch; for 'lbfgs', no optimiser.

    draws: whether random numbers other than the order of the rows may be drawn, now or in later
    calls
    """
    optimizer = moments = None
    if estimator.solver != "lbfgs":
        optimizer, layout = new_optimizer(estimator), model.network.layout
        moments = optimizer.start(model.theta[: layout.n_trainable], layout.n_decayed)
    patience = Patience(start.best)
    return TrainingState(optimizer, moments, random_state, patience, start.samples, draws)


def new_schedule(estimator):
    """Returns the Schedule that ``learning_rate`` names, with ``warmup_steps`` if there are any."""
    schedule = estimator.learning_rate
    if not isinstance(schedule, Schedule):
        sgd = estimator.solver == "sgd" or isinstance(estimator.solver, SGD)
        ignored = schedule in FOR_SGD and not sgd
        schedule = SCHEDULES["constant" if ignored else schedule](estimator)
    schedule.check()
    schedule, steps = schedule.computed(), plain(estimator.warmup_steps)
    return Warmup(schedule, steps) if steps else schedule


def rows_at_a_time(estimator, n_samples):
    """The minimum number of rows that are in the layers at a time."""
    if estimator.solver == "lbfgs":
        return 1
    return min(_batch_size(estimator, n_samples), n_samples)


def copies_of_weights(estimator):
    """The number of vectors as long as the weights, including the gradient and the moments."""
    moments = () if estimator.solver == "lbfgs" else new_optimizer(estimator).moment_names
    return 2 + len(moments)


def new_plan(estimator, n_samples, planned=True, n_shards=1):
    """Returns the Plan for training on n_samples. Warns if batch_size is larger than n_samples.

    planned: whether training ends after max_iter epochs    n_shards: number of parts of a batch
    """
    batch_size = _batch_size(estimator, n_samples, n_shards)
    if batch_size > n_samples and batch_size != _default(estimator, "batch_size"):
        warn(
            "Got `batch_size` less than 1 or larger than sample size. "
            f"It is going to be clipped to {n_samples}."
        )
    return Plan(
        batch_size=min(batch_size, n_samples),
        learning_rate=float(estimator.learning_rate_init),
        schedule=new_schedule(estimator),
        alpha=float(estimator.alpha),
        l1=float(estimator.l1),
        max_grad_norm=plain(estimator.max_grad_norm),
        max_time=plain(estimator.max_time),
        shuffle=estimator.shuffle,
        tol=plain(estimator.tol),
        n_iter_no_change=plain(estimator.n_iter_no_change),
        early_stopping=estimator.early_stopping,
        augment=AUGMENTATIONS.get(getattr(estimator, "augment", None)),
        planned=planned,
    )


def new_lbfgs_plan(estimator, network, held_out):
    """Returns the plan of solver='lbfgs'. Raises ValueError on settings it does not support."""
    if estimator.checkpoint is not None:
        raise ValueError(
            f"checkpoint={estimator.checkpoint!r} requires a solver that trains in epochs, such as "
            "solver='adam', got solver='lbfgs', whose internal state cannot be saved."
        )
    if network.draws or getattr(estimator, "augment", None):
        raise ValueError(
            "solver='lbfgs' minimises a fixed function and cannot train with "
            f"{'dropout' if network.draws else 'augment'}. Use solver='adam', or use alpha for "
            "regularisation."
        )
    if estimator.early_stopping and held_out is None:
        warn(
            "early_stopping=True is ignored by solver='lbfgs' without X_val, because it uses all "
            "samples in every iteration. Pass X_val and y_val to fit, or use solver='adam'."
        )
    return LbfgsPlan(
        alpha=float(estimator.alpha),
        l1=float(estimator.l1),
        max_fun=plain(estimator.max_fun),
        tol=plain(estimator.tol),
        n_iter_no_change=plain(estimator.n_iter_no_change),
        max_time=plain(estimator.max_time),
        early_stopping=estimator.early_stopping,
    )


def _batch_size(estimator, n_samples, n_shards=1):
    if estimator.batch_size == "auto":
        return min(200 * n_shards, n_samples)
    return int(estimator.batch_size)


def _default(estimator, name):
    return inspect.signature(type(estimator).__init__).parameters[name].default


def _adam(estimator):
    return {
        "beta_1": float(estimator.beta_1),
        "beta_2": float(estimator.beta_2),
        "epsilon": float(estimator.epsilon),
    }
