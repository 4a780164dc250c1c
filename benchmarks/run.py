"""Runs the benchmarks and prints their tables: python benchmarks/run.py --help."""

import argparse
import platform
from importlib.metadata import PackageNotFoundError, version

import cnn_prediction
import cnn_scaling
import cnn_training
import convolutions
import distributed_training
import footprint
import joblib
import mlp_prediction
import mlp_training
import onnx_serving
import options
import searches
import streaming
import uses

import sknn
from sknn.versions import advice, blas

BENCHMARKS = {
    "mlp_training": mlp_training,
    "mlp_prediction": mlp_prediction,
    "cnn_training": cnn_training,
    "convolutions": convolutions,
    "cnn_prediction": cnn_prediction,
    "cnn_scaling": cnn_scaling,
    "onnx_serving": onnx_serving,
    "options": options,
    "searches": searches,
    "streaming": streaming,
    "uses": uses,
    "distributed_training": distributed_training,
    "footprint": footprint,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="run fewer steps and rows")
    parser.add_argument("--repeats", type=int, metavar="N", help="rounds (default 7, quick 2)")
    parser.add_argument("--only", choices=BENCHMARKS, metavar="NAME", help=", ".join(BENCHMARKS))
    args = parser.parse_args()
    repeats = args.repeats or (2 if args.quick else 7)
    print_header(repeats)
    for name, benchmark in BENCHMARKS.items():
        if args.only in (None, name):
            print(f"\n## {name}\n")
            benchmark.main(repeats, args.quick)


def print_header(repeats):
    """Prints versions, cores and BLAS, on which the figures depend."""
    print(f"sknn {sknn.__version__}, Python {platform.python_version()}, {repeats} rounds")
    print(", ".join(map(_versioned, ("numpy", "scipy", "scikit-learn", "torch", "skorch", "jax"))))
    print(_versioned("onnxruntime"))
    print(f"{joblib.cpu_count()} cores")
    for line in (*blas(), *advice()):
        print(line)


def _versioned(package):
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} not installed"


if __name__ == "__main__":
    main()
