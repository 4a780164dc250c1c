"""Does class_weight help to find samples of a rare class?

The rare class contains the eights among handwritten digits.
"""

from sklearn.datasets import load_digits
from sklearn.metrics import classification_report
from sklearn.model_selection import train_test_split

from sknn import MLPClassifier

X, digit = load_digits(return_X_y=True)
y = digit == 8
X_train, X_test, y_train, y_test = train_test_split(
    X / 16, y, test_size=0.5, stratify=y, random_state=0
)
print(f"{y_train.mean():.1%} of the training images are eights.\n")

for class_weight in (None, "balanced"):
    clf = MLPClassifier(
        (10,),
        class_weight=class_weight,
        batch_size=50,
        learning_rate="cosine",
        learning_rate_init=0.005,
        max_iter=20,
        random_state=0,
    )
    clf.fit(X_train, y_train)
    print(f"class_weight={class_weight!r}")
    print(classification_report(y_test, clf.predict(X_test), target_names=["other", "eight"]))
