"""Several networks of one shape on one matrix, each validated on rows of its own."""

import math
import time
from dataclasses import dataclass, replace

import numpy as np

from sknn.nn.fit import Fit, Watch
from sknn.nn.grouping import in_batches
from sknn.nn.in_step import InStep
from sknn.nn.model import Model
from sknn.nn.network import Network
from sknn.nn.plan import Plan
from sknn.nn.stopping import Patience
from sknn.nn.threads import allowed_threads, one_blas_thread
from sknn.nn.together import run_together
from sknn.nn.training import HISTORY
from sknn.nn.training_state import TrainingState
from sknn.tabular.piecewise_codes import with_codes
from sknn.tabular.recipe import batch_size_for

CACHE = 2**23  # bytes of members in one pass: with small mini-batches, all those of a thread
ADAPTED = 1024  # maximum number of rows on which initial values depend


@dataclass(frozen=True)
class Trained:
    """Members after training, or between two epochs of it.

    Attributes
    ----------
    theta, state : ndarray of shape (k, P) and (k, S)
        Of the best epoch of each member; of the last one where nothing is held out.
    history : dict of ndarray of shape (n_epochs, k)
        By the names in HISTORY.
    best_epochs : ndarray of int, shape (k,)
        The epochs of theta and state, from 1; 0 before the first.
    diverged : bool
        Whether the weights of a member are no longer finite.
    """

    theta: np.ndarray
    state: np.ndarray
    history: dict
    best_epochs: np.ndarray
    diverged: bool = False


class Members:
    """Networks of one shape, and what trains them.

    Parameters
    ----------
    recipe : Recipe
    rows : Rows
        All rows on which members can train.
    subsets : list of ndarray of int, or of None
        The rows on which each member trains; None for all.
    held_out : list of HeldOut, or of None
        The samples on which each member is validated. Without any, None, its last weights are
        kept.
    random_states : list of RandomState
    """

    def __init__(self, recipe, rows, subsets, held_out, random_states):
        self.recipe, self.rows = recipe, rows
        self.subsets, self.held_out = subsets, held_out
        self.network = Network(recipe.layers, rows.x.shape[1:])
        self.random_states = random_states
        layers, self._rows, self._held_out = with_codes(recipe.layers, rows, held_out)
        self._network = Network(layers, self._rows.x.shape[1:])  # has the parameters of network
        copies = 4 * len(subsets)  # theta, gradient and two moments for each member
        self.network.refuse_too_large(
            rows.dtype,
            1,
            copies,
            "Lower n_estimators, hidden_layer_sizes or the number of columns.",
        )

    def train(self, max_time=None, say=None, watch=None, start=None):
        """Trains all members. Returns Trained.

        max_time: seconds after which training ends; as many epochs are planned as there is time for
        say: (epochs done, seconds they took) -> None    watch: a Watch, whose ``before_epoch``,
        ``after_epoch`` and ``save`` are called once for all members, and can call ``so_far``
        start: a Checkpoint of all members from which training continues
        """
        watch = watch or Watch()
        began = time.perf_counter()
        epochs = self._planned(max_time, began, start, watch.memory)
        ends = None if max_time is None else began + max_time
        if start or watch.before_epoch or watch.after_epoch or watch.save:
            progress = Progress(ends, say, start.epochs if start else 0)
            return self._in_step(epochs, progress, watch, start)
        return self._at_once(epochs, ends, say, watch.memory)

    def so_far(self):
        """Trained between two epochs, for a Watch; its arrays are copies."""
        checkpoint = self._steps.checkpoint
        theta, state = checkpoint.kept or (checkpoint.theta, checkpoint.state)
        shape = checkpoint.epochs, len(theta)
        history = {name: np.reshape(rows, shape) for name, rows in checkpoint.history.items()}
        best = np.array([self._best_epoch(scores) for scores in history["validation_score"].T])
        return Trained(theta.copy(), state.copy(), history, best)

    def _planned(self, max_time, began, start, memory):
        """The number of epochs: that of an interrupted fit, or as many as there is time for."""
        epochs = self.recipe.epochs
        if max_time is None:
            return epochs
        steps = start and start.run["progress"]["total_steps"]
        if steps is not None:
            n, size = self._batches_of(0)
            return int(min(epochs, steps[0] // math.ceil(n / size)))
        self._at_once(1, None, None, memory)
        took = time.perf_counter() - began
        return int(np.clip((max_time - took) / took, 1, epochs))

    def _at_once(self, epochs, ends, say, memory):
        """Trains for all epochs; threads do not wait for each other."""
        pairs, batches = self._fits(epochs, memory)
        for number, (first, *_) in enumerate(batches):  # one member of each batch checks the time
            pairs[first][1].after_epoch = Progress(ends, None if number else say)
        found = run_together([[pairs[number] for number in batch] for batch in batches])
        results = [result for of_batch in found for result in of_batch]
        for result in results:
            if isinstance(result, Exception):
                raise result
        fits = [fit for fit, _ in pairs]
        histories = [fit.history for fit in fits]
        n_epochs = min(len(history["loss"]) for history in histories)
        return Trained(
            np.stack([fit.model.theta for fit in fits]),
            np.stack([fit.model.state for fit in fits]),
            {
                name: np.array([history[name][:n_epochs] for history in histories]).T
                for name in HISTORY
            },
            np.array([self._best_epoch(history["validation_score"]) for history in histories]),
            any(result.reason == "diverged" for result in results),
        )

    def _in_step(self, epochs, progress, watch, start):
        """Trains epoch by epoch, and calls the Watch in between."""
        steps = self._steps = InStep(*self._fits(epochs, watch.memory), start)
        if watch.save and start is None:
            watch.save(steps.checkpoint, True)
        over = steps.epochs >= epochs
        while not over:
            if watch.before_epoch:
                watch.before_epoch()
            if not steps.epoch():
                return replace(self.so_far(), diverged=True)
            over = progress() or steps.epochs == epochs
            if watch.after_epoch and watch.after_epoch():
                over = True
            if watch.save:
                watch.save(steps.checkpoint, over)
        return self.so_far()

    def _fits(self, epochs, memory):
        """([(Fit, Watch)] of the members, lists of the members that train in one pass)."""
        members = range(len(self.subsets))
        with one_blas_thread():  # with several threads, initial values would round differently
            pairs = [(self._fit(number, epochs), Watch(memory=memory)) for number in members]
        return pairs, _shared_out(in_batches(pairs, CACHE))

    def _batches_of(self, number):
        """(number of rows on which a member trains, rows per batch)"""
        subset = self.subsets[number]
        n = len(self.rows) if subset is None else len(subset)
        return n, batch_size_for(n, self.recipe.batch_size)

    def _best_epoch(self, scores):
        """The last of the best epochs, counted from 1; the last epoch if nothing is held out."""
        if self.held_out[0] is None:
            return len(scores)
        last_first = np.nan_to_num(scores, nan=-np.inf)[::-1]
        return len(scores) - int(np.argmax(last_first)) if len(scores) else 0

    def _initial(self, random_state, subset):
        """Initial values of (theta, state), which depend on some of the training rows."""
        network, rows = self.network, self.rows
        theta, state = network.initial(random_state, rows.dtype)
        n = len(rows) if subset is None else len(subset)
        chosen = random_state.permutation(n)[:ADAPTED]
        x = rows.x[chosen if subset is None else subset[chosen]]
        views = network.layout.views(theta), network.state_layout.views(state)
        network.adapt(*views, x, random_state)
        return theta, state

    def _fit(self, number, epochs):
        recipe, rows = self.recipe, self._rows.astype(self.rows.dtype)  # threads need their own
        own = self.random_states[number]
        random_state = np.random.RandomState()
        random_state.set_state(own.get_state())
        subset, layout = self.subsets[number], self.network.layout
        theta, state = self._initial(random_state, subset)
        moments = recipe.optimizer.start(theta[: layout.n_trainable], layout.n_decayed)
        plan = Plan(
            batch_size=self._batches_of(number)[1],
            learning_rate=recipe.learning_rate,
            schedule=recipe.schedule,
            n_iter_no_change=np.inf,
            early_stopping=self.held_out[number] is not None,
            last_of_ties=True,
        )
        return Fit(
            Model(self._network, recipe.loss, theta, state),
            recipe.training_loss,
            rows,
            subset,
            self._held_out[number],
            plan,
            TrainingState(recipe.optimizer, moments, random_state, Patience()),
            epochs,
            {name: [] for name in HISTORY},
        )


class Progress:
    """Reports the progress of training, and ends it when the time is over.

    ends: when the time is over, according to ``time.perf_counter``, or None
    say: (epochs done, seconds they took) -> None, or None
    epochs: number of epochs that were done before, in an interrupted fit
    """

    def __init__(self, ends, say, epochs=0):
        self.ends, self.say, self.epochs = ends, say, epochs
        self.began = time.perf_counter()

    def __call__(self):
        """Counts an epoch; returns whether to stop."""
        now = time.perf_counter()
        self.epochs += 1
        if self.say:
            self.say(self.epochs, now - self.began)
        return self.ends is not None and now > self.ends


def _shared_out(batches):
    """Batches, divided further until all threads get equally many; the results stay the same."""
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
