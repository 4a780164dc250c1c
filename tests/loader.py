"""Loads files within bounds of memory and time, one for each line of its input: a path.

It answers each with a line of JSON: what load did, how long it took and the memory it took at most.
"""

import json
import resource
import signal
import sys
import time
import tracemalloc
from pathlib import Path

from sknn.persistence import load

MEMORY = 2**30  # of address space beside what the program has
SECONDS = 20  # of the processor, for one file


class TooLong(BaseException):
    """No Exception, so that load does not make a SavedModelError of it."""


def answer(path):
    tracemalloc.start()
    began = time.process_time()
    try:
        load(path)
        outcome = "loaded"
    except BaseException as error:
        outcome, told = type(error).__name__, len(str(error))
    else:
        told = 0
    seconds, peak = time.process_time() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {"outcome": outcome, "told": told, "seconds": seconds, "peak": peak}


def stop(*_):
    raise TooLong


if __name__ == "__main__":
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    signal.signal(signal.SIGPROF, stop)
    for line in sys.stdin:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        print(json.dumps(answer(line.rstrip("\n"))), flush=True)
        signal.setitimer(signal.ITIMER_PROF, 0)
