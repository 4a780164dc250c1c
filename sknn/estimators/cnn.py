"""Convolutional networks: blocks of convolution and pooling, then dense layers."""

from functools import partial
from numbers import Integral

from sknn.estimators import hidden_layers
from sknn.estimators.base import BaseNetwork
from sknn.estimators.classifier import ClassifierTask
from sknn.estimators.images import ImageInput
from sknn.estimators.regressor import RegressorTask
from sknn.nn.augmentation import AUGMENTATIONS
from sknn.nn.initializers import Suited, as_initializer
from sknn.nn.layers import AveragePool2D, Conv2D, Dense, Dropout, Flatten, MaxPool2D
from sknn.scikit_learn import Interval, StrOptions

POOLINGS = {"max": MaxPool2D, "average": AveragePool2D}


class BaseCNN(ImageInput, BaseNetwork):
    """Blocks of convolution and pooling, dense layers, and a linear one for the outputs."""

    _parameter_constraints: dict = {
        **BaseNetwork._parameter_constraints,
        **hidden_layers.CONSTRAINTS,
        **ImageInput._parameter_constraints,
        "filters": ["array-like", Interval(Integral, 1, None, closed="left")],
        "kernel_size": [Interval(Integral, 1, None, closed="left"), list, tuple],
        "stride": [Interval(Integral, 1, None, closed="left"), list, tuple],
        "padding": [
            StrOptions({"same", "valid"}),
            Interval(Integral, 0, None, closed="left"),
            list,
            tuple,
        ],
        "pooling": [StrOptions(set(POOLINGS)), None, list, tuple],
        "pool_size": [Interval(Integral, 1, None, closed="left"), list, tuple],
        "pool_stride": [Interval(Integral, 1, None, closed="left"), None, list, tuple],
        "augment": [StrOptions(set(AUGMENTATIONS)), None],
    }
    _always_images = True

    def _layers(self, n_outputs):
        filters = hidden_layers.block_sizes(self.filters)
        sizes = hidden_layers.hidden_sizes(self.hidden_layer_sizes)
        n_hidden = len(filters) + len(sizes)
        activations = hidden_layers.activations(self.activation, n_hidden)
        first, *drops = hidden_layers.dropout_rates(self.dropout, n_hidden, n_spared=len(filters))
        auto = isinstance(self.weight_init, str) and self.weight_init == "auto"
        draw = Suited() if auto else as_initializer(self.weight_init)
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
    if kind not in POOLINGS:
        raise ValueError(f"pooling must be None or one of {sorted(POOLINGS)}, got {kind!r}.")
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
        Output channels of the convolution of each block.
    kernel_size : int or tuple, default=3
        Height and width of the windows that are convolved. Here and below a tuple has one entry
        per block; a pair for height and width goes inside: ``((3, 5), 3)``.
    stride : int or tuple, default=1
        Steps between those windows.
    padding : {'same', 'valid'}, int or tuple, default='same'
        Zeros around the image: 'same' keeps its size, 'valid' adds none.
    pooling : {'max', 'average'}, None or tuple, default='max'
        What ends a block. Windows over the edge count only real pixels, so that a side of n
        pixels becomes ``ceil(n / pool_stride)``.
    pool_size : int or tuple, default=2
        Height and width of the windows that are pooled.
    pool_stride : int, None or tuple, default=None
        Steps between those windows; None is ``pool_size``.
    hidden_layer_sizes : int or array-like of int, default=(128,)
        Units of each dense layer after the blocks; ``()`` for none.
    activation : str, Activation or list of them, default='relu'
        Activation function of blocks and dense layers, or one for each of them: 'identity',
        'logistic', 'tanh', 'relu', 'leaky_relu', 'prelu', 'elu', 'selu', 'gelu', 'silu' or
        'swish', 'mish', 'softplus', 'softsign', 'hard_sigmoid', 'hard_tanh', 'sign', 'step'.
    input_shape : tuple of int or None, default=None
        (height, width, channels) or (height, width) of an image. None takes it from X; flat
        samples are then square grey images if they can be, else strips one pixel high.
    augment : {'shift', 'flip', 'shift+flip'} or None, default=None
        Changes training images at random in every epoch: shifts them by an eighth of a side at
        the most, mirrors each left to right with a chance of a half, or both.
    solver : str or Optimizer, default='adam'
        How the weights are found.

        - 'adam', 'adamw', 'nadam', 'rmsprop', 'adagrad': stochastic gradient descent with a
          step size of its own for each weight
        - 'sgd': stochastic gradient descent, with momentum
        - 'lbfgs': a quasi-Newton method on all samples at once; often the best for a few
          hundred samples. It works in float64 whatever the dtype of X.

        An Optimizer, such as ``sknn.nn.SGD(momentum=0.5)``, has settings of its own: ``momentum``,
        ``beta_1`` and the others below are then not used. A grid reaches ``solver__momentum``.
    alpha : float, default=0.0001
        Strength of the L2 penalty. As in scikit-learn it is divided by the sum of the weights
        of the *batch*: the penalty weighs more in small batches.
    batch_size : int or 'auto', default=64
        Samples per mini-batch, or all if they are fewer; 'auto' is ``min(200, n_samples)``. Not
        used by 'lbfgs'.
    learning_rate : str or Schedule, default='constant'
        Schedule of the learning rate.

        - 'constant': ``learning_rate_init`` throughout
        - 'invscaling': ``learning_rate_init / (t_ + 1) ** power_t`` after each epoch; only
          for 'sgd', others ignore it, as in scikit-learn
        - 'adaptive': divided by five whenever ``n_iter_no_change`` epochs in a row bring no
          improvement, until it is 1e-6; only for 'sgd', others ignore it
        - 'plateau': the same for every solver
        - 'step': times 0.1 every 30 epochs
        - 'exponential': times 0.95 every epoch
        - 'cosine': down to 0 along a cosine in ``max_iter`` epochs
        - 'one_cycle': up from a 25th and down again in ``max_iter`` epochs

        The last two train for all of ``max_iter`` epochs; ``tol`` plays no part.
    learning_rate_init : float, default=0.001
        The learning rate that schedules start from. Not used by 'lbfgs'.
    power_t : float, default=0.5
        Exponent of 'invscaling'. Only used when ``solver='sgd'``.
    max_iter : int, default=20
        Most epochs to run; for 'lbfgs', most iterations.
    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch. Not used by 'lbfgs'.
    random_state : int, RandomState instance or None, default=None
        Determines the initial weights, the split of early stopping, the order of samples, and
        what dropout and augmentation draw.
    tol : float, default=1e-4
        The least improvement of the loss, or with early stopping of the score, that counts.
        For 'lbfgs', the largest component of the gradient at which it stops.
    verbose : bool, default=False
        Whether to print the loss of each epoch.
    warm_start : bool, default=False
        Whether ``fit`` goes on from the weights of the last one. Optimiser and patience start
        anew.
    momentum : float, default=0.9
        Momentum of the steps, from 0 to 1. Only used when ``solver='sgd'``.
    nesterovs_momentum : bool, default=True
        Whether to use Nesterov's momentum. Only used when ``solver='sgd'``.
    early_stopping : bool, default=False
        Whether to hold out some samples, stop when the score on them does not improve, and
        return the weights that scored best. The split is stratified
        for two classes.
    validation_fraction : float or splitter, default=0.1
        Share of the samples held out, or a cross-validation splitter, whose first split is
        used. Only used when ``early_stopping=True``.
    beta_1 : float, default=0.9
        Decay of the mean of the gradients, in [0, 1). Only used by the kin of adam.
    beta_2 : float, default=0.999
        Decay of the mean of their squares, in [0, 1). Only used by the kin of adam.
    epsilon : float, default=1e-8
        Keeps the division by the root of that mean finite. Only used by the kin of adam.
    n_iter_no_change : int, default=10
        Training stops after more than so many epochs in a row without improvement. Not used by
        'lbfgs' without a validation set.
    max_fun : int, default=15000
        Most evaluations of the loss. Only used when ``solver='lbfgs'``.
    loss : {'log_loss', 'squared_error', 'focal', 'hinge'} or Loss, default='log_loss'
        The loss to minimise. 'squared_error' is the Brier score; 'hinge' gives margins, and no
        probabilities.
    class_weight : dict, list of dict, 'balanced' or None, default=None
        Weights of the classes, multiplied with ``sample_weight``; for multilabel y a dict
        ``{0: ..., 1: ...}`` per label. 'balanced' weighs each class inversely to its frequency.
    label_smoothing : float, default=0.0
        Share of the target that is spread evenly over the classes.
    dropout : float or list of float, default=0.0
        Share of the units that are dropped at random in each training step, after every dense
        hidden layer; a list has one for the input, for each block and for each dense layer.
    normalization : {'batch', 'layer'} or None, default=None
        Normalises the weighted sums of every hidden layer before the activation: each channel
        over the mini-batch and all pixels, or the channels of each pixel.
    weight_init : str or Initializer, default='auto'
        How the first weights are drawn. 'auto' is 'he_uniform' for ReLU and its kin, and
        'glorot_uniform' for others; also 'glorot_normal', 'he_normal', 'lecun_uniform',
        'lecun_normal', 'orthogonal', 'normal', 'zeros'. Biases are zero.
    l1 : float, default=0.0
        Strength of the L1 penalty, divided by the sum of the weights of the batch as alpha is.
        'lbfgs', made for functions without corners, may stop a little short of the minimum.
    weight_decay : float, default=0.01
        Decay of the weights, apart from the loss. Only used when ``solver='adamw'``.
    max_grad_norm : float or None, default=None
        Gradients with a larger norm, over all weights, are scaled down to it.
    scoring : str, callable or None, default=None
        What early stopping watches: None is accuracy, 'loss' minus the loss, else a scorer's
        name or a callable ``(estimator, X, y)``. Greater is better.
    warmup_steps : int, default=0
        Number of steps in which the learning rate rises from 0 to what the schedule says.
    dtype : {'auto', 'float32', 'float64'}, default='auto'
        What is computed in; 'auto' is float32 for images and for integers, and for flat samples
        of floats their own dtype.
    max_time : float or None, default=None
        Seconds after which training ends, at the end of the epoch.
    checkpoint : str, os.PathLike or None, default=None
        A file to which ``fit`` writes all it needs to go on; after an interruption ``resume``
        goes on from there. Not used by ``partial_fit``, and not to be used with 'lbfgs'. Fits
        that run at the same time need a file each.
    checkpoint_every : int, default=1
        Number of epochs after which it is written, and in any case at the end.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
    coefs_ : list of ndarray
        Weights, layer by layer: (kernel height, kernel width, channels, filters) of a
        convolution, (n_in, n_out) of a dense layer. The arrays may be changed or replaced.
    intercepts_ : list of ndarray of shape (n_out,)
        Biases, layer by layer.
    n_layers_ : int
        Number of layers, the input included.
    n_outputs_ : int
        Number of outputs of the network.
    out_activation_ : str
        What is applied to the last layer: 'softmax' for more than two classes,
        'logistic' for two, and for several labels at once.
    n_features_in_ : int
        Numbers in a sample: height * width * channels.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if X had names that are all strings.
    image_shape_ : tuple of int
        (height, width, channels) of the images.
    image_scale_ : float
        What pixels are multiplied with: 1/255 if X had integers, else 1.
    n_iter_ : int
        Epochs, or iterations of 'lbfgs', that the last call ran.
    t_ : int
        Samples seen in training, each as often as it was seen.
    loss_ : float
        The loss of the last epoch, penalty included.
    best_loss_ : float or None
        The least loss of an epoch; None with early stopping.
    loss_curve_ : list of float
        The loss of each epoch or iteration.
    validation_scores_ : list of float or None
        With early stopping, the accuracy on the samples held out after each epoch.
    best_validation_score_ : float or None
        The best of them: the one of the weights kept.
    history_ : dict of list
        A row per epoch or iteration: 'loss', 'validation_loss', 'validation_score' (nan where
        nothing is held out), 'learning_rate', 'gradient_norm' (mean over steps), 'seconds'.

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

    _parameter_constraints: dict = {
        **BaseCNN._parameter_constraints,
        **ClassifierTask._parameter_constraints,
    }

    def __init__(
        self,
        filters=(32, 64),
        *,
        kernel_size=3,
        stride=1,
        padding="same",
        pooling="max",
        pool_size=2,
        pool_stride=None,
        hidden_layer_sizes=(128,),
        activation="relu",
        input_shape=None,
        augment=None,
        solver="adam",
        alpha=0.0001,
        batch_size=64,
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=20,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        loss="log_loss",
        class_weight=None,
        label_smoothing=0.0,
        dropout=0.0,
        normalization=None,
        weight_init="auto",
        l1=0.0,
        weight_decay=0.01,
        max_grad_norm=None,
        scoring=None,
        warmup_steps=0,
        dtype="auto",
        max_time=None,
        checkpoint=None,
        checkpoint_every=1,
    ):
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
        Output channels of the convolution of each block.
    kernel_size : int or tuple, default=3
        Height and width of the windows that are convolved. Here and below a tuple has one entry
        per block; a pair for height and width goes inside: ``((3, 5), 3)``.
    stride : int or tuple, default=1
        Steps between those windows.
    padding : {'same', 'valid'}, int or tuple, default='same'
        Zeros around the image: 'same' keeps its size, 'valid' adds none.
    pooling : {'max', 'average'}, None or tuple, default='max'
        What ends a block. Windows over the edge count only real pixels, so that a side of n
        pixels becomes ``ceil(n / pool_stride)``.
    pool_size : int or tuple, default=2
        Height and width of the windows that are pooled.
    pool_stride : int, None or tuple, default=None
        Steps between those windows; None is ``pool_size``.
    hidden_layer_sizes : int or array-like of int, default=(128,)
        Units of each dense layer after the blocks; ``()`` for none.
    activation : str, Activation or list of them, default='relu'
        Activation function of blocks and dense layers, or one for each of them: 'identity',
        'logistic', 'tanh', 'relu', 'leaky_relu', 'prelu', 'elu', 'selu', 'gelu', 'silu' or
        'swish', 'mish', 'softplus', 'softsign', 'hard_sigmoid', 'hard_tanh', 'sign', 'step'.
    input_shape : tuple of int or None, default=None
        (height, width, channels) or (height, width) of an image. None takes it from X; flat
        samples are then square grey images if they can be, else strips one pixel high.
    augment : {'shift', 'flip', 'shift+flip'} or None, default=None
        Changes training images at random in every epoch: shifts them by an eighth of a side at
        the most, mirrors each left to right with a chance of a half, or both.
    solver : str or Optimizer, default='adam'
        How the weights are found.

        - 'adam', 'adamw', 'nadam', 'rmsprop', 'adagrad': stochastic gradient descent with a
          step size of its own for each weight
        - 'sgd': stochastic gradient descent, with momentum
        - 'lbfgs': a quasi-Newton method on all samples at once; often the best for a few
          hundred samples. It works in float64 whatever the dtype of X.

        An Optimizer, such as ``sknn.nn.SGD(momentum=0.5)``, has settings of its own: ``momentum``,
        ``beta_1`` and the others below are then not used. A grid reaches ``solver__momentum``.
    alpha : float, default=0.0001
        Strength of the L2 penalty. As in scikit-learn it is divided by the sum of the weights
        of the *batch*: the penalty weighs more in small batches.
    batch_size : int or 'auto', default=64
        Samples per mini-batch, or all if they are fewer; 'auto' is ``min(200, n_samples)``. Not
        used by 'lbfgs'.
    learning_rate : str or Schedule, default='constant'
        Schedule of the learning rate.

        - 'constant': ``learning_rate_init`` throughout
        - 'invscaling': ``learning_rate_init / (t_ + 1) ** power_t`` after each epoch; only
          for 'sgd', others ignore it, as in scikit-learn
        - 'adaptive': divided by five whenever ``n_iter_no_change`` epochs in a row bring no
          improvement, until it is 1e-6; only for 'sgd', others ignore it
        - 'plateau': the same for every solver
        - 'step': times 0.1 every 30 epochs
        - 'exponential': times 0.95 every epoch
        - 'cosine': down to 0 along a cosine in ``max_iter`` epochs
        - 'one_cycle': up from a 25th and down again in ``max_iter`` epochs

        The last two train for all of ``max_iter`` epochs; ``tol`` plays no part.
    learning_rate_init : float, default=0.001
        The learning rate that schedules start from. Not used by 'lbfgs'.
    power_t : float, default=0.5
        Exponent of 'invscaling'. Only used when ``solver='sgd'``.
    max_iter : int, default=20
        Most epochs to run; for 'lbfgs', most iterations.
    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch. Not used by 'lbfgs'.
    random_state : int, RandomState instance or None, default=None
        Determines the initial weights, the split of early stopping, the order of samples, and
        what dropout and augmentation draw.
    tol : float, default=1e-4
        The least improvement of the loss, or with early stopping of the score, that counts.
        For 'lbfgs', the largest component of the gradient at which it stops.
    verbose : bool, default=False
        Whether to print the loss of each epoch.
    warm_start : bool, default=False
        Whether ``fit`` goes on from the weights of the last one. Optimiser and patience start
        anew.
    momentum : float, default=0.9
        Momentum of the steps, from 0 to 1. Only used when ``solver='sgd'``.
    nesterovs_momentum : bool, default=True
        Whether to use Nesterov's momentum. Only used when ``solver='sgd'``.
    early_stopping : bool, default=False
        Whether to hold out some samples, stop when the score on them does not improve, and
        return the weights that scored best.
    validation_fraction : float or splitter, default=0.1
        Share of the samples held out, or a cross-validation splitter, whose first split is
        used. Only used when ``early_stopping=True``.
    beta_1 : float, default=0.9
        Decay of the mean of the gradients, in [0, 1). Only used by the kin of adam.
    beta_2 : float, default=0.999
        Decay of the mean of their squares, in [0, 1). Only used by the kin of adam.
    epsilon : float, default=1e-8
        Keeps the division by the root of that mean finite. Only used by the kin of adam.
    n_iter_no_change : int, default=10
        Training stops after more than so many epochs in a row without improvement. Not used by
        'lbfgs' without a validation set.
    max_fun : int, default=15000
        Most evaluations of the loss. Only used when ``solver='lbfgs'``.
    loss : str or Loss, default='squared_error'
        The loss to minimise.

        - 'squared_error': half the squared error, summed over outputs
        - 'root_mean_squared_error', 'absolute_error', 'huber', 'log_cosh'
        - 'quantile': the pinball loss of each level in ``quantile``
        - 'poisson', 'gamma': half the deviance; predictions are exponentials of the raw
          outputs, and y must not be negative, or be positive
    quantile : float or list of float, default=0.5
        Levels to predict, in (0, 1): one output per level, in ascending order. Only used when
        ``loss='quantile'``.
    dropout : float or list of float, default=0.0
        Share of the units that are dropped at random in each training step, after every dense
        hidden layer; a list has one for the input, for each block and for each dense layer.
    normalization : {'batch', 'layer'} or None, default=None
        Normalises the weighted sums of every hidden layer before the activation: each channel
        over the mini-batch and all pixels, or the channels of each pixel.
    weight_init : str or Initializer, default='auto'
        How the first weights are drawn. 'auto' is 'he_uniform' for ReLU and its kin, and
        'glorot_uniform' for others; also 'glorot_normal', 'he_normal', 'lecun_uniform',
        'lecun_normal', 'orthogonal', 'normal', 'zeros'. Biases are zero.
    l1 : float, default=0.0
        Strength of the L1 penalty, divided by the sum of the weights of the batch as alpha is.
        'lbfgs', made for functions without corners, may stop a little short of the minimum.
    weight_decay : float, default=0.01
        Decay of the weights, apart from the loss. Only used when ``solver='adamw'``.
    max_grad_norm : float or None, default=None
        Gradients with a larger norm, over all weights, are scaled down to it.
    scoring : str, callable or None, default=None
        What early stopping watches: None is R2, 'loss' minus the loss, else a scorer's
        name or a callable ``(estimator, X, y)``. Greater is better.
    warmup_steps : int, default=0
        Number of steps in which the learning rate rises from 0 to what the schedule says.
    dtype : {'auto', 'float32', 'float64'}, default='auto'
        What is computed in; 'auto' is float32 for images and for integers, and for flat samples
        of floats their own dtype.
    max_time : float or None, default=None
        Seconds after which training ends, at the end of the epoch.
    checkpoint : str, os.PathLike or None, default=None
        A file to which ``fit`` writes all it needs to go on; after an interruption ``resume``
        goes on from there. Not used by ``partial_fit``, and not to be used with 'lbfgs'. Fits
        that run at the same time need a file each.
    checkpoint_every : int, default=1
        Number of epochs after which it is written, and in any case at the end.

    Attributes
    ----------
    coefs_ : list of ndarray
        Weights, layer by layer: (kernel height, kernel width, channels, filters) of a
        convolution, (n_in, n_out) of a dense layer. The arrays may be changed or replaced.
    intercepts_ : list of ndarray of shape (n_out,)
        Biases, layer by layer.
    n_layers_ : int
        Number of layers, the input included.
    n_outputs_ : int
        Number of outputs of the network.
    out_activation_ : str
        What is applied to the last layer: 'identity', or 'exp' for
        ``loss='poisson'``.
    n_features_in_ : int
        Numbers in a sample: height * width * channels.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if X had names that are all strings.
    image_shape_ : tuple of int
        (height, width, channels) of the images.
    image_scale_ : float
        What pixels are multiplied with: 1/255 if X had integers, else 1.
    n_iter_ : int
        Epochs, or iterations of 'lbfgs', that the last call ran.
    t_ : int
        Samples seen in training, each as often as it was seen.
    loss_ : float
        The loss of the last epoch, penalty included.
    best_loss_ : float or None
        The least loss of an epoch; None with early stopping.
    loss_curve_ : list of float
        The loss of each epoch or iteration.
    validation_scores_ : list of float or None
        With early stopping, the R2 on the samples held out after each epoch.
    best_validation_score_ : float or None
        The best of them: the one of the weights kept.
    history_ : dict of list
        A row per epoch or iteration: 'loss', 'validation_loss', 'validation_score' (nan where
        nothing is held out), 'learning_rate', 'gradient_norm' (mean over steps), 'seconds'.

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

    _parameter_constraints: dict = {
        **BaseCNN._parameter_constraints,
        **RegressorTask._parameter_constraints,
    }

    def __init__(
        self,
        filters=(32, 64),
        *,
        kernel_size=3,
        stride=1,
        padding="same",
        pooling="max",
        pool_size=2,
        pool_stride=None,
        hidden_layer_sizes=(128,),
        activation="relu",
        input_shape=None,
        augment=None,
        solver="adam",
        alpha=0.0001,
        batch_size=64,
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=20,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        loss="squared_error",
        quantile=0.5,
        dropout=0.0,
        normalization=None,
        weight_init="auto",
        l1=0.0,
        weight_decay=0.01,
        max_grad_norm=None,
        scoring=None,
        warmup_steps=0,
        dtype="auto",
        max_time=None,
        checkpoint=None,
        checkpoint_every=1,
    ):
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
