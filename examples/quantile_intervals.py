"""How certain are the predictions of a regression?

Quantile regression predicts 80 % intervals for the progression of diabetes.
"""

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sknn import MLPRegressor

X, y = load_diabetes(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
scaler = StandardScaler().fit(X_train)

reg = MLPRegressor(
    "quantile",
    (20,),
    quantile=[0.1, 0.5, 0.9],
    learning_rate_init=0.01,
    max_iter=1000,
    early_stopping=True,
    scoring="loss",
    n_iter_no_change=50,
    random_state=0,
)
reg.fit(scaler.transform(X_train), y_train)

X_test = scaler.transform(X_test)
low, high = reg.predict_interval(X_test).T
inside = np.mean((low <= y_test) & (y_test <= high))
print("patient   10 %   median   90 %   actual")
for row, really in zip(reg.predict(X_test[:8]), y_test, strict=False):
    print("        {:7.0f}  {:7.0f} {:6.0f}  {:7.0f}".format(*row, really))
print(f"\n{inside:.0%} of the test patients lie inside their interval (nominal: 80%).")
print(f"The mean width is {np.mean(high - low):.0f}; the range of y is {np.ptp(y):.0f}.")
