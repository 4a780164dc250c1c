"""How much better than a dense network is a convolutional network on handwritten digits?

The 1,797 images of 8 x 8 pixels come with scikit-learn, so nothing is downloaded. For larger images
see mnist_cnn.py, fashion_cnn.py and cifar10_cnn.py.

    python examples/digits_cnn.py
"""

from image_sets import fit_and_report
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sknn import CNNClassifier, MLPClassifier

SCHEDULE = {"learning_rate": "one_cycle", "learning_rate_init": 0.005, "max_iter": 30}


def main():
    digits = load_digits()
    X_train, X_test, y_train, y_test = train_test_split(
        digits.images / 16, digits.target, test_size=0.25, stratify=digits.target, random_state=0
    )
    print(f"{len(X_train)} training images, {len(X_test)} test images\n")
    dense = MLPClassifier(hidden_layer_sizes=(128,), batch_size=64, random_state=0, **SCHEDULE)
    dense.fit(X_train.reshape(-1, 64), y_train)
    accuracy = dense.score(X_test.reshape(-1, 64), y_test)
    print(f"Dense network: test accuracy {accuracy:.4f}\n")
    model = CNNClassifier(dropout=0.2, random_state=0, **SCHEDULE)
    fit_and_report(model, X_train, y_train, X_test, y_test)


if __name__ == "__main__":
    main()
