"""How do I build a residual network?

A small ResNet recognises the animals and vehicles of CIFAR-10.

python examples/cifar10_residual.py                             50,000 images from OpenML
python examples/cifar10_residual.py --data cifar10_small.npz    images from a file instead
"""

from cifar10_cnn import CLASS_NAMES
from image_sets import CIFAR10, fit_and_report

from sknn import SequentialClassifier
from sknn.nn import (
    Activate,
    BatchNorm,
    Conv2D,
    Dropout,
    GlobalAveragePool2D,
    MaxPool2D,
    Residual,
)


def convolution(filters, stride=1):
    return [Conv2D(filters, stride=stride, activation="identity", bias=False), BatchNorm()]


def block(filters, stride=1):
    """Returns two convolutions with a shortcut around them, which has the same stride."""
    branch = [*convolution(filters, stride), Activate("relu"), *convolution(filters)]
    return [Residual(branch), Activate("relu")]


def main():
    args = CIFAR10.parser(__doc__).parse_args()
    images = CIFAR10.load(args.data)
    model = SequentialClassifier(
        [
            *convolution(32),
            Activate("relu"),
            MaxPool2D(),
            *block(32),
            *block(64, stride=2),
            *block(128, stride=2),
            GlobalAveragePool2D(),
            Dropout(0.2),
        ],
        input_shape=(32, 32, 3),
        learning_rate="one_cycle",
        learning_rate_init=0.01,
        batch_size=100,
        max_iter=30,
        random_state=0,
        verbose=args.verbose,
    )
    fit_and_report(model, *images, class_names=CLASS_NAMES)


if __name__ == "__main__":
    main()
