"""Every example runs without a warning and prints what it promises."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import assert_is_gradient, new_batch, normal
from numpy.testing import assert_allclose
from sklearn.datasets import load_digits

from sknn.nn import Dense
from sknn.nn.gradient import Gradient
from sknn.nn.network import Network

ROOT = Path(__file__).parents[1]

# For each example: its arguments, and the least test accuracies that it may print.
RUNS = {
    "digits": ("digits.py", [], [0.96, 0.96]),
    "mnist": ("mnist.py", ["--data", "{images}"], [0.9]),
    "mnist-defaults": ("mnist.py", ["--data", "{images}", "--defaults"], [0.9]),
    "digits_cnn": ("digits_cnn.py", [], [0.98]),
    "mnist_cnn": ("mnist_cnn.py", ["--data", "{images}"], [0.9]),
    "mnist_onnx": ("mnist_onnx.py", ["--data", "{images}"], [0.9]),
    "fashion_cnn": ("fashion_cnn.py", ["--data", "{images}"], [0.9]),
    "cifar10_cnn": ("cifar10_cnn.py", ["--data", "{colour}"], [0.7, 0.7]),
    "cifar10_residual": ("cifar10_residual.py", ["--data", "{colour}"], [0.7]),
}
# Arguments with which an example is fast.
FEWER = {"large_data.py": ["--megabytes", "40"], "search.py": ["--settings", "30"]}
NEEDS = {"large_data.py": ["dask"]}  # packages without which an example is not run
SHARED = {"image_sets.py"}  # what examples import


# For each example: what to find in what it prints, and whether the numbers found are right.
FINDINGS = {
    "confusion_matrix.py": [
        # In the screening the rule that finds nothing is the more accurate.
        (r"^ +1%  .{13} +(\S+)", lambda accuracy: accuracy[1] > accuracy[0] > 0.9),
        (r"the network +\S+ +(\S+)", lambda precision: precision[0] > 0.9 and precision[1] < 0.5),
        (r"the network +\S+ +\S+ +(\S+)", lambda recall: recall[0] == recall[1] > 0.9),
        (r"the network +(?:\S+ +){3}(\S+)", lambda specificity: np.ptp(specificity) == 0),
        (r"always benign +\S+ +\S+ +(\S+)", lambda recall: np.array_equal(recall, [0, 0])),
    ],
    "custom_activation_and_loss.py": [
        (r"squared_error +median error (\S+)", lambda error: np.min(error) > 0.9),  # spoilt
        (r"Cauchy +median error (\S+)", lambda error: np.max(error) < 0.6),
        (r"R2 (\S+)", lambda r2: r2[0] > 0.25),
    ],
    "diagnose.py": [
        (r"test accuracy (\S+) ==", lambda a: a[1] > a[0] + 0.05 and a[3] > a[2] + 0.05),
        (r"(\d)\. (?:unscaled inputs|dead units):", lambda found: found.tolist() == [1, 1]),
    ],
    "tables.py": [
        (r"log-loss (\S+)", lambda loss: loss[0] < loss[1] - 0.03),  # networks, boosting
        (r"folds: accuracy (\S+),", lambda accuracy: accuracy[0] > 0.79),
    ],
    "trace.py": [
        (r" loss = (\S+)", lambda loss: np.array_equal(loss, [1.61723375] * 2)),
        (
            r"\[\[0\.10752523 (\S+) ([\d.]+)\]$",
            lambda weights: np.array_equal(weights, [0.39732099, 0.79515378]),
        ),
        (r"The softmax .*\[\[(\S+)", lambda p: p[0] == 0.19844689),
    ],
    "plot_activations.py": [
        (r"slope of logistic is (\S+)", lambda slope: slope[0] == 0.25),
        (r"slope of tanh is (\S+)", lambda slope: slope[0] == 1),
    ],
    "plot_decision_boundary.py": [
        (r"units: accuracy on the training data (\S+)", lambda x: np.all(np.diff(x) > 0)),
    ],
    "plot_feature_maps.py": [
        (r"conv2d\d: (\d+)% of its outputs", lambda x: len(x) == 2 and np.all(x > 5)),
    ],
    "plot_filters.py": [
        (r"^(\d+) of 40 units", lambda empty: 1 <= empty[0] <= 20),
        (r"Accuracy on the patches: (\S+)", lambda accuracy: accuracy[0] > 0.9),
    ],
    "plot_gradient_flow.py": [
        (r"logistic: .* is (\S+) times the last", lambda ratio: ratio[0] < 1e-5),
        (r"relu: .* is (\S+) times the last", lambda ratio: ratio[0] > 1e-2),
        (r"Accuracy on the training data: (\S+)", lambda accuracy: accuracy[0] > 0.8),
        (r"Dead in the last hidden layer: (\d+)%", lambda dead: dead[0] > 90),
    ],
    "plot_learning_rate.py": [
        (r"test accuracy (\S+)", lambda x: len(x) == 5 and x.argmax() == 2),
    ],
    "plot_network.py": [
        (r"Units: (\d) (\d) (\d) (\d) (\d) (\d) (\d)$", lambda n: [*n] == [4, 4, 5, 6, 4, 3, 3]),
        (r"Probabilities: (\S+) (\S+) (\S+)", lambda p: abs(p.sum() - 1) < 0.02 and p.max() < 0.95),
        (r"Recognised: (\d)", lambda digit: digit[0] == 7),
    ],
    "plot_saliency.py": [
        (r"Explained: class (\d)", lambda label: label[0] == 3),
        (r"sum to (\S+), the output differs by (\S+)", lambda x: abs(x[0] - x[1]) < 0.02 * x[1]),
    ],
    "plot_training_curve.py": [
        (r"Validation loss: (\S+) after \d+ epochs, (\S+) after", lambda x: x[1] > 1.1 * x[0]),
        (r"after (\d+) epochs, kept the weights of epoch (\d+)", lambda n: n[1] < n[0]),
    ],
    "large_data.py": [
        (r"^(\S+) GB in (\d+) blocks", lambda size: size.tolist() == [0.04, 2]),
        (r"Test accuracy (\S+)", lambda accuracy: accuracy[0] > 0.8),
        (r"Predicted lazily: \[(\d) (\d) (\d) ", lambda labels: np.all(labels < 4)),
    ],
    "imbalanced_classes.py": [
        (r"eight +\S+ +(\S+)", lambda recall: recall[1] > recall[0] + 0.1),
    ],
    "perceptron.py": [
        (r"setosa from the others (\S+)", lambda accuracy: accuracy[0] == 1),
        (r"virginica from the others (\S+)", lambda accuracy: accuracy[0] > 0.9),
        (r"AND .* learned \[(.), (.), (.), (.)\]", lambda y: np.array_equal(y, [0, 0, 0, 1])),
        (r"OR  .* learned \[(.), (.), (.), (.)\]", lambda y: np.array_equal(y, [0, 1, 1, 1])),
        (r"XOR .* learned \[(.), (.), (.), (.)\]", lambda y: not np.array_equal(y, [0, 1, 1, 0])),
    ],
    "progress_and_early_stopping.py": [
        (r"Test F1 (\S+)", lambda f1: f1[0] > 0.93),
        (r"Stopped at loss (\S+) after", lambda loss: loss[0] < 0.05),
    ],
    "quantile_intervals.py": [
        (r"(\d+)% of the test patients", lambda inside: 60 <= inside[0] <= 95),
    ],
    "search.py": [
        (r"^\S+ +(\d+) settings", lambda n: n.tolist() == [3, 30]),
        (r"settings in +(\S+) s", lambda seconds: np.all(seconds >= 0)),
        # The three settings are among the thirty, and rounded alike but for the last digits.
        (r"cross-validation (\S+),", lambda score: score[1] > score[0] - 0.005),
        (r"test accuracy (\S+)", lambda accuracy: np.min(accuracy) > 0.93),
    ],
    "schedules.py": [
        (r" (\d\.\d{3})$", lambda accuracy: len(accuracy) == 6 and np.min(accuracy) > 0.95),
    ],
    "transfer.py": [
        (r"30 epochs: from scratch \S+, transferred (\S+)", lambda score: score[0] > 0.8),
    ],
}


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A file as mnist.py reads it: scikit-learn's digits, enlarged to 28 x 28 pixels."""
    X, y = enlarged_digits(border=2)
    return saved(tmp_path_factory, X, y, n_train=1200)


@pytest.fixture(scope="module")
def colour(tmp_path_factory):
    """A file as cifar10_cnn.py reads it: some digits of 32 x 32 pixels, in red and green."""
    X, y = enlarged_digits(border=4)
    X, y = X[:600], y[:600]
    return saved(tmp_path_factory, np.stack([X, X // 2, 0 * X], axis=-1), y, n_train=400)


def enlarged_digits(border):
    X, y = load_digits(return_X_y=True)
    X = np.kron(X.reshape(-1, 8, 8) * 255 / 16, np.ones((3, 3))).astype(np.uint8)
    return np.pad(X, ((0, 0), (border, border), (border, border))), y


def saved(tmp_path_factory, X, y, n_train):
    path = tmp_path_factory.mktemp("images") / "digits.npz"
    parts = {"train": slice(n_train), "test": slice(n_train, None)}
    arrays = {
        f"{name}_{part}": a[at]
        for part, at in parts.items()
        for name, a in zip("Xy", (X, y), strict=True)
    }
    np.savez(path, **arrays)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_example_reports_the_accuracy_of_its_confusion_matrix(name, images, colour):
    script, arguments, least = RUNS[name]
    files = {"images": images, "colour": colour}
    done = run_example(script, *[argument.format(**files) for argument in arguments])
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    accuracies = [float(found) for found in re.findall(r"Test accuracy: (\S+)", done.stdout)]
    assert len(accuracies) == len(least)
    assert np.all(np.array(accuracies) >= least)
    matrices = np.array(re.findall(r"\d+", "".join(re.findall(r"^ ?\[+.*\]$", done.stdout, re.M))))
    for matrix, accuracy in zip(matrices.astype(int).reshape(-1, 10, 10), accuracies, strict=True):
        assert_allclose(np.trace(matrix) / matrix.sum(), accuracy, atol=5e-5)


@pytest.mark.slow
def test_onnx_example_serves_the_labels_that_are_predicted(images):
    for package in ("onnx", "onnxruntime"):
        pytest.importorskip(package)
    done = run_example("mnist_onnx.py", "--data", images)
    pattern = r"^Labels equal to those of sknn: (\d+) of (\d+)$"
    equal, n = re.search(pattern, done.stdout, re.M).groups()
    with np.load(images) as arrays:
        assert int(equal) == int(n) == len(arrays["y_test"])


@pytest.mark.slow
def test_mnist_example_prints_seconds_per_epoch(images):
    stdout = run_example("mnist.py", "--data", images).stdout
    epochs, seconds = re.search(r"(\d+) epochs in (\S+) s", stdout).groups()
    least = re.search(r"per epoch: median \S+, minimum (\S+)", stdout).group(1)
    assert 0 <= float(least) * int(epochs) <= float(seconds) + 0.1


@pytest.mark.slow
def test_mnist_example_says_what_a_file_must_hold(tmp_path):
    path = tmp_path / "wrong.npz"
    np.savez(path, X_train=np.zeros((1, 28, 28)))
    done = run_example("mnist.py", "--data", path)
    assert done.returncode == 1
    assert "y_train is not a file in the archive" in done.stderr
    assert "X_train, y_train, X_test and y_test" in done.stderr


@pytest.mark.slow
def test_mnist_example_offline_tells_of_the_data_option(tmp_path):
    nowhere = "http://127.0.0.1:9"  # the discard port: refuses at once
    offline = {"https_proxy": nowhere, "http_proxy": nowhere, "no_proxy": ""}
    done = run_example("mnist.py", **offline, SCIKIT_LEARN_DATA=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("Could not download MNIST from OpenML")
    assert "--data FILE" in done.stderr


def test_every_example_is_run():
    files = {path.name for path in (ROOT / "examples").glob("*.py")} - SHARED
    assert files == {script for script, _, _ in RUNS.values()} | set(FINDINGS)


def test_own_activation_and_loss_are_written_from_public_names_alone():
    path = ROOT / "examples" / "custom_activation_and_loss.py"
    imported = [
        node.module if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    ]
    assert {name for name in imported if name.startswith("sknn")} == {"sknn", "sknn.nn"}


def test_own_activation_and_loss_have_the_derivatives_of_differences():
    tree = ast.parse((ROOT / "examples" / "custom_activation_and_loss.py").read_text("utf-8"))
    kept = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom, ast.ClassDef))]
    names = {}
    exec(compile(ast.Module(kept, []), "example", "exec"), names)
    x, y = normal(9, 4), normal(9, 3, seed=1)
    network = Network([Dense(5, names["Sine"](1.5)), Dense(3, "identity")], (4,))
    theta, state = network.initial(np.random.RandomState(0), np.float64)
    gradient = Gradient(network, names["Cauchy"](0.7), theta, state)

    def loss(at):
        return Gradient(network, names["Cauchy"](0.7), at, state).mean(new_batch(x, y))

    gradient.mean(new_batch(x, y))
    assert network.layout.declared[0][-1].shape == (1, 5)
    assert_is_gradient(gradient.grad, loss, theta)
    z = np.einsum("ni,iu->nu", x, network.layout.views(theta)[0]["weight"])
    own = network.layout.views(theta)
    z = np.sin(1.5 * (z + own[0]["bias"])) @ own[1]["weight"] + own[1]["bias"]
    wanted = np.log1p(((z - y) / 0.7) ** 2 / 2).sum() / 9
    assert_allclose(loss(theta), wanted, rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("script", FINDINGS)
def test_example_prints_what_it_promises(script):
    for package in NEEDS.get(script, []):
        pytest.importorskip(package)
    done = run_example(script, *FEWER.get(script, []))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for pattern, right in FINDINGS[script]:
        found = np.array(re.findall(pattern, done.stdout, re.M), dtype=float)
        assert right(np.squeeze(found, axis=0) if found.ndim == 2 else found), (pattern, found)


def run_example(script, *arguments, **environment):
    """Runs the example in a process of its own, with every warning an error."""
    # Small products gain nothing from threads, and on a busy machine wait for them.
    environment = {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), **environment}
    environment |= {"MPLBACKEND": "agg", "DISPLAY": ""}  # plt.show() shows nothing
    return subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "examples" / script), *map(str, arguments)],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
