"""Multi-layer perceptrons: drop-ins for scikit-learn's."""

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
    """Dense layers of the given sizes, and a linear one for the outputs."""

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
        # scikit-learn draws the output layer as widely as the hidden ones.
        single = isinstance(self.activation, (str, Activation))
        last = activations[-1] if sizes else self.activation if single else "identity"
        draw = ForActivation(as_activation(last), as_initializer(self.weight_init))
        return [*layers, Dense(n_outputs, "identity", weight_init=draw)]

    def _hidden_depths(self, network):
        return hidden_layers.hidden_depths(network)


class MLPClassifier(ClassifierTask, BaseMLP):
    """Multi-layer perceptron for classification: dense layers, trained on the log loss.

    A drop-in for :class:`sklearn.neural_network.MLPClassifier`: the same parameters, defaults,
    attributes and random draws, and in float64 the same weights up to rounding.

    Parameters
    ----------
    hidden_layer_sizes : int or array-like of int, default=(100,)
        Number of units of each hidden layer; ``()`` for a linear model.
    activation : str, Activation or list of them, default='relu'
        Activation function of the hidden layers, or a list with one for each: 'identity',
        'logistic' or 'sigmoid', 'tanh', 'relu', 'leaky_relu', 'prelu', 'elu', 'selu', 'gelu',
        'silu' or 'swish', 'mish', 'softplus', 'softsign', 'hard_sigmoid', 'hard_tanh', 'sign',
        'step'.
    solver : str or Optimizer, default='adam'
        Method that finds the weights.

        - 'adam': stochastic gradient descent with a running mean of the gradients, divided by the
          root of a running mean of their squares
        - 'adamw': 'adam' with weight decay that is not part of the loss
        - 'nadam': 'adam' with Nesterov's momentum
        - 'rmsprop': gradients divided by the root of a running mean of their squares
        - 'adagrad': gradients divided by the root of the sum of all their squares so far
        - 'sgd': stochastic gradient descent with momentum
        - 'lbfgs': a quasi-Newton method on all samples at once, often the best for a few hundred
          samples; it computes in float64 whatever the dtype of X

        An Optimizer, such as ``sknn.nn.SGD(momentum=0.5)``, has its own settings: ``momentum``,
        ``beta_1`` and the others below are then not used. A grid reaches ``solver__momentum``.
    alpha : float, default=0.0001
        Strength of the L2 penalty on the weights. As in scikit-learn it is divided by the sum of
        the sample weights in the *batch*: small batches are penalised more.
    batch_size : int or 'auto', default='auto'
        Number of samples per mini-batch, or of all samples if there are fewer; 'auto' is
        ``min(200, n_samples)``. Not used by 'lbfgs'.
    learning_rate : str or Schedule, default='constant'
        Schedule of the learning rate. Not used by 'lbfgs'.

        - 'constant': ``learning_rate_init`` throughout
        - 'invscaling': ``learning_rate_init / (t_ + 1) ** power_t`` after the first epoch, updated
          once per epoch; only for 'sgd', other solvers ignore it as in scikit-learn
        - 'adaptive': divided by five when more than ``n_iter_no_change`` epochs in a row bring no
          improvement, until it is 1e-6; only for 'sgd', other solvers ignore it as in scikit-learn
        - 'plateau': the same as 'adaptive', for every solver
        - 'step': multiplied by 0.1 every 30 epochs
        - 'exponential': multiplied by 0.95 every epoch
        - 'cosine': lowered to 0 along a cosine in ``max_iter`` epochs
        - 'flat_cosine': ``learning_rate_init`` for half of ``max_iter`` epochs, then lowered to 0
          along a cosine
        - 'coslog': four times from 0 to ``learning_rate_init`` and back in ``max_iter`` epochs,
          each time more slowly
        - 'one_cycle': raised from a 25th to ``learning_rate_init``, then lowered almost to 0, in
          ``max_iter`` epochs

        With 'coslog', 'cosine', 'flat_cosine' and 'one_cycle' training runs for ``max_iter``
        epochs, whatever ``tol`` is, unless early stopping ends it. ``partial_fit`` needs their
        number of steps, as in ``CosineDecay(total_steps=1000)``.
    learning_rate_init : float, default=0.001
        Learning rate that the schedule starts from or, for 'one_cycle', rises to. Not used by
        'lbfgs'.
    power_t : float, default=0.5
        Exponent of 'invscaling'. Only used by 'sgd'.
    max_iter : int, default=200
        Maximum number of epochs or, for 'lbfgs', of iterations.
    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch. Not used by 'lbfgs'.
    random_state : int, RandomState instance or None, default=None
        Determines the initial weights, the validation split, the order of the samples and dropout.
        ``fit`` draws the same initial weights, split and order as scikit-learn does for the same
        value.
    tol : float, default=0.0001
        Minimum improvement that counts, of the loss or, with early stopping, of the validation
        score. 'lbfgs' ignores improvements of the loss; it stops when no component of the gradient
        is larger.
    verbose : bool, default=False
        Whether to print the loss after each epoch or iteration.
    warm_start : bool, default=False
        Whether ``fit`` starts from the weights of the previous fit. The optimiser, the schedule and
        the count of epochs without improvement are reset.
    momentum : float, default=0.9
        Momentum of the steps, in [0, 1]. Only used by 'sgd'.
    nesterovs_momentum : bool, default=True
        Whether to use Nesterov's momentum. Only used by 'sgd'.
    early_stopping : bool, default=False
        Whether to stop when the score on validation samples no longer improves, and to keep the
        weights with the best score. The samples are ``X_val`` of ``fit``; without it a part of X is
        held out, stratified for two classes. 'lbfgs' needs ``X_val``, and warns without it that
        early stopping is ignored. ``partial_fit`` raises an error if this is True.
    validation_fraction : float, splitter or tuple, default=0.1
        Fraction of the samples held out; a cross-validation splitter, whose first split is used, or
        its last one if it splits rows in time, as ``TimeSeriesSplit`` does; or a tuple of two
        arrays, the numbers of the rows to train on and of those to validate on.
        ``NewestSplit(0.2)`` of :mod:`sknn.model_selection` holds out the newest fifth. Only used
        when ``early_stopping=True`` and ``fit`` gets no ``X_val``.
    beta_1 : float, default=0.9
        Decay rate of the running mean of the gradients, in [0, 1). Only used by 'adam', 'adamw' and
        'nadam'.
    beta_2 : float, default=0.999
        Decay rate of the running mean of the squared gradients, in [0, 1). Only used by 'adam',
        'adamw' and 'nadam'.
    epsilon : float, default=1e-8
        Added to the root of the mean of the squared gradients, by which steps are divided. Only
        used by 'adam', 'adamw', 'nadam' and 'rmsprop'.
    n_iter_no_change : int or inf, default=10
        Maximum number of epochs in a row without improvement. After one more training stops, or
        'adaptive' and 'plateau' lower the learning rate. 'lbfgs' counts iterations, and only with
        early stopping.
    max_fun : int, default=15000
        Maximum number of loss evaluations. Only used by 'lbfgs'.
    loss : str or Loss, default='log_loss'
        Loss to minimise.

        - 'log_loss': the cross-entropy
        - 'squared_error': the Brier score, halved for more than two classes
        - 'focal': the cross-entropy with less weight on samples that are easy to classify
        - 'hinge': the hinge loss of each class against the rest; the outputs are margins, so there
          is no ``predict_proba``
        - 'perceptron': by how much the largest output exceeds that of the true class; of a single
          output ``max(0, -s * z)``, ``s`` being 1 or -1; the outputs are margins here, too
    class_weight : dict, list of dict, 'balanced' or None, default=None
        Weights of the classes, multiplied by ``sample_weight``: a dict or, for y with several
        columns, a list with one dict per column, ``{0: ..., 1: ...}`` for multilabel y. 'balanced'
        weighs each class inversely to its frequency; ``partial_fit`` does not support it.
    label_smoothing : float, default=0.0
        Fraction of the target that is spread evenly over the classes, in [0, 1).
    dropout : float or list of float, default=0.0
        Fraction of units dropped at random in each training step, in [0, 1), after every hidden
        layer; a list has one entry for the input and one for each hidden layer. With 'lbfgs' it
        must be 0.
    normalization : {'batch', 'layer'} or None, default=None
        Normalises the weighted sums of every hidden layer before the activation: 'batch' each unit
        over the mini-batch, 'layer' all units of each sample.
    weight_init : str or Initializer, default='auto'
        How the initial weights are drawn. 'auto' draws weights and biases as scikit-learn does;
        with 'glorot_uniform', 'glorot_normal', 'he_uniform', 'he_normal', 'lecun_uniform',
        'lecun_normal', 'orthogonal', 'normal' or 'zeros' biases are zero.
    l1 : float, default=0.0
        Strength of the L1 penalty on the weights, divided as ``alpha`` is. 'lbfgs' is made for
        smooth functions and may stop a little short of the minimum.
    weight_decay : float, default=0.01
        Strength of a weight decay that is not part of the loss. Only used by 'adamw'.
    max_grad_norm : float or None, default=None
        Gradients with a larger norm are scaled down to it; the norm is that of all weights and
        biases together. Not used by 'lbfgs'.
    scoring : str, callable or None, default=None
        Score on validation samples: accuracy for None, minus the loss for 'loss', otherwise the
        name of a scorer or a callable ``(estimator, X, y)``. Greater is better.
    warmup_steps : int, default=0
        Number of steps in which the learning rate rises linearly to that of the schedule. Not used
        by 'lbfgs'.
    dtype : {'auto', 'float32', 'float64'}, default='auto'
        Data type of the weights and of the computation. 'auto' is float64 unless X is float32.
        'lbfgs' computes in float64 in any case and converts the weights.
    max_time : float or None, default=None
        Seconds after which training stops, at the end of the epoch or iteration.
    checkpoint : str, os.PathLike or None, default=None
        File in which ``fit`` stores what ``resume`` needs to continue after an interruption. Fits
        that run at the same time need a file each. Not used by ``partial_fit``. With 'lbfgs' it
        must be None.
    checkpoint_every : int, default=1
        Number of epochs between checkpoints. The last epoch is always stored.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,), or list of them
        Class labels; for several columns of labels, a list with those of each column.
    coefs_ : list of ndarray of shape (n_in, n_out)
        Weights, layer by layer. The arrays may be changed or replaced, or set without a fit.
    intercepts_ : list of ndarray of shape (n_out,)
        Biases, layer by layer. The arrays may be changed or replaced.
    n_layers_ : int
        Number of layers with weights, plus one for the input.
    n_outputs_ : int
        Number of outputs of the network.
    out_activation_ : str
        Function applied to the raw outputs: 'softmax' for more than two classes, 'logistic' for two
        classes and for multilabel y, 'identity' for ``loss='hinge'`` and ``loss='perceptron'``.
    n_features_in_ : int
        Number of features seen during fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features seen during fit. Defined only if X has feature names that are all
        strings.
    n_iter_ : int
        Number of epochs, or of iterations of 'lbfgs', in the last call. After ``resume`` it
        includes those before the interruption.
    t_ : int
        Number of training samples seen in mini-batches, counting every repetition: 'lbfgs' adds
        none.
    loss_ : float
        Loss of the last epoch or iteration, including penalties.
    best_loss_ : float or None
        Smallest loss of an epoch or iteration; None with early stopping.
    loss_curve_ : list of float
        Loss of each epoch or iteration.
    validation_scores_ : list of float or None
        Validation score of each epoch or iteration: accuracy unless ``scoring`` says otherwise.
        None without early stopping.
    best_validation_score_ : float or None
        The best validation score; the fitted weights are those of that epoch. None without early
        stopping.
    history_ : dict of list
        One entry per epoch or iteration in each list: 'loss'; 'validation_loss' and
        'validation_score', nan without validation samples; 'learning_rate', nan for 'lbfgs';
        'gradient_norm', the mean over the steps; 'seconds'.

    See Also
    --------
    MLPRegressor : Multi-layer perceptron for regression.

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
    """Multi-layer perceptron for regression: dense layers, one output per target.

    A drop-in for :class:`sklearn.neural_network.MLPRegressor`: the same parameters, defaults,
    attributes and random draws, and in float64 the same weights up to rounding.

    Parameters
    ----------
    loss : str or Loss, default='squared_error'
        Loss to minimise.

        - 'squared_error': half the squared error, summed over outputs
        - 'root_mean_squared_error': the root of the mean squared error of a batch
        - 'absolute_error': the absolute error, summed over outputs
        - 'huber': half the squared error up to 1, linear beyond
        - 'log_cosh': the logarithm of the hyperbolic cosine of the error
        - 'quantile': the pinball loss of each level in ``quantile``
        - 'poisson': half the Poisson deviance, for y that is not negative; predictions are
          exponentials of the raw outputs
        - 'gamma': half the gamma deviance, for positive y; predictions are exponentials of the raw
          outputs
    hidden_layer_sizes : int or array-like of int, default=(100,)
        Number of units of each hidden layer; ``()`` for a linear model.
    activation : str, Activation or list of them, default='relu'
        Activation function of the hidden layers, or a list with one for each: 'identity',
        'logistic' or 'sigmoid', 'tanh', 'relu', 'leaky_relu', 'prelu', 'elu', 'selu', 'gelu',
        'silu' or 'swish', 'mish', 'softplus', 'softsign', 'hard_sigmoid', 'hard_tanh', 'sign',
        'step'.
    solver : str or Optimizer, default='adam'
        Method that finds the weights.

        - 'adam': stochastic gradient descent with a running mean of the gradients, divided by the
          root of a running mean of their squares
        - 'adamw': 'adam' with weight decay that is not part of the loss
        - 'nadam': 'adam' with Nesterov's momentum
        - 'rmsprop': gradients divided by the root of a running mean of their squares
        - 'adagrad': gradients divided by the root of the sum of all their squares so far
        - 'sgd': stochastic gradient descent with momentum
        - 'lbfgs': a quasi-Newton method on all samples at once, often the best for a few hundred
          samples; it computes in float64 whatever the dtype of X

        An Optimizer, such as ``sknn.nn.SGD(momentum=0.5)``, has its own settings: ``momentum``,
        ``beta_1`` and the others below are then not used. A grid reaches ``solver__momentum``.
    alpha : float, default=0.0001
        Strength of the L2 penalty on the weights. As in scikit-learn it is divided by the sum of
        the sample weights in the *batch*: small batches are penalised more.
    batch_size : int or 'auto', default='auto'
        Number of samples per mini-batch, or of all samples if there are fewer; 'auto' is
        ``min(200, n_samples)``. Not used by 'lbfgs'.
    learning_rate : str or Schedule, default='constant'
        Schedule of the learning rate. Not used by 'lbfgs'.

        - 'constant': ``learning_rate_init`` throughout
        - 'invscaling': ``learning_rate_init / (t_ + 1) ** power_t`` after the first epoch, updated
          once per epoch; only for 'sgd', other solvers ignore it as in scikit-learn
        - 'adaptive': divided by five when more than ``n_iter_no_change`` epochs in a row bring no
          improvement, until it is 1e-6; only for 'sgd', other solvers ignore it as in scikit-learn
        - 'plateau': the same as 'adaptive', for every solver
        - 'step': multiplied by 0.1 every 30 epochs
        - 'exponential': multiplied by 0.95 every epoch
        - 'cosine': lowered to 0 along a cosine in ``max_iter`` epochs
        - 'flat_cosine': ``learning_rate_init`` for half of ``max_iter`` epochs, then lowered to 0
          along a cosine
        - 'coslog': four times from 0 to ``learning_rate_init`` and back in ``max_iter`` epochs,
          each time more slowly
        - 'one_cycle': raised from a 25th to ``learning_rate_init``, then lowered almost to 0, in
          ``max_iter`` epochs

        With 'coslog', 'cosine', 'flat_cosine' and 'one_cycle' training runs for ``max_iter``
        epochs, whatever ``tol`` is, unless early stopping ends it. ``partial_fit`` needs their
        number of steps, as in ``CosineDecay(total_steps=1000)``.
    learning_rate_init : float, default=0.001
        Learning rate that the schedule starts from or, for 'one_cycle', rises to. Not used by
        'lbfgs'.
    power_t : float, default=0.5
        Exponent of 'invscaling'. Only used by 'sgd'.
    max_iter : int, default=200
        Maximum number of epochs or, for 'lbfgs', of iterations.
    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch. Not used by 'lbfgs'.
    random_state : int, RandomState instance or None, default=None
        Determines the initial weights, the validation split, the order of the samples and dropout.
        ``fit`` draws the same initial weights, split and order as scikit-learn does for the same
        value.
    tol : float, default=0.0001
        Minimum improvement that counts, of the loss or, with early stopping, of the validation
        score. 'lbfgs' ignores improvements of the loss; it stops when no component of the gradient
        is larger.
    verbose : bool, default=False
        Whether to print the loss after each epoch or iteration.
    warm_start : bool, default=False
        Whether ``fit`` starts from the weights of the previous fit. The optimiser, the schedule and
        the count of epochs without improvement are reset.
    momentum : float, default=0.9
        Momentum of the steps, in [0, 1]. Only used by 'sgd'.
    nesterovs_momentum : bool, default=True
        Whether to use Nesterov's momentum. Only used by 'sgd'.
    early_stopping : bool, default=False
        Whether to stop when the score on validation samples no longer improves, and to keep the
        weights with the best score. The samples are ``X_val`` of ``fit``; without it a part of X is
        held out. 'lbfgs' needs ``X_val``, and warns without it that early stopping is ignored.
        ``partial_fit`` raises an error if this is True.
    validation_fraction : float, splitter or tuple, default=0.1
        Fraction of the samples held out; a cross-validation splitter, whose first split is used, or
        its last one if it splits rows in time, as ``TimeSeriesSplit`` does; or a tuple of two
        arrays, the numbers of the rows to train on and of those to validate on.
        ``NewestSplit(0.2)`` of :mod:`sknn.model_selection` holds out the newest fifth. Only used
        when ``early_stopping=True`` and ``fit`` gets no ``X_val``.
    beta_1 : float, default=0.9
        Decay rate of the running mean of the gradients, in [0, 1). Only used by 'adam', 'adamw' and
        'nadam'.
    beta_2 : float, default=0.999
        Decay rate of the running mean of the squared gradients, in [0, 1). Only used by 'adam',
        'adamw' and 'nadam'.
    epsilon : float, default=1e-8
        Added to the root of the mean of the squared gradients, by which steps are divided. Only
        used by 'adam', 'adamw', 'nadam' and 'rmsprop'.
    n_iter_no_change : int or inf, default=10
        Maximum number of epochs in a row without improvement. After one more training stops, or
        'adaptive' and 'plateau' lower the learning rate. 'lbfgs' counts iterations, and only with
        early stopping.
    max_fun : int, default=15000
        Maximum number of loss evaluations. Only used by 'lbfgs'.
    quantile : float or list of float, default=0.5
        Levels to predict, in (0, 1): one output per level, in ascending order. Only used when
        ``loss='quantile'``.
    dropout : float or list of float, default=0.0
        Fraction of units dropped at random in each training step, in [0, 1), after every hidden
        layer; a list has one entry for the input and one for each hidden layer. With 'lbfgs' it
        must be 0.
    normalization : {'batch', 'layer'} or None, default=None
        Normalises the weighted sums of every hidden layer before the activation: 'batch' each unit
        over the mini-batch, 'layer' all units of each sample.
    weight_init : str or Initializer, default='auto'
        How the initial weights are drawn. 'auto' draws weights and biases as scikit-learn does;
        with 'glorot_uniform', 'glorot_normal', 'he_uniform', 'he_normal', 'lecun_uniform',
        'lecun_normal', 'orthogonal', 'normal' or 'zeros' biases are zero.
    l1 : float, default=0.0
        Strength of the L1 penalty on the weights, divided as ``alpha`` is. 'lbfgs' is made for
        smooth functions and may stop a little short of the minimum.
    weight_decay : float, default=0.01
        Strength of a weight decay that is not part of the loss. Only used by 'adamw'.
    max_grad_norm : float or None, default=None
        Gradients with a larger norm are scaled down to it; the norm is that of all weights and
        biases together. Not used by 'lbfgs'.
    scoring : str, callable or None, default=None
        Score on validation samples: R2 for None, minus the loss for 'loss', otherwise the name of a
        scorer or a callable ``(estimator, X, y)``. Greater is better.
    warmup_steps : int, default=0
        Number of steps in which the learning rate rises linearly to that of the schedule. Not used
        by 'lbfgs'.
    dtype : {'auto', 'float32', 'float64'}, default='auto'
        Data type of the weights and of the computation. 'auto' is float64 unless X is float32.
        'lbfgs' computes in float64 in any case and converts the weights.
    max_time : float or None, default=None
        Seconds after which training stops, at the end of the epoch or iteration.
    checkpoint : str, os.PathLike or None, default=None
        File in which ``fit`` stores what ``resume`` needs to continue after an interruption. Fits
        that run at the same time need a file each. Not used by ``partial_fit``. With 'lbfgs' it
        must be None.
    checkpoint_every : int, default=1
        Number of epochs between checkpoints. The last epoch is always stored.

    Attributes
    ----------
    coefs_ : list of ndarray of shape (n_in, n_out)
        Weights, layer by layer. The arrays may be changed or replaced, or set without a fit.
    intercepts_ : list of ndarray of shape (n_out,)
        Biases, layer by layer. The arrays may be changed or replaced.
    n_layers_ : int
        Number of layers with weights, plus one for the input.
    n_outputs_ : int
        Number of outputs of the network.
    out_activation_ : str
        Function applied to the raw outputs: 'exp' for ``loss='gamma'`` and ``loss='poisson'``,
        'identity' for the other losses.
    n_features_in_ : int
        Number of features seen during fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features seen during fit. Defined only if X has feature names that are all
        strings.
    n_iter_ : int
        Number of epochs, or of iterations of 'lbfgs', in the last call. After ``resume`` it
        includes those before the interruption.
    t_ : int
        Number of training samples seen in mini-batches, counting every repetition: 'lbfgs' adds
        none.
    loss_ : float
        Loss of the last epoch or iteration, including penalties.
    best_loss_ : float or None
        Smallest loss of an epoch or iteration; None with early stopping.
    loss_curve_ : list of float
        Loss of each epoch or iteration.
    validation_scores_ : list of float or None
        Validation score of each epoch or iteration: R2 unless ``scoring`` says otherwise. None
        without early stopping.
    best_validation_score_ : float or None
        The best validation score; the fitted weights are those of that epoch. None without early
        stopping.
    history_ : dict of list
        One entry per epoch or iteration in each list: 'loss'; 'validation_loss' and
        'validation_score', nan without validation samples; 'learning_rate', nan for 'lbfgs';
        'gradient_norm', the mean over the steps; 'seconds'.

    See Also
    --------
    MLPClassifier : Multi-layer perceptron for classification.

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
