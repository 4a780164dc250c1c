"""
What does each layer make of an image?
======================================

A convolution answers to an image with an image per channel: bright where it has found what it
looks for. :class:`~sknn.plotting.FeatureMapDisplay` shows them side by side.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from sknn import CNNClassifier
from sknn.plotting import FeatureMapDisplay

warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs given are all they get

digits = load_digits()
images = digits.images / 16
clf = CNNClassifier((12, 24), max_iter=12, learning_rate="one_cycle", random_state=0)
clf.fit(images, digits.target)

# %%
# The first layer, shown a seven. Some channels answer to strokes that run across, some to those
# that rise, some to ink wherever it is.

display = FeatureMapDisplay.from_estimator(clf, images[7])
silent = (display.maps == 0).mean()
print(f"{display.layer_name}: {silent:.0%} of its outputs are zero")

# %%
# The second convolution works on what pooling has left of these: coarser images, and more of
# them, each a combination of what the first layer has found.

display = FeatureMapDisplay.from_estimator(clf, images[7], layer="conv2d2")
silent = (display.maps == 0).mean()
print(f"{display.layer_name}: {silent:.0%} of its outputs are zero")

plt.show()
