"""`show_versions` prints the software and settings that determine the speed of a fit."""

import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

from threadpoolctl import threadpool_info

PACKAGES = (
    "sknn",
    "numpy",
    "scipy",
    "scikit-learn",
    "joblib",
    "threadpoolctl",
    "matplotlib",
    "pandas",
    "polars",
    "skops",
    "onnx",
    "skl2onnx",
)
NUMBERS_OF_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
KERNELS = "OPENBLAS_CORETYPE"
KERNELS_OF_NUMPY = """
import numpy
from threadpoolctl import threadpool_info
print(*(library.get("architecture") for library in threadpool_info()
        if library["internal_api"] == "openblas"))
"""


def show_versions() -> None:
    """Print the versions of Python, packages and BLAS, and advice on the speed of training.

    Large networks spend most of their time on matrix products, which are computed by BLAS. Each of
    the BLAS kernels is written for one generation of processors. The last lines of the output name
    the environment variables that slow BLAS down on this machine, if there are any. Please include
    the output in reports on bugs or speed.

    Examples
    --------
    >>> import sknn
    >>> sknn.show_versions()  # doctest: +SKIP
    """
    sections = {
        "System": {
            "python": sys.version.replace("\n", " "),
            "executable": sys.executable,
            "machine": platform.platform(),
            "cores": cores(),
        },
        "Python packages": {package: _version(package) for package in PACKAGES},
    }
    for title, rows in sections.items():
        print(f"{title}:")
        for name, value in rows.items():
            print(f"{name:>14}: {value}")
        print()
    for title, lines in {"BLAS": blas(), "Speed": advice()}.items():
        print(f"{title}:", *(f"    {line}" for line in lines), "", sep="\n")


def blas():
    """Returns a line for each loaded BLAS, with its version, kernels and number of threads."""
    lines = []
    for library in threadpool_info():
        if library["user_api"] == "blas":
            name = " ".join(filter(None, (library["internal_api"], library["version"])))
            kernels, threads = library.get("architecture", "unknown"), library["num_threads"]
            lines.append(
                f"{name}, {kernels} kernels, {threads} thread{'s' * (threads > 1)}: "
                f"{library['filepath']}"
            )
    return lines or ["not recognised by threadpoolctl, so its threads cannot be counted or limited"]


def advice():
    """Returns sentences about settings that would make training faster on this machine."""
    lines = []
    if KERNELS in os.environ:
        forced, own = _kernels(os.environ), _kernels(_without(KERNELS))
        if own and forced != own:
            lines.append(
                f"{KERNELS}={os.environ[KERNELS]} makes OpenBLAS use {forced} kernels; on this "
                f"processor it would choose {own}. Unset {KERNELS}, which can halve the time of "
                "matrix products."
            )
    available = cores()
    for name in NUMBERS_OF_THREADS:
        value = os.environ.get(name, "")
        if value.isdigit() and 0 < int(value) < available:
            lines.append(
                f"{name}={value} limits BLAS, and the threads of sknn, to {value} of {available} "
                "cores. Unset it for a single fit, and keep it if several fits run at once."
            )
    return lines or ["No environment variable slows BLAS down."]


def cores():
    """Returns the number of cores that this process can use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _version(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _without(name):
    return {key: value for key, value in os.environ.items() if key != name}


def _kernels(environment):
    """The kernels of NumPy's OpenBLAS in a new process with this environment; "" if unknown."""
    try:
        process = subprocess.run(
            [sys.executable, "-c", KERNELS_OF_NUMPY],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return process.stdout.strip()
