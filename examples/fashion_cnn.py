"""How well does a small convolutional network distinguish shirts from coats on Fashion-MNIST?

python examples/fashion_cnn.py                             images from OpenML
python examples/fashion_cnn.py --data fashion_mnist.npz    images from a file instead
"""

from image_sets import FASHION, fit_and_report

from sknn import CNNClassifier

CLASS_NAMES = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
]


def main():
    args = FASHION.parser(__doc__).parse_args()
    model = CNNClassifier(
        augment="flip",  # a mirrored shirt is still a shirt
        dropout=0.3,
        learning_rate="one_cycle",
        learning_rate_init=0.003,
        max_iter=15,
        random_state=0,
        verbose=args.verbose,
    )
    fit_and_report(model, *FASHION.load(args.data), class_names=CLASS_NAMES)


if __name__ == "__main__":
    main()
