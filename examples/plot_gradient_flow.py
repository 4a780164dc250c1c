"""
Why do deep networks of logistic units not learn?
=================================================

In the backward pass, each layer multiplies the gradient by its weights and by the derivative of its
activation, which is at most 1/4 for a logistic unit. The gradient becomes smaller from layer to
layer until it vanishes. :class:`~sknn.plotting.GradientFlowDisplay` shows its norm in every layer.
"""

import warnings
from functools import partial

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from sknn import MLPClassifier
from sknn.plotting import GradientFlow, GradientFlowDisplay

warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is fixed

X, y = load_digits(return_X_y=True)
X = X / 16
deep = partial(MLPClassifier, [32] * 8, max_iter=15, random_state=0)

# %%
# A network with eight layers of logistic units. From the last layer to the first, the gradient
# decreases by six orders of magnitude during the whole training, so the first layers learn nothing.

logistic = deep(activation="logistic", solver="sgd", learning_rate_init=0.1)
display = GradientFlowDisplay.from_estimator(logistic, X, y)
first, *_, last = display.gradient_norms[0]
print(f"logistic: the first layer's gradient norm is {first / last:.0e} times the last one's")

# %%
# With ReLU, the gradient reaches the first layers. Some units are dead, which means that they are
# zero for all samples that were examined. The callback :class:`~sknn.plotting.GradientFlow` records
# these figures. Set it on an estimator to monitor your own fit.

flow = GradientFlow()
relu = deep().set_callbacks(flow).fit(X, y)
display = GradientFlowDisplay.from_callback(flow)
first, *_, last = display.gradient_norms[0]
print(f"relu: the first layer's gradient norm is {first / last:.0e} times the last one's")
print(f"Accuracy on the training data: {relu.score(X, y):.3f}")

# %%
# Steps that are far too large kill ReLU units permanently. After two epochs, all units of the last
# hidden layer are dead, and no weight receives a gradient. Triangles at the bottom stand for zeros.

dying = MLPClassifier([32] * 3, solver="sgd", learning_rate_init=1.0, max_iter=15, random_state=0)
display = GradientFlowDisplay.from_estimator(dying, X, y)
print(f"Dead in the last hidden layer: {display.dead_shares[-1, 2]:.0%}")

plt.show()
