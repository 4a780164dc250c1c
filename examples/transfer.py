"""Can a network that was trained on digits learn odd and even numbers from a few labels?

Its weights are passed to the new network with coef_init.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sknn import MLPClassifier

X, digit = load_digits(return_X_y=True)
X_old, X_new, digit_old, digit_new = train_test_split(X / 16, digit, random_state=0)
odd = digit_new % 2
few, rest, odd_few, odd_rest = train_test_split(X_new, odd, train_size=40, random_state=0)

clf = MLPClassifier(
    (64, 32), learning_rate="cosine", learning_rate_init=0.01, max_iter=40, random_state=0
)
clf.fit(X_old, digit_old)
# The hidden layers keep what they have learned; the new output layer starts from zero.
coefs = [*clf.coefs_[:-1], np.zeros((32, 1))]
intercepts = [*clf.intercepts_[:-1], np.zeros(1)]

print(f"{len(few)} training images labelled odd or even, {len(rest)} test images")
for epochs in (3, 10, 30):
    new = MLPClassifier(
        (64, 32), batch_size=10, learning_rate="cosine", max_iter=epochs, random_state=0
    )
    alone = new.fit(few, odd_few).score(rest, odd_rest)
    new.fit(few, odd_few, coef_init=coefs, intercept_init=intercepts)
    transferred = new.score(rest, odd_rest)
    print(f"{epochs:3d} epochs: from scratch {alone:.3f}, transferred {transferred:.3f}")

features = clf.transform(few)  # alternatively, features for another model
print(f"The features from the last hidden layer have shape {features.shape}")
