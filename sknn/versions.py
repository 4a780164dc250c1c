"""`show_versions`: what a fit runs on, and which settings would make it faster."""

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
    """Print the versions of Python and its packages, BLAS with its kernels and threads, and advice.

    Matrix products take most of the time of large networks, and BLAS computes them. Its kernels
    are written for one generation of processors each. The last lines name the environment
    variables that slow it down on this machine, if there are any. Paste the output into reports of
    bugs and of speed.

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
    """A line for each BLAS that is loaded: its version, kernels and number of threads."""
    lines = []
    for library in threadpool_info():
        if library["user_api"] == "blas":
            name = " ".join(filter(None, (library["internal_api"], library["version"])))
            kernels, threads = library.get("architecture", "unknown"), library["num_threads"]
            lines.append(
                f"{name}, {kernels} kernels, {threads} thread{'s' * (threads > 1)}: "
                f"{library['filepath']}"
            )
    return lines or ["none that threadpoolctl knows: its threads cannot be counted or limited"]


def advice():
    """What to set on this machine to make training faster, in sentences."""
    lines = []
    if KERNELS in os.environ:
        forced, own = _kernels(os.environ), _kernels(_without(KERNELS))
        if own and forced != own:
            lines.append(
                f"{KERNELS}={os.environ[KERNELS]} makes OpenBLAS use {forced} kernels; on this "
                f"processor it would choose {own}. Unset {KERNELS}: matrix products may take half "
                "the time."
            )
    available = cores()
    for name in NUMBERS_OF_THREADS:
        value = os.environ.get(name, "")
        if value.isdigit() and 0 < int(value) < available:
            lines.append(
                f"{name}={value} limits BLAS, and the threads of sknn, to {value} of {available} "
                "cores. Unset it for a single fit; keep it where several fits run at once."
            )
    return lines or ["No environment variable slows BLAS down."]


def cores():
    """How many this process may use."""
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
