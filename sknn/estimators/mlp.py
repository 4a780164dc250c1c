"""Multi-layer perceptrons: drop-ins for scikit-learn's."""

from functools import partial

from sknn.estimators import hidden_layers
from sknn.estimators.base import BaseNetwork
from sknn.estimators.classifier import ClassifierTask
from sknn.estimators.regressor import RegressorTask
from sknn.nn.activations import Activation, as_activation
from sknn.nn.initializers import For, as_initializer
from sknn.nn.layers import Dense, Dropout


class BaseMLP(BaseNetwork):
    """Dense layers of the given sizes, and a linear one for the outputs."""

    _parameter_constraints: dict = {
        **BaseNetwork._parameter_constraints,
        **hidden_layers.CONSTRAINTS,
    }

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
        draw = For(as_activation(last), as_initializer(self.weight_init))
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
        Activation function of the hidden layers, or one for each: 'identity', 'logistic',
        'tanh', 'relu', 'leaky_relu', 'prelu', 'elu', 'selu', 'gelu', 'silu' or 'swish', 'mish',
        'softplus', 'softsign', 'hard_sigmoid', 'hard_tanh', 'sign', 'step'.
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
    dropout : float or list of float, default=0.0
        Share of the units that are dropped at random in each training step, after every hidden
        layer; a list has one for the input and one for each hidden layer.
    normalization : {'batch', 'layer'} or None, default=None
        Normalises the weighted sums of every hidden layer before the activation: over the
        mini-batch, or within each sample.
    weight_init : str or Initializer, default='auto'
        How the first weights are drawn. 'auto' draws as scikit-learn does; also
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
        Number of features seen during fit.
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

    _parameter_constraints: dict = {
        **BaseMLP._parameter_constraints,
        **ClassifierTask._parameter_constraints,
    }

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
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
        The loss to minimise.

        - 'squared_error': half the squared error, summed over outputs
        - 'root_mean_squared_error', 'absolute_error', 'huber', 'log_cosh'
        - 'quantile': the pinball loss of each level in ``quantile``
        - 'poisson', 'gamma': half the deviance; predictions are exponentials of the raw
          outputs, and y must not be negative, or be positive
    hidden_layer_sizes : int or array-like of int, default=(100,)
        Number of units of each hidden layer; ``()`` for a linear model.
    activation : str, Activation or list of them, default='relu'
        Activation function of the hidden layers, or one for each: 'identity', 'logistic',
        'tanh', 'relu', 'leaky_relu', 'prelu', 'elu', 'selu', 'gelu', 'silu' or 'swish', 'mish',
        'softplus', 'softsign', 'hard_sigmoid', 'hard_tanh', 'sign', 'step'.
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
    quantile : float or list of float, default=0.5
        Levels to predict, in (0, 1): one output per level, in ascending order. Only used when
        ``loss='quantile'``.
    dropout : float or list of float, default=0.0
        Share of the units that are dropped at random in each training step, after every hidden
        layer; a list has one for the input and one for each hidden layer.
    normalization : {'batch', 'layer'} or None, default=None
        Normalises the weighted sums of every hidden layer before the activation: over the
        mini-batch, or within each sample.
    weight_init : str or Initializer, default='auto'
        How the first weights are drawn. 'auto' draws as scikit-learn does; also
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
        Number of features seen during fit.
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

    _parameter_constraints: dict = {
        **BaseMLP._parameter_constraints,
        **RegressorTask._parameter_constraints,
    }

    def __init__(
        self,
        loss="squared_error",
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
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
