"""
What does the first layer look for?
===================================

Each unit of the first layer computes a weighted sum of the pixels of an image.
:class:`~sknn.plotting.FilterDisplay` shows the weights of each unit as an image, which reveals the
pattern that the unit detects.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits, load_sample_images
from sklearn.exceptions import ConvergenceWarning

from sknn import CNNClassifier, MLPClassifier
from sknn.plotting import FilterDisplay

warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is fixed

# %%
# Dense units see the whole image, so they detect strokes in certain places. A unit responds to ink
# in the red places and to no ink in the blue ones. A penalty on the weights removes noise, and
# makes all weights of some units zero.

X, y = load_digits(return_X_y=True)
clf = MLPClassifier(40, alpha=1.0, random_state=0).fit(X / 16, y)
display = FilterDisplay.from_estimator(clf, image_shape=(8, 8), n_columns=8)
empty = np.abs(display.filters).max(axis=(1, 2, 3)) < 0.01
print(f"{empty.sum()} of {len(empty)} units have only weights close to zero")

# %%
# Convolutions see a small window of a colour image. The weights for red, green and blue are shown
# side by side. These filters distinguish patches from photographs of a palace and of a flower. If
# all weights of one channel are positive and all weights of another are negative, the filter
# detects a colour. If the sign changes within a channel, it detects a pattern.

random = np.random.default_rng(0)
palace, flower = load_sample_images().images
patches, labels = [], []
for photograph, label in ((palace, "palace"), (flower, "flower")):
    for _ in range(500):
        top, left = random.integers(0, 400), random.integers(0, 600)
        patches.append(photograph[top : top + 12, left : left + 12])
        labels.append(label)

cnn = CNNClassifier(
    (12,),
    kernel_size=5,
    alpha=0.5,
    weight_init="normal",
    learning_rate="one_cycle",
    learning_rate_init=0.01,
    random_state=0,
)
cnn.fit(np.array(patches), labels)
print(f"Accuracy on the patches: {cnn.score(np.array(patches), labels):.3f}")
display = FilterDisplay.from_estimator(cnn, n_columns=3)

plt.show()
