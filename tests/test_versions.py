"""What show_versions prints, and what it advises."""

import os
import subprocess
import sys
from importlib.metadata import version

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import sknn
from sknn import versions


def libraries():
    """Every BLAS that is loaded by now."""
    return [library for library in threadpool_info() if library["user_api"] == "blas"]


VARIABLES = (*versions.NUMBERS_OF_THREADS, versions.KERNELS)


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_show_versions_names_every_package_and_library(capsys):
    sknn.show_versions()
    printed = capsys.readouterr().out
    for package in ("sknn", "numpy", "scipy", "scikit-learn"):
        assert f" {package}: {version(package)}\n" in printed
    assert f"cores: {len(os.sched_getaffinity(0))}\n" in printed
    assert f"executable: {sys.executable}\n" in printed
    for library in libraries():
        assert library["filepath"] in printed
    assert "Speed:\n    No environment variable slows BLAS down.\n" in printed


def test_show_versions_says_none_of_a_package_that_is_missing(capsys, monkeypatch):
    monkeypatch.setattr(versions, "PACKAGES", ("no-such-package",))
    sknn.show_versions()
    assert "no-such-package: None\n" in capsys.readouterr().out


@pytest.mark.parametrize("threads", [1, 2])
def test_blas_names_version_kernels_and_threads(threads):
    with threadpool_limits(threads, user_api="blas"):
        lines = versions.blas()
    for line, library in zip(lines, libraries(), strict=True):
        assert line.startswith(f"{library['internal_api']} {library['version']}, ")
        assert f"{library['architecture']} kernels" in line
        assert f", {threads} thread{'s' if threads == 2 else ''}: {library['filepath']}" in line


def test_blas_that_threadpoolctl_does_not_know_is_said_to_be_unknown(monkeypatch):
    monkeypatch.setattr(versions, "threadpool_info", list)
    assert versions.blas() == [
        "none that threadpoolctl knows: its threads cannot be counted or limited"
    ]


@pytest.mark.parametrize(("value", "told"), [("1", True), ("3", True), ("4", False), ("x", False)])
def test_too_few_threads_are_told(monkeypatch, value, told):
    monkeypatch.setattr(versions, "cores", lambda: 4)
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    (line,) = versions.advice()
    wanted = f"OMP_NUM_THREADS={value} limits BLAS, and the threads of sknn, to {value} of 4 cores."
    assert line.startswith(wanted) == told


def kernels_of_openblas():
    """What NumPy's OpenBLAS chooses in a process without OPENBLAS_CORETYPE."""
    code = "import numpy, threadpoolctl as t; print([i.get('architecture') for i in "
    code += "t.threadpool_info() if i['internal_api'] == 'openblas'])"
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    return eval(run.stdout)


def test_kernels_of_an_older_processor_are_told(monkeypatch):
    own = kernels_of_openblas()
    if own in ([], ["Nehalem"]):
        pytest.skip("NumPy is not linked with OpenBLAS for several processors here")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Nehalem")
    (line,) = versions.advice()
    assert "OPENBLAS_CORETYPE=Nehalem makes OpenBLAS use Nehalem kernels" in line
    assert f"it would choose {own[0]}. Unset OPENBLAS_CORETYPE" in line
    monkeypatch.setenv("OPENBLAS_CORETYPE", own[0])
    assert versions.advice() == ["No environment variable slows BLAS down."]


def test_kernels_that_cannot_be_found_out_are_not_told(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Nehalem")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert versions.advice() == ["No environment variable slows BLAS down."]
