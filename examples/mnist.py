"""How accurate is a dense network on MNIST?

The network is trained on all 60,000 training images.

python examples/mnist.py                     images from OpenML, parameters that suit MNIST
python examples/mnist.py --defaults          default parameters of MLPClassifier
python examples/mnist.py --data mnist.npz    images from a file instead of OpenML
"""

import numpy as np
from image_sets import MNIST, fit_and_report

from sknn import MLPClassifier

# SGD with momentum and a decreasing learning rate finds better weights than Adam here.
SETTINGS = {
    "hidden_layer_sizes": (512,),
    "solver": "sgd",
    "learning_rate": "adaptive",
    "learning_rate_init": 0.1,
    "n_iter_no_change": 1,
    "tol": 0.002,
    "batch_size": 128,
    "alpha": 0.02,
}


def main():
    parser = MNIST.parser(__doc__)
    parser.add_argument("--defaults", action="store_true", help="use MLPClassifier's defaults")
    args = parser.parse_args()
    X_train, y_train, X_test, y_test = MNIST.load(args.data)
    settings = {} if args.defaults else SETTINGS
    model = MLPClassifier(**settings, random_state=3, verbose=args.verbose)
    fit_and_report(model, scaled(X_train), y_train, scaled(X_test), y_test)


def scaled(X):
    """Flattens images to (n, 784) and scales them to [0, 1]; float32 takes half the time."""
    X = X.reshape(len(X), -1).astype(np.float32)
    X /= 255
    return X


if __name__ == "__main__":
    main()
