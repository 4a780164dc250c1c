"""
What does a network look like?
==============================

Values enter a network on the left and pass through its layers to the outputs on the right.
:class:`~sknn.plotting.NetworkDisplay` draws a fitted network with units as circles and weights as
lines.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning

from sknn import CNNClassifier, MLPClassifier
from sknn.plotting import NetworkDisplay

warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is fixed

# %%
# A network with four features, five hidden layers of 4, 5, 6, 4 and 3 units, and three classes.
# Positive weights are orange and negative weights are blue. Larger weights have wider lines; the
# largest weight of each layer has the full width. The ring around a unit shows its bias.

iris = load_iris(as_frame=True)
X, y = iris.data, iris.target_names[iris.target]
clf = MLPClassifier((4, 5, 6, 4, 3), "tanh", max_iter=300, random_state=0).fit(X, y)
display = NetworkDisplay.from_estimator(clf)
print("Units:", *[column.shape[0] for column in display.columns])

# %%
# If you pass a sample, each unit is coloured by its activation, relative to the largest activation
# in its layer. The outputs show the probabilities of the classes. This flower is hard to classify.

clf = MLPClassifier((6, 4), solver="lbfgs", alpha=0.1, max_iter=1000, random_state=0).fit(X, y)
display = NetworkDisplay.from_estimator(clf, X[83:84])
print("Probabilities:", *np.round(display.columns[-1].values, 2))

# %%
# Only the first and the last units of a large layer are drawn, 20 in total. Three dots stand for
# the others.

digits = load_digits()
clf = MLPClassifier((100, 50), max_iter=20, random_state=0).fit(digits.data / 16, digits.target)
display = NetworkDisplay.from_estimator(clf)

# %%
# The maps of convolution and pooling layers are drawn as stacks of squares, whose size shows the
# size of the maps. The small square is the window that one pixel of the next map sees.

images = digits.images / 16
cnn = CNNClassifier((8, 16), max_iter=8, learning_rate="one_cycle", random_state=0)
cnn.fit(images, digits.target)
display = NetworkDisplay.from_estimator(cnn)

# %%
# If you pass an image, the squares show the maps. Here the image is a seven.

display = NetworkDisplay.from_estimator(cnn, images[7])
print("Recognised:", display.columns[-1].values.argmax())

plt.show()
