"""Convolutional networks: blocks of convolution and pooling, followed by dense layers."""

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
    """Blocks of convolution and pooling, dense layers, and a linear layer for the outputs."""

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
        """A function for each block that makes its convolution from activation and initialiser."""
        settings = (
            self._per_block(name, len(filters)) for name in ("kernel_size", "stride", "padding")
        )
        return [partial(Conv2D, *block) for block in zip(filters, *settings, strict=True)]

    def _poolings(self, n_blocks):
        """The pooling layer of each block, or None for a block without one."""
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
    """Convolutional neural network classifier for images.

    The network consists of blocks of convolution, activation and pooling, followed by dense layers.
    It minimises the log loss by default.

    X holds images of shape (n_samples, height, width) or (n_samples, height, width, channels), or
    flat samples. Integers are interpreted as pixel values from 0 to 255 and scaled to the range
    from 0 to 1 batch by batch; floats are used as they are. Training uses as many threads as BLAS
    may use; the weights do not depend on the number of threads.

    Parameters
    ----------
    filters : int or array-like of int, default=(32, 64)
        Number of output channels of the convolution in each block.
    kernel_size : int or tuple, default=3
        Height and width of the convolution windows. An int applies to all blocks. A tuple has one
        entry per block, and an entry can be a pair (height, width), as in ``((3, 5), 3)``. The
        parameters from ``stride`` to ``pool_stride`` take tuples in the same way.
    stride : int or tuple, default=1
        Step of the convolution window in pixels.
    padding : {'same', 'valid'}, int or tuple, default='same'
        Number of zeros added around the image before the convolution. 'same' adds as many as are
        needed to obtain ``ceil(n / stride)`` output pixels from n input pixels, 'valid' adds none,
        and an int adds that many on every side.
    pooling : {'max', 'average'}, None or tuple, default='max'
        Type of pooling at the end of each block. If None, there is no pooling. A window that
        extends beyond the edge of the image uses only the pixels inside the image, so that n pixels
        become ``ceil(n / pool_stride)``.
    pool_size : int or tuple, default=2
        Height and width of the pooling windows.
    pool_stride : int, None or tuple, default=None
        Step of the pooling window in pixels. If None, it is equal to ``pool_size``.
    hidden_layer_sizes : int or array-like of int, default=(128,)
        Number of units in each dense hidden layer after the blocks; ``()`` for none.
    activation : str, Activation or list of them, default='relu'
        Activation function of the blocks and dense hidden layers, or a list with one function for
        each. The available functions are 'identity', 'logistic' or 'sigmoid', 'tanh', 'relu',
        'leaky_relu', 'prelu', 'elu', 'selu', 'gelu', 'silu' or 'swish', 'mish', 'softplus',
        'softsign', 'hard_sigmoid', 'hard_tanh', 'sign', 'step'.
    input_shape : tuple of int or None, default=None
        Shape of a single sample: (height, width, channels) or (height, width) for images. If None,
        the shape is taken from X. Flat samples are then interpreted as square images with one
        channel if possible, and as images with a single row otherwise.
    augment : {'flip', 'shift', 'shift+flip'} or None, default=None
        Random changes applied to the training images in every epoch: shifts by up to an eighth of
        the height and width, left-right flips with a probability of 1/2, or both. If None, the
        images are not changed. With 'lbfgs' it must be None.
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
    batch_size : int or 'auto', default=64
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
    max_iter : int, default=20
        Maximum number of epochs or, for 'lbfgs', maximum number of iterations.
    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch. Not used by 'lbfgs'.
    random_state : int, RandomState instance or None, default=None
        Determines the random numbers for the initial weights, the validation split, the order of
        the samples, dropout and augmentation. Pass an int for reproducible results.
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
        after every dense hidden layer. A list has one value for the input, followed by one value
        for each block and one for each dense hidden layer. With 'lbfgs' it must be 0.
    normalization : {'batch', 'layer'} or None, default=None
        Normalisation of the weighted sums of every hidden layer before the activation. 'batch'
        normalises each channel over the mini-batch and all pixels, 'layer' normalises each pixel
        over all channels. The units of a dense layer are treated as the channels of a single pixel.
        If None, nothing is normalised.
    weight_init : str or Initializer, default='auto'
        Initialisation of the weights. 'auto' means 'he_uniform' for 'relu', 'leaky_relu', 'prelu',
        'elu', 'gelu', 'silu', 'swish' and 'mish', and 'glorot_uniform' for all other activations.
        The available initialisations are 'glorot_uniform', 'glorot_normal', 'he_uniform',
        'he_normal', 'lecun_uniform', 'lecun_normal', 'orthogonal', 'normal' or 'zeros'. The initial
        biases are zero.
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
        Data type of the weights and of the computation. 'auto' means float32; for flat samples of
        floats, it means float64 unless X is float32. 'lbfgs' always computes in float64 and
        converts the weights to this data type at the end.
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
        The weights of each layer, of shape (kernel height, kernel width, channels, filters) for a
        convolution and (n_in, n_out) for a dense layer. The arrays can be modified or replaced.
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
        Number of values in each sample: height * width * channels.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of features seen during fit. Defined only when X has feature names that are all
        strings.
    image_shape_ : tuple of int
        Shape of each image: (height, width, channels).
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
    CNNRegressor : Convolutional neural network regressor for images.
    SequentialClassifier : Classifier with a network of arbitrary layers.

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
    """Convolutional neural network regressor for images.

    The network consists of blocks of convolution, activation and pooling, followed by dense layers.
    It minimises the squared error by default.

    X holds images of shape (n_samples, height, width) or (n_samples, height, width, channels), or
    flat samples. Integers are interpreted as pixel values from 0 to 255 and scaled to the range
    from 0 to 1 batch by batch; floats are used as they are. Training uses as many threads as BLAS
    may use; the weights do not depend on the number of threads.

    Parameters
    ----------
    filters : int or array-like of int, default=(32, 64)
        Number of output channels of the convolution in each block.
    kernel_size : int or tuple, default=3
        Height and width of the convolution windows. An int applies to all blocks. A tuple has one
        entry per block, and an entry can be a pair (height, width), as in ``((3, 5), 3)``. The
        parameters from ``stride`` to ``pool_stride`` take tuples in the same way.
    stride : int or tuple, default=1
        Step of the convolution window in pixels.
    padding : {'same', 'valid'}, int or tuple, default='same'
        Number of zeros added around the image before the convolution. 'same' adds as many as are
        needed to obtain ``ceil(n / stride)`` output pixels from n input pixels, 'valid' adds none,
        and an int adds that many on every side.
    pooling : {'max', 'average'}, None or tuple, default='max'
        Type of pooling at the end of each block. If None, there is no pooling. A window that
        extends beyond the edge of the image uses only the pixels inside the image, so that n pixels
        become ``ceil(n / pool_stride)``.
    pool_size : int or tuple, default=2
        Height and width of the pooling windows.
    pool_stride : int, None or tuple, default=None
        Step of the pooling window in pixels. If None, it is equal to ``pool_size``.
    hidden_layer_sizes : int or array-like of int, default=(128,)
        Number of units in each dense hidden layer after the blocks; ``()`` for none.
    activation : str, Activation or list of them, default='relu'
        Activation function of the blocks and dense hidden layers, or a list with one function for
        each. The available functions are 'identity', 'logistic' or 'sigmoid', 'tanh', 'relu',
        'leaky_relu', 'prelu', 'elu', 'selu', 'gelu', 'silu' or 'swish', 'mish', 'softplus',
        'softsign', 'hard_sigmoid', 'hard_tanh', 'sign', 'step'.
    input_shape : tuple of int or None, default=None
        Shape of a single sample: (height, width, channels) or (height, width) for images. If None,
        the shape is taken from X. Flat samples are then interpreted as square images with one
        channel if possible, and as images with a single row otherwise.
    augment : {'flip', 'shift', 'shift+flip'} or None, default=None
        Random changes applied to the training images in every epoch: shifts by up to an eighth of
        the height and width, left-right flips with a probability of 1/2, or both. If None, the
        images are not changed. With 'lbfgs' it must be None.
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
    batch_size : int or 'auto', default=64
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
    max_iter : int, default=20
        Maximum number of epochs or, for 'lbfgs', maximum number of iterations.
    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch. Not used by 'lbfgs'.
    random_state : int, RandomState instance or None, default=None
        Determines the random numbers for the initial weights, the validation split, the order of
        the samples, dropout and augmentation. Pass an int for reproducible results.
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
    dropout : float or list of float, default=0.0
        Fraction of units dropped at random in each training step, in [0, 1). A single value applies
        after every dense hidden layer. A list has one value for the input, followed by one value
        for each block and one for each dense hidden layer. With 'lbfgs' it must be 0.
    normalization : {'batch', 'layer'} or None, default=None
        Normalisation of the weighted sums of every hidden layer before the activation. 'batch'
        normalises each channel over the mini-batch and all pixels, 'layer' normalises each pixel
        over all channels. The units of a dense layer are treated as the channels of a single pixel.
        If None, nothing is normalised.
    weight_init : str or Initializer, default='auto'
        Initialisation of the weights. 'auto' means 'he_uniform' for 'relu', 'leaky_relu', 'prelu',
        'elu', 'gelu', 'silu', 'swish' and 'mish', and 'glorot_uniform' for all other activations.
        The available initialisations are 'glorot_uniform', 'glorot_normal', 'he_uniform',
        'he_normal', 'lecun_uniform', 'lecun_normal', 'orthogonal', 'normal' or 'zeros'. The initial
        biases are zero.
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
        Data type of the weights and of the computation. 'auto' means float32; for flat samples of
        floats, it means float64 unless X is float32. 'lbfgs' always computes in float64 and
        converts the weights to this data type at the end.
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
        The weights of each layer, of shape (kernel height, kernel width, channels, filters) for a
        convolution and (n_in, n_out) for a dense layer. The arrays can be modified or replaced.
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
        Number of values in each sample: height * width * channels.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of features seen during fit. Defined only when X has feature names that are all
        strings.
    image_shape_ : tuple of int
        Shape of each image: (height, width, channels).
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
    CNNClassifier : Convolutional neural network classifier for images.
    SequentialRegressor : Regressor with a network of arbitrary layers.

    References
    ----------
    LeCun et al. (1998), "Gradient-based learning applied to document recognition". He et al.
    (2015), "Delving deep into rectifiers".

    Examples
    --------
    Predict how far a bright square is from the left edge:

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
