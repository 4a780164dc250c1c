"""Convolutional networks: blocks of convolution and pooling, then dense layers."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sknn.estimators import hidden_layers
from sknn.estimators.base import BaseNetwork
from sknn.estimators.classifier import ClassifierTask
from sknn.estimators.hidden_layers import POOLINGS
from sknn.estimators.images import ImageInput
from sknn.estimators.parameters import constraints
from sknn.estimators.regressor import RegressorTask
from sknn.nn.activations import Activation
from sknn.nn.initializers import HeOrGlorot, Initializer, as_initializer
from sknn.nn.layers import Conv2D, Dense, Dropout, Flatten
from sknn.nn.losses import Loss
from sknn.nn.names import hint
from sknn.nn.optimizers import Optimizer
from sknn.nn.schedules import Schedule


class BaseCNN(ImageInput, BaseNetwork):
    """Blocks of convolution and pooling, dense layers, and a linear one for the outputs."""

    _always_images = True
    _size_parameters = "filters, kernel_size, padding, pool_size or hidden_layer_sizes"

    def _layers(self, n_outputs):
        filters = hidden_layers.block_sizes(self.filters)
        sizes = hidden_layers.hidden_sizes(self.hidden_layer_sizes)
        n_hidden = len(filters) + len(sizes)
        activations = hidden_layers.activations(self.activation, n_hidden)
        first, *drops = hidden_layers.dropout_rates(self.dropout, n_hidden, n_spared=len(filters))
        auto = isinstance(self.weight_init, str) and self.weight_init == "auto"
        draw = HeOrGlorot() if auto else as_initializer(self.weight_init)
        makes = [*self._convolutions(filters), *(partial(Dense, units) for units in sizes)]
        poolings = [*self._poolings(len(filters)), *[None] * len(sizes)]
        layers = [Dropout(first)] if first else []
        for number, (make, activation, pooling, rate) in enumerate(
            zip(makes, activations, poolings, drops, strict=True)
        ):
            if number == len(filters):
                layers.append(Flatten())
            layers += hidden_layers.hidden_layer(make, activation, self.normalization, draw)
            layers += [pooling] if pooling else []
            layers += [Dropout(rate)] if rate else []
        if not sizes:
            layers.append(Flatten())
        return [*layers, Dense(n_outputs, "identity", weight_init=draw)]

    def _convolutions(self, filters):
        """What makes the convolution of each block, but for activation and first weights."""
        settings = (
            self._per_block(name, len(filters)) for name in ("kernel_size", "stride", "padding")
        )
        return [partial(Conv2D, *block) for block in zip(filters, *settings, strict=True)]

    def _poolings(self, n_blocks):
        """The pooling layer of each block, or None."""
        names = ("pooling", "pool_size", "pool_stride")
        blocks = zip(*(self._per_block(name, n_blocks) for name in names), strict=True)
        return [
            None if kind is None else _pooling(kind)(size, stride, "same")
            for kind, size, stride in blocks
        ]

    def _per_block(self, name, n_blocks):
        return hidden_layers.one_per_block(name, getattr(self, name), n_blocks)

    def _hidden_depths(self, network):
        return hidden_layers.hidden_depths(network)


def _pooling(kind):
    if not isinstance(kind, str) or kind not in POOLINGS:
        meant = hint("pooling", kind, POOLINGS) if isinstance(kind, str) else ""
        raise ValueError(
            f"pooling must be None or one of {sorted(POOLINGS)}, got {kind!r}. {meant}".rstrip()
        )
    return POOLINGS[kind]


class CNNClassifier(ClassifierTask, BaseCNN):
    """Convolutional network for classification of images.

    Blocks of convolution, activation and pooling, then dense layers, trained on the log loss.

    X holds images, (n, height, width) or (n, height, width, channels), or flat samples. Integers
    are taken as pixels from 0 to 255 and scaled to 0 to 1, batch by batch; floats are taken as
    they are. Training runs on as many threads as BLAS may use; the weights do not depend on
    their number.

    Parameters
    ----------
    filters : int or array-like of int, default=(32, 64)
        Number of output channels of the convolution in each block.
    kernel_size : int or tuple, default=3
        Height and width of the convolution windows. A tuple has one entry per block; a pair
        (height, width) goes inside it: ``((3, 5), 3)``. The same holds for the parameters from
        ``stride`` to ``pool_stride``.
    stride : int or tuple, default=1
        Number of pixels between neighbouring convolution windows.
    padding : {'same', 'valid'}, int or tuple, default='same'
        Zeros added around the image before the convolution: 'same' adds as many as it takes to keep
        ``ceil(n / stride)`` of n pixels, 'valid' adds none, an int adds that many on every side.
    pooling : {'max', 'average'}, None or tuple, default='max'
        Kind of pooling at the end of a block; None for no pooling. A window over the edge of the
        image uses the pixels inside it, so that n pixels become ``ceil(n / pool_stride)``.
    pool_size : int or tuple, default=2
        Height and width of the pooling windows.
    pool_stride : int, None or tuple, default=None
        Number of pixels between neighbouring pooling windows; None means ``pool_size``.
    hidden_layer_sizes : int or array-like of int, default=(128,)
        Number of units of each dense hidden layer after the blocks; ``()`` for none.
    activation : str, Activation or list of them, default='relu'
        Activation function of the blocks and dense hidden layers, or a list with one for each:
        'identity', 'logistic' or 'sigmoid', 'tanh', 'relu', 'leaky_relu', 'prelu', 'elu', 'selu',
        'gelu', 'silu' or 'swish', 'mish', 'softplus', 'softsign', 'hard_sigmoid', 'hard_tanh',
        'sign', 'step'.
    input_shape : tuple of int or None, default=None
        Shape of one sample: (height, width, channels) or (height, width) of an image. None takes
        the shape from X; flat samples are then square images with one channel if possible,
        otherwise images of one row.
    augment : {'flip', 'shift', 'shift+flip'} or None, default=None
        Random changes to the training images in every epoch: shifts by up to an eighth of height
        and width, left-right flips with a probability of 1/2, or both. With 'lbfgs' it must be
        None.
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
    batch_size : int or 'auto', default=64
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
    max_iter : int, default=20
        Maximum number of epochs or, for 'lbfgs', of iterations.
    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch. Not used by 'lbfgs'.
    random_state : int, RandomState instance or None, default=None
        Determines the initial weights, the validation split, the order of the samples, dropout and
        augmentation.
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
        Fraction of units dropped at random in each training step, in [0, 1), after every dense
        hidden layer; a list has one entry for the input, for each block and for each dense hidden
        layer. With 'lbfgs' it must be 0.
    normalization : {'batch', 'layer'} or None, default=None
        Normalises the weighted sums of every hidden layer before the activation: 'batch' each
        channel over the mini-batch and all pixels, 'layer' all channels of each pixel; a unit of a
        dense layer counts as a channel of one pixel.
    weight_init : str or Initializer, default='auto'
        How the initial weights are drawn. 'auto' is 'he_uniform' for 'relu', 'leaky_relu', 'prelu',
        'elu', 'gelu', 'silu', 'swish' and 'mish', and 'glorot_uniform' for other activations; also
        'glorot_uniform', 'glorot_normal', 'he_uniform', 'he_normal', 'lecun_uniform',
        'lecun_normal', 'orthogonal', 'normal' or 'zeros'. Biases are zero.
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
        Data type of the weights and of the computation. 'auto' is float32, but for flat samples of
        floats float64 unless X is float32. 'lbfgs' computes in float64 in any case and converts the
        weights.
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
    coefs_ : list of ndarray
        Weights, layer by layer: (kernel height, kernel width, channels, filters) for a convolution,
        (n_in, n_out) for a dense layer. The arrays may be changed or replaced.
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
        Number of values in a sample: height * width * channels.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features seen during fit. Defined only if X has feature names that are all
        strings.
    image_shape_ : tuple of int
        Shape of an image: (height, width, channels).
    image_scale_ : float
        Factor by which pixels are multiplied: 1/255 for images of integers, otherwise 1.
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
    CNNRegressor : Convolutional network for regression.
    SequentialClassifier : Any stack of layers.

    References
    ----------
    LeCun et al. (1998), "Gradient-based learning applied to document recognition". He et al.
    (2015), "Delving deep into rectifiers".

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import train_test_split
    >>> from sknn import CNNClassifier
    >>> digits = load_digits()
    >>> X_train, X_test, y_train, y_test = train_test_split(
    ...     digits.images / 16, digits.target, random_state=0
    ... )
    >>> clf = CNNClassifier((16, 32), learning_rate="one_cycle", learning_rate_init=0.01,
    ...                     max_iter=10, random_state=0)
    >>> bool(clf.fit(X_train, y_train).score(X_test, y_test) > 0.97)
    True
    """

    _parameter_constraints: dict = constraints("CNNClassifier")

    # Written by docs/write_signatures.py, as are the sections Parameters and Attributes above.
    def __init__(
        self,
        filters: ArrayLike | int = (32, 64),
        *,
        kernel_size: int | Sequence[Any] = 3,
        stride: int | Sequence[Any] = 1,
        padding: str | int | Sequence[Any] = "same",
        pooling: str | Sequence[Any] | None = "max",
        pool_size: int | Sequence[Any] = 2,
        pool_stride: int | Sequence[Any] | None = None,
        hidden_layer_sizes: ArrayLike | int = (128,),
        activation: str | Activation | Sequence[Any] = "relu",
        input_shape: ArrayLike | None = None,
        augment: str | None = None,
        solver: str | Optimizer = "adam",
        alpha: float = 0.0001,
        batch_size: str | int = 64,
        learning_rate: str | Schedule = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 20,
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
        self.filters = filters
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding
        self.pooling = pooling
        self.pool_size = pool_size
        self.pool_stride = pool_stride
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.input_shape = input_shape
        self.augment = augment
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


class CNNRegressor(RegressorTask, BaseCNN):
    """Convolutional network for regression on images.

    Blocks of convolution, activation and pooling, then dense layers, trained on the squared
    error.

    X holds images, (n, height, width) or (n, height, width, channels), or flat samples. Integers
    are taken as pixels from 0 to 255 and scaled to 0 to 1, batch by batch; floats are taken as
    they are. Training runs on as many threads as BLAS may use; the weights do not depend on
    their number.

    Parameters
    ----------
    filters : int or array-like of int, default=(32, 64)
        Number of output channels of the convolution in each block.
    kernel_size : int or tuple, default=3
        Height and width of the convolution windows. A tuple has one entry per block; a pair
        (height, width) goes inside it: ``((3, 5), 3)``. The same holds for the parameters from
        ``stride`` to ``pool_stride``.
    stride : int or tuple, default=1
        Number of pixels between neighbouring convolution windows.
    padding : {'same', 'valid'}, int or tuple, default='same'
        Zeros added around the image before the convolution: 'same' adds as many as it takes to keep
        ``ceil(n / stride)`` of n pixels, 'valid' adds none, an int adds that many on every side.
    pooling : {'max', 'average'}, None or tuple, default='max'
        Kind of pooling at the end of a block; None for no pooling. A window over the edge of the
        image uses the pixels inside it, so that n pixels become ``ceil(n / pool_stride)``.
    pool_size : int or tuple, default=2
        Height and width of the pooling windows.
    pool_stride : int, None or tuple, default=None
        Number of pixels between neighbouring pooling windows; None means ``pool_size``.
    hidden_layer_sizes : int or array-like of int, default=(128,)
        Number of units of each dense hidden layer after the blocks; ``()`` for none.
    activation : str, Activation or list of them, default='relu'
        Activation function of the blocks and dense hidden layers, or a list with one for each:
        'identity', 'logistic' or 'sigmoid', 'tanh', 'relu', 'leaky_relu', 'prelu', 'elu', 'selu',
        'gelu', 'silu' or 'swish', 'mish', 'softplus', 'softsign', 'hard_sigmoid', 'hard_tanh',
        'sign', 'step'.
    input_shape : tuple of int or None, default=None
        Shape of one sample: (height, width, channels) or (height, width) of an image. None takes
        the shape from X; flat samples are then square images with one channel if possible,
        otherwise images of one row.
    augment : {'flip', 'shift', 'shift+flip'} or None, default=None
        Random changes to the training images in every epoch: shifts by up to an eighth of height
        and width, left-right flips with a probability of 1/2, or both. With 'lbfgs' it must be
        None.
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
    batch_size : int or 'auto', default=64
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
    max_iter : int, default=20
        Maximum number of epochs or, for 'lbfgs', of iterations.
    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch. Not used by 'lbfgs'.
    random_state : int, RandomState instance or None, default=None
        Determines the initial weights, the validation split, the order of the samples, dropout and
        augmentation.
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
    quantile : float or list of float, default=0.5
        Levels to predict, in (0, 1): one output per level, in ascending order. Only used when
        ``loss='quantile'``.
    dropout : float or list of float, default=0.0
        Fraction of units dropped at random in each training step, in [0, 1), after every dense
        hidden layer; a list has one entry for the input, for each block and for each dense hidden
        layer. With 'lbfgs' it must be 0.
    normalization : {'batch', 'layer'} or None, default=None
        Normalises the weighted sums of every hidden layer before the activation: 'batch' each
        channel over the mini-batch and all pixels, 'layer' all channels of each pixel; a unit of a
        dense layer counts as a channel of one pixel.
    weight_init : str or Initializer, default='auto'
        How the initial weights are drawn. 'auto' is 'he_uniform' for 'relu', 'leaky_relu', 'prelu',
        'elu', 'gelu', 'silu', 'swish' and 'mish', and 'glorot_uniform' for other activations; also
        'glorot_uniform', 'glorot_normal', 'he_uniform', 'he_normal', 'lecun_uniform',
        'lecun_normal', 'orthogonal', 'normal' or 'zeros'. Biases are zero.
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
        Data type of the weights and of the computation. 'auto' is float32, but for flat samples of
        floats float64 unless X is float32. 'lbfgs' computes in float64 in any case and converts the
        weights.
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
    coefs_ : list of ndarray
        Weights, layer by layer: (kernel height, kernel width, channels, filters) for a convolution,
        (n_in, n_out) for a dense layer. The arrays may be changed or replaced.
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
        Number of values in a sample: height * width * channels.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features seen during fit. Defined only if X has feature names that are all
        strings.
    image_shape_ : tuple of int
        Shape of an image: (height, width, channels).
    image_scale_ : float
        Factor by which pixels are multiplied: 1/255 for images of integers, otherwise 1.
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
    CNNClassifier : Convolutional network for classification.
    SequentialRegressor : Any stack of layers.

    References
    ----------
    LeCun et al. (1998), "Gradient-based learning applied to document recognition". He et al.
    (2015), "Delving deep into rectifiers".

    Examples
    --------
    How far a bright square is from the left:

    >>> import numpy as np
    >>> from sknn import CNNRegressor
    >>> y = np.arange(200) % 13
    >>> X = np.zeros((200, 8, 16))
    >>> for image, left in zip(X, y):
    ...     image[2:5, left : left + 3] = 1
    >>> reg = CNNRegressor((8,), learning_rate="one_cycle", learning_rate_init=0.01,
    ...                    random_state=0).fit(X, y)
    >>> bool(reg.score(X, y) > 0.95)
    True
    """

    _parameter_constraints: dict = constraints("CNNRegressor")

    # Written by docs/write_signatures.py, as are the sections Parameters and Attributes above.
    def __init__(
        self,
        filters: ArrayLike | int = (32, 64),
        *,
        kernel_size: int | Sequence[Any] = 3,
        stride: int | Sequence[Any] = 1,
        padding: str | int | Sequence[Any] = "same",
        pooling: str | Sequence[Any] | None = "max",
        pool_size: int | Sequence[Any] = 2,
        pool_stride: int | Sequence[Any] | None = None,
        hidden_layer_sizes: ArrayLike | int = (128,),
        activation: str | Activation | Sequence[Any] = "relu",
        input_shape: ArrayLike | None = None,
        augment: str | None = None,
        solver: str | Optimizer = "adam",
        alpha: float = 0.0001,
        batch_size: str | int = 64,
        learning_rate: str | Schedule = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 20,
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
        self.filters = filters
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding
        self.pooling = pooling
        self.pool_size = pool_size
        self.pool_stride = pool_stride
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.input_shape = input_shape
        self.augment = augment
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
