"""Networks with an arbitrary stack of layers."""

import os
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from sknn.estimators.base import BaseNetwork
from sknn.estimators.classifier import ClassifierTask
from sknn.estimators.images import ImageInput
from sknn.estimators.parameters import constraints
from sknn.estimators.regressor import RegressorTask
from sknn.nn.initializers import Initializer, as_initializer
from sknn.nn.layers import Dense
from sknn.nn.losses import Loss
from sknn.nn.network import named_layers, with_layer
from sknn.nn.optimizers import Optimizer
from sknn.nn.schedules import Schedule


class BaseSequential(ImageInput, BaseNetwork):
    """The layers that the user lists, followed by a linear layer for the outputs.

    The settings of the layers are parameters of the estimator, such as ``conv1__filters`` and
    ``dense2__units``. A layer has the name that the user gave it, or its type and a number.
    """

    layers: Sequence[Any]

    def _layers(self, n_outputs):
        output = Dense(n_outputs, "identity", weight_init=as_initializer(self.weight_init))
        # Copies, because parameters set after fit are for the next fit.
        return [*deepcopy(list(self._named_layers().values())), output]

    def _named_layers(self):
        """The hidden layers by name. Raises ValueError or TypeError if one is not a layer."""
        taken = super().get_params(deep=False)
        return named_layers(self.layers, lambda name: name in taken or hasattr(type(self), name))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters of this estimator.

        Parameters
        ----------
        deep : bool, default=True
            If True, the parameters of the layers are included as ``name__setting``.

        Returns
        -------
        params : dict
            Parameter names mapped to their values.
        """
        params = super().get_params(deep=False)
        if not deep:
            return params
        try:
            layers = self._named_layers()
        except (TypeError, ValueError):  # fit reports what is wrong with them
            return params
        for name, layer in layers.items():
            params[name] = layer
            params.update({f"{name}__{k}": v for k, v in layer.get_params().items()})
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters of this estimator or of its layers, or replace whole layers.

        Parameters
        ----------
        **params : dict
            Values by name, such as ``alpha=0.1``, ``dense1__units=50`` or ``dense1=Dense(50)``.

        Returns
        -------
        self : object
            The estimator instance.
        """
        if "layers" in params:
            super().set_params(layers=params.pop("layers"))
        own = super().get_params(deep=False)
        for key, value in params.items():
            if key in own:
                setattr(self, key, value)
                continue
            layers = self._named_layers()
            name, _, setting = key.partition("__")
            if name in layers and setting:
                layers[name].set_params(**{setting: value})
            elif name in layers:
                self.layers = with_layer(self.layers, list(layers).index(name), value)
            else:
                raise ValueError(
                    f"Invalid parameter {key!r} for estimator {type(self).__name__}. Valid "
                    f"parameters are: {sorted([*own, *layers])!r}, and name__setting for a layer."
                )
        return self


class SequentialClassifier(ClassifierTask, BaseSequential):
    """Neural network classifier with an arbitrary stack of layers.

    The user lists the hidden layers. The output layer is added in ``fit`` according to y and the
    loss.

    Parameters
    ----------
    layers : list of Layer, or of (str, Layer)
        The hidden layers, in order from the input to the output, for instance
        ``[Dense(100), Dropout(0.2), Dense(50, "tanh")]``. A layer without a name is named after its
        type and number, such as dense1 and dense2.
    input_shape : tuple of int or None, default=None
        Shape of a single sample: (height, width, channels) or (height, width) for images,
        (n_features,) for all other samples. If None, the shape is taken from X, and flat samples
        are not interpreted as images. Integer images are assumed to have pixel values from 0 to
        255, which are divided by 255.
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
        the samples and dropout. Pass an int for reproducible results.
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
    weight_init : str or Initializer, default='auto'
        Initialisation of the weights of the output layer. 'auto' draws weights and biases from the
        range of 'glorot_uniform'. With 'glorot_uniform', 'glorot_normal', 'he_uniform',
        'he_normal', 'lecun_uniform', 'lecun_normal', 'orthogonal', 'normal' or 'zeros', the initial
        biases are zero. The hidden layers have their own ``weight_init``.
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
        Data type of the weights and of the computation. 'auto' means float32 if X holds integer
        images, has three or four dimensions or is float32, and float64 otherwise. 'lbfgs' always
        computes in float64 and converts the weights to this data type at the end.
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
    coefs_ : list of ndarray
        The weights of each layer, of shape (n_in, n_out) for a dense layer and (kernel height,
        kernel width, channels, filters) for a convolution. The arrays can be modified or replaced.
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
        Number of values in each sample.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of features seen during fit. Defined only when X has feature names that are all
        strings.
    image_shape_ : tuple of int or None
        Shape of each image: (height, width, channels). None if the samples are not images.
    image_scale_ : float
        Factor by which pixel values are multiplied: 1/255 for integer images, otherwise 1.
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
    MLPClassifier : Classifier with dense layers of the given sizes.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sknn import SequentialClassifier
    >>> from sknn.nn import BatchNorm, Dense, Dropout
    >>> X, y = load_digits(return_X_y=True)
    >>> layers = [Dense(64), BatchNorm(), Dropout(0.1), Dense(32, "tanh")]
    >>> clf = SequentialClassifier(layers, max_time=60, tol=0.01, random_state=0)
    >>> bool(clf.fit(X / 16, y).score(X / 16, y) > 0.95)
    True
    >>> clf.set_params(dense2__units=16).layers[3]
    Dense(units=16, activation='tanh')
    """

    _parameter_constraints: dict = constraints("SequentialClassifier")

    # Written by docs/write_signatures.py, as are the sections Parameters and Attributes above.
    def __init__(
        self,
        layers: Sequence[Any],
        *,
        input_shape: ArrayLike | None = None,
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
        self.layers = layers
        self.input_shape = input_shape
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


class SequentialRegressor(RegressorTask, BaseSequential):
    """Neural network regressor with an arbitrary stack of layers.

    The user lists the hidden layers. The output layer is added in ``fit`` according to y and the
    loss.

    Parameters
    ----------
    layers : list of Layer, or of (str, Layer)
        The hidden layers, in order from the input to the output, for instance
        ``[Dense(100), Dropout(0.2), Dense(50, "tanh")]``. A layer without a name is named after its
        type and number, such as dense1 and dense2.
    input_shape : tuple of int or None, default=None
        Shape of a single sample: (height, width, channels) or (height, width) for images,
        (n_features,) for all other samples. If None, the shape is taken from X, and flat samples
        are not interpreted as images. Integer images are assumed to have pixel values from 0 to
        255, which are divided by 255.
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
        the samples and dropout. Pass an int for reproducible results.
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
    quantile : float or list of float, default=0.5
        The quantile level or levels to predict, in (0, 1). There is one output per level, in
        ascending order. Only used when ``loss='quantile'``.
    weight_init : str or Initializer, default='auto'
        Initialisation of the weights of the output layer. 'auto' draws weights and biases from the
        range of 'glorot_uniform'. With 'glorot_uniform', 'glorot_normal', 'he_uniform',
        'he_normal', 'lecun_uniform', 'lecun_normal', 'orthogonal', 'normal' or 'zeros', the initial
        biases are zero. The hidden layers have their own ``weight_init``.
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
        Data type of the weights and of the computation. 'auto' means float32 if X holds integer
        images, has three or four dimensions or is float32, and float64 otherwise. 'lbfgs' always
        computes in float64 and converts the weights to this data type at the end.
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
    coefs_ : list of ndarray
        The weights of each layer, of shape (n_in, n_out) for a dense layer and (kernel height,
        kernel width, channels, filters) for a convolution. The arrays can be modified or replaced.
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
        Number of values in each sample.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of features seen during fit. Defined only when X has feature names that are all
        strings.
    image_shape_ : tuple of int or None
        Shape of each image: (height, width, channels). None if the samples are not images.
    image_scale_ : float
        Factor by which pixel values are multiplied: 1/255 for integer images, otherwise 1.
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
    MLPRegressor : Regressor with dense layers of the given sizes.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.preprocessing import scale
    >>> from sknn import SequentialRegressor
    >>> from sknn.nn import Dense
    >>> X, y = load_diabetes(return_X_y=True)
    >>> X, y = scale(X), scale(y)
    >>> reg = SequentialRegressor([Dense(50, "gelu")], max_iter=500, random_state=0)
    >>> bool(reg.fit(X, y).score(X, y) > 0.5)
    True
    """

    _parameter_constraints: dict = constraints("SequentialRegressor")

    # Written by docs/write_signatures.py, as are the sections Parameters and Attributes above.
    def __init__(
        self,
        layers: Sequence[Any],
        *,
        input_shape: ArrayLike | None = None,
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
        loss: str | Loss = "squared_error",
        quantile: float | ArrayLike = 0.5,
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
        self.layers = layers
        self.input_shape = input_shape
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
        self.quantile = quantile
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
