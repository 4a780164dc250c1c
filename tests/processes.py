"""What tests run in a process of their own, and what that says of its memory and its weights."""

import json
import os
import signal
import subprocess
import sys
import time
import warnings
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread

KEPT = ("PATH", "HOME", "TMPDIR", "TEMP", "SYSTEMROOT", "LD_LIBRARY_PATH")  # of the environment
KERNELS = ("OPENBLAS_", "MKL_", "NPY_")  # so begin the names of what decides about rounding
THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
STATUS = Path("/proc/self/status")  # on Linux only
MB = 2**20
RUN = """
import importlib, json, sys
module, name, args = sys.argv[1:]
result = getattr(importlib.import_module(module), name)(*json.loads(args))
print(json.dumps(result))
"""


def run(function, *args, n_threads=1, timeout=300, **environment):
    """function(*args), computed in a new process; what goes in and comes out must fit into JSON.

    function: one of a module, which the process imports    n_threads: of BLAS
    environment: variables; none but these, KEPT and KERNELS are set, so that what else the
    caller has set does not matter

    Raises AssertionError with what the process wrote if it fails, or has not ended in time;
    nothing that it has started lives on.
    """
    paths = os.pathsep.join(part for part in sys.path if part)
    kept = (name for name in os.environ if name in KEPT or name.startswith(KERNELS))
    env = {name: os.environ[name] for name in kept} | dict.fromkeys(THREADS, str(n_threads))
    env |= {"PYTHONPATH": paths} | environment
    names = function.__module__, function.__name__, json.dumps(args)
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", RUN, *names],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        printed, complaints = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # its children, too: they keep the pipes open
        printed, complaints = process.communicate()
        raise AssertionError(f"not done after {timeout} seconds: {printed}{complaints}") from None
    assert process.returncode == 0, complaints
    return json.loads(printed.splitlines()[-1])


def forked(function, *args):
    """The exit code of a copy of this process that does no more than call the function."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking where threads are
        child = os.fork()
    if not child:
        try:
            function(*args)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def digest(estimator):
    """Of the weights and running statistics, to the last bit, as text."""
    model = estimator._model
    return sha256(model.theta.tobytes() + model.state.tobytes()).hexdigest()


def memory(name):
    """Bytes of this process: VmRSS are resident, VmHWM the most that ever were, RssAnon its own.

    The peak of ``resource.getrusage`` would be no less than what the parent had.
    """
    (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024


@contextmanager
def growth_of_own_memory():
    """A list that in the end holds by how many bytes RssAnon has grown at the most.

    Pages of mapped files do not count. Looked up every millisecond: what lives for less may be
    missed, but filling megabytes takes longer.
    """
    before, seen, ended = memory("RssAnon"), [], Event()

    def watch():
        while not ended.is_set():
            seen.append(memory("RssAnon") - before)
            time.sleep(0.001)

    watcher = Thread(target=watch)
    watcher.start()
    growth = []
    try:
        yield growth
    finally:
        ended.set()
        watcher.join()
        growth.append(max(seen))
