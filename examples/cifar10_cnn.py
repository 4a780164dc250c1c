"""How much does augmentation help if there are few training images?

The network recognises the animals and vehicles of CIFAR-10.

python examples/cifar10_cnn.py                             50,000 images from OpenML
python examples/cifar10_cnn.py --data cifar10_small.npz    images from a file instead
"""

from image_sets import CIFAR10, fit_and_report

from sknn import CNNClassifier

CLASS_NAMES = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
]


def main():
    args = CIFAR10.parser(__doc__).parse_args()
    images = CIFAR10.load(args.data)
    for augment in (None, "shift+flip"):
        print(f"\n== augment={augment!r} ==")
        model = CNNClassifier(
            filters=(32, 64, 128),
            normalization="batch",
            augment=augment,
            dropout=0.3,
            learning_rate="one_cycle",
            learning_rate_init=0.005,
            max_iter=30,
            random_state=0,
            verbose=args.verbose,
        )
        fit_and_report(model, *images, class_names=CLASS_NAMES)


if __name__ == "__main__":
    main()
