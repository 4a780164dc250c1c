"""The confusion matrix of 66 pictures of animals, with true classes as rows."""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay

NAMES = np.array(["cat", "dog", "pig"])
COUNTS = np.array([[10, 1, 2], [3, 15, 4], [5, 6, 20]])  # rows predicted

predicted, true = (np.repeat(NAMES[axis.ravel()], COUNTS.ravel()) for axis in np.indices((3, 3)))
figure, ax = plt.subplots(figsize=(3.6, 3))
ConfusionMatrixDisplay.from_predictions(true, predicted, ax=ax, cmap="Blues", colorbar=False)
