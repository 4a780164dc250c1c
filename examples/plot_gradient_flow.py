"""
Why do deep networks of logistic units not learn?
=================================================

Going backward, each layer multiplies the gradient by its weights and by the derivative of its
activation: at most 1/4 for a logistic unit. Layer by layer the gradient gets smaller, until it
vanishes. :class:`~sknn.plotting.GradientFlowDisplay` shows its norm in every layer.
"""

import warnings
from functools import partial

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from sknn import MLPClassifier
from sknn.plotting import GradientFlow, GradientFlowDisplay

warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs given are all they get

X, y = load_digits(return_X_y=True)
X = X / 16
deep = partial(MLPClassifier, [32] * 8, max_iter=15, random_state=0)

# %%
# Eight layers of logistic units. Between the last and the first the gradient loses six orders
# of magnitude, and it stays so: the first layers learn nothing.

logistic = deep(activation="logistic", solver="sgd", learning_rate_init=0.1)
display = GradientFlowDisplay.from_estimator(logistic, X, y)
first, *_, last = display.gradient_norms[0]
print(f"logistic: the first layer's gradient is {first / last:.0e} of the last one's")

# %%
# With ReLU the gradient arrives. Some units are dead: they answer to none of the samples that
# were looked at. :class:`~sknn.plotting.GradientFlow` is the callback that keeps the records;
# set by hand, it watches a fit that is wanted for itself.

flow = GradientFlow()
relu = deep().set_callbacks(flow).fit(X, y)
display = GradientFlowDisplay.from_callback(flow)
first, *_, last = display.gradient_norms[0]
print(f"relu: the first layer's gradient is {first / last:.0e} of the last one's")
print(f"Accuracy on the training data: {relu.score(X, y):.3f}")

# %%
# Steps that are far too large kill ReLU units for good: after two epochs none of the last
# hidden layer is left, and no weight gets a gradient. Zeros are triangles at the foot.

dying = MLPClassifier([32] * 3, solver="sgd", learning_rate_init=1.0, max_iter=15, random_state=0)
display = GradientFlowDisplay.from_estimator(dying, X, y)
print(f"Dead in the last hidden layer: {display.dead_shares[-1, 2]:.0%}")

plt.show()
