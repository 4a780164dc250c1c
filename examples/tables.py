"""Are networks better than gradient boosting on a raw table?

The table has categories and missing values.
"""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from sknn import TabularClassifier

rng = np.random.default_rng(0)
n = 1200
frame = pd.DataFrame(
    {
        "age": rng.integers(17, 90, n).astype(float),
        "hours": rng.normal(40, 10, n).round(),
        "gain": np.where(rng.random(n) < 0.1, rng.lognormal(8, 1, n), 0),  # mostly zero
        "education": rng.choice(["school", "college", "university"], n, p=[0.5, 0.3, 0.2]),
        "occupation": pd.Categorical(rng.choice([f"job {i}" for i in range(25)], n)),
        "married": rng.random(n) < 0.5,
    }
)
# The income depends on job, age, hours, education and gain, and on chance.
pay = rng.normal(0, 1, 25)[frame.occupation.cat.codes]
pay += 2 * np.exp(-(((frame.age - 50) / 15) ** 2)) + (frame.hours - 40) / 20
pay += frame.education.map({"school": 0, "college": 0.5, "university": 1.5}) + 2 * (
    frame.gain > 3000
)
y = np.where(pay + rng.logistic(0, 0.5, n) > 2, ">50K", "<=50K")
frame.loc[rng.random(n) < 0.1, "hours"] = np.nan
frame.loc[rng.random(n) < 0.1, "education"] = None
frame["education"] = frame.education.astype("category")

train, test, y_train, y_test = train_test_split(frame, y, stratify=y, random_state=0)
networks = TabularClassifier(max_iter=32, random_state=0)
boosting = HistGradientBoostingClassifier(random_state=0)
for model in (networks, boosting):
    model.fit(train, y_train)
    loss = log_loss(y_test, model.predict_proba(test))
    name = type(model).__name__
    print(f"{name:32} accuracy {model.score(test, y_test):.3f}   log-loss {loss:.3f}")

print(f"\nOn the folds: accuracy {networks.oof_score_:.3f}, from {networks.n_members_} members.")
unseen = test.iloc[:1].assign(education="doctorate", hours=np.nan)
print(f"Prediction for an unseen category: {networks.predict(unseen)[0]}")
