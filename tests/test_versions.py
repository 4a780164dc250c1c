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
    assert f"cores: {versions.cores()}\n" in printed
    assert f"executable: {sys.executable}\n" in printed
    for library in libraries():
        assert library["filepath"] in printed
    assert "Speed:\n    No environment variable slows BLAS down.\n" in printed


def test_show_versions_says_none_of_a_package_that_is_missing(capsys, monkeypatch):
    monkeypatch.setattr(versions, "PACKAGES", ("no-such-package",))
    sknn.show_versions()
    assert "no-such-package: None\n" in capsys.readouterr().out


def test_show_versions_is_laid_out_in_four_sections(capsys, monkeypatch):
    monkeypatch.setattr(versions, "PACKAGES", ("numpy", "scikit-learn"))
    monkeypatch.setattr(versions, "_version", {"numpy": "2.0", "scikit-learn": "1.9"}.get)
    monkeypatch.setattr(versions, "cores", lambda: 3)
    monkeypatch.setattr(versions, "blas", lambda: ["one library", "another"])
    monkeypatch.setattr(versions, "advice", lambda: ["Unset it."])
    monkeypatch.setattr(versions.platform, "platform", lambda: "a machine")
    monkeypatch.setattr(sys, "version", "3.99 (main)\n[a compiler]")
    monkeypatch.setattr(sys, "executable", "/bin/python")
    versions.show_versions()
    assert capsys.readouterr().out == (
        "System:\n"
        "        python: 3.99 (main) [a compiler]\n"
        "    executable: /bin/python\n"
        "       machine: a machine\n"
        "         cores: 3\n\n"
        "Python packages:\n"
        "         numpy: 2.0\n"
        "  scikit-learn: 1.9\n\n"
        "BLAS:\n    one library\n    another\n\n"
        "Speed:\n    Unset it.\n\n"
    )


@pytest.mark.parametrize(("allowed", "told"), [({0, 5, 7}, 3), (None, 8)])
def test_cores_are_those_that_the_process_may_use_where_the_system_says_so(
    monkeypatch, allowed, told
):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    if allowed is None:  # as on macOS and Windows
        monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    else:
        monkeypatch.setattr(os, "sched_getaffinity", lambda pid: allowed, raising=False)
    assert versions.cores() == told


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
        "not recognised by threadpoolctl, so its threads cannot be counted or limited"
    ]


def test_blas_that_does_not_say_its_version_or_kernels_is_listed_without(monkeypatch):
    library = {"user_api": "blas", "num_threads": 1, "filepath": "/lib/it"}
    known = [
        {**library, "internal_api": "mkl", "version": None},
        {**library, "user_api": "openmp", "internal_api": "openmp", "version": "9"},
        {**library, "internal_api": "blis", "version": "1.2", "architecture": "zen"},
    ]
    monkeypatch.setattr(versions, "threadpool_info", lambda: known)
    assert versions.blas() == [
        "mkl, unknown kernels, 1 thread: /lib/it",
        "blis 1.2, zen kernels, 1 thread: /lib/it",
    ]


@pytest.mark.parametrize(
    ("value", "told"),
    [("1", True), ("3", True), ("4", False), ("0", False), ("x", False), ("", False)],
)
def test_too_few_threads_are_told(monkeypatch, value, told):
    monkeypatch.setattr(versions, "cores", lambda: 4)
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    (line,) = versions.advice()
    wanted = f"OMP_NUM_THREADS={value} limits BLAS, and the threads of sknn, to {value} of 4 cores."
    assert line.startswith(wanted) == told


def test_every_variable_that_limits_threads_is_told(monkeypatch):
    monkeypatch.setattr(versions, "cores", lambda: 4)
    for name in versions.NUMBERS_OF_THREADS:
        monkeypatch.setenv(name, "2")
    told = [line.partition("=")[0] for line in versions.advice()]
    assert told == [
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    ]


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


@pytest.mark.parametrize(
    ("forced", "own", "told"),
    [("Nehalem", "Zen", True), ("Zen", "Zen", False), ("Nehalem", "", False), ("", "Zen", True)],
)
def test_kernels_are_told_only_where_others_would_be_chosen(monkeypatch, forced, own, told):
    monkeypatch.setattr(
        versions, "_kernels", lambda env: forced if versions.KERNELS in env else own
    )
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Old")
    (line,) = versions.advice()
    wanted = (
        f"OPENBLAS_CORETYPE=Old makes OpenBLAS use {forced} kernels; on this processor it would"
    )
    assert line.startswith(wanted) == told


@pytest.mark.parametrize(
    ("code", "kernels"),
    [
        ("import os; print(os.environ['PLACE'])", "here"),
        ("print('Zen'); raise SystemExit(1)", ""),  # half an answer is none
    ],
)
def test_kernels_are_what_a_new_process_in_the_environment_prints(monkeypatch, code, kernels):
    monkeypatch.setattr(versions, "KERNELS_OF_NUMPY", code)
    assert versions._kernels({**os.environ, "PLACE": "here"}) == kernels


def test_process_that_takes_longer_than_a_minute_has_no_answer(monkeypatch):
    def run(command, timeout, **others):
        assert timeout == 60
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(versions.subprocess, "run", run)
    assert versions._kernels(os.environ) == ""
