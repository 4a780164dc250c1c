"""Networks of any stack of layers."""

from copy import deepcopy

from sknn.estimators.base import BaseNetwork
from sknn.estimators.classifier import ClassifierTask
from sknn.estimators.images import ImageInput
from sknn.estimators.regressor import RegressorTask
from sknn.nn.initializers import as_initializer
from sknn.nn.layers import Dense, Layer
from sknn.nn.network import layer_names


class BaseSequential(ImageInput, BaseNetwork):
    """The layers that the user lists, and a linear one for the outputs.

    Settings of layers are parameters of the estimator, ``conv1__filters`` or
    ``dense2__units``, by the names given with them or by kind and number.
    """

    _parameter_constraints: dict = {
        **BaseNetwork._parameter_constraints,
        **ImageInput._parameter_constraints,
        "layers": [list, tuple],
    }

    def _layers(self, n_outputs):
        output = Dense(n_outputs, "identity", weight_init=as_initializer(self.weight_init))
        # Copies: parameters set after fit are for the next one.
        return [*deepcopy(list(self._named_layers().values())), output]

    def _named_layers(self):
        """The hidden layers by name. Raises ValueError or TypeError if they are not such."""
        if not isinstance(self.layers, (list, tuple)):
            raise TypeError(f"layers must be a list of layers, got {self.layers!r}.")
        layers, names = [], []
        for entry in self.layers:
            pair = entry if isinstance(entry, (tuple, list)) else (None, entry)
            name, layer = pair if len(pair) == 2 else (None, None)
            if not isinstance(layer, Layer) or not isinstance(name, str | None):
                raise TypeError(
                    "layers must be a list of layers, or of (name, layer), such as "
                    f"Dense(100) or ('hidden', Dense(100)), got the entry {entry!r}."
                )
            names.append(name)
            layers.append(layer)
        names = [
            kind if name is None else name
            for name, kind in zip(names, layer_names(layers), strict=True)
        ]
        wrong = [
            name
            for name in names
            if not name or names.count(name) > 1 or "__" in name or hasattr(type(self), name)
        ]
        if wrong or set(names) & set(super().get_params(deep=False)):
            raise ValueError(
                "Names of layers must be unique, not empty, contain no '__' and not be those of "
                f"parameters, got {names!r}."
            )
        return dict(zip(names, layers, strict=True))

    def get_params(self, deep=True):
        """Get the parameters of the estimator.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include those of the layers, as ``name__setting``.

        Returns
        -------
        params : dict
            Values by name.
        """
        params = super().get_params(deep=False)
        if not deep:
            return params
        try:
            layers = self._named_layers()
        except (TypeError, ValueError):  # fit says what is wrong with them
            return params
        for name, layer in layers.items():
            params[name] = layer
            params.update({f"{name}__{k}": v for k, v in layer.get_params().items()})
        return params

    def set_params(self, **params):
        """Set parameters of the estimator, of its layers, or whole layers.

        Parameters
        ----------
        **params : dict
            Values by name: ``alpha=0.1``, ``dense1__units=50``, ``dense1=Dense(50)``.

        Returns
        -------
        self : object
            The estimator.
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
                self._replace_layer(list(layers).index(name), value)
            else:
                raise ValueError(
                    f"Invalid parameter {key!r} for estimator {type(self).__name__}. Valid "
                    f"parameters are: {sorted([*own, *layers])!r}, and name__setting of a layer."
                )
        return self

    def _replace_layer(self, at, layer):
        layers = list(self.layers)
        old = layers[at]
        layers[at] = (old[0], layer) if isinstance(old, (tuple, list)) else layer
        self.layers = layers


class SequentialClassifier(ClassifierTask, BaseSequential):
    """Classification by any stack of layers.

    The layers listed are the hidden ones; the output layer comes from y and the loss.

    Parameters
    ----------
    layers : list of Layer, or of (str, Layer)
        The hidden layers, from the input on, for instance
        ``[Dense(100), Dropout(0.2), Dense(50, "tanh")]``. Layers without a name are called
        after their kind and number: dense1, dense2.
    input_shape : tuple of int or None, default=None
        Shape of one sample: (height, width, channels) or (height, width) of an image,
        (n_features,) otherwise. None takes it from X, where flat samples are no images. Images
        of integers have pixels from 0 to 255 and are scaled to 0 to 1.
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
    batch_size : int or 'auto', default='auto'
        Samples per mini-batch; 'auto' is ``min(200, n_samples)``. Not used by 'lbfgs'.
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
    max_iter : int, default=200
        Most epochs to run; for 'lbfgs', most iterations.
    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch. Not used by 'lbfgs'.
    random_state : int, RandomState instance or None, default=None
        Determines the initial weights, the split of early stopping and the order of samples.
        The draws are those of scikit-learn for the same value.
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
        for two classes. Only used when
        ``solver='sgd'`` or ``'adam'``.
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
    weight_init : str or Initializer, default='auto'
        How the first weights of the output layer are drawn; hidden layers say so themselves.
        'auto' draws as scikit-learn does; also
        'glorot_uniform', 'glorot_normal', 'he_uniform', 'he_normal', 'lecun_uniform',
        'lecun_normal', 'orthogonal', 'normal', 'zeros', all with biases of zero.
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
        What is computed in; 'auto' is the dtype of X, float64 unless X is float32.
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
    coefs_ : list of ndarray of shape (n_in, n_out)
        Weights, layer by layer. The arrays may be changed or replaced.
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
        Numbers in a sample.
    image_shape_ : tuple of int or None
        (height, width, channels) of the images; None if samples are no images.
    image_scale_ : float
        What pixels are multiplied with: 1/255 for images of integers, else 1.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if X had names that are all strings.
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
    MLPClassifier : Dense layers by their sizes.

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

    _parameter_constraints: dict = {
        **BaseSequential._parameter_constraints,
        **ClassifierTask._parameter_constraints,
    }

    def __init__(
        self,
        layers,
        *,
        input_shape=None,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
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
    """Regression by any stack of layers.

    The layers listed are the hidden ones; the output layer comes from y and the loss.

    Parameters
    ----------
    layers : list of Layer, or of (str, Layer)
        The hidden layers, from the input on, for instance
        ``[Dense(100), Dropout(0.2), Dense(50, "tanh")]``. Layers without a name are called
        after their kind and number: dense1, dense2.
    input_shape : tuple of int or None, default=None
        Shape of one sample: (height, width, channels) or (height, width) of an image,
        (n_features,) otherwise. None takes it from X, where flat samples are no images. Images
        of integers have pixels from 0 to 255 and are scaled to 0 to 1.
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
    batch_size : int or 'auto', default='auto'
        Samples per mini-batch; 'auto' is ``min(200, n_samples)``. Not used by 'lbfgs'.
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
    max_iter : int, default=200
        Most epochs to run; for 'lbfgs', most iterations.
    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch. Not used by 'lbfgs'.
    random_state : int, RandomState instance or None, default=None
        Determines the initial weights, the split of early stopping and the order of samples.
        The draws are those of scikit-learn for the same value.
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
        return the weights that scored best. Only used when
        ``solver='sgd'`` or ``'adam'``.
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
    weight_init : str or Initializer, default='auto'
        How the first weights of the output layer are drawn; hidden layers say so themselves.
        'auto' draws as scikit-learn does; also
        'glorot_uniform', 'glorot_normal', 'he_uniform', 'he_normal', 'lecun_uniform',
        'lecun_normal', 'orthogonal', 'normal', 'zeros', all with biases of zero.
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
        What is computed in; 'auto' is the dtype of X, float64 unless X is float32.
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
    coefs_ : list of ndarray of shape (n_in, n_out)
        Weights, layer by layer. The arrays may be changed or replaced.
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
        Numbers in a sample.
    image_shape_ : tuple of int or None
        (height, width, channels) of the images; None if samples are no images.
    image_scale_ : float
        What pixels are multiplied with: 1/255 for images of integers, else 1.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if X had names that are all strings.
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
    MLPRegressor : Dense layers by their sizes.

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

    _parameter_constraints: dict = {
        **BaseSequential._parameter_constraints,
        **RegressorTask._parameter_constraints,
    }

    def __init__(
        self,
        layers,
        *,
        input_shape=None,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
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
        self.loss = loss
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
