"""
What does a network look like?
==============================

Numbers go in on the left and pass through the layers to the outputs on the right.
:class:`~sknn.plotting.NetworkDisplay` draws a fitted network: units as circles, weights as lines.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning

from sknn import CNNClassifier, MLPClassifier
from sknn.plotting import NetworkDisplay

warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs given are all they get

# %%
# Four features, five hidden layers of 4, 5, 6, 4 and 3 units, three classes. Orange weights are
# positive, blue ones negative. The larger a weight, the wider its line; the largest one of each
# layer has the full width. The ring around a unit is its bias.

iris = load_iris(as_frame=True)
X, y = iris.data, iris.target_names[iris.target]
clf = MLPClassifier((4, 5, 6, 4, 3), "tanh", max_iter=300, random_state=0).fit(X, y)
display = NetworkDisplay.from_estimator(clf)
print("Units:", *[column.shape[0] for column in display.columns])

# %%
# With a sample, the units are filled with their activations, each as a share of the largest one
# in its layer; the outputs show the probabilities of the classes. This flower is hard to tell.

clf = MLPClassifier((6, 4), solver="lbfgs", alpha=0.1, max_iter=1000, random_state=0).fit(X, y)
display = NetworkDisplay.from_estimator(clf, X[83:84])
print("Probabilities:", *np.round(display.columns[-1].values, 2))

# %%
# Of large layers only the first and the last units are drawn, 20 in all. Three dots stand for the
# others.

digits = load_digits()
clf = MLPClassifier((100, 50), max_iter=20, random_state=0).fit(digits.data / 16, digits.target)
display = NetworkDisplay.from_estimator(clf)

# %%
# The maps of convolution and pooling are stacks of squares, larger for larger maps. The small
# square is the window that one pixel of the next map sees.

images = digits.images / 16
cnn = CNNClassifier((8, 16), max_iter=8, learning_rate="one_cycle", random_state=0)
cnn.fit(images, digits.target)
display = NetworkDisplay.from_estimator(cnn)

# %%
# With an image, the squares show the maps: here what the network makes of a seven.

display = NetworkDisplay.from_estimator(cnn, images[7])
print("Recognised:", display.columns[-1].values.argmax())

plt.show()
