"""Responses of the channels of the first convolution to a handwritten digit."""

import warnings

from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from sknn import CNNClassifier
from sknn.plotting import FeatureMapDisplay

warnings.simplefilter("ignore", ConvergenceWarning)
digits = load_digits()
images = digits.images / 16
clf = CNNClassifier(
    (16, 32),
    learning_rate="one_cycle",
    learning_rate_init=0.01,
    max_iter=10,
    random_state=0,
)
clf.fit(images, digits.target)
FeatureMapDisplay.from_estimator(clf, images[0])
