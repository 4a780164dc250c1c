"""Multi-layer perceptrons: drop-ins for scikit-learn's."""

from numbers import Integral

from sklearn.utils._param_validation import Interval, StrOptions

from sknn.estimators.base import BaseNetwork
from sknn.estimators.tasks import ClassifierTask, RegressorTask
from sknn.nn.activations import ACTIVATIONS, as_activation
from sknn.nn.initializers import GlorotUniform
from sknn.nn.layers import Dense


class BaseMLP(BaseNetwork):
    """Dense layers of the given sizes, and a linear one for the outputs."""

    _parameter_constraints: dict = {
        **BaseNetwork._parameter_constraints,
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(ACTIVATIONS))],
    }

    def _layers(self, n_outputs):
        hidden = [Dense(units, self.activation) for units in self._hidden_sizes()]
        # scikit-learn draws the output layer as widely as the hidden ones.
        like_hidden = GlorotUniform(as_activation(self.activation).glorot_factor)
        return [*hidden, Dense(n_outputs, "identity", initializer=like_hidden)]

    def _hidden_sizes(self):
        given = self.hidden_layer_sizes
        sizes = [given] if isinstance(given, Integral) else list(given)
        if not all(isinstance(size, Integral) for size in sizes):
            raise ValueError(
                "hidden_layer_sizes must be an int or a sequence of ints, one per hidden layer, "
                f"got {given!r}."
            )
        if any(size <= 0 for size in sizes):
            raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
        return [int(size) for size in sizes]


class MLPClassifier(ClassifierTask, BaseMLP):
    """Multi-layer perceptron for classification: dense layers, trained on the log loss.

    A drop-in for :class:`sklearn.neural_network.MLPClassifier`: the same parameters, defaults,
    attributes and random draws, and in float64 the same weights up to rounding.

    Parameters
    ----------
    hidden_layer_sizes : int or array-like of int, default=(100,)
        Number of units of each hidden layer; ``()`` for a linear model.
    activation : {'identity', 'logistic', 'tanh', 'relu'}, default='relu'
        Activation function of the hidden layers.

        - 'identity': f(z) = z
        - 'logistic': f(z) = 1 / (1 + exp(-z))
        - 'tanh': f(z) = tanh(z)
        - 'relu': f(z) = max(0, z)
    solver : {'adam', 'sgd', 'lbfgs'}, default='adam'
        How the weights are found.

        - 'adam': stochastic gradient descent with adaptive moments (Kingma & Ba, 2015)
        - 'sgd': stochastic gradient descent, with momentum
        - 'lbfgs': a quasi-Newton method on all samples at once; often the best for a few
          hundred samples. It works in float64 whatever the dtype of X.
    alpha : float, default=0.0001
        Strength of the L2 penalty. As in scikit-learn it is divided by the sum of the weights
        of the *batch*: the penalty weighs more in small batches.
    batch_size : int or 'auto', default='auto'
        Samples per mini-batch; 'auto' is ``min(200, n_samples)``. Not used by 'lbfgs'.
    learning_rate : {'constant', 'invscaling', 'adaptive'}, default='constant'
        Schedule of the learning rate. Only used when ``solver='sgd'``.

        - 'constant': ``learning_rate_init`` throughout
        - 'invscaling': ``learning_rate_init / (t_ + 1) ** power_t`` after each epoch
        - 'adaptive': divided by five whenever ``n_iter_no_change`` epochs in a row bring no
          improvement, until it is 1e-6
    learning_rate_init : float, default=0.001
        The learning rate at the start. Only used when ``solver='sgd'`` or ``'adam'``.
    power_t : float, default=0.5
        Exponent of 'invscaling'. Only used when ``solver='sgd'``.
    max_iter : int, default=200
        Most epochs to run; for 'lbfgs', most iterations.
    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch. Only used when ``solver='sgd'`` or
        ``'adam'``.
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
    validation_fraction : float, default=0.1
        Share of the samples held out. Only used when ``early_stopping=True``.
    beta_1 : float, default=0.9
        Decay of the mean of the gradients, in [0, 1). Only used when ``solver='adam'``.
    beta_2 : float, default=0.999
        Decay of the mean of their squares, in [0, 1). Only used when ``solver='adam'``.
    epsilon : float, default=1e-8
        Keeps the division by the root of that mean finite. Only used when ``solver='adam'``.
    n_iter_no_change : int, default=10
        Training stops after more than so many epochs in a row without improvement. Only used
        when ``solver='sgd'`` or ``'adam'``.
    max_fun : int, default=15000
        Most evaluations of the loss. Only used when ``solver='lbfgs'``.
    loss : {'log_loss'}, default='log_loss'
        The loss to minimise.

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


class MLPRegressor(RegressorTask, BaseMLP):
    """Multi-layer perceptron for regression: dense layers, one output per target.

    A drop-in for :class:`sklearn.neural_network.MLPRegressor`: the same parameters, defaults,
    attributes and random draws, and in float64 the same weights up to rounding.

    Parameters
    ----------
    loss : {'squared_error', 'poisson'}, default='squared_error'
        The loss to minimise.

        - 'squared_error': half the squared error, summed over outputs
        - 'poisson': half the Poisson deviance; predictions are exponentials of the raw
          outputs, and y must not be negative
    hidden_layer_sizes : int or array-like of int, default=(100,)
        Number of units of each hidden layer; ``()`` for a linear model.
    activation : {'identity', 'logistic', 'tanh', 'relu'}, default='relu'
        Activation function of the hidden layers.

        - 'identity': f(z) = z
        - 'logistic': f(z) = 1 / (1 + exp(-z))
        - 'tanh': f(z) = tanh(z)
        - 'relu': f(z) = max(0, z)
    solver : {'adam', 'sgd', 'lbfgs'}, default='adam'
        How the weights are found.

        - 'adam': stochastic gradient descent with adaptive moments (Kingma & Ba, 2015)
        - 'sgd': stochastic gradient descent, with momentum
        - 'lbfgs': a quasi-Newton method on all samples at once; often the best for a few
          hundred samples. It works in float64 whatever the dtype of X.
    alpha : float, default=0.0001
        Strength of the L2 penalty. As in scikit-learn it is divided by the sum of the weights
        of the *batch*: the penalty weighs more in small batches.
    batch_size : int or 'auto', default='auto'
        Samples per mini-batch; 'auto' is ``min(200, n_samples)``. Not used by 'lbfgs'.
    learning_rate : {'constant', 'invscaling', 'adaptive'}, default='constant'
        Schedule of the learning rate. Only used when ``solver='sgd'``.

        - 'constant': ``learning_rate_init`` throughout
        - 'invscaling': ``learning_rate_init / (t_ + 1) ** power_t`` after each epoch
        - 'adaptive': divided by five whenever ``n_iter_no_change`` epochs in a row bring no
          improvement, until it is 1e-6
    learning_rate_init : float, default=0.001
        The learning rate at the start. Only used when ``solver='sgd'`` or ``'adam'``.
    power_t : float, default=0.5
        Exponent of 'invscaling'. Only used when ``solver='sgd'``.
    max_iter : int, default=200
        Most epochs to run; for 'lbfgs', most iterations.
    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch. Only used when ``solver='sgd'`` or
        ``'adam'``.
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
    validation_fraction : float, default=0.1
        Share of the samples held out. Only used when ``early_stopping=True``.
    beta_1 : float, default=0.9
        Decay of the mean of the gradients, in [0, 1). Only used when ``solver='adam'``.
    beta_2 : float, default=0.999
        Decay of the mean of their squares, in [0, 1). Only used when ``solver='adam'``.
    epsilon : float, default=1e-8
        Keeps the division by the root of that mean finite. Only used when ``solver='adam'``.
    n_iter_no_change : int, default=10
        Training stops after more than so many epochs in a row without improvement. Only used
        when ``solver='sgd'`` or ``'adam'``.
    max_fun : int, default=15000
        Most evaluations of the loss. Only used when ``solver='lbfgs'``.

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
