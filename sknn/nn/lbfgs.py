"""Full-batch training with SciPy's L-BFGS-B: the loop over iterations."""

import time
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from sknn.nn.training import as_a_whole, trim

BLOCK, MEMORY = 4096, 2**26  # maximum rows and bytes at a time, so that layers stay in the cache


@dataclass
class LbfgsOutcome:
    """The outcome of ``minimize_loss``.

    ``reason`` is "converged", "limit" (max_iter or max_fun is reached), "failed" (SciPy gave up),
    "interrupted", "time" or "asked". ``message`` is SciPy's message. ``loss`` is nan if an
    interrupt came before the end of the first iteration.
    """

    reason: str
    message: str
    iterations: int
    loss: float


def minimize_loss(
    gradient,
    rows,
    *,
    alpha,
    max_iter,
    max_fun,
    tol,
    history,
    l1=0.0,
    max_time=None,
    after_iteration=None,
    say=None,
):
    """Minimises the penalised loss over ``gradient.theta``, in place.

    gradient: a Gradient in float64    rows: a Source    alpha, l1: strengths of the penalties
    max_iter, max_fun, tol: SciPy's maxiter, maxfun, gtol    history: as in ``train``, with one row
    per iteration    max_time: seconds after which to stop    after_iteration: () -> whether to
    stop    say: receives lines about the progress    returns: an LbfgsOutcome
    """
    layout = gradient.network.layout
    n = layout.n_trainable
    theta = gradient.theta
    weight_sum = rows.weight_sum
    last = {"x": theta[:n].copy(), "loss": np.nan, "iterations": 0}
    earlier = len(history["loss"])  # rows from earlier calls
    started = began = time.perf_counter()
    late = False

    def loss_and_gradient(x):
        theta[:n] = x
        value = _full_batch(gradient, rows, weight_sum)
        if alpha > 0 or l1 > 0:
            value += gradient.add_penalty(alpha / weight_sum, l1 / weight_sum)
        return value, gradient.grad[:n].copy()

    def record(row, x, iterations):
        trim(history, earlier + iterations - 1)
        for name, values in history.items():
            values.append(row.get(name, np.nan))
        last.update(x=x, loss=row["loss"], iterations=iterations)

    def after(intermediate_result):
        nonlocal started, late
        x, loss = intermediate_result.x.copy(), float(intermediate_result.fun)
        theta[:n] = x
        now = time.perf_counter()
        norm = float(np.linalg.norm(gradient.grad[:n]))
        row = {"loss": loss, "gradient_norm": norm, "seconds": now - started}
        as_a_whole(record, row, x, last["iterations"] + 1)
        started = now
        if say:
            say(f"Iteration {last['iterations']}, loss = {last['loss']:.8f}")
        asked = after_iteration is not None and after_iteration()
        late = not asked and max_time is not None and time.perf_counter() - began > max_time
        if asked or late:
            raise StopIteration

    try:
        result = minimize(
            loss_and_gradient,
            last["x"],
            method="L-BFGS-B",
            jac=True,
            options={"maxfun": max_fun, "maxiter": max_iter, "gtol": tol},
            callback=after,
        )
    except KeyboardInterrupt:
        theta[:n] = last["x"]
        return LbfgsOutcome("interrupted", "", last["iterations"], last["loss"])
    finally:
        rows = gradient = after_iteration = None  # some SciPy versions keep them in a cycle
    theta[:n] = result.x
    reason = {0: "converged", 1: "limit", 99: "time" if late else "asked"}.get(
        result.status, "failed"
    )
    return LbfgsOutcome(reason, str(result.message), min(result.nit, max_iter), float(result.fun))


def _full_batch(gradient, rows, weight_sum):
    """The loss of all rows without penalties. Writes its gradient to ``gradient.grad``."""
    total, grad = 0.0, 0.0
    network = gradient.network
    block = min(BLOCK, len(rows), max(1, MEMORY // network.row_size(rows.dtype)))
    if network.joint:
        block = len(rows)
    for _, batch in rows.batches(block):
        total += gradient.sum(batch)
        if len(rows) > block:
            grad = grad + gradient.grad
    if len(rows) > block:
        np.copyto(gradient.grad, grad)
    value, scale = gradient.loss.finish(total, weight_sum)
    gradient.grad *= scale
    return value
