"""How accurate is a small convolutional network on MNIST after ten epochs?

python examples/mnist_cnn.py                     images from OpenML
python examples/mnist_cnn.py --data mnist.npz    images from a file instead
"""

from image_sets import MNIST, fit_and_report

from sknn import CNNClassifier


def main():
    args = MNIST.parser(__doc__).parse_args()
    model = CNNClassifier(
        augment="shift",
        learning_rate="one_cycle",
        learning_rate_init=0.003,
        max_iter=10,
        random_state=0,
        verbose=args.verbose,
    )
    fit_and_report(model, *MNIST.load(args.data))


if __name__ == "__main__":
    main()
