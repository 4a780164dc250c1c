"""
Which pixels or features determine a prediction?
================================================

:class:`~sknn.plotting.SaliencyDisplay` differentiates an output with respect to one sample. The
gradient shows the effect of a small change of each input. Integrated gradients distribute the
difference between the output for this sample and the output for a neutral baseline over the inputs.
Their sum equals the difference.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from sknn import CNNClassifier, MLPClassifier
from sknn.plotting import SaliencyDisplay

warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is fixed

# %%
# Why is this image classified as a three? Red pixels are evidence for it. Black pixels contribute
# nothing, whatever their gradient, because they equal those of the baseline, a black image.

digits = load_digits()
images = digits.images / 16
cnn = CNNClassifier((16, 32), max_iter=12, learning_rate="one_cycle", random_state=0)
cnn.fit(images, digits.target)
display = SaliencyDisplay.from_estimator(cnn, images[3])
print(f"Explained: {display.target_name}")
print(
    f"Attributions sum to {display.attribution.sum():.2f}, the output differs by "
    f"{display.output - display.baseline_output:.2f}"
)

# %%
# What is evidence for an eight? Here the gradient is more useful, because it shows which pixels
# would have to be inked.

display = SaliencyDisplay.from_estimator(cnn, images[3], target=8)

# %%
# The display also works for tables, where it shows features. The features are standardised, so the
# baseline of zero is their mean.

cancer = load_breast_cancer(as_frame=True)
X = StandardScaler().set_output(transform="pandas").fit_transform(cancer.data)
clf = MLPClassifier(20, alpha=1.0, random_state=0).fit(X, cancer.target_names[cancer.target])
display = SaliencyDisplay.from_estimator(clf, X.iloc[[0]], n_features=10)

plt.show()
