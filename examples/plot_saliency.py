"""
Which pixels, or which features, decide?
========================================

:class:`~sknn.plotting.SaliencyDisplay` differentiates an output with respect to one sample. The
gradient says what a small change of each input would do. Integrated gradients share out what
the output has become, starting from a sample that says nothing: they sum to the difference.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from sknn import CNNClassifier, MLPClassifier
from sknn.plotting import SaliencyDisplay

warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs given are all they get

# %%
# Why is this a three? Red pixels speak for it. Black ones get no share, whatever their
# gradient: they are as in the baseline, a black image.

digits = load_digits()
images = digits.images / 16
cnn = CNNClassifier((16, 32), max_iter=12, learning_rate="one_cycle", random_state=0)
cnn.fit(images, digits.target)
display = SaliencyDisplay.from_estimator(cnn, images[3])
print(f"Explained: {display.target_name}")
print(
    f"Shares sum to {display.attribution.sum():.2f}, the output differs by "
    f"{display.output - display.baseline_output:.2f}"
)

# %%
# And what speaks for an eight? Here the gradient is of more use: it says which pixels would
# have to be inked.

display = SaliencyDisplay.from_estimator(cnn, images[3], target=8)

# %%
# In a table it is features that count. The baseline, zero, is the mean of each.

cancer = load_breast_cancer(as_frame=True)
X = StandardScaler().set_output(transform="pandas").fit_transform(cancer.data)
clf = MLPClassifier(20, alpha=1.0, random_state=0).fit(X, cancer.target_names[cancer.target])
display = SaliencyDisplay.from_estimator(clf, X.iloc[[0]], n_features=10)

plt.show()
