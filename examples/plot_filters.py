"""
What does the first layer look for?
===================================

Each unit of the first layer weighs the pixels of an image. Its weights, laid out as an image,
show what it looks for: :class:`~sknn.plotting.FilterDisplay`.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits, load_sample_images
from sklearn.exceptions import ConvergenceWarning

from sknn import CNNClassifier, MLPClassifier
from sknn.plotting import FilterDisplay

warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs given are all they get

# %%
# Dense units see the whole image, so they look for strokes in certain places: red where there
# should be ink, blue where there should be none. A penalty on the weights keeps out noise, and
# leaves some units without any weights at all.

X, y = load_digits(return_X_y=True)
clf = MLPClassifier(40, alpha=1.0, random_state=0).fit(X / 16, y)
display = FilterDisplay.from_estimator(clf, image_shape=(8, 8), n_columns=8)
empty = np.abs(display.filters).max(axis=(1, 2, 3)) < 0.01
print(f"{empty.sum()} of {len(empty)} units have no weights to speak of")

# %%
# Convolutions see a small window of a colour image; red, green and blue stand side by side. These
# tell patches of a photograph of a palace from those of a flower. Where the whole window of a
# channel is of one sign, and that of another channel of the other, the filter looks for a
# colour; where signs change within a window, it looks for a pattern.

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
