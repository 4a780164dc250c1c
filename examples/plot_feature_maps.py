"""
How does each layer respond to an image?
========================================

A convolution computes one map for each channel. The map is bright where the image matches the
filter of the channel. :class:`~sknn.plotting.FeatureMapDisplay` shows the maps side by side.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from sknn import CNNClassifier
from sknn.plotting import FeatureMapDisplay

warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is fixed

digits = load_digits()
images = digits.images / 16
clf = CNNClassifier((12, 24), max_iter=12, learning_rate="one_cycle", random_state=0)
clf.fit(images, digits.target)

# %%
# The responses of the first layer to a seven. Some channels respond to horizontal strokes, some to
# rising strokes, and some to any ink.

display = FeatureMapDisplay.from_estimator(clf, images[7])
silent = (display.maps == 0).mean()
print(f"{display.layer_name}: {silent:.0%} of its outputs are zero")

# %%
# The second convolution works on these maps after pooling. Its maps are coarser, and there are more
# of them. Each combines patterns that the first layer has detected.

display = FeatureMapDisplay.from_estimator(clf, images[7], layer="conv2d2")
silent = (display.maps == 0).mean()
print(f"{display.layer_name}: {silent:.0%} of its outputs are zero")

plt.show()
