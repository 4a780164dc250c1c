"""Multi-layer perceptrons, as drop-in replacements for scikit-learn's."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sknn.estimators import hidden_layers
from sknn.estimators.base import BaseNetwork
from sknn.estimators.classifier import ClassifierTask
from sknn.estimators.parameters import constraints
from sknn.estimators.regressor import RegressorTask
from sknn.nn.activations import Activation, as_activation
from sknn.nn.initializers import ForActivation, Initializer, as_initializer
from sknn.nn.layers import Dense, Dropout
from sknn.nn.losses import Loss
from sknn.nn.optimizers import Optimizer
from sknn.nn.schedules import Schedule


class BaseMLP(BaseNetwork):
    """Dense layers of the given sizes, followed by a linear layer for the outputs."""

    _samples_known_by_weights = True
    _size_parameters = "hidden_layer_sizes"

    def _layers(self, n_outputs):
        sizes = hidden_layers.hidden_sizes(self.hidden_layer_sizes)
        activations = hidden_layers.activations(self.activation, len(sizes))
        first, *drops = hidden_layers.dropout_rates(self.dropout, len(sizes))
        layers = [Dropout(first)] if first else []
        for units, activation, rate in zip(sizes, activations, drops, strict=True):
            layers += hidden_layers.hidden_layer(
                partial(Dense, units), activation, self.normalization, self.weight_init
            )
            layers += [Dropout(rate)] if rate else []
        # scikit-learn draws the output layer from the same range as the hidden layers.
        single = isinstance(self.activation, (str, Activation))
        last = activations[-1] if sizes else self.activation if single else "identity"
        draw = ForActivation(as_activation(last), as_initializer(self.weight_init))
        return [*layers, Dense(n_outputs, "identity", weight_init=draw)]

    def _hidden_depths(self, network):
        return hidden_layers.hidden_depths(network)


class MLPClassifier(ClassifierTask, BaseMLP):
    """Multi-layer perceptron classifier.

    The network consists of dense layers and minimises the log loss by default. It is a drop-in
    replacement for :class:`sklearn.neural_network.MLPClassifier`, with the same parameters,
    defaults, attributes and random draws. In float64 the weights are the same up to rounding.

    Parameters
    ----------
    hidden_layer_sizes : int or array-like of int, default=(100,)
        Number of units in each hidden layer; ``()`` for a linear model.
    activation : str, Activation or list of them, default='relu'
        Activation function of the hidden layers, or a list with one function for each. The
        available functions are 'identity', 'logistic' or 'sigmoid', 'tanh', 'relu', 'leaky_relu',
        'prelu', 'elu', 'selu', 'gelu', 'silu' or 'swish', 'mish', 'softplus', 'softsign',
        'hard_sigmoid', 'hard_tanh', 'sign', 'step'.
    solver : str or Optimizer, default='adam'
        The solver for weight optimisation.

        - 'adam': stochastic gradient descent along a running mean of the gradients, divided by the
          square root of a running mean of their squares
        - 'adamw': 'adam' with decoupled weight decay, which is not part of the loss
        - 'nadam': 'adam' with Nesterov momentum
        - 'rmsprop': stochastic gradient descent with gradients divided by the square root of a
          running mean of their squares
        - 'adagrad': stochastic gradient descent with gradients divided by the square root of the
          sum of all their squares so far
        - 'sgd': stochastic gradient descent with momentum
        - 'lbfgs': a quasi-Newton method that uses all samples in every iteration and is often the
          best choice for a few hundred samples; it computes in float64 regardless of the dtype of X

        An Optimizer, such as ``sknn.nn.SGD(momentum=0.5)``, has its own settings; ``momentum``,
        ``beta_1`` and the other parameters of the named solvers are then ignored. In a grid search
        its settings are available as ``solver__momentum`` and so on.
    alpha : float, default=0.0001
        Strength of the L2 penalty on the weights. As in scikit-learn, the penalty is divided by the
        sum of the sample weights in the *batch*, so the penalty is stronger for smaller batches.
    batch_size : int or 'auto', default='auto'
        Number of samples per mini-batch. If there are fewer samples than this, all of them form one
        batch. 'auto' means ``min(200, n_samples)``. Not used by 'lbfgs'.
    learning_rate : str or Schedule, default='constant'
        Learning rate schedule for weight updates. Not used by 'lbfgs'.

        - 'constant': ``learning_rate_init`` throughout training
        - 'invscaling': ``learning_rate_init`` in the first epoch, then
          ``learning_rate_init / (t_ + 1) ** power_t``, updated once per epoch; only for 'sgd'.
          Other solvers keep the rate constant, as in scikit-learn
        - 'adaptive': divided by five whenever more than ``n_iter_no_change`` consecutive epochs
          bring no improvement, until it reaches 1e-6; only for 'sgd'. Other solvers keep the rate
          constant, as in scikit-learn
        - 'plateau': the same as 'adaptive', but for every solver
        - 'step': multiplied by 0.1 every 30 epochs
        - 'exponential': multiplied by 0.95 every epoch
        - 'cosine': lowered to 0 along a cosine over ``max_iter`` epochs
        - 'flat_cosine': ``learning_rate_init`` for the first half of ``max_iter`` epochs, then
          lowered to 0 along a cosine
        - 'coslog': raised from 0 to ``learning_rate_init`` and lowered back to 0, four times over
          ``max_iter`` epochs, each time more slowly
        - 'one_cycle': raised from a 25th of ``learning_rate_init`` to ``learning_rate_init``, then
          lowered almost to 0, over ``max_iter`` epochs

        With 'coslog', 'cosine', 'flat_cosine' and 'one_cycle', training runs for ``max_iter``
        epochs regardless of ``tol``, unless early stopping ends it. For ``partial_fit`` these
        schedules must be passed as objects with their number of steps, as in
        ``CosineDecay(total_steps=1000)``.
    learning_rate_init : float, default=0.001
        The initial learning rate or, for 'coslog' and 'one_cycle', the maximum learning rate. Not
        used by 'lbfgs'.
    power_t : float, default=0.5
        The exponent of the 'invscaling' schedule. Only used by 'sgd'.
    max_iter : int, default=200
        Maximum number of epochs or, for 'lbfgs', maximum number of iterations.
    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch. Not used by 'lbfgs'.
    random_state : int, RandomState instance or None, default=None
        Determines the random numbers for the initial weights, the validation split, the order of
        the samples and dropout. Pass an int for reproducible results. For the same value, ``fit``
        draws the same initial weights, validation split and order of the samples as scikit-learn.
    tol : float, default=0.0001
        Minimum improvement of the loss or, with early stopping, of the validation score. Smaller
        improvements do not count. 'lbfgs' ignores improvements of the loss; it stops when no
        component of the gradient is larger than ``tol``.
    verbose : bool, default=False
        Whether to print the loss after each epoch or iteration.
    warm_start : bool, default=False
        Whether ``fit`` starts from the weights of the previous fit. The optimiser, the learning
        rate schedule and the count of epochs without improvement are always reset.
    momentum : float, default=0.9
        Momentum of the gradient descent updates, in [0, 1]. Only used by 'sgd'.
    nesterovs_momentum : bool, default=True
        Whether to use Nesterov's momentum. Only used by 'sgd'.
    early_stopping : bool, default=False
        Whether to stop training when the validation score no longer improves, and to keep the
        weights with the best score. The validation samples are the ``X_val`` passed to ``fit``. If
        ``X_val`` is not passed, a part of X is held out, stratified if there are two classes.
        'lbfgs' requires ``X_val``; without it, early stopping is ignored with a warning.
        ``partial_fit`` raises a ValueError if this is True.
    validation_fraction : float, splitter or tuple, default=0.1
        The samples to hold out for validation: a fraction of all samples, a cross-validation
        splitter, or a tuple of two arrays, the indices of the training rows and of the validation
        rows. With a splitter, the first split is used, or the last split if it splits by time, as
        ``TimeSeriesSplit`` does. ``NewestSplit(0.2)`` of :mod:`sknn.model_selection` holds out the
        newest fifth of the rows. Only used when ``early_stopping=True`` and no ``X_val`` is passed
        to ``fit``.
    beta_1 : float, default=0.9
        Exponential decay rate of the running mean of the gradients, in [0, 1). Only used by 'adam',
        'adamw' and 'nadam'.
    beta_2 : float, default=0.999
        Exponential decay rate of the running mean of the squared gradients, in [0, 1). Only used by
        'adam', 'adamw' and 'nadam'.
    epsilon : float, default=1e-8
        Value that is added for numerical stability to the square root of the mean of the squared
        gradients, by which the steps are divided. Only used by 'adam', 'adamw', 'nadam' and
        'rmsprop'.
    n_iter_no_change : int or inf, default=10
        Maximum number of consecutive epochs without improvement. After one more, training stops or,
        with the schedules 'adaptive' and 'plateau', the learning rate is lowered. 'lbfgs' counts
        iterations, and only with early stopping.
    max_fun : int, default=15000
        Maximum number of loss evaluations. Only used by 'lbfgs'.
    loss : str or Loss, default='log_loss'
        The loss function to minimise.

        - 'log_loss': the cross-entropy
        - 'squared_error': the Brier score, or half of it for more than two classes
        - 'focal': the cross-entropy with lower weights for samples that are easy to classify
        - 'hinge': the hinge loss of each class against the rest, summed over classes; the outputs
          are margins, so ``predict_proba`` is not available
        - 'perceptron': the difference between the largest output and that of the true class or, for
          a single output z, ``max(0, -s * z)``, where ``s`` is 1 or -1; the outputs are margins, as
          for 'hinge'
    class_weight : dict, list of dict, 'balanced' or None, default=None
        Weights of the classes, by which ``sample_weight`` is multiplied: a dict if y has a single
        column, or a list with one dict per column if y has several columns. For multilabel y, each
        dict is ``{0: ..., 1: ...}``. 'balanced' makes the weights inversely proportional to the
        numbers of samples in the classes, without ``sample_weight``, as
        HistGradientBoostingClassifier does; it is not supported by ``partial_fit``. If None, all
        classes have weight one.
    label_smoothing : float, default=0.0
        Fraction of each target that is spread evenly over the classes, in [0, 1).
    dropout : float or list of float, default=0.0
        Fraction of units dropped at random in each training step, in [0, 1). A single value applies
        after every hidden layer. A list has one value for the input, followed by one value for each
        hidden layer. With 'lbfgs' it must be 0.
    normalization : {'batch', 'layer'} or None, default=None
        Normalisation of the weighted sums of every hidden layer before the activation. 'batch'
        normalises each unit over the mini-batch, 'layer' normalises each sample over all units. If
        None, nothing is normalised.
    weight_init : str or Initializer, default='auto'
        Initialisation of the weights. 'auto' draws weights and biases as scikit-learn does. With
        'glorot_uniform', 'glorot_normal', 'he_uniform', 'he_normal', 'lecun_uniform',
        'lecun_normal', 'orthogonal', 'normal' or 'zeros', the initial biases are zero.
    l1 : float, default=0.0
        Strength of the L1 penalty on the weights, which is divided in the same way as the L2
        penalty. 'lbfgs' is designed for smooth functions and may stop slightly short of the
        minimum.
    weight_decay : float, default=0.01
        Strength of the decoupled weight decay, which is not part of the loss. Only used by 'adamw'.
    max_grad_norm : float or None, default=None
        Maximum norm of the gradient of all weights and biases together. A gradient with a larger
        norm is scaled down to this norm. If None, gradients are not clipped. Not used by 'lbfgs'.
    scoring : str, callable or None, default=None
        Score on the validation samples, where greater is better. None means accuracy, and 'loss'
        means the negative loss. Any other value is the name of a scorer, or a callable with the
        signature ``scorer(estimator, X, y)``.
    warmup_steps : int, default=0
        Number of initial steps over which the learning rate rises linearly to that of the schedule.
        Not used by 'lbfgs'.
    dtype : {'auto', 'float32', 'float64'}, default='auto'
        Data type of the weights and of the computation. 'auto' means float64 unless X is float32.
        'lbfgs' always computes in float64 and converts the weights to this data type at the end.
    max_time : float or None, default=None
        Maximum training time in seconds. Training stops at the end of the epoch or iteration that
        exceeds it. If None, there is no limit.
    checkpoint : str, os.PathLike or None, default=None
        Path of the file in which ``fit`` saves its progress, so that ``resume`` can continue after
        an interruption. Fits that run at the same time must use different files. If None, no
        checkpoints are written. Not used by ``partial_fit``. With 'lbfgs' it must be None.
    checkpoint_every : int, default=1
        Number of epochs between checkpoints. A checkpoint is always written after the last epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,), or list of them
        Class labels. If y has several columns of labels, a list with the class labels of each
        column.
    coefs_ : list of ndarray of shape (n_in, n_out)
        The weights of each layer. The arrays can be modified or replaced, or set on an estimator
        that has not been fitted.
    intercepts_ : list of ndarray of shape (n_out,)
        The biases of each layer. The arrays can be modified or replaced.
    n_layers_ : int
        Number of layers with weights, plus one for the input.
    n_outputs_ : int
        Number of outputs of the network.
    out_activation_ : str
        Name of the output activation function: 'softmax' for more than two classes, 'logistic' for
        two classes and for multilabel y, and 'identity' for ``loss='hinge'`` and
        ``loss='perceptron'``.
    n_features_in_ : int
        Number of features seen during fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of features seen during fit. Defined only when X has feature names that are all
        strings.
    n_iter_ : int
        Number of epochs or, for 'lbfgs', of iterations in the last call. After ``resume`` it
        includes the epochs before the interruption.
    t_ : int
        Number of training samples seen in mini-batches, where a sample counts every time it is
        seen. 'lbfgs' does not increase it.
    loss_ : float
        Loss of the last epoch or iteration, including penalties.
    best_loss_ : float or None
        The smallest loss of any epoch or iteration. None with early stopping.
    loss_curve_ : list of float
        Loss of each epoch or iteration.
    validation_scores_ : list of float or None
        Validation score of each epoch or iteration: accuracy unless ``scoring`` specifies another
        score. None without early stopping.
    best_validation_score_ : float or None
        The best validation score. The fitted weights are those of the epoch that reached it. None
        without early stopping.
    history_ : dict of list
        Training history, with one entry per epoch or iteration in each list. The keys are 'loss';
        'validation_loss' and 'validation_score', which are nan without validation samples;
        'learning_rate', which is nan for 'lbfgs'; 'gradient_norm', the mean over the steps; and
        'seconds'.

    See Also
    --------
    MLPRegressor : Multi-layer perceptron regressor.

    References
    ----------
    Glorot & Bengio (2010), "Understanding the difficulty of training deep feedforward neural
    networks". Kingma & Ba (2015), "Adam: A method for stochastic optimization".

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import train_test_split
    >>> from sknn import MLPClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)
    >>> clf = MLPClassifier(learning_rate_init=0.01, random_state=0).fit(X_train, y_train)
    >>> bool(clf.score(X_test, y_test) > 0.95)
    True
    """

    _parameter_constraints: dict = constraints("MLPClassifier")

    # Written by docs/write_signatures.py, as are the sections Parameters and Attributes above.
    def __init__(
        self,
        hidden_layer_sizes: ArrayLike | int = (100,),
        activation: str | Activation | Sequence[Any] = "relu",
        *,
        solver: str | Optimizer = "adam",
        alpha: float = 0.0001,
        batch_size: str | int = "auto",
        learning_rate: str | Schedule = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 0.0001,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float | Any | Sequence[Any] = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int | float = 10,
        max_fun: int = 15000,
        loss: str | Loss = "log_loss",
        class_weight: Mapping[Any, float] | Sequence[Any] | str | None = None,
        label_smoothing: float = 0.0,
        dropout: float | Sequence[Any] = 0.0,
        normalization: str | None = None,
        weight_init: str | Initializer = "auto",
        l1: float = 0.0,
        weight_decay: float = 0.01,
        max_grad_norm: float | None = None,
        scoring: str | Callable[..., float] | None = None,
        warmup_steps: int = 0,
        dtype: str = "auto",
        max_time: float | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: int = 1,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.loss = loss
        self.class_weight = class_weight
        self.label_smoothing = label_smoothing
        self.dropout = dropout
        self.normalization = normalization
        self.weight_init = weight_init
        self.l1 = l1
        self.weight_decay = weight_decay
        self.max_grad_norm = max_grad_norm
        self.scoring = scoring
        self.warmup_steps = warmup_steps
        self.dtype = dtype
        self.max_time = max_time
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every


class MLPRegressor(RegressorTask, BaseMLP):
    """Multi-layer perceptron regressor.

    The network consists of dense layers with one output per target and minimises the squared error
    by default. It is a drop-in replacement for :class:`sklearn.neural_network.MLPRegressor`, with
    the same parameters, defaults, attributes and random draws. In float64 the weights are the same
    up to rounding.

    Parameters
    ----------
    loss : str or Loss, default='squared_error'
        The loss function to minimise.

        - 'squared_error': half the squared error, summed over the outputs
        - 'root_mean_squared_error': the root mean squared error of each mini-batch
        - 'absolute_error': the absolute error, summed over the outputs
        - 'huber': half the squared error for absolute errors up to 1, linear beyond
        - 'log_cosh': the logarithm of the hyperbolic cosine of the error
        - 'quantile': the pinball loss of each level in ``quantile``
        - 'poisson': half the Poisson deviance, for non-negative y; predictions are the exponentials
          of the raw outputs
        - 'gamma': half the gamma deviance, for positive y; predictions are the exponentials of the
          raw outputs
    hidden_layer_sizes : int or array-like of int, default=(100,)
        Number of units in each hidden layer; ``()`` for a linear model.
    activation : str, Activation or list of them, default='relu'
        Activation function of the hidden layers, or a list with one function for each. The
        available functions are 'identity', 'logistic' or 'sigmoid', 'tanh', 'relu', 'leaky_relu',
        'prelu', 'elu', 'selu', 'gelu', 'silu' or 'swish', 'mish', 'softplus', 'softsign',
        'hard_sigmoid', 'hard_tanh', 'sign', 'step'.
    solver : str or Optimizer, default='adam'
        The solver for weight optimisation.

        - 'adam': stochastic gradient descent along a running mean of the gradients, divided by the
          square root of a running mean of their squares
        - 'adamw': 'adam' with decoupled weight decay, which is not part of the loss
        - 'nadam': 'adam' with Nesterov momentum
        - 'rmsprop': stochastic gradient descent with gradients divided by the square root of a
          running mean of their squares
        - 'adagrad': stochastic gradient descent with gradients divided by the square root of the
          sum of all their squares so far
        - 'sgd': stochastic gradient descent with momentum
        - 'lbfgs': a quasi-Newton method that uses all samples in every iteration and is often the
          best choice for a few hundred samples; it computes in float64 regardless of the dtype of X

        An Optimizer, such as ``sknn.nn.SGD(momentum=0.5)``, has its own settings; ``momentum``,
        ``beta_1`` and the other parameters of the named solvers are then ignored. In a grid search
        its settings are available as ``solver__momentum`` and so on.
    alpha : float, default=0.0001
        Strength of the L2 penalty on the weights. As in scikit-learn, the penalty is divided by the
        sum of the sample weights in the *batch*, so the penalty is stronger for smaller batches.
    batch_size : int or 'auto', default='auto'
        Number of samples per mini-batch. If there are fewer samples than this, all of them form one
        batch. 'auto' means ``min(200, n_samples)``. Not used by 'lbfgs'.
    learning_rate : str or Schedule, default='constant'
        Learning rate schedule for weight updates. Not used by 'lbfgs'.

        - 'constant': ``learning_rate_init`` throughout training
        - 'invscaling': ``learning_rate_init`` in the first epoch, then
          ``learning_rate_init / (t_ + 1) ** power_t``, updated once per epoch; only for 'sgd'.
          Other solvers keep the rate constant, as in scikit-learn
        - 'adaptive': divided by five whenever more than ``n_iter_no_change`` consecutive epochs
          bring no improvement, until it reaches 1e-6; only for 'sgd'. Other solvers keep the rate
          constant, as in scikit-learn
        - 'plateau': the same as 'adaptive', but for every solver
        - 'step': multiplied by 0.1 every 30 epochs
        - 'exponential': multiplied by 0.95 every epoch
        - 'cosine': lowered to 0 along a cosine over ``max_iter`` epochs
        - 'flat_cosine': ``learning_rate_init`` for the first half of ``max_iter`` epochs, then
          lowered to 0 along a cosine
        - 'coslog': raised from 0 to ``learning_rate_init`` and lowered back to 0, four times over
          ``max_iter`` epochs, each time more slowly
        - 'one_cycle': raised from a 25th of ``learning_rate_init`` to ``learning_rate_init``, then
          lowered almost to 0, over ``max_iter`` epochs

        With 'coslog', 'cosine', 'flat_cosine' and 'one_cycle', training runs for ``max_iter``
        epochs regardless of ``tol``, unless early stopping ends it. For ``partial_fit`` these
        schedules must be passed as objects with their number of steps, as in
        ``CosineDecay(total_steps=1000)``.
    learning_rate_init : float, default=0.001
        The initial learning rate or, for 'coslog' and 'one_cycle', the maximum learning rate. Not
        used by 'lbfgs'.
    power_t : float, default=0.5
        The exponent of the 'invscaling' schedule. Only used by 'sgd'.
    max_iter : int, default=200
        Maximum number of epochs or, for 'lbfgs', maximum number of iterations.
    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch. Not used by 'lbfgs'.
    random_state : int, RandomState instance or None, default=None
        Determines the random numbers for the initial weights, the validation split, the order of
        the samples and dropout. Pass an int for reproducible results. For the same value, ``fit``
        draws the same initial weights, validation split and order of the samples as scikit-learn.
    tol : float, default=0.0001
        Minimum improvement of the loss or, with early stopping, of the validation score. Smaller
        improvements do not count. 'lbfgs' ignores improvements of the loss; it stops when no
        component of the gradient is larger than ``tol``.
    verbose : bool, default=False
        Whether to print the loss after each epoch or iteration.
    warm_start : bool, default=False
        Whether ``fit`` starts from the weights of the previous fit. The optimiser, the learning
        rate schedule and the count of epochs without improvement are always reset.
    momentum : float, default=0.9
        Momentum of the gradient descent updates, in [0, 1]. Only used by 'sgd'.
    nesterovs_momentum : bool, default=True
        Whether to use Nesterov's momentum. Only used by 'sgd'.
    early_stopping : bool, default=False
        Whether to stop training when the validation score no longer improves, and to keep the
        weights with the best score. The validation samples are the ``X_val`` passed to ``fit``. If
        ``X_val`` is not passed, a part of X is held out. 'lbfgs' requires ``X_val``; without it,
        early stopping is ignored with a warning. ``partial_fit`` raises a ValueError if this is
        True.
    validation_fraction : float, splitter or tuple, default=0.1
        The samples to hold out for validation: a fraction of all samples, a cross-validation
        splitter, or a tuple of two arrays, the indices of the training rows and of the validation
        rows. With a splitter, the first split is used, or the last split if it splits by time, as
        ``TimeSeriesSplit`` does. ``NewestSplit(0.2)`` of :mod:`sknn.model_selection` holds out the
        newest fifth of the rows. Only used when ``early_stopping=True`` and no ``X_val`` is passed
        to ``fit``.
    beta_1 : float, default=0.9
        Exponential decay rate of the running mean of the gradients, in [0, 1). Only used by 'adam',
        'adamw' and 'nadam'.
    beta_2 : float, default=0.999
        Exponential decay rate of the running mean of the squared gradients, in [0, 1). Only used by
        'adam', 'adamw' and 'nadam'.
    epsilon : float, default=1e-8
        Value that is added for numerical stability to the square root of the mean of the squared
        gradients, by which the steps are divided. Only used by 'adam', 'adamw', 'nadam' and
        'rmsprop'.
    n_iter_no_change : int or inf, default=10
        Maximum number of consecutive epochs without improvement. After one more, training stops or,
        with the schedules 'adaptive' and 'plateau', the learning rate is lowered. 'lbfgs' counts
        iterations, and only with early stopping.
    max_fun : int, default=15000
        Maximum number of loss evaluations. Only used by 'lbfgs'.
    quantile : float or list of float, default=0.5
        The quantile level or levels to predict, in (0, 1). There is one output per level, in
        ascending order. Only used when ``loss='quantile'``.
    dropout : float or list of float, default=0.0
        Fraction of units dropped at random in each training step, in [0, 1). A single value applies
        after every hidden layer. A list has one value for the input, followed by one value for each
        hidden layer. With 'lbfgs' it must be 0.
    normalization : {'batch', 'layer'} or None, default=None
        Normalisation of the weighted sums of every hidden layer before the activation. 'batch'
        normalises each unit over the mini-batch, 'layer' normalises each sample over all units. If
        None, nothing is normalised.
    weight_init : str or Initializer, default='auto'
        Initialisation of the weights. 'auto' draws weights and biases as scikit-learn does. With
        'glorot_uniform', 'glorot_normal', 'he_uniform', 'he_normal', 'lecun_uniform',
        'lecun_normal', 'orthogonal', 'normal' or 'zeros', the initial biases are zero.
    l1 : float, default=0.0
        Strength of the L1 penalty on the weights, which is divided in the same way as the L2
        penalty. 'lbfgs' is designed for smooth functions and may stop slightly short of the
        minimum.
    weight_decay : float, default=0.01
        Strength of the decoupled weight decay, which is not part of the loss. Only used by 'adamw'.
    max_grad_norm : float or None, default=None
        Maximum norm of the gradient of all weights and biases together. A gradient with a larger
        norm is scaled down to this norm. If None, gradients are not clipped. Not used by 'lbfgs'.
    scoring : str, callable or None, default=None
        Score on the validation samples, where greater is better. None means R2, and 'loss' means
        the negative loss. Any other value is the name of a scorer, or a callable with the signature
        ``scorer(estimator, X, y)``.
    warmup_steps : int, default=0
        Number of initial steps over which the learning rate rises linearly to that of the schedule.
        Not used by 'lbfgs'.
    dtype : {'auto', 'float32', 'float64'}, default='auto'
        Data type of the weights and of the computation. 'auto' means float64 unless X is float32.
        'lbfgs' always computes in float64 and converts the weights to this data type at the end.
    max_time : float or None, default=None
        Maximum training time in seconds. Training stops at the end of the epoch or iteration that
        exceeds it. If None, there is no limit.
    checkpoint : str, os.PathLike or None, default=None
        Path of the file in which ``fit`` saves its progress, so that ``resume`` can continue after
        an interruption. Fits that run at the same time must use different files. If None, no
        checkpoints are written. Not used by ``partial_fit``. With 'lbfgs' it must be None.
    checkpoint_every : int, default=1
        Number of epochs between checkpoints. A checkpoint is always written after the last epoch.

    Attributes
    ----------
    coefs_ : list of ndarray of shape (n_in, n_out)
        The weights of each layer. The arrays can be modified or replaced, or set on an estimator
        that has not been fitted.
    intercepts_ : list of ndarray of shape (n_out,)
        The biases of each layer. The arrays can be modified or replaced.
    n_layers_ : int
        Number of layers with weights, plus one for the input.
    n_outputs_ : int
        Number of outputs of the network.
    out_activation_ : str
        Name of the output activation function: 'exp' for ``loss='gamma'`` and ``loss='poisson'``,
        and 'identity' for all other losses.
    n_features_in_ : int
        Number of features seen during fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of features seen during fit. Defined only when X has feature names that are all
        strings.
    n_iter_ : int
        Number of epochs or, for 'lbfgs', of iterations in the last call. After ``resume`` it
        includes the epochs before the interruption.
    t_ : int
        Number of training samples seen in mini-batches, where a sample counts every time it is
        seen. 'lbfgs' does not increase it.
    loss_ : float
        Loss of the last epoch or iteration, including penalties.
    best_loss_ : float or None
        The smallest loss of any epoch or iteration. None with early stopping.
    loss_curve_ : list of float
        Loss of each epoch or iteration.
    validation_scores_ : list of float or None
        Validation score of each epoch or iteration: R2 unless ``scoring`` specifies another score.
        None without early stopping.
    best_validation_score_ : float or None
        The best validation score. The fitted weights are those of the epoch that reached it. None
        without early stopping.
    history_ : dict of list
        Training history, with one entry per epoch or iteration in each list. The keys are 'loss';
        'validation_loss' and 'validation_score', which are nan without validation samples;
        'learning_rate', which is nan for 'lbfgs'; 'gradient_norm', the mean over the steps; and
        'seconds'.

    See Also
    --------
    MLPClassifier : Multi-layer perceptron classifier.

    References
    ----------
    Glorot & Bengio (2010), "Understanding the difficulty of training deep feedforward neural
    networks". Kingma & Ba (2015), "Adam: A method for stochastic optimization".

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.preprocessing import scale
    >>> from sknn import MLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> X, y = scale(X), scale(y)
    >>> reg = MLPRegressor(max_iter=500, tol=1e-3, random_state=0).fit(X, y)
    >>> bool(reg.score(X, y) > 0.5)
    True
    """

    _parameter_constraints: dict = constraints("MLPRegressor")

    # Written by docs/write_signatures.py, as are the sections Parameters and Attributes above.
    def __init__(
        self,
        loss: str | Loss = "squared_error",
        hidden_layer_sizes: ArrayLike | int = (100,),
        activation: str | Activation | Sequence[Any] = "relu",
        *,
        solver: str | Optimizer = "adam",
        alpha: float = 0.0001,
        batch_size: str | int = "auto",
        learning_rate: str | Schedule = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 0.0001,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float | Any | Sequence[Any] = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int | float = 10,
        max_fun: int = 15000,
        quantile: float | ArrayLike = 0.5,
        dropout: float | Sequence[Any] = 0.0,
        normalization: str | None = None,
        weight_init: str | Initializer = "auto",
        l1: float = 0.0,
        weight_decay: float = 0.01,
        max_grad_norm: float | None = None,
        scoring: str | Callable[..., float] | None = None,
        warmup_steps: int = 0,
        dtype: str = "auto",
        max_time: float | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: int = 1,
    ) -> None:
        self.loss = loss
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.quantile = quantile
        self.dropout = dropout
        self.normalization = normalization
        self.weight_init = weight_init
        self.l1 = l1
        self.weight_decay = weight_decay
        self.max_grad_norm = max_grad_norm
        self.scoring = scoring
        self.warmup_steps = warmup_steps
        self.dtype = dtype
        self.max_time = max_time
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
