"""Several networks of one shape on one matrix, each with rows of its own to be validated on."""

import time

import numpy as np

from sknn.nn.fit import Fit, Watch
from sknn.nn.grouping import in_batches
from sknn.nn.model import Model
from sknn.nn.network import Network
from sknn.nn.plan import Plan
from sknn.nn.stopping import Patience
from sknn.nn.threads import allowed_threads
from sknn.nn.together import run_together
from sknn.nn.training import HISTORY
from sknn.nn.training_state import TrainingState
from sknn.tabular.recipe import batch_size_for

ADAPTED = 1024  # rows that first values depend on


class Members:
    """Networks of one shape, and what trains them.

    Parameters
    ----------
    recipe : Recipe
    rows : Rows
        All rows there are to train on.
    subsets : list of ndarray of int, or of None
        The rows that each member trains on; None for all.
    held_out : list of HeldOut, or of None
        What each member is validated on; None for nothing: then its last weights are kept.
    random_states : list of RandomState
    """

    def __init__(self, recipe, rows, subsets, held_out, random_states):
        self.recipe, self.rows = recipe, rows
        self.subsets, self.held_out = subsets, held_out
        self.network = Network(recipe.layers, rows.x.shape[1:])
        self.random_states = random_states
        copies = 4 * len(subsets)  # theta, gradient and two moments of each member
        self.network.refuse_too_large(
            rows.dtype,
            1,
            copies,
            "Lower n_estimators, hidden_layer_sizes or the number of columns.",
        )

    def train(self, max_time=None, say=None, memory=2**30):
        """Trains all; returns (theta (k, P), state (k, S), [Result], [history]).

        max_time: seconds after which training ends; fewer epochs are planned if it takes longer
        say: (epochs done, seconds they took) -> None
        """
        began = time.perf_counter()
        epochs = self.recipe.epochs
        if max_time is not None:
            self._run(1, memory)
            took = time.perf_counter() - began
            epochs = int(np.clip((max_time - took) / took, 1, epochs))
        ends = None if max_time is None else began + max_time
        fits, results = self._run(epochs, memory, ends, say)
        theta, state = (
            np.stack([getattr(fit.model, name) for fit in fits]) for name in ("theta", "state")
        )
        return theta, state, results, [fit.history for fit in fits]

    def _run(self, epochs, memory, ends=None, say=None):
        fits = [self._fit(number, epochs) for number in range(len(self.subsets))]
        pairs = [(fit, Watch(memory=memory)) for fit in fits]
        batches = _shared_out(in_batches(pairs))
        for number, (first, *_) in enumerate(batches):  # one of each batch looks at the clock
            pairs[first][1].after_epoch = Progress(ends, None if number else say)
        found = run_together([[pairs[number] for number in batch] for batch in batches])
        results = [None] * len(fits)
        for batch, of_batch in zip(batches, found, strict=True):
            for number, result in zip(batch, of_batch, strict=True):
                if isinstance(result, Exception):
                    raise result
                results[number] = result
        return fits, results

    def _initial(self, random_state, subset):
        """First values of (theta, state), which depend on some of the rows to train on."""
        network, rows = self.network, self.rows
        theta, state = network.initial(random_state, rows.dtype)
        n = len(rows) if subset is None else len(subset)
        chosen = random_state.permutation(n)[:ADAPTED]
        x = rows.x[chosen if subset is None else subset[chosen]]
        views = network.layout.views(theta), network.state_layout.views(state)
        network.adapt(*views, x, random_state)
        return theta, state

    def _fit(self, number, epochs):
        recipe, rows = self.recipe, self.rows.astype(self.rows.dtype)  # threads need their own
        own = self.random_states[number]
        random_state = np.random.RandomState()
        random_state.set_state(own.get_state())
        subset, layout = self.subsets[number], self.network.layout
        theta, state = self._initial(random_state, subset)
        moments = recipe.optimizer.start(theta[: layout.n_trainable], layout.n_decayed)
        plan = Plan(
            batch_size=batch_size_for(
                len(rows) if subset is None else len(subset), recipe.batch_size
            ),
            learning_rate=recipe.learning_rate,
            schedule=recipe.schedule,
            n_iter_no_change=np.inf,
            early_stopping=self.held_out[number] is not None,
            last_of_ties=True,
        )
        return Fit(
            Model(self.network, recipe.loss, theta, state),
            recipe.training_loss,
            rows,
            subset,
            self.held_out[number],
            plan,
            TrainingState(recipe.optimizer, moments, random_state, Patience()),
            epochs,
            {name: [] for name in HISTORY},
        )


class Progress:
    """Says how far training is, and ends it when its time is over.

    ends: the time, as ``time.perf_counter`` has it, or None
    say: (epochs done, seconds they took) -> None, or None
    """

    def __init__(self, ends, say):
        self.ends, self.say = ends, say
        self.began, self.epochs = time.perf_counter(), 0

    def __call__(self):
        """Takes in that an epoch is done; returns whether to stop."""
        now = time.perf_counter()
        self.epochs += 1
        if self.say:
            self.say(self.epochs, now - self.began)
        return self.ends is not None and now > self.ends


def _shared_out(batches):
    """Batches divided further until threads have as many each: the results are the same."""
    n_threads = min(allowed_threads(), sum(map(len, batches)))
    n_parts = np.ones(len(batches), int)
    while n_parts.sum() % n_threads:
        sizes = np.array([*map(len, batches)]) / n_parts
        if sizes.max() <= 1:
            break
        n_parts[sizes.argmax()] += 1
    pairs = zip(batches, n_parts, strict=True)
    parts = [part.tolist() for batch, n in pairs for part in np.array_split(batch, n)]
    return sorted(parts, key=len, reverse=True)  # so that threads end at about the same time
