"""How do I export a network to ONNX and use it without sknn?

The network is trained on 10,000 images of MNIST, and ONNX Runtime predicts the test images.

python examples/mnist_onnx.py                     images from OpenML
python examples/mnist_onnx.py --data mnist.npz    images from a file instead
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from image_sets import MNIST, fit_and_report

from sknn import CNNClassifier
from sknn.onnx import to_onnx

N_TRAIN = 10_000  # enough for an accuracy of 98 %


def main():
    args = MNIST.parser(__doc__).parse_args()
    if missing := [name for name in ("onnx", "onnxruntime") if find_spec(name) is None]:
        sys.exit(f"This example requires {' and '.join(missing)}: pip install {' '.join(missing)}")
    X_train, y_train, X_test, y_test = MNIST.load(args.data)
    model = CNNClassifier(
        (16, 32),
        learning_rate="one_cycle",
        learning_rate_init=0.003,
        max_iter=3,
        random_state=0,
        verbose=args.verbose,
    )
    fit_and_report(model, X_train[:N_TRAIN], y_train[:N_TRAIN], X_test, y_test)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "mnist.onnx"
        path.write_bytes(to_onnx(model).SerializeToString())
        print(f"\nmnist.onnx has {path.stat().st_size:,} bytes")
        served, seconds = serve(path, X_test)
    equal = np.count_nonzero(served == model.predict(X_test))
    print(f"ONNX Runtime predicts {len(X_test)} {X_test.dtype} images in {seconds:.2f} s")
    print(f"Labels equal to those of sknn: {equal} of {len(X_test)}")


def serve(path, images):
    """Returns the labels that ONNX Runtime predicts for uint8 images, and the seconds it takes."""
    from onnxruntime import InferenceSession

    session = InferenceSession(path, providers=["CPUExecutionProvider"])
    started = perf_counter()
    parts = [session.run(["label"], {"X": part})[0] for part in np.array_split(images, 20)]
    return np.concatenate(parts), perf_counter() - started


if __name__ == "__main__":
    main()
