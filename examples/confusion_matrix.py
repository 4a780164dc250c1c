"""What do precision, recall, specificity and F1 show that accuracy does not?

A network and a trivial rule classify breast tumours, first in a clinic, where many tumours are
malignant, and then in a screening, where few are.
"""

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sknn import MLPClassifier
from sknn.metrics import per_class_report

X, y = load_breast_cancer(return_X_y=True)
names = np.array(["malignant", "benign"])
X_train, X_test, y_train, y_test = train_test_split(
    X, names[y], test_size=0.5, stratify=y, random_state=0
)
scaler = StandardScaler().fit(X_train)
clf = MLPClassifier(
    (10,),
    batch_size=20,
    learning_rate="cosine",
    learning_rate_init=0.01,
    max_iter=20,
    random_state=0,
)
clf.fit(scaler.transform(X_train), y_train)
predictions = {
    "the network": clf.predict(scaler.transform(X_test)),
    "always benign": np.full(len(y_test), "benign"),
}
print("The network on the tumours of a clinic:\n")
print(per_class_report(y_test, predictions["the network"]))

# The same tumours, weighted so that a given fraction is malignant: a clinic and a screening.
malignant = y_test == "malignant"
figures = ["precision", "recall", "specificity", "f1-score"]
print("\nmalignant  prediction     accuracy ", *figures)
for share in (malignant.mean(), 0.01):
    weight = np.where(malignant, share / malignant.mean(), (1 - share) / (1 - malignant.mean()))
    for name, predicted in predictions.items():
        report = per_class_report(
            y_test, predicted, sample_weight=weight, output="dict", zero_division=0
        )
        row = [f"{report['malignant'][figure]:{len(figure)}.2f}" for figure in figures]
        print(f"{share:9.0%}  {name:13s}  {report['accuracy']:8.2f} ", *row)

print(
    "\nAccuracy rewards predicting the common class: in the screening, the rule that never\n"
    "finds a malignant tumour has the higher accuracy. Its recall of 0 reveals the problem.\n"
    "Recall and specificity do not depend on the fraction of malignant tumours. Precision\n"
    "and F1 do, and most alarms of a screening are false."
)
