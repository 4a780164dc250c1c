"""How far does a plain network get on MNIST? Trains on all 60,000 images and reports.

python examples/mnist.py                     from OpenML, settings that suit the task
python examples/mnist.py --defaults          every default of MLPClassifier
python examples/mnist.py --data mnist.npz    from a file instead of OpenML
"""

import numpy as np
from image_sets import MNIST, fit_and_report

from sknn import MLPClassifier

# SGD with momentum, slowed down by steps, ends in better weights than Adam does.
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
    parser.add_argument("--defaults", action="store_true", help="every default of MLPClassifier")
    args = parser.parse_args()
    X_train, y_train, X_test, y_test = MNIST.load(args.data)
    settings = {} if args.defaults else SETTINGS
    model = MLPClassifier(**settings, random_state=3, verbose=args.verbose)
    fit_and_report(model, scaled(X_train), y_train, scaled(X_test), y_test)


def scaled(X):
    """Flat images, (n, 784), from 0 to 1; float32 takes half the time of float64."""
    X = X.reshape(len(X), -1).astype(np.float32)
    X /= 255
    return X


if __name__ == "__main__":
    main()
