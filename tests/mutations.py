"""How many deliberate mistakes in the core do the tests notice?

    python tests/mutations.py [--only PART] [--unchanged]

Each mutation below is a mistake that a hurried author might make: a sign, an off-by-one, a copy
left out, a check forgotten. One at a time they are put into a copy of the package in a temporary
directory, and the tests that ought to notice are run there. A mutation is caught if one of them
fails, or if they take longer than LIMIT seconds. Those that none notices are listed in the end:
each is either no mistake after all, or wants a test. The exit status is 1 if fewer than LEAST of
all are caught.

With --only, mutations of files whose path contains PART. With --unchanged the tests are first run
on a copy without a mutation, where all must pass: on what fails anyway nothing can be noticed.
Takes about two hours in all; the working tree is never changed.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 300  # seconds
LEAST = 0.95
PASSED, FAILED = 0, 1  # pytest's exit status; others say that the tests could not be run

# A file in sknn and the tests that ought to notice; then what stands in the file, once, and what
# to put there. \n is a new line.
MUTATIONS = r"""
__init__.py: architecture
    {*globals(), *__all__, *_SUBMODULES} => {*globals(), *_SUBMODULES}
    {*globals(), *__all__, *_SUBMODULES} => {*globals(), *__all__}
    globals()[name] = value => pass
nn/constant.py: constant poor_fits
    if share[others].sum() <= RARE * share.sum(): => if False:
    if share[others].sum() <= RARE * share.sum(): => if not others.any():
    else weight.max(axis=1)\n => else weight.min(axis=1)\n
    y[share.argmax()] => y[0]
    else sum_of_weights(weight) => else float(len(y))
    return least if least > 0 else None => return least
    mean = np.average(y, axis=0, weights=weight) => mean = np.mean(y, axis=0)
    return [np.log(mean)] => return [mean]
    return [logits, FOCAL * logits] => return [logits]
    return [logits, FOCAL * logits] => return [FOCAL * logits]
    return [quantiles, mean, => return [quantiles,
    np.where(mean > 0.5, 1.0, -1.0), np.zeros_like(mean)] => np.zeros_like(mean)]
    levels * below[-1] => levels * len(values)
    np.log(mean) - np.log1p(-mean) => np.log(mean)
estimators/poor_fits.py: poor_fits
    EPOCHS, STEPS = 10, 100 => EPOCHS, STEPS = 9, 100
    EPOCHS, STEPS = 10, 100 => EPOCHS, STEPS = 10, 60
    WORSE = 1.05 => WORSE = 1.0
    UNFINISHED = 3  => UNFINISHED = 2
    USELESS = 0.5  => USELESS = 0.4
    rose = start.model is None and => rose =
    if not beaten and not (rose and useless): => if not beaten:
    if constant is not None and own > bound * constant: => if constant is not None:
    elif rose and own > WORSE * losses[0]: => elif rose:
    if result.reason in ("interrupted", "diverged", "asked") or => if
    or not np.isfinite(result.loss): => or False:
    at = at[fit.rows.weight[at].any(axis=1)] => pass
    of_x *= fit.rows.samples.scale or 1 => of_x *= 1
    of_x > LARGE and not scales_input(fit.model.network.layers) => of_x > LARGE
    compared = is_regressor(estimator) and fit.loss.link == "identity" => compared = False
    SMALL < of_y < LARGE => of_y < LARGE
    STILL_FALLING = 0.99 => STILL_FALLING = 0.98
    LARGE, SMALL = 20, 0.05 => LARGE, SMALL = 24, 0.05
    LARGE, SMALL = 20, 0.05 => LARGE, SMALL = 20, 0.04
    losses[-2 * quarter : -quarter] => losses[:quarter]
    fit.history["loss"][-result.epochs :] if => fit.history["loss"] if
    at[:: max(1, ceil(len(at) / ROWS))] => at[:ROWS]
    ceil(fit.n_samples / fit.plan.batch_size) => (fit.n_samples // fit.plan.batch_size)
    WORSE if cause or not _is_still => WORSE if not _is_still
    weight = None if weight is None else weight[at] => weight = None
estimators/scales.py: scales
    if min(len(samples), len(samples_val)) < LEAST: => if len(samples) < LEAST:
    if min(len(samples), len(samples_val)) < LEAST: => if False:
    varies = spread > ROUNDING * np.abs(mean) => varies = spread >= 0
    if far > FAR: => if False:
    elif very_far > VERY_FAR: => elif False:
    elif narrow < NARROW: => elif False:
    -1 - len(distances) // 10 => -1
    x = x.toarray() if issparse(x) else x => pass
    ROUNDING = 1e-9 => ROUNDING = 1e-3
    np.median(spread_val[both] / spread[both]) => np.mean(spread_val[both] / spread[both])
estimators/hidden_layers.py: evidence pixels
    (Dense, Conv2D, Residual)) => (Dense, Conv2D))
    any(isinstance(layer, BatchNorm) => all(isinstance(layer, BatchNorm)
estimators/pixels.py: pixels
    if is_guessed and height == 1 < width: => if height == 1 < width:
    if height < shorter and longer < ASPECT * shorter: => if height < shorter:
    if taken_as_integers and most > BITS_8: => if taken_as_integers and most >= BITS_8:
    BITS_16 if most <= BITS_16 else most => most
    1 if most == 1 else BITS_4 if most > 9 else most => BITS_4
    0 <= least < most / 10: => 0 <= least:
    most > TOO_LARGE and => most >= TOO_LARGE and
    3 * side * side == width => side * side <= width
estimators/validation.py: validation parts
    others and all(map(_is_in_time, others)) else => others else
    return others[-1] if => return first if
    training.max() < validation.min() => True
    if left_out > len(rows) / 2: => if False:
    if both.min() < 0 or both.max() >= n: => if both.max() >= n:
    if len(np.unique(both)) < len(both): => if False:
    if y.shape[1] != wanted: => if y.shape[1] < wanted:
    numbers.max() >= n or len => numbers.max() > n or len
    weights = {} if held_out.weight is None => weights = {} if True
    .split(everything, labels, groups) => .split(everything, None, groups)
    random_state=random_state,\n            test => random_state=0,\n            test
estimators/newest.py: newest
    np.arange(n - n_test, n) => np.arange(n_test)
    return ceil(self.test_size * n) => return int(self.test_size * n)
    if not 0 < n_test < n: => if not 0 <= n_test < n:
estimators/raw_tables.py: raw_tables
    if TEXT in said: => if TEXT not in said:
    isinstance(value, str) and not _is_number(value) => isinstance(value, str)
    if not columns: => if False:
    return bool(np.isnan(column).any()) => return False
    if len(columns) > SHOWN else => if len(columns) >= SHOWN else
estimators/meeting.py: meeting
    if result.reason == "interrupted" and _is_run_by_joblib(): => if False:
    if result.reason == "interrupted" and _is_run_by_joblib(): => if result.reason == "interrupted":
model_selection/spaces.py: spaces
    if network.solver == "lbfgs": => if False:
    rates = RATES.get(name.lower(), USUAL_RATES) => rates = USUAL_RATES
    prefix + name: values => name: values
nn/in_step.py: in_step members
    self._parts = [of_batch(start, *each) => [of_batch(start, *each)
    if finite:\n            self._join() => if True:\n            self._join()
    if finite:\n            self._join() => if finite:\n            pass
    lambda: True, self._parts[number] => lambda: False, self._parts[number]
    np.ndim(value) > 0 and len(value) == n => np.ndim(value) > 0
    if not (arrays and lists and run["order"].ndim == 2): => if not (arrays and lists):
    if not (arrays and lists and run["order"].ndim == 2): => if not arrays:
    if outcome.reason == "interrupted": => if False:
    return not outcome.diverged.any() => return True
    checkpoint.theta.copy(), checkpoint.state.copy() => checkpoint.theta, checkpoint.state
    kept = Keeper(gradient.theta, gradient.state) if keeps else None => kept = None
    places = np.argsort(np.concatenate(batches)) => places = np.concatenate(batches)
    return [values[place] for place in places] => return values
    1 / stacked([len(batch) for batch in batches]) => 1
    _with_seconds(history, len(batch)) => _with_seconds(history, 1)
    _renumbered(run["order"], -own) => _renumbered(run["order"], own)
    _renumbered(run["order"], -own) => _renumbered(run["order"], 0 * own)
    "order": _renumbered(order, starts), => "order": order,
    np.count_nonzero(order >= 0, axis=1).max() => np.count_nonzero(order >= 0, axis=1).min()
    np.where(order >= 0, order + starts[:, None], -1) => order + starts[:, None]
    constant_values=-1) => constant_values=0)
    {name: value[batch] for name, value in values["patience"]} => dict(values["patience"])
    checkpoint.kept and tuple(own[batch] for own in checkpoint.kept) => None
nn/sparse_rows.py: sparse_rows
    differs = block != background => differs = block != 0
    out[...] = self.background => out[...] = 0
    np.repeat(starts - (ends - counts), counts) => np.repeat(starts, counts)
    at = np.arange(*at.indices(len(self))) => at = np.arange(at.start or 0, at.stop or len(self))
    np.full(len(self), self.background[j]) => np.zeros(len(self), self.dtype)
    if out is None: => if True:
nn/model.py: tables_in_scikit_learn
    ready = x.dtype == self.dtype and not isinstance(x, SparseRows) => ready = x.dtype == self.dtype
tabular/encoding.py: tables_in_scikit_learn
    n_rows = max(1, CHUNK // max( => n_rows = max(1000, CHUNK // max(
    if not issparse(table.matrix): => if True:
inspection/table_symptoms.py: table_symptoms
    table = read_table(reader, X, reset=not fitted) => table = read_table(reader, X, reset=True)
    reader = estimator if fitted else clone(estimator) => reader = estimator
    check_consistent_length(np.empty(evidence.n), y, sample_weight) => pass
    np.bincount(codes, weights=sample_weight) => np.bincount(codes)
    float(sums.max() / sums.sum()) => float(sums.min() / sums.sum())
    np.count_nonzero(~np.isnan(predicted[:, 0])) => len(predicted)
    if len(y) == 1 and not is_classifier(estimator): => if False:
    if score > constant + chance: => if score > constant:
    gap > GAP + 2 * _chance(evidence, held_out) => gap > GAP + _chance(evidence, held_out)
    gap > GAP + 2 * _chance(evidence, held_out) => gap > 2 * _chance(evidence, held_out)
    min(0.5, 2 * dropout or 0.3) => 2 * dropout or 0.3
    if best > EARLY * n_epochs: => if best >= EARLY * n_epochs - 0.5:
    float(np.median(estimator.best_iter_)) => float(np.max(estimator.best_iter_))
    if n_epochs < EPOCHS / EARLY: => if n_epochs < EPOCHS:
    n = evidence.n_held_out / estimator.n_members_ => n = evidence.n_held_out
    if n >= FOLD: => if n > FOLD:
    or estimator.cv is not None: => or False:
    if least else np.inf => if least else 0
    evidence.class_weights) > IMBALANCE: => evidence.class_weights) >= IMBALANCE:
    if ratio <= IMBALANCE or => if ratio < IMBALANCE or
    or evidence.estimator.class_weight is not None: => or False:
    np.sqrt(accuracy * (1 - accuracy) / evidence.n_held_out) => np.sqrt(accuracy * (1 - accuracy))
    if rate == "auto" else rate => if True else rate
    if unused[NAMED:] else "" => if unused else ""
model_selection/spaces.py: spaces
    LARGEST_DROPOUT = 0.5 => LARGEST_DROPOUT = 0.6
    BATCH_SIZES = (32, 64, 128, 256) => BATCH_SIZES = (32, 64, 128, 512)
tabular/frames.py: frames
    codes = np.full(len(numbers), -1) => codes = np.full(len(numbers), 0)
    order = [self.names.index(name) for name in names] => order = list(range(len(names)))
    *map(float, self.levels), np.nan => *map(float, self.levels), 0
    codes = np.where(missing, -1, => codes = np.where(missing, 0,
    self.matrix[kept] => self.matrix
    codes=None if own.codes is None else own.codes[kept], => codes=own.codes,
    return None if value != value else float(value) => return float(value)
    isinstance(level, str | bool) for level in found => isinstance(level, str) for level in found
    if len(set(names)) < len(names): => if False:
    series.cast(float).to_numpy() if => series.fill_null(0).to_numpy() if
    known = np.array([*map(float, found), np.nan]) => known = np.array([*map(float, found), 0.0])
    ("NAType", "NaTType") => ("NAType",)
    dtype=np.float64, na_value=np.nan => dtype=np.float32, na_value=np.nan
    self._by_column.sum_duplicates() => pass
tabular/encoding.py: encoding
    n_rows = table.shape[0] if sparse else => n_rows =
    max(1, int(memory // row_size)) => int(memory // row_size) + 1
    if missing.any() and not missing.all(): => if missing.any():
    if missing.any() and not missing.all(): => if False:
    np.copyto(values, self.fill, where=missing[:, numbers]) => pass
    / half, -FAR, FAR) => / half, -np.inf, np.inf)
    (0.5 * values - 0.5 * centre) / half => (values - centre) / (2 * half)
    return z / np.sqrt(1 + (z / 3) ** 2) => return z / np.sqrt(1 + (z / 2) ** 2)
    [0.25, 0.5, 0.75] => [0.1, 0.5, 0.9]
    0.5 * values.min()) / 2 => 0.5 * values.min())
    return float(2 * centre), float(half) => return float(values.mean()), float(half)
    if counts[code] >= SELDOM] => if counts[code] >= 1]
    if n_levels > max_onehot and n_levels > 2: => if n_levels >= max_onehot and n_levels > 2:
    if n_levels + missing < 2: => if n_levels < 2:
    "missing": missing and kind == "codes", => "missing": False,
    "missing": missing and kind == "codes", => "missing": kind == "codes",
    rows[codes < 0] = len(own["levels"]) + 1 => rows[codes < 0] = len(own["levels"])
    rows = own_codes + 1 => rows = own_codes
    np.array([-1.0, 1.0, 0.0])[codes] => np.array([1.0, -1.0, 0.0])[codes]
    np.array([-1.0, 1.0, 0.0])[codes] => np.array([-1.0, 1.0, 1.0])[codes]
    categories.sort(key=lambda own: own["kind"] == "codes") => pass
    return max(len(self.centre), 0 if self.sizes else 1) => return len(self.centre)
    self._scaled(block.astype(np.float64), slice(first, last)) => block
    key=lambda code: _rank(levels[code]) => key=None
    if half > 0: => if half >= 0:
    if len(order) + missing + (len(order) < n_levels) < 2: => if False:
    also = f"{texts[j]}; " if j in self.numbers else "" => also = f"{texts[j]}; "
    for j in self.indicators:\n            also => for j in []:\n            also
    code_place += 1 => pass
tabular/reading.py: reading ensemble
    if found.ndim != 1: => if False:
    checked_total(name, weight)\n => pass\n
    return asked.copy() => return asked
tabular/folds.py: folds ensemble
    shuffled = random_state.permutation(n) => shuffled = np.arange(n)
    np.argsort(y[shuffled], kind="stable") => np.arange(n)
    min(max(n_members, LEAST), n // 2) => min(n_members, n // 2)
    min(max(n_members, LEAST), n // 2) => max(n_members, LEAST)
    np.flatnonzero(~rows), np => np.flatnonzero(rows), np
    if n_folds < 2:\n        return [] => if n_folds < 3:\n        return []
    found[number % len(found)] for number in => found[0] for number in
    place[at][kept[at]] for at => at for at
    if all(map(len, parts)): => if True:
    if len(found) == n_members: => if len(found) == 1:
    max(map(len, parts))), -1) => max(map(len, parts))), 0)
    own[own >= 0] for own in => own for own in
    own.ndim != 2 or own.max() >= n_rows => own.max() >= n_rows
    own.ndim != 2 or own.max() >= n_rows => own.ndim != 2
    if splits[0] is None: => if False:
    np.argsort(y[shuffled], kind="stable") => np.argsort(-y[shuffled], kind="stable")
tabular/calibration.py: calibration
    n_unsure=1.0) => n_unsure=0.0)
    bounds = np.log(LEAST), 0.0 => bounds = np.log(LEAST), 3.0
    losses = norms - z[np.arange(len(y)), y] => losses = -z[np.arange(len(y)), y]
    norms - z.mean(axis=-1), weights => norms, weights
    z = np.subtract(z, z.max(axis=-1, keepdims=True), out=out) => z = np.subtract(z, 0, out=out)
    n_rows = len(y) if weight is None else weight.sum() => n_rows = len(y)
    return float(np.exp(found.x)) => return float(found.x)
    LEAST = 0.05 => LEAST = 0.06
tabular/recipe.py: recipe
    if n_rows <= most => if n_rows < most
    return ceil(n_rows / n_batches) => return n_rows // n_batches
    len(x) >= LARGE => len(x) > LARGE
    if n_numbers > EMBEDDED => if n_numbers >= EMBEDDED
    slice(n_columns - len(sizes), n_columns) => slice(n_columns - len(sizes) - 1, n_columns)
    np.linspace(0, 1, BINS + 1) => np.linspace(0, 1, BINS)
    float(weight_decay), FlatCosine()) => float(weight_decay))
    Dropout(dropout, FlatCosine()) => Dropout(dropout)
    if counts[0] == 0: => if True:
    weights=counts[1:]) => weights=None)
    start += size => start += 1
    Blend(activation, rate=SLOWLY) => activation
tabular/members.py: members ensemble
    while n_parts.sum() % n_threads: => while False:
    if sizes.max() <= 1: => if sizes.max() <= 2:
    n_parts[sizes.argmax()] += 1 => n_parts[0] += 1
    sorted(parts, key=len, reverse=True) => sorted(parts, key=len)
    last_of_ties=True, => last_of_ties=False,
    random_state.set_state(own.get_state()) => random_state = own
    return int(np.clip((max_time - took) / took, 1, epochs)) => return epochs
    return int(min(epochs, steps[0] // math.ceil(n / size))) => return epochs
    return len(scores) - int(np.argmax(last_first)) => return int(np.argmax(last_first))
    np.nan_to_num(scores, nan=-np.inf)[::-1] => np.nan_to_num(scores, nan=-np.inf)
    if len(scores) else 0 => if len(scores) else 1
    return Trained(theta.copy(), state => return Trained(theta, state
    theta, state = checkpoint.kept or (checkpoint.theta, => theta, state = (checkpoint.theta,
    if watch.save and start is None: => if watch.save and False:
    if watch.save and start is None: => if watch.save:
    over = steps.epochs >= epochs\n => over = False\n
    return replace(self.so_far(), diverged=True) => return self.so_far()
    any(result.reason == "diverged" for result in results), => False,
    over = progress() or steps.epochs == epochs => over = steps.epochs == epochs
    if watch.after_epoch and watch.after_epoch(): => if watch.after_epoch and False:
    watch.save(steps.checkpoint, over) => watch.save(steps.checkpoint, False)
    Progress(ends, say, start.epochs if start else 0) => Progress(ends, say, 0)
    if isinstance(result, Exception): => if False:
    None if number else say => say
    now > self.ends => now < self.ends
    random_state.permutation(n)[:ADAPTED] => np.arange(n)[:ADAPTED]
    steps[0] // math.ceil(n / size) => steps[0] // (n // size)
    n_iter_no_change=np.inf => n_iter_no_change=10
    self._rows.astype(self.rows.dtype)  # threads => self._rows  # threads
tabular/piecewise_codes.py: piecewise_codes
    if not isinstance(layer, PiecewiseLinear):\n => if True:\n
    if size > MOST: => if False:
    if size > MOST: => if size >= MOST:
    x[start : start + BLOCK], rows => x[:BLOCK], rows
    * rows.dtype.itemsize => * 1
    sum(len(x) * (x.shape[1] + shift) => sum(len(x) * shift
    rows.weight, dtype => None, dtype
    codebook=rows.codebook => codebook=None
    own and replace(own, x=codes[id(own.x)]) => own
    out[:, n_columns + shift :] = own[:, n_columns:] => out[:, n_columns + shift :] = 0
    columns.start + shift, => columns.start,
tabular/ensemble.py: ensemble classifier regressor
    kept = np.ones(len(y), bool) if weight is None else weight > 0 => kept = np.ones(len(y), bool)
    np.maximum(weight / weight.mean(), LEAST_WEIGHT) => np.maximum(weight, LEAST_WEIGHT)
    model.theta.astype(np.float64) => model.theta
    tags.input_tags.categorical = True => pass
    np.maximum(weight / weight.mean(), LEAST_WEIGHT) => weight / weight.mean()
    EXACT = 100  # rows => EXACT = 90  # rows
    LEAST_WEIGHT = 1e-30 => LEAST_WEIGHT = 1e-3
    groups is not None or self.cv is not None => groups is not None
    [_seeded(random_state) for _ in splits] => [_seeded(random_state)] * len(splits)
    order = targets if classes else targets[:, 0] => order = targets if classes else -targets[:, 0]
tabular/ensemble.py: table_training
    check_place(self) => pass
    check_same(start.data, prints) => pass
    data |= self._fingerprints(given_data(held_out[0]), start) => pass
    "rows": stored_folds(splits), => "rows": {},
    restored_folds(start.rows, n_rows) or splits => splits
    if members != (len(splits),): => if False:
    self.max_iter - (start.epochs if start else 0) => self.max_iter
    self._say(start.epochs if start else 0) => self._say(0)
    seconds / (done - begun) * => seconds / done *
    self.checkpoint_every, stored) => 1, stored)
    callbacks.end()\n => pass\n
    array, "stored", array) => array, "none", array)
tabular/publishing.py: ensemble classifier regressor table_training
    fill_unknown(model.params[0], members.rows.x, encoding.sizes) => pass
    weight = None if fit.weight is None else fit.weight[seen] => weight = None
    if held_out[0].at is not None: => if held_out[0] is not None:
    estimator._learn_from_held_out(outputs, held_out) => pass
    estimator._learn_from_held_out(None, members.held_out) => pass
    estimator.oof_prediction_ = estimator.oof_score_ = None => pass
    if validated else None => if True else None
    fitted = copy(self.estimator) => fitted = self.estimator
    publish(fitted, self.fit, self.fit.members.so_far()) => pass
    def begin_epoch(self):\n        self._publish() => def begin_epoch(self):\n        pass
    if self.epoch is not None:\n            self._publish() => pass
    fit.weight[seen] => fit.weight[: len(of_rows)]
tabular/out_of_fold.py: ensemble out_of_fold
    counts[at] += 1 => counts[at] = 1
    total[at] += predicted => total[at] = predicted
    np.flatnonzero(kept)[seen] => np.flatnonzero(kept)[: seen.sum()]
tabular/columns_panel.py: columns_panel
    values.mean(axis=1) => values.max(axis=1)
    more = len(texts) - len(rows) => more = 0
    "" if self.oof_score_ is None else => "" if True else
    MOST = 200 => MOST = 250
tabular/reading.py: ensemble
    return table.in_order(list(known)) => return table
    at.min() < 0 or at.max() => False or at.max()
    return asked.copy() => return ~asked
    filled(np.nan) => filled(0)
    "sample" if table.shape[1] else "feature" => "feature" if table.shape[1] else "sample"
    np.empty((len(y), 1)), np.float64, True) => np.empty((len(y), 1)), np.float64, False)
tabular/parameters.py: signatures
    return rows_of(ESTIMATORS[estimator], PARAMETERS) => return PARAMETERS
tabular/targets.py: targets classifier regressor
    return own if weight is None else own * weight => return own
    y = y if issparse(y) else np.asarray(y) => y = np.asarray(y)
    if not (own > 0).all(): => if False:
    scale if scale > 0 else 1.0 => scale
    return np.clip(y, self.least, self.most) => return y
    scale = mean if positive else => scale =
    0.0 if positive else mean, scale => mean, scale
    self.there(self.least), self.there(self.most) => self.least, self.most
    np.isnan(y).any() else => np.isinf(y).any() else
tabular/scores.py: scores regressor
    ((p - y) ** 2).sum(axis=1) => ((p - y) ** 2).sum(axis=0)
    float(len(y) if weight is None else weight.sum()) => float(len(y))
    return -float(value) => return float(value)
    z.argmax(axis=1) == y.argmax(axis=1), weights=weight => z.argmax(axis=1) == y.argmax(axis=1)
tabular/classifier.py: classifier
    / self.temperature_).mean(axis=0) => ).mean(axis=0)
    if not self.calibrate or outputs is None: => if outputs is None:
    "selu", 0.04 => "selu", 0.05
    [own.weight for own in held_out]) => [own.weight for own in held_out[::-1]])
    np.finfo(float).tiny => np.finfo(np.float32).tiny
tabular/regressor.py: regressor
    positive=self._loss().link == "exp" => positive=False
    scaling.within(loss.predict(z)) => loss.predict(z)
    scaling.within(loss.predict(z)) => scaling.within(z)
    self._model.loss.predict(z)[..., 0] => z[..., 0]
    self._loss().check_targets(y) => pass
    Quantile(float(self.quantile)) => Quantile()
    self.scoring or self._default => self._default
    isinstance(self._loss(), SquaredError) else => True else
    if loss.outputs_per_target > 1: => if False:
    Mish(quick=True), 0.1 => Mish(quick=True), 0.12
nn/activations.py: activations layers models_together initializers
    np.exp(np.minimum(z, self.large)) => np.exp(z)
    n *= n + 2\n => n *= n + 1\n
    dy *= self._quick_slope(np.minimum(z, self.large)) => dy *= self._quick_slope(z)
    slope *= 4 => slope *= 2
    slope += n\n => pass\n
    slope += self.scale * self.alpha => slope += self.scale
    slope *= a <= 0  # => slope *= a < 0  #
    np.multiply(a > 0, a.dtype.type(self.scale)) => np.multiply(a > 0, 1)
    glorot_factor = 2.0 => glorot_factor = 3.0
    dy *= a > 0 => dy *= a >= 0
    np.multiply(dy, self.slope, out=dy, where=a <= 0) => dy[a < 0] *= self.slope
    dy, a + self.alpha, out=dy => dy, a + 1, out=dy
    self.slope), decay=False) => self.slope))
    (1, 1 if self.shared else units) => (1, 1)
    reshape(*models, -1)  # samples => reshape(-1)  # samples
    reshape(*models, -1, slope.shape[-1]) => reshape(-1, slope.shape[-1])
    out=grads["slope"], keepdims => out=np.empty_like(grads["slope"]), keepdims
    a *= self._scaled(1 - p) => a *= 1 - p
    return z if self.beta == 1 else => return z if True else
    np.clip(z * self.slope + 0.5 => np.clip(z / 6 + 0.5
    dy *= self.slope\n\n => dy *= 1 / 6\n\n
    "sigmoid": Logistic() => "sigmoid": HardSigmoid()
    np.multiply(dy, slope, out=dy, where=z <= 0) => dy[z < 0] *= slope
    dy *= np.abs(a) < 1 => dy *= np.abs(a) <= 1
    dy *= 0.5 =>
    np.greater_equal(z, 0, out=out)\n\n => np.greater(z, 0, out=out)\n\n
    np.log1p(np.exp(-np.abs(z))) => np.log1p(np.exp(-z)) + np.minimum(z, 0)
    np.copyto(out, z) => pass
    (params["blend"] - 1) * difference => params["blend"] * difference
    dy -= inside  # => pass  #
    difference += a  # g(z) => pass
    a -= np.multiply(blend, => a += np.multiply(blend,
    reshape(*blend.shape[:-2], -1, blend.shape[-1]) => reshape(-1, blend.shape[-1])
    Constant(self.initial), False, self.rate) => Constant(self.initial), True, self.rate)
    Constant(self.initial), False, self.rate) => Constant(self.initial), False)
    return as_activation(self.activation).rectifier => return False
    return as_activation(self.activation).glorot_factor => return 6.0
    if isinstance(activation, Blend): => if False:
    learned = (params, grads) if => learned = () if not
nn/losses.py: losses losses_of_estimators models_together probabilities
    return total / weight_sum, 1.0 / weight_sum => return total / weight_sum, 1.0
    k = y.shape[-1] if self.link == "softmax" else 2 => k = y.shape[-1]
    out *= weight\n        return total\n\n\nclass P => return total\nclass P
    losses = xlogy(y, y) - y * z => losses = -y * z
    np.any(y < 0) => np.any(y <= 0)
    np.any(y <= 0) => np.any(y < 0)
    np.maximum(log_p, np.log(np.finfo(z.dtype).tiny), out=log_p) => log_p
    info.tiny, 1 - info.epsneg => info.tiny, 1
    root, 1) / weight_sum, 0.0) => root, 1), 0.0)
    np.clip(residual, -self.delta, self.delta, out=out) => np.clip(residual, -1, 1, out)
    np.log1p(np.exp(-2 * size)) - math.log(2) => np.log1p(np.exp(-2 * size))
    np.sort(np.atleast_1d( => np.array(np.atleast_1d(
    below = residual < 0 => below = residual <= 0
    return np.sort(z, axis=-1) if => return z.copy() if
    losses -= 1 => pass
    losses = 0.5 * np.square(out) => losses = np.square(out)
    [self.loss.smoothed(y[..., at], smoothing) => [self.loss.smoothed(y[..., at], 0)
    return self.loss.finish(total, w => return super().finish(total, w
    narrow = high - low < 80 => narrow = high - low < 800
    if high - low < 80 else => if high - low < 800 else
    else np.where(narrow, high, => else np.where(False, high,
    np.vecdot(*rows).astype(float) => np.einsum("kn,kn->k", *rows).astype(float)
    losses *= weight => pass
    np.where(y > 0.5, z > 0, z >= 0) => z > 0
    np.maximum(z, 0) - y * z => np.maximum(z, 0)
    axis=-1, keepdims=True) >= own => axis=-1, keepdims=True) > own
    np.where(wrong, rival, true), out => true, out
    z.max(axis=-1, keepdims=True) - (y => z.max() - (y
    smoothing / y.shape[-1]  # rows => smoothing / 2  # rows
nn/names.py: names
    name.rpartition(".")[2].lower() => name.lower()
    .removesuffix(suffix) for => for
    set(names) <= set(known) => names
    CLOSE = 0.7 => CLOSE = 0.3
    known} => sorted(known)[:3]}
nn/initializers.py: initializers hidden_layers cnn
    np.sqrt(2 / fan_in), shape => 2 / fan_in, shape
    _uniform(random_state, shape, 2 / fan_in) => _uniform(random_state, shape, 2 / fan_out)
    q *= np.sign(np.diag(r)) => #
    if activation.rectifier else => if not activation.rectifier else
    self.biases = initializer.biases => self.biases = False
    np.std(z, axis=0, dtype=float) => np.std(z, axis=0)
    np.std(z, axis=0, dtype=float) => np.sqrt(np.square(z).mean(axis=0))
    np.where(deviation > 0, deviation, 1.0) => deviation
    share /= share.sum(axis=0) => share /= self.n_rows
    random_state.exponential(size => random_state.uniform(size
    random_state.randint(n, size => random_state.randint(min(n, 9), size
    return -(share * => return (share *
    size=(self.n_rows, units))\n        return => size=(self.n_rows, 1))\n        return
    fan_out, self.activation) => fan_out, activation)
    np.sqrt(3 * variance) => np.sqrt(6 * variance)
nn/optimizers.py: optimizers checkpoint solvers
    {name: np.array(value) for => {name: value for
    return self._with(np.copy) => return self
    self.n_decayed, self.steps) => self.n_decayed)
    theta -= grad\n            np.m => np.m
    grad += factor(epsilon / root, grad) => grad += factor(epsilon, grad)
    self.epsilon * correction, moments) => self.epsilon, moments)
    weights, rate = theta[..., : moments.n_decayed] => weights, rate = theta
    1 - rate * factor(self.weight_decay, rate) => 1 - factor(self.weight_decay, rate)
    return self.decay_schedule is not None => return False
    now = copy(self) => now = self
    now.weight_decay = self.decay_schedule.rate(progress, self.weight_decay) => pass
    rate = rate[..., : moments.n_decayed] => rate = rate[..., :1]
    self._mu(moments.steps + 1) => self._mu(moments.steps)
    self[name] = float(state[name]) => pass
    root = np.sqrt(square)\n    root += factor(epsilon, root) => root = np.sqrt(square + epsilon)
    factor(1 - self.decay, grad) * np.square(grad) => np.square(grad)
nn/per_model.py: optimizers models_together
    np.asarray(setting, np.result_type(array)) => setting
    [one**other for one, other in pairs], bases.shape) => bases**exponents, bases.shape)
nn/schedules.py: schedules endings solvers models_together
    _power(progress.samples + 1, => _power(max(progress.samples, 1),
    if progress.epoch == 0: => if progress.epoch < 0:
    self.rate(progress, base) <= 1e-6 => self.rate(progress, base) < 1e-6
    self.rate(progress, base) <= self.least => self.rate(progress, base) < self.least
    progress.epoch // self.every => progress.epoch / self.every
    self.total_steps or progress.total_steps => progress.total_steps or self.total_steps
    min(progress.step / self._total(progress), 1.0) => progress.step / self._total(progress)
    1 + (2**self.cycles - 1) * => 1 + 2**self.cycles *
    0.5 * (1 - math.cos(2 * math.pi * cycle)) => 0.5 * (1 - math.cos(math.pi * cycle))
    max(self._done(progress) - self.flat, 0.0) => self._done(progress) - self.flat
    / (1 - self.flat) => / self.flat
    value is None or isinstance(value, Planned) => isinstance(value, Planned)
    value is None or isinstance(value, Planned) => value is None or isinstance(value, Schedule)
    self.rising * total - 1 => self.rising * total
    if falling else progress.step > peak => if falling else 0
    (progress.step + 1) / max => progress.step / max
    return self.schedule.ends(progress, base) => return True
    return self.schedule.horizon => return False
    Range(0, closed="left", whole=True) => Range(1, closed="left", whole=True)
nn/stopping.py: stopping endings models_together
    (value <= self.best - tol) => (value < self.best - tol)
    ~((value <= self.best - tol) & (value < np.inf)) => value > self.best - tol
    improved = value < self.best => improved = value <= self.best
    & (value < np.inf) if last_of_ties => if last_of_ties
    if last_of_ties else improved => if True else improved
    if last_of_ties else improved => if False else improved
    improved = value < self.best => improved = value < self.best - tol
    self.count > limit => self.count >= limit
    theta.copy(), state.copy() => theta.copy(), state
    to[which] = source[which] => to[~which] = source[~which]
    models = ~stopped => models = stopped
    self.write_back()\n        models => models
    run.update(self.models, self.run) => pass
    gradient.theta[self.models] = self.gradient.theta => pass
    self.best, models, patience.best => self.best, models, self.best[models]
nn/batches.py: batches training
    at if order is None else order[..., at] => at
    None, float(y.shape[-2]) => None, float(y.shape[0])
    first + start, block.part => start, block.part
    or size >= len(self) or np.ndim(order) > 1 => or size >= len(self)
    n_together < 2 or => n_together < 3 or
    self._row_bytes = math.inf if issparse(x) else => self._row_bytes =
    n_values * self.dtype.itemsize => n_values * self.x.dtype.itemsize
    targets = y if codebook is None else codebook\n        n_values => targets = y\n        n_values
    n_values = math.prod(self.x.shape[1:]) + => n_values = self.x.shape[1] +
    n_values = math.prod(self.x.shape[1:]) + => n_values = 0 *
    None if self.weight is None else self.weight[at] => self.weight
    float(len(y)) if weight is None => float(len(self.y)) if weight is None
    array is not None and array.ndim == 3 => array is not None
    idle.all() == idle.any() => idle.any()
    float(total)) / weight.shape[-1] => float(total))
    weight[:, None] if weight is not None and => weight[::-1, None] if weight is not None and
    1 / 255 if shape => 1 / 256 if shape
    and x.dtype.kind in "iu" => and x.dtype.kind in "u"
    self.samples.take(at), converted(y, self._y), => self.samples.take(at), y,
    weight, weight_sum = None, float(y.shape[-2]) => weight, weight_sum = None, float(len(self))
    if self.scale:\n            rows *= self.scale =>
    1 / 255 if shape and len(shape) == 3 and => 1 / 255 if shape and
    rows = rows.toarray() if issparse(rows) else rows =>
    isinstance(at, slice): => isinstance(at, slice) or True:
    x.tocsr() if issparse(x) => x if issparse(x)
    y = gathered(self.codebook, y, self._code) => y = self.codebook[y]
    rows.dtype == workspace.dtype and rows.flags.c_contiguous => rows.flags.c_contiguous
nn/passes.py: normalization saliency_display
    weight.mean(axis=-1, keepdims=True) => weight[..., :1]
    self.training or self.differentiated => self.training
nn/gradient.py: gradient training regularization batches micro_batches class_weight models_together
    self.grad *= scale => pass
    value = 0.5 * inner(penalty, weights) => value = inner(penalty, weights)
    isinstance(l1, float) or l1 > 0 => isinstance(l1, float) or l1 > 1
    np.maximum(norm, largest) => norm
    _, grad = self.trainable\n        square => grad = self.grad\n        square
    for part in parts[1:]: => for part in parts[2:]:
    weight = weight_column(batch.weight) if => weight = weight_column(None) if
    stream(*self._place, part=part.number) => stream(*self._place)
    weight[..., at, :] => weight
    random, weight, plain.updates_state\n => random, weight\n
    Pass(*told, progress=self._progress) => Pass(*told)
    updates_state=number == 0 => updates_state=True
    sum(totals[1:], totals[0]) => sum(totals[1:])
    + np.vecdot(a[..., whole:], b[..., whole:]) =>
    return np.vecdot(a, b).astype(float) if => return np.einsum("kp,kp->k", a, b).astype(float) if
    dz *= factor(scale, dz) => dz *= np.max(scale)
    factor(l2, weights) => l2
    weight = None if batch.weight is None else batch.weight[part.at] => weight = None
    cache.lender = self._of_thread.scratch => cache.lender = self._parts[0].workspace
    max(4, WORTHWHILE / multiply_adds) => max(1, WORTHWHILE / multiply_adds)
    min(most, 32) => min(most, 64)
    if network.n_image_layers and theta.ndim > 1: => if False:
    np.sign(weights, out=penalty) => np.copysign(1.0, weights, out=penalty)
    largest / np.maximum(norm, largest) => largest / norm
    return sum(totals[1:], totals[0]) => return sum(totals[2:], totals[0])
    return tuple(sum(arrays[1:], arrays[0]) for => return tuple(sum(arrays[1:-1], arrays[0]) for
nn/training.py: training endings models_together checkpoint regularization
    as_values(plan.tol), plan.last_of_ties) => as_values(plan.tol))
    last_epoch * math.ceil( => last_epoch * math.floor(
    steps if plan.planned else None => steps
    remaining.run, say) | ~finite => remaining.run, say)
    watched = -score if => watched = score if
    kept.restore(theta, state, np.full(stopped.shape, True)) => pass
    kept.restore(theta, state, over > already) => pass
    over = over, (stopped > 0) | (done >= epochs) => over = over, stopped > 0
    elif reason == "epochs" and np.any(stopped > 0): => elif False:
    if where is None else "diverged" => if np.all(finite) else "diverged"
    stopped[ending] = done\n => stopped[ending] = done + 1\n
    if reason != "diverged": => if reason:
    "interrupted", len(history["loss"]) - earlier => "interrupted", done
    len(history["loss"]) - done  # rows => len(history["loss"])  # rows
    n_rows, patience.best, patience.count = before => n_rows, _, _ = before
    trim(history, n_rows)\n    _append => _append
    done = interrupted = False\n    while => done, interrupted = False, True\n    while
    order.shape == (len(rows),) => order.shape[-1] == len(rows)
    taking = [(~idle, batch.select(~idle))] => taking = [(idle, batch.select(idle))]
    samples = samples + n\n => samples = samples + len(batch.y)\n
    (n_rows(order) if in_rows else len(rows)) => samples
    if idle is True: => if False:
    total = total + loss * n => total = total + loss * plan.batch_size
    share = 1 / batch.weight_sum => share = 1 / len(batch.y)
    plan.l1 * share => plan.l1
    place = run.seed, progress.epoch, start => place = run.seed, 0, start
    gradient.clip(norm, plan.max => norm = gradient.clip(norm, plan.max
    np.where(finite, loss, np.nan) => loss
    plan.schedule.horizon and not plan.early_stopping => plan.schedule.horizon
    ends = spent & as_values( => ends = as_values(
    run.progress.plateaus + as_setting(slower) => run.progress.plateaus + np.any(slower)
    run.patience.count = np.where(slower, 0, run.patience.count) => run.patience.count *= 0
nn/training_state.py: training models_together checkpoint
    run.moments = self.moments.copy() => run.moments = self.moments
    copy(self.patience), copy(self.progress) => copy(self.patience), self.progress
    self.order = self.order.take(_shuffled(n, => self.order = np.arange(n).take(_shuffled(n,
nn/lbfgs.py: lbfgs endings mlp callbacks rollback
    "loss": np.nan, "iterations": 0 => "loss": np.inf, "iterations": 0
    l1 / weight_sum) => l1)
    add_penalty(alpha / weight_sum => add_penalty(alpha / len(rows)
    theta[:n] = last["x"]\n        return => return
    theta[:n] = result.x => pass
    99: "time" if late else "asked" => 99: "asked"
    np.copyto(gradient.grad, grad) => pass
    block = len(rows) => pass
    gradient.grad *= scale => pass
    now - started} => now - began}
    max(1, MEMORY // network.row_size(rows.dtype)) => BLOCK
    trim(history, earlier + iterations - 1) => pass
    late = not asked and max_time => late = max_time
    started = now =>
    if alpha > 0 or l1 > 0: => if alpha > 0:
    alpha / weight_sum, l1 / weight_sum => alpha / len(rows), l1 / weight_sum
    alpha / weight_sum, l1 / weight_sum => alpha / weight_sum, l1 / len(rows)
    intermediate_result.x.copy() => intermediate_result.x
    norm = float(np.linalg.norm(gradient.grad[:n])) => norm = float(np.linalg.norm(gradient.grad))
nn/parameters.py: parameters regularization side_by_side
    not item.decay, item.rate) => item.rate)
    not item.decay, item.rate) => not item.decay)
    self.name if self.name in ROLES else None => None
    lambda item: item.trainable and item.decay => lambda item: item.decay
    vector = np.empty(self.size, dtype) => vector = np.empty(self.size)
nn/workspace.py: workspace layers
    prod(of_one_model) <= MOST_ZEROS => True
    del self[key] => pass
    dtype or self.dtype) => self.dtype)
    array.flags.writeable = False => array.flags.writeable = True
nn/streams.py: streams dropout augmentation
    counter=[0, part, batch, epoch] => counter=[part, batch, epoch, 0]
    counter=[0, part, batch, epoch] => counter=[0, 0, batch, epoch]
    random_state.set_state(state) => pass
    randint(2**31 - 1) => randint(1)
nn/augmentation.py: augmentation
    changed[mirrored, :, ::-1] => changed[mirrored, ::-1]
    2 * most + 1, size=n => 2 * most, size=n
    random = stream(seed, epoch, batch, WHOLE_BATCH) => random = stream(seed, 0, batch)
nn/threads.py: threads threads_interrupted
    if not _holders:\n                    _give => if True:\n                    _give
    is_in_the_list = number < len(helpers) => is_in_the_list = True
    _set_threads(_limits) => pass
    _give_back()  # the => # the
    held.get(id(library)) or library => library
    helper.result() => pass
    > _allowed => > _allowed + 1
    return bool(_helpers) and => return
    while _is_crowded(): => while False:
    helper.add_done_callback(_give_room) => pass
    context.run, _help_out, => _help_out,
    _wait_until_done(helpers, halt)\n    _give => _give
    if get_ident() in _callers: => if False:
    _give_room(get_ident(), *helpers) => _give_room(get_ident())
    raise interrupt\n    finally:\n => pass\n    finally:\n
    raise interrupt\n    finally:  # => pass\n    finally:  #
    todo.clear()\n            raise => raise
    _helpers.clear() => pass
    Lock(), Condition(), local(), None => Lock(), Condition(), local(), _pool
    _callers.difference_update(threads) => pass
    while not (helping and _is_crowded()): => while True:
    or _is_at_work() =>
    turns is not None and turns() is not None => turns is not None
    multiply_adds < SMALL => multiply_adds <= 0
nn/model.py: model transform mlp
    if not self.network.adapts:\n            return => if False:\n            return
    if len(at) > ROWS: => if False:
    at[random_state.permutation(len(at))[:ROWS]] => at[:ROWS]
    np.arange(len(rows)) if subset is None else subset => np.arange(len(rows))
    return z.copy() if z is x else z => return z
    params = self.params if depth else => params =
    len(own) == len(given) and all => all
    if not all(np.isfinite(array).all() for => if False and not all(np.isfinite(array).all() for
    batch = own.samples.take(rows if at is None else at[rows]) => batch = own.samples.take(rows)
    min((number + 1) * chunk, n) => (number + 1) * chunk - 1
    with one_blas_thread():\n            share_out( => if True:\n            share_out(
    int(memory // row_size) // allowed_threads() => int(memory // row_size)
    max(LEAST, CACHE // row_size) => CACHE // row_size
    max(LEAST, CACHE // row_size) => LEAST
    z = np.empty((*models, n, *outputs), self.dtype) => z = np.empty((*models, n, *outputs))
    return len(own) == len(given) and all => return all
    raise TypeError("complex numbers are not supported") => pass
    = local(), => = type('Own', (), {})(),
    if item.shape[:-1] == is_row else array => if item.shape[:-1] != is_row else array
    * prod(models)\n => * 1\n
    // row_size) and at is None and not => // row_size) and not
    if not isinstance(weights, (list, tuple)) or not isinstance(biases, (list, tuple)): => if False:
nn/network.py: network normalization gradient divergence residual sequential
    if layer.adapts:\n                layer.adapt => if True:\n                layer.adapt
    x = layer.forward(*own, workspaces[index], PREDICTION) => pass
    if issparse(x) and not layer.accepts_sparse:\n                x => if False:\n                x
    or names.count(n) > 1 => or names.count(n) > 2
    or "__" in n => or False
    entries = list(entries)\n => pass\n
    (old[0], layer) if isinstance(old, (tuple, list)) else layer => layer
    lowest = 0 if need_dx else self.lowest => lowest = self.lowest
    need_dx = index > self.lowest => need_dx = index > self.lowest + 1
    params[index - 1], params[index] = weights, None => params[index - 1] = weights
    steps[-1] = steps[-1][0], fused => steps[-1] = number, fused
    for number in numbers if number not in left_out] => for number in numbers]
    (*params.values(), *statistics.values()) => params.values()
    len(self.layers) if stop is None else stop) => len(self.layers))
    if len(shape) != 3) => if len(shape) == 1)
    self.steps(max(first, self.lowest)) => self.steps(first)
    return dz if first > self.lowest else None => return dz
    if weights is not None: => if True:
    counts[kind] = counts.get(kind, 0) + 1 => counts[kind] = len(names) + 1
nn/layers/base.py: layers activate dense convolution
    return parameters if trainable else => return parameters if True else
    key = name, args => key = name
    cache["z"], cache["a"] = z, a => cache["z"], cache["a"] = a, a
nn/layers/dense.py: dense layers regularization network normalization models_together
    if weight.ndim == 2 and is_sparse(x): => if is_sparse(x):
    params.get("bias", 0) * factor + offset => params.get("bias", 0) + offset
    *([bias] if self.bias else []), => bias,
    False, self.bias_rate, trainable) => False, self.bias_rate)
    draw_bias, False, self.bias_rate => draw_bias, True, self.bias_rate
    draw_bias, False, self.bias_rate, => draw_bias, False, 1.0,
    draw, rate=self.rate, trainable => draw, trainable
    partial(_wider, draw, math.sqrt(as_float(n_in))) => partial(_wider, draw, n_in)
    partial(_wider, draw, math.sqrt(as_float(n_in))) => draw
    z *= self.factor(x.shape[-1])\n        if => pass\n        if
    dy *= self.factor(x.shape[-1]) => pass
    z *= self.factor(x.shape[-1])\n        return => pass\n        return
    self.bias and self.bias_init is not None and => self.bias_init is not None and
    if self.bias and self._bias_init.adapts: => if self._bias_init.adapts and False:
    1 / math.sqrt(n_in) if => 1 / n_in if
    initializer if initializer.biases else => initializer if True else
    return np.add.reduce(x, axis=-2 => return np.add.reduce(x[..., 1:, :], axis=-2
    "fan_out": self.units => "fan_out": n_in
nn/layers/scale.py: scale layers models_together
    Constant(self.initial), self.decay, self.rate) => Constant(self.initial), self.decay)
    Constant(self.initial), self.decay, => Constant(self.initial), True,
    Constant(self.initial) => Constant(1.0)
    np.multiply(dy, cache["x"], => np.multiply(dy, dy,
    return np.multiply(dy, scale, out=dy) if need_dx => return dy if need_dx
    reshape(*scale.shape[:-2], -1, => reshape(-1,
    pixelwise = True => pixelwise = False
nn/layers/embedding.py: embedding layers models_together
    np.greater_equal(x, 0, => np.greater_equal(x, -1,
    known &= x < levels => known &= x <= levels
    rows[...] = 0 => pass
    rows += starts => pass
    np.cumsum(levels) - levels => np.cumsum(levels)
    dx[...] = 0 => dx[...] = 1
    draw, rate=self.rate, role="weight" => draw, role="weight"
    rate=self.rate, role="weight" => rate=self.rate
    partial(Normal(self.std) => partial(Normal(1.0)
    if len(levels) != columns: => if False:
    own = rows[model] if rows.ndim > 2 else rows\n            # => own = rows\n            #
    rows[model] if rows.ndim > 2 else rows\n            table => rows\n            table
    + 3 * prod(input_shape) => + prod(input_shape)
nn/layers/periodic.py: periodic layers models_together
    z += params["phase"] => pass
    np.multiply(across, (2 * math.pi) * frequency => np.multiply(across, math.pi * frequency
    made += params["bias"] => pass
    dz *= np.negative(z, out=z) => dz *= z
    grads["frequency"] *= 2 * math.pi => pass
    (2 * math.pi) * params["frequency"] => params["frequency"]
    dx += dy[..., self.size] => pass
    y[..., self.size] = x => y[..., self.size] = 0
    "phase", one_each, phase, False => "phase", one_each, phase, True
    partial(_uniform, math.pi) => partial(_uniform, 1.0)
    as_float(self.n_frequencies) ** -0.5 => as_float(self.n_frequencies) ** -1
    dz = np.matmul(params["weight"] => dz = -np.matmul(params["weight"]
    self.n_frequencies * (1 + self.size) => self.n_frequencies * self.size
    2 * self.n_frequencies) + => self.n_frequencies) +
    weight, False, rate) => weight, True, rate)
nn/layers/piecewise.py: piecewise layers models_together
    np.maximum(out, least, out=out) => np.maximum(out, 0, out=out)
    np.minimum(out, most, out=out) => np.minimum(out, 1, out=out)
    out *= inverse => pass
    np.subtract(x, starts => np.subtract(x, 0 * starts
    across[model], bins => across[0] if across.ndim > 3 else across, bins
    made += params["slope"] * across => made += across
    made += params["bias"]\n => pass\n
    dcode *= (code > least) & (code < most) => dcode *= code < most
    dcode *= (code > least) & (code < most) => dcode *= code > least
    dacross += np.matmul(inverse => dacross += 0 * np.matmul(inverse
    inverse[column, :n_bins, 0] = 1 / np.diff(edges) => inverse[column, :n_bins, 0] = np.diff(edges)
    most[column, n_bins - 1], least => most[column, -1], least
    least[column, 0] = np.inf, -np.inf => least[column, n_bins - 1] = np.inf, -np.inf
    (np.diff(edges) > 0).all() => (np.diff(edges) >= 0).all()
    and np.isfinite(edges).all() =>
    len(edges) > 1 => len(edges) > 0
    as_float(self.size) ** -0.5 => as_float(self.size) ** -1
    kept(cache, "bins", self.bins, cache.dtype)\n        a => self.bins(cache.dtype)\n        a
    "slope", shape, draw, rate=rate, role="weight" => "slope", shape, draw, rate=rate
    "bias", shape, draw, False => "bias", shape, draw, True
    (self.n_bins + 1) * self.size => self.n_bins * self.size
    codes[..., -1] = x\n => codes[..., -1] = 0\n
    return input_shape[0] * self.layer.size => return input_shape[0]
    y += params["bias"].reshape(*models, 1, -1) => pass
    weight[..., -1:, :] = params["slope"].swapaxes(-1, -2) => weight[..., -1:, :] = 0
    np.broadcast_shapes(models, x.shape[:-2]) => models
    grads["slope"][...] = dweight[..., -1:, :] => grads["slope"][...] = dweight[..., :1, :]
    np.add.reduce(dy, axis=-2).reshape => np.add.reduce(0 * dy, axis=-2).reshape
nn/composite.py: table residual layers
    any(layer.draws for => any(False and layer.draws for
    any(layer.joint for => any(False and layer.joint for
    any(layer.scheduled for => any(False and layer.scheduled for
    any(layer.adapts for => any(False and layer.adapts for
    own if own or not items else None for => own for
    if not deep: => if deep:
    elif setting: => elif not setting:
nn/table.py: table layers
    return whole and len(others) == 1 => return len(others) == 1
    first == slice(0, n_columns) => True
    self._columns[0] == n_columns => True
    dx[..., columns[number]] += dpart => dx[..., columns[number]] = dpart
    dx[...] = 0\n => pass\n
    dx[..., columns[-1]] = dy[..., cache["places"][-1]] => pass
    (np.diff(numbers) == 1).all() => (np.diff(numbers) >= 1).all()
    (np.diff(numbers) == 1).all() => False
    np.setdiff1d(all_columns, np.concatenate(taken)) => all_columns[:0]
    return (made + len( => return (made + 0 * len(
    if not len(numbers): => if False:
    numbers.ndim == 1 and numbers.dtype.kind in "iu" => numbers.ndim == 1
    not np.isin(numbers, all_columns).all() => numbers.max() >= n_columns
    name in own or "." in name => name in own
    (*parts[at][:-2], layer, parts[at][-1]) => (layer, parts[at][-1])
    self._networks[0] == columns => True
    dpart[...] = part => dpart = part
nn/layers/activate.py: activate layers
    z[...] = x  # => z = x  #
nn/layers/dropout.py: dropout layers
    mask *= levels / (levels - dropped) => mask *= 1 / (1 - self.rate + 1e-3)
    rate = self.schedule.rate(context.progress, rate) => pass
    and context.progress is not None => and True
    return self.schedule is not None => return False
    np.greater_equal(numbers => np.greater(numbers
    min(round(rate * levels), levels - 1) => round(rate * levels)
    return None\n        if context.random is None:\n => return None\n        if dy is None:\n
nn/layers/normalization.py: normalization layers micro_batches models_together
    np.divide(count, count - 1, out= => np.divide(count, count, out=
    variance, count * pixels, several) => variance, count, several)
    state[name] * (1 - self.momentum) => state[name] * self.momentum
    count = max(sum_of_weights, n) => count = sum_of_weights
    sum_of_weights, count, count > 1 => sum_of_weights, count, count > 2
    counts.max(axis=0) => counts[0]
    several = count > 1 => several = count > 2
    several if several.any() != several.all() => several if several.all()
    mean = np.where(several, sums * share, mean) => mean = sums * share
    own if several is True else np.where(several, own, variance) => own
    np.copyto(state[name], updated, where=several) => np.copyto(state[name], updated)
    centred *= cache["weight of row"] => pass
    if context.updates_state: => if True:
    params["shift"] - state["mean"] * factor => params["shift"] + state["mean"] * factor
    normalized *= (dy * normalized).mean(axis=-1, keepdims=True) => normalized *= 0
    dshift, dscale = yield grads => dshift, dscale = grads
nn/residual.py: residual layers
    dshortcut[...] = dy  # => dshortcut = dy  #
    isinstance(layer, Conv2D | Pooling) => isinstance(layer, Conv2D)
    steps *= strides_of(inner) => pass
    if self._networks is not None and self => if False and self
    prod(networks[0].shapes[-1]) + sum( => sum(
    name in own or "." in name => name in own
    self.shortcut == "auto" and made == shape => made == shape
    if projection.shapes[-1] != made: => if False:
nn/layers/windows.py: windows convolution pooling columns
    (span - before, span - after) => (span - after, span - before)
    (row, image, column * self.stride[1], => (row, image, column,
    padding // 2, padding - padding // 2 => padding - padding // 2, padding // 2
    row * by_row, column * by_column => row * by_column, column * by_row
    row * down, column * across => row * across, column * down
    max(0, -(shift // stride)) => max(0, -shift // stride)
    stop = max(first, stop) => stop = max(0, stop)
    if x.shape != out.shape:\n        out.fill(0) =>
    any(k > s for k, s in zip(span => any(k >= s + 2 for k, s in zip(span
    FAR = 2**20 => FAR = 2**62
nn/layers/normalized_images.py: normalized_images
    if activation.needs == "a" and not activation.parameters(1): => if True:
    activation.parameters(1): => activation.parameters(1) or True:
    and self._function.increasing: => and True:
    if kind is MaxPool2D and self.pooling is None and => if kind is MaxPool2D and
    if kind is Activate and self.pooling is None and => if kind is Activate and
    np.square(centred, out=centred) => pass
    offset = params["shift"] - mean * factor => offset = params["shift"]
    dz[at].fill(0) => pass
    np.ascontiguousarray(dy) => dy
    share * dshift - mean * slope => share * dshift
    slope = share * inverse * dscale => slope = inverse * dscale
    = sum(dscale) * inverse => = sum(dscale)
    rows *= _of_rows(cache["weight of row"], at, x) => pass
    np.subtract(dz[at], through_sums, out=dz[at]) => pass
    weight[at.start * pixels : at.stop * pixels] => weight[at.start : at.stop]
    lines += along_line(offset, images) => pass
nn/layers/quads.py: quads convolution
    wide[i : i + kh, j : j + kw, :, i, j] = weight => wide[i : i + kh, j : j + kw, :, j, i] = weight
    or windows.dilation != (1, 1) or => or
    or pool.outputs != pairs => or False
    return c < NARROW and => return
    (COPY + 8 * filters) => (COPY + 2 * filters)
    (kh + 1) * (kw + 1) * (COPY => kh * kw * (COPY
    return sum(wide[i : i + kh => return 0.5 * sum(wide[i : i + kh
    _turned(doutputs).T => _turned(doutputs).T[::-1]
nn/layers/convolution.py: convolution layers micro_batches
    if type(self) is Conv2D and type(following) is Activate: => if type(following) is Activate:
    if learns or not isinstance(as_activation(self.activation), Identity): => if learns:
    if learns or not => if not
    activated.activation = activation => pass
    left[...] = dy_at => pass
    y_at[...] = best => pass
    cache, tiled=pairs) => cache)
    fan_in=kh * kw * c => fan_in=c
    params.get("bias", 0) * factor + offset => params.get("bias", 0) + offset
    draw_bias, decay=False => draw_bias
    activation.increasing and activation.needs == "a" => activation.increasing
    activation.increasing and activation.needs == "a" => activation.needs == "a"
    dtiles.fill(0) => pass
    (Conv2D, MaxPool2D) and => (Conv2D, MaxPool2D) or
nn/layers/columns.py: columns convolution
    self.weight[::-1, ::-1].swapaxes => self.weight[::-1].swapaxes
    self.dweight += turned => self.dweight = turned
    dx.fill(0) => pass
    added.fill(0) => pass
    wide = backward and self._goes_by_dz => wide = backward
    return by_dz <= by_x => return True
    prod(windows.outputs) * c * => prod(windows.image) * c *
    filters * (COPY + 2 * c) => filters * COPY
nn/layers/products.py: products columns
    np.add.reduce(products, axis=0) => products[0]
    total += rest.T @ other_rest => pass
    n * multiply_adds // SMALL => n // SMALL
    rows if rows >= ROWS else max(1, n) => rows
    rows if rows >= ROWS else max(1, n) => max(1, n)
    rows if rows >= ROWS else max(1, n) => rows if rows >= ROWS else n
    n_pieces = max(1, -(-n * multiply_adds // SMALL)) => n_pieces = -(-n * multiply_adds // SMALL)
    pieces.swapaxes(1, 2), others => pieces.swapaxes(1, 2), others[:1]
nn/layers/lines.py: lines columns
    windows.size[0] == 1 or windows => windows
    or windows.stride != (1, 1) or => or
    or min(map(min, windows.around)) < 0: => or False:
    min(c, filters) >= LEAST and => True and
    and _enough_outputs(windows) => and True
    ROWS * windows.size[1] * c * filters => ROWS * c * filters
    min(fit, small, key => max(fit, small, key
    self.weight[::-1, ::-1].swapaxes => self.weight[::-1].swapaxes
    self.dweight[::-1], lines => self.dweight, lines
    dweight += turned => dweight[...] = turned
    range(0, windows.size[0] * step, step) => range(windows.size[0])
    total += product => total[...] = product
nn/layers/winograd.py: winograd columns convolution
    self._total += np.matmul( => self._total = np.matmul(
    [0.5, -0.5, 0.5] => [0.5, 0.5, -0.5]
    settings == ((3, 3), (1, 1), (1, 1)) => settings[:2] == ((3, 3), (1, 1))
    padded.fill(0) => pass
    divmod(left + first, 2) => divmod(first, 2)
    pairs[:, -1] = 0 => pass
    d2 -= t0 => pass
    d3 -= t3 => d3 += t3
nn/layers/pooling.py: pooling layers
    np.greater(pixels, best => np.greater_equal(pixels, best
    y.fill(-np.inf) => y.fill(0)
    left -= share => pass
    y *= 1 / pixels => pass
    dy *= 1 / (height * width) => dy *= 1 / height
    counts[place.windows] += 1 => counts += 1
    if all(place.everywhere for place in windows.places): => if True:
    if windows.overlapping:\n                dx[ => if False:\n                dx[
nn/storage/files.py: files checkpoint
    os.fsync(file.fileno()) => #
    _remove(name)\n        raise => raise
    _sync_directory(path.parent) => pass
    glob.escape(_part(path)) => _part(path)
    os.path.realpath(given) => given
    if fcntl is None:  # Windows => if False:  # Windows
    if keep:\n => if True:\n
    if previous is not None:\n => if previous is None:\n
    or b"\0" in as_bytes =>
    or given.endswith(("/", os.sep)) =>
    if not stat.S_ISREG(mode): => if stat.S_ISDIR(mode):
    if error.strerror is None: => if False:
    told.errno = error.errno => pass
    file.close()\n    _remove(name) => file.close()
    {'[0-9a-f]' * 16} => *
    fcntl.flock(file, fcntl.LOCK_EX)\n => pass\n
    st_nlink > 0 => st_nlink >= 0
    len(name) <= LONGEST else => len(name) < LONGEST else
    .hexdigest()[:32] => .hexdigest()
    part-{_computer()}- => part-
    except (FileNotFoundError, FileExistsError): => except FileNotFoundError:
    if not os.path.isdir(folder): => if False:
    if task == "read": => if True:
nn/storage/formats.py: formats container
    head[3:9] in b"\0\0\0\0\0{" and => False and
    and len(head) > 3: => and head:
    return TEXT if _is_text(head) else None => return TEXT
    getincrementaldecoder("utf-8")().decode(head) => head.decode("utf-8")
    character >= " " or character in => character in
    head[:1] == b"\x08" and => head[:1] == b"\x09" and
nn/storage/container.py: container persistence
    if _checksum(block, name, dtype, shape) != checksums.get(name): => if not checksums:
    if _checksum(text.encode("ascii")) != metadata["checksum"]: => if not text:
    if start != end: => if start < end:
    if end != size: => if end > size:
    if length > min(LARGEST, size - LENGTH): => if length > LARGEST:
    , object_pairs_hook=_unique =>
    , parse_constant=_no_constant =>
    if deepest > DEEPEST: => if False:
    or n_signs > MOST: => or False:
    if dtype == "BOOL" and np => if False and np
    not 0 <= number < 2**62 => not number < 2**62
    entries.sort(key=lambda entry: entry[-1]) => pass
    array.dtype.newbyteorder("<")) => array.dtype)
    MOST, DEEPEST = 1_000_000, 100 => MOST, DEEPEST = 1_000_000, 120
    MOST, DEEPEST = 1_000_000, 100 => MOST, DEEPEST = 1_200_000, 100
    SHOWN, LONGEST = 100, 500 => SHOWN, LONGEST = 100, 600
    text[: most - 3]}... => text[:most]}...
    LARGEST = 2**24 => LARGEST = 2**25
nn/storage/values.py: values bounds persistence
    if bounds.too_large(value): => if False:
    self._seen[id(value)] = where, value, => self._seen[id(value)] = where, None,
    self.budget.spend(cost)\n            return {"same" => return {"same"
    self.budget.spend(cost)\n                return value => return value
    self.budget.spent - before\n        return value => 0\n        return value
    if alike > ALIKE or key in values: => if alike > ALIKE:
    if alike > ALIKE or key => if key
    != np.float64 or array.ndim != 1: => != np.float64:
    or prod(shape) != len(encoded): => :
    raw.dtype != np.uint8 or raw => raw
    raw.shape[-1:] != (dtype.itemsize,): => False:
    dtype.kind == "U" and raw.size => False
    or array.ndim != n_axes: => :
    self.budget.spend(bounds.GENERATOR)\n        key => key
    self.budget.spend(bounds.OBJECT)\n            arguments => arguments
    self.budget.spend(bounds.of_range(*content)) => pass
    if where in self._referred: => if True:
    if where.count(".") > DEEPEST: => if False:
    or not 0 <= position <= STATE =>
    reshape(raw.shape[:-1]).copy() => reshape(raw.shape[:-1])
    array.ravel().tolist() => array.ravel("F").tolist()
    ("MT19937", key, position, has_gauss, gauss) => ("MT19937", key, position, 0, 0.0)
    return {"transposed": self._array(array.T, where)} => pass
nn/storage/parts.py: parts
    fits and numbers.min() >= 1 - numbers.ndim => fits and numbers.min() >= -2
    fits and numbers.min() >= 1 - numbers.ndim => fits and numbers.min() >= -1
    numbers.shape[:-1] in ((), models) and => numbers.ndim < 3 and
    _are_counts(moments.get("steps"), models) => True
    (count >= 0) & (count < LONGEST) => (count >= 0)
nn/storage/parts.py: checkpoint restored
    type(value) is not bool and 0 <= value < LONGEST => 0 <= value < LONGEST
    bool and 0 <= value < LONGEST => bool and value < LONGEST
    bool and 0 <= value < LONGEST => bool and 0 <= value
    _check_stopped(checkpoint.stopped, models, epochs) => pass
    _check_rows(checkpoint.rows, models) => pass
    require(alike, "state" => require(True, "state"
    require(pair, "kept" => require(True, "kept"
    len(lengths) == 1, "history" => True, "history"
    set(patience) == {"best", "count"} => True
    set(progress) == PROGRESS => True
nn/storage/checkpoint.py: checkpoint resume
    check_checkpoint(checkpoint) => pass
    if set(self.history) != set(history): => if False:
    refuse_other_files(path)\n        encoder => encoder
    keep=self.epochs > 0 => keep=self.epochs >= 0
    refuse_other_files(path)\n    check_writable(path) => check_writable(path)
    remove_leftovers(path)\n => pass\n
    for at in (as_file(path, "checkpoint"), _previous(path)): => for at in (as_file(path),):
    if not stat.S_ISREG(os.lstat(path).st_mode): => if not stat.S_ISREG(os.stat(path).st_mode):
    if not length:\n => if False:\n
    if len(length) < 4 or => if
    or length[3:].strip(b"\0") =>
    or length[0] % LENGTH: => :
    if not BEGINNING.startswith(beginning): => if False:
    return len(rest) < left or KIND in rest => return True
    len(rest) < left or KIND => KIND
    (FileNotFoundError, SavedModelError) as => SavedModelError as
    checkpoint.trouble = str(error) => pass
    run.random_state = values["random_state"] => pass
    run.progress = Progress(**values["progress"]) => pass
    if before != now: => if before is None:
    [array.data, array.indices, array.indptr] => [array.data]
    saved.shape != to.shape or saved.dtype != to.dtype => saved.shape != to.shape
    values[:] = self.history[name] => values += self.history[name]
    array.data, array.indices, array.indptr] => array.data, array.indptr]
    repr(part.tolist()).encode() => repr(part).encode()
nn/storage/registry.py: registry persistence
    if others: => if False:
nn/storage/bounds.py: bounds values
    if self.most is not None and self.spent > self.most: => if False:
    self.spent > self.most: => self.spent >= self.most:
    self.spend(len(value)) => pass
    return type(value) is int and value.bit_length() > MOST_BITS => return False
    + max(0, len(where) - LONGEST) =>
    LEAST + FACTOR * (n_bytes => FACTOR * (n_bytes
    FACTOR * (n_bytes + => FACTOR * (
    max(array.nbytes, of_shape(array.shape)) => array.nbytes
    max(1, length) for length => length for length
    or step == 0: => :
    NUMBER * max(0, -(-(stop - start) // step)) => NUMBER * abs(stop - start)
    max(0, -(-(stop => (-(-(stop
    waiting.extend(part)\n            waiting.extend(part.values()) => waiting.extend(part.values())
    3 + len(part) if => 3 if
onnx/graph.py: onnx
    value.astype(self.dtype, copy=False) => value
    [new if name == old else name for name in names] => names[:]
    perm=[0, 3, 1, 2] => perm=[0, 3, 2, 1]
    perm=[0, 2, 3, 1] => perm=[0, 3, 2, 1]
    if not x.channels_first: => if x.channels_first is None:
    row[:, None, None] if x.channels_first else row => row
onnx/activations.py: onnx
    graph.add("Mul", inside, graph.per_channel(params["blend"], z)) => inside
    graph.add("Sub", activated(graph, z, activation.activation, params), z) => z
    ACTIVATIONS.get(type(activation)) => ACTIVATIONS.get(type(activation), relu)
    float(activation.slope)))\n\n\ndef prelu => 0.01))\n\n\ndef prelu
    graph.per_channel(params["slope"], z) => params["slope"].ravel()
    _exponential(graph, z, float(activation.alpha)) => _exponential(graph, z, 1.0)
    graph, z, activation.scale * activation.alpha => graph, z, activation.alpha
    SQRT_2 = math.sqrt(2) => SQRT_2 = 1.4
    double = graph.dtype == np.float64 => double = False
    if activation.beta == 1 else => if True else
    graph.add("Neg", graph.add("Abs", z)) => graph.add("Neg", z)
    float(activation.slope)), 0.5) => 1 / 6), 0.5)
    graph.add("GreaterOrEqual", z, 0.0), 1.0, -1.0 => graph.add("Greater", z, 0.0), 1.0, -1.0
    graph.add("GreaterOrEqual", z, 0.0), 1.0, 0.0 => graph.add("Greater", z, 0.0), 1.0, 0.0
onnx/windows.py: onnx
    if bias is None else graph.add => if True else graph.add
    "dilations": list(windows.dilation) => "dilations": [1, 1]
    weight.transpose(3, 2, 0, 1) => weight.transpose(3, 2, 1, 0)
    "count_include_pad": 0 => "count_include_pad": 1
    graph.add("Div", total, _counts(windows)) => graph.add("Div", total, 9.0)
    "pads": [top, left, bottom, right] => "pads": [bottom, right, top, left]
    "strides": list(windows.stride) => "strides": list(windows.stride[::-1])
    [0, top, left, 0, 0, bottom, right, 0] => [0, bottom, right, 0, 0, top, left, 0]
    np.array(place, np.int64) * windows.dilation => np.array(place, np.int64)
    (np.array(windows.outputs) - 1) * steps => np.array(windows.outputs) * steps
    counts[place.windows] += 1 => counts += 1
    graph.channels_last(x), -1, height * width, c => x, -1, height * width, c
onnx/layers.py: onnx
    LAYERS.get(type(layer)) => LAYERS.get(type(layer), dense)
    if arrays[0] is not None: => if True:
    graph.add("Sub", x, graph.per_channel(state["mean"], x)) => x.name
    bias = [params["bias"][0]] if "bias" in params else [] => bias = []
    params["bias"][0] if "bias" in params else None => None
    graph.reshape(graph.channels_last(x), -1, n) => graph.reshape(x, -1, n)
    if graph.dtype == np.float32: => if True:
    shortcut = graph.channels_first(shortcut) => pass
    shortcut = graph.channels_last(shortcut) => pass
    outputs[number] = through( => outputs[0] = through(
    params["weight"] * layer.factor(x.shape[0]) => params["weight"]
    graph.add("And", known, graph.add("Less", x, levels.astype(graph.dtype))) => known
    graph.add("GreaterOrEqual", x, 0.0) => graph.add("GreaterOrEqual", x, -9.0)
    graph.add("Add", codes, starts.astype(np.int64)) => codes
    params["phase"][..., 0] + math.pi / 2 => params["phase"][..., 0]
    2 * math.pi * params["frequency"] => params["frequency"]
    graph.add("Add", made, params["bias"][..., 0])\n    if => made\n    if
    if layer.keep_input: => if True:
    graph.add("Max", code, least), most) => graph.add("Max", code, 0.0), most)
    graph.add("Max", code, least), most) => graph.add("Max", code, least), 1.0)
    graph.add("Sub", columns, starts), inverse) => columns, inverse)
    for own in columns if len(own) => for own in columns
onnx/links.py: onnx
    {"predict", "log_predict"} & vars => {"predict"} & vars
    if predicts not in LINKS: => if False:
    graph.add("Softmax", z, axis=-1), float(smallest) => graph.add("Softmax", z, axis=-1), 0.0
    float(info.tiny), float(1 - info.epsneg) => 0.0, float(1 - info.epsneg)
    float(1 - info.epsneg)) => 1.0)
    axis=-1, largest=0, => axis=-1, largest=1,
onnx/labels.py: onnx
    graph.add("Greater", z, 0.0) => graph.add("GreaterOrEqual", z, 0.0)
    graph.add("Neg", z), z, axis=1 => z, graph.add("Neg", z), axis=1
    if one_class else => if False else
    not isinstance(labels, LabelSet) and len(labels.classes) == 1 => False
    if probabilities:\n            p = => if True:\n            p =
    classes.dtype.kind not in "biufUO" => False
    <= INT64.max else np.uint64 => <= INT64.max else np.int64
    if classes.dtype in (np.bool_, np.float32) else => if False else
onnx/conversion.py: onnx
    probabilities = hasattr(estimator, "predict_proba") => probabilities = True
    if dtype != graph.dtype: => if False:
    if takes_integers(estimator): => if False:
    if x.shape != shape: => if False:
    if tuple(given) not in accepted: => if False:
    integers != takes_integers(estimator): => False:
    dtype.kind in "iu"\n => dtype.kind == "i"\n
    [shape[:2]] if shape[-1] == 1 else [] => []
    np.dtype(np.uint8) if takes => np.dtype(np.float32) if takes
onnx/protobuf.py: onnx
    ir_version=helper.find_min_ir_version_for(imports), => ir_version=11,
    [FREE, *shape] => [12, *shape]
    producer_name="sknn" => producer_name="onnx"
onnx/export.py: onnx
    newest = min(newest, NEWEST) => pass
    not isinstance(opset, Integral) or => False or
    OLDEST <= opset <= newest => OLDEST - 1 <= opset <= newest
    return DEFAULT => return newest
    or tuple(given) not in sample_shapes(shape): => or False:
    if hasattr(estimator, "best_estimator_"): => if False:
onnx/registration.py: onnx
    if options and options["nocl"]: => if False:
    estimator = copy(estimator) => pass
    if len(outputs) != len(operator.outputs): => if False:
    float64 if double else np.float32) => float64)
    model._current_model()  # raises => pass  # raises
    if output.name != "label": => if False:
    elif wanted == np.bool_: => elif False:
    if len(operator.inputs) > 1: => if False:
    all(isinstance(n, int) for n in shape) => True
    if opset < OLDEST: => if False:
    if isinstance(given, data_types.UInt8TensorType): => if False:
inspection/tracing/trace.py: trace every_exit
    share = 1 / batch.weight_sum => share = 1.0
    , estimator._training_loss() => , estimator._loss()
restored.py: restored
    if callbacks_of(estimator): => if False:
    estimator._validate_params() => pass
    loss.check()\n => pass\n
    _check_labels(labels)\n => pass\n
    _check_layers(estimator, model)\n    if => if
    _check_classes(estimator, model.loss, labels) => pass
    _check_levels(model)\n\n => pass\n\n
    network.numbers_kept() + _numbers_in_windows(network) > most => network.numbers_kept() > most
    run.optimizer.check() => pass
    rows and len(np.unique(order)) == len(order) => rows
    order.min(initial=0) >= 0 => True
    scales = [1.0, 1 / LARGEST_PIXEL] if => scales = [1.0, 2.0] if
    type(got) is type(value) and got == value => got == value
    require(n_names == prod(shape) => require(True
    np.array_equal(np.unique(classes), classes) => True
    and len(classes) > 0\n => and True\n
    require(y_type in kinds => require(True
    require(type(sparse) is bool => require(True
    labels.n_outputs == estimator.n_outputs_, => True,
    require(_sizes(own) == _sizes(given), => require(True,
    fits = per_target in (1, n_outputs) => fits = True
    prod(windows.padded) * shape[-1] + => 0 +
    and set(HISTORY) <= set(value) =>
    len(set(map(len, value.values()))) == 1 => True
    all(type(name) is str for name in value) => True
    all(type(one) is str for one in value.values()) => True
    temperature <= 1 => temperature < 1
    len(names) == n_features) => True)
saved_networks.py: restored
    {*vars(estimator), *RESERVED} => {*vars(estimator)}
    if name not in wrong and hasattr => if False and hasattr
    if name in taken or name.startswith("__")] => if name in taken]
    check_estimator(estimator)\n        return => return
    if theta.dtype != state.dtype: => if False:
    check_network(network, theta.size) => pass
    check_run(run)\n => pass\n
persistence.py: persistence
    with errors_name_path(path, "read"):\n        document => if True:\n        document
    with errors_name_path(path, "written"):\n        remove_leftovers(path) => if True:
    path = checked_path(path) => pass
saved_networks.py: persistence
    "state": model.state, => "state": 0 * model.state,
estimators/labels.py: labels class_weight losses_of_estimators validation mlp side_by_side
    self.softmax = len(self.classes) > 2 => self.softmax = len(self.classes) >= 2
    (z[:, 0] > 0).astype(np.intp) => (z[:, 0] >= 0).astype(np.intp)
    np.hstack([-z, z]) => np.hstack([z, -z])
    (targets > 0.5)).all(axis=1) => (targets > 0.5)).any(axis=1)
    np.all(right, axis=0) => np.any(right, axis=0)
    None if self.softmax else targets.astype(bool) => None
    len(self.classes) == 1 else loss.predict => False else loss.predict
    or not 0 <= as_float(weight) < np.inf => or not as_float(weight) < np.inf
    by_class[np.searchsorted(classes, y)] => by_class[np.unique(y, return_inverse=True)[1]]
    if same and set(found) != set(known): => if False:
    if len(np.setdiff1d(found, known, assume_unique=True)): => if False:
    and y.dtype.isnative =>
    > max(FEW, len(y) / 2):\n            check => > len(y):\n            check
    np.array(classes.tolist()) if y.dtype.kind == "U" else classes => classes
    "multiclass" if len(classes) > 2 => "multiclass" if len(classes) > 1
    and y.shape == predicted.shape) => )
    return (y.dtype.kind == "U") == (predicted.dtype.kind == "U") => return True
    self.codes(z), mode="clip") => self.codes(z))
    check_class_weights(weights)\n => pass\n
    isinstance(weight, bool) or is_number(weight) => is_number(weight)
    isinstance(class_weight, dict) or len(class_weight) != n_labels => len(class_weight) != n_labels
estimators/classifier.py: labels class_weight losses_of_estimators mlp
    return weights * (sample_weight if => return weights * (1 if
    np.all(predicted == y, axis=1) => np.any(predicted == y, axis=1)
    axis=1), weights=weight) => axis=1))
    labels.correct(z, y), weights=weight) => labels.correct(z, y))
    if isinstance(self.class_weight, str): => if False:
estimators/regressor.py: losses_of_estimators mlp
    [:, [0, -1]] => [:, [0, 1]]
    ascending - 0.5).argmin() => ascending).argmin()
    scored(predicted, loss), sample_weight=weight) => scored(predicted, loss))
    loss.check_targets(y) => pass
estimators/validation.py: validation scikit_learn_defects
    if len(validation) < 2: => if len(validation) < 1:
    not rows.weight[validation].any() => not rows.weight.any()
    stratify=estimator._strata(rows.y) => stratify=None
    None if data.sample_weight is None else data.sample_weight[at] => data.sample_weight
    held_out.x, held_out.at) => held_out.x, np.sort(held_out.at))
estimators/solvers.py: solvers side_by_side sequential cnn
    min(200 * n_shards, n_samples) => 200
    in FOR_SGD and not sgd => in FOR_SGD and False
    or isinstance(estimator.solver, SGD) =>
    return deepcopy(solver.computed()) => return solver.computed()
    solver.check()\n => pass\n
    planned=planned => planned=True
    if steps else schedule => if False else schedule
    and batch_size != _default(estimator, "batch_size") =>
    and batch_size != _default(estimator, "batch_size") => and batch_size != 64
    It is going to be clipped to {n_samples}. => It is going to be clipped.
    return 2 + len(moments) => return 1 + len(moments)
nn/blocks.py: blocks
    numbers[place + 1 :][:1]] => numbers[place + 1 :][:2]]
    weight_sum = self.weight_sum * split.share => weight_sum = self.weight_sum
    read or self.read => self.read
    permutation(len(rows) if at is None else at) => permutation(len(rows))
    missing = size - sum(end.n_samples for end in ends) => missing = size
    start, ends = start + size, [] => start, ends = start + 1, []
    if batch.n_samples < missing: => if False:
    rows = batch = None  # the block after => rows = None  # the block after
    rows = batch = None  # the block after => batch = None  # the block after
    if ends:\n            yield start, _joined(ends) => if False:\n            yield
    if self._n_rows(number)] => ]
    None if self.split is None else self.split.rows(number)\n => None\n
    self.extremes.x, self.extremes.y => self.extremes.y, self.extremes.x
    fraction * np.concatenate(([0], np.cumsum(sizes))) => fraction * np.concatenate(([0], sizes))
    if held_out else sizes - self.n_held_out => if held_out else sizes
    stream(self.seed, 0, number, HELD_OUT) => stream(self.seed, 0, 0, HELD_OUT)
    stream(self.seed, 0, number, HELD_OUT) => stream(0, 0, number, HELD_OUT)
    drawn[:cut] if self.held_out else drawn[cut:] => drawn[:cut] if self.held_out else drawn[:cut]
    return np.sort(drawn => return (drawn
    return np.nan, np.nan => return np.nan, 0.0
    rows.targets(at), None if rows.weight is None else rows.weight[at] => rows.targets(at), None
    weight_sum += float(len(y)) => weight_sum = float(len(y))
    total += model.loss => total = model.loss
    self.score.value() if self.score else -loss => self.score.value() if self.score else loss
    return Batch(batch.x.copy(), batch.y.copy(), weight, batch.weight_sum) => return batch
    Batch(x, y, None, float(len(y))) => Batch(x, y, None, batches[0].weight_sum)
    Batch(x, y, weight, sum_of_weights(weight)) => Batch(x, y, weight, batches[0].weight_sum)
    if length != wanted: => if length < wanted:
nn/streams.py: dask shards
    stream(seed, epoch, number, ROWS_OF_BLOCK) => stream(seed, 0, number, ROWS_OF_BLOCK)
    stream(seed, epoch, number, ROWS_OF_BLOCK) => stream(seed, epoch, 0, ROWS_OF_BLOCK)
nn/tree.py: tree
    start + (1 << (stop - start - 1).bit_length() - 1) => (start + stop) // 2
    a + b for a, b => a - b for a, b
    return right if left is None else left => return left
    a + b for a, b => b + b for a, b
    return rank - rank % place => return rank - 1
    range(rank + 1, n_ranks) => range(rank + 2, n_ranks)
    FAN_OUT = 8 => FAN_OUT = 7
nn/shards.py: shards
    length * ends // n for => ends * length // (n + 1) for
    if at.stop > at.start: => if True:
    self._place = seed, epoch, start + (shard << PLACES) => self._place = seed, epoch, start
    workspace = self._augmented.setdefault(shard, => workspace = self._augmented.setdefault(0,
    total, self.grad.copy() => total, self.grad
    batch.own or {batch.numbers[0]: batch.other()} => batch.own
    shard if batch.own else None => shard
    updates_state=number == 0 => updates_state=True
    sums[shard][0][0] += total => pass
    sums[shard][1][...] += part.vector => pass
    arrays if earlier is None else super()._summed([earlier, arrays]) => arrays
    np.multiply(grad, scale, out=self.grad) => np.multiply(grad, 1.0, out=self.grad)
    return self.weight_sum == 0 => return False
    weight if order is None else weight[order] => weight
nn/local_steps.py: local_steps
    shares = rows.lengths / len(rows) => shares = np.full(len(rows.lengths), 1 / len(rows.lengths))
    start + (number << PLACES) => start
    if own.idle: => if False:
    if since == n_steps: => if since > n_steps:
    if since:\n        sums += => if False:\n        sums +=
    own.weight_sum / batch.weight_sum => 1
    progress.step += 1 => pass
    loss * batch.n_samples, batch.n_samples, norm, 1 => loss, 1, norm, 1
    steps = run.moments.steps + n_steps => steps = run.moments.steps
    self.run.moments.load_state(run.moments.state()) => pass
dask/crew.py: crew
    if client is False or ( => if (
    if client.asynchronous: => if False:
    min(n_workers, n_blocks) if shards is None => n_workers if shards is None
    shards is not None and shards > n_blocks => False
    if self.n_shards < n_workers: => if False:
    lock.id = f"{self.client.id} {lock.id}" => pass
    self.client.run(close_desk) => pass
    lock.release()\n => pass\n
    self._addresses = []\n                self._restarts => self._restarts
    if self._restarts > self.max_restarts: => if self._restarts >= self.max_restarts:
    run.progress = progress => pass
    run.moments.load_state(moments) => pass
    np.copyto(gradient.state, state) => pass
    self.client.cancel(tasks, force=True) => pass
    except (KeyError, OSError) as error: => except ZeroDivisionError as error:
    if monotonic() > deadline: => if False:
    client not in dask_scheduler.clients => True
    if lock and client not in => if client not in
    first.join(sums) => pass
    rows.lengths if rows.split is None else rows.split.lengths => rows.lengths
    ats = [split.rows(number) for number in range(len(self.groups))] => ats = None
    raise (own or errors or => raise (errors or
dask/peers.py: peers crew
    number <= self._number => False
    meeting.bring(parts, 1 + n_children(rank, len(addresses))) => meeting.bring(parts, 1)
    self._attempt, self._number = attempt, -1 => self._attempt = attempt
    if task is None or task.state != "executing": => if False:
    self._meetings.pop((attempt, number), None) => pass
    meeting.fail(LostError(str(error))) => pass
dask/ranks.py: crew
    model.theta.copy(), model.state.copy() => model.theta, model.state
    run=replica.run.copy() => run=replica.run
    (kept.fit, kept.turn) != (orders.fit, orders.turn) => False
    kept.turn += 1 => pass
    replace(plan, augment=None) => plan
    None if split is None else split.rows(number) => None
    run.progress = copy(orders.progress) => pass
    if at is not None: => if False:
    orders.local_steps > 1 and n_shards > 1 => False
dask/parameters.py: crew
    [*signature.parameters.values(), *own] => [*signature.parameters.values()]
    **estimator._parameter_constraints, **CONSTRAINTS => **estimator._parameter_constraints
nn/training.py: dask
    run.seed, progress.epoch) if plan.shuffle else None => run.seed, progress.epoch)
    if in_rows else len(rows)) => )
    or run.order.max() >= rows.numbered: => :
estimators/inputs.py: dask
    if cls.__module__.startswith("sknn.estimators.")) => )
    "dask.array.", "dask.dataframe.", => "dask.array.",
dask/census.py: census
    ONE_SIDED = 0.25 => ONE_SIDED = 0.5
    if one.n] => ]
    raise ValueError(\n                f"X has no rows => print(\n                f"X has no rows
    max(one.x for one in each), max(one.y => min(one.x for one in each), max(one.y
    max(one.y for one in each) => min(one.y for one in each)
    min(least, default=None) => max(least, default=None)
    n = 3 * max(map(len, columns)) => n = 3 * len(columns[0])
    n_each.sum() / (len(classes) * n_each) => n_each.sum() / n_each
    squares = n * mean * (1 - mean) => squares = mean * (1 - mean)
    (n * np.square(mean - ( => (np.square(mean - (
    (n * mean).sum(axis=0) / n.sum() => mean.mean(axis=0)
    where=total > 0).max() => where=total > 0).mean()
    chance = (len(n) - 1) / => chance = 0 * (len(n) - 1) /
    (share - chance) / (1 - chance)) if => share - chance) if
    np.argsort(-self.lengths, kind="stable") => np.argsort(self.lengths, kind="stable")
    return [sorted(group) for group in groups] => return groups
    ONE_SIDED = 0.25 => ONE_SIDED = 0.22
dask/scores.py: scores
    if weight_sum > 0: => if True:
    self.score(z, y, weight) * weight_sum => self.score(z, y, weight)
    block.residuals = weight @ => block.residuals = np.ones(len(y)) @
    between = np.square(apart) * self.weight_sum * => between = np.square(apart) *
    other.squares + between => other.squares
    self.mean + apart * other.weight_sum / total => other.mean
    self.weight_sum += other.weight_sum => pass
    self.total += other.total => pass
    self.n += other.n => pass
    if self.n < 2 or => if
    (self.residuals > 0)] = 1 => (self.residuals > 0)] = 0
    scored(self.loss.predict(z), self.loss) => scored(z, self.loss)
    weight is None else weight.astype(float) => weight is None else weight
    self.n += other.n => self.n = max(self.n, other.n)
dask/partitions.py: dask dask_prediction
    if X.numblocks[axis] > 1] => if X.numblocks[axis] > 2]
    if str(dtype) == "category": => if False:
    parts.append([one] * n_partitions(X)) => parts.append([None] * n_partitions(X))
    if not is_frame(one) and one.ndim > 1 and name != "X": => if False:
    column_or_1d(np.zeros((1, 1)), warn=True) => pass
    if wanted != got: => if False:
    if known and X.chunks[0] != other.chunks[0]: => if False:
    np.ndim(sample_weight) > 0: => False:
    np.isnan((*X.chunks[0], *other.chunks[0])).any() => np.isnan(X.chunks[0]).any()
dask/reading.py: dask
    self.estimator = copy(estimator) => self.estimator = estimator
    if not num_samples(X) and not num_samples(y): => if not num_samples(X):
    dtype, zeros=True) => dtype)
    with config_context(**self.config): => with config_context():
    f"Partition {number} of {self.name}: {error}" => f"{error}"
    reader.validates = True => reader.validates = False
    reader = copy(self)\n        reader.validates => reader = self\n        reader.validates
    reader = copy(self)\n        reader.partitions => reader = self\n        reader.partitions
    Extremes(largest(X), of_y, least) => Extremes(of_y, of_y, least)
    number = self.numbers[number] =>
    weight[weight > 0].min(initial=np.inf) => weight.min(initial=np.inf)
dask/network.py: dask dask_prediction
    if streams and model.network.adapts: => if False:
    deepcopy(self.__getstate__()) => self.__getstate__()
    self._lazily("transform", X, layer=layer) => self._lazily("transform", X)
    super().transform(X, layer=layer) => super().transform(X)
    name = "X_val" if how.get("validates") else "X" => name = "X"
    self._dtypes(None), True) => self._dtypes(None), False)
    census.check_weights(known.dtype) => pass
    learn, some)\n => learn, False)\n
    self._weigh_classes(reader.estimator, census) => pass
    if not validates and rows.n_shards == 1: => if rows.n_shards == 1:
    if not validates and rows.n_shards == 1: => if not validates:
    reader.validates = census.numbers, validates => _ = census.numbers, 0
    cloned.client = self.client => pass
    "client": None} => }
    for name in state if name not in DEFAULTS => for name in state
    reader.class_weight = census.balanced() => pass
    if streams and groups is not None: => if False:
    data.rows.part(held_out, data.rows.read.validating()) => data.rows.part(held_out)
    return data.rows.part(training), None => return data.rows, None
    held_out.lengths.sum() < 2 => held_out.lengths.sum() < 1
    hasattr(fraction, "split") or plain(fraction) in (0, False) => hasattr(fraction, "split")
    if self.scoring not in (None, "loss"): => if False:
    positive=False, zeros=True) => positive=True, zeros=True)
    training.lengths.sum() < 1 => False
dask/tasks.py: dask dask_prediction
    lambda: MeanScore(score) => lambda: MeanScore(lambda *_: 0.5)
    self.scoring == "loss" else lambda: R2 => False else lambda: R2
    self.scoring == "loss" else lambda: Mean => False else lambda: Mean
    local.predict(X).reshape(len(y), -1), loss) => local.predict(X).reshape(len(y), -1) + 1, loss)
    assert_all_finite(y, input_name="y") => pass
dask/prediction.py: dask_prediction
    if not X.shape[0]: => if False:
    like = np.asarray(like)\n => like = np.asarray(like).astype(float)\n
    slice(stop - width, stop) => slice(0, width)
    return np.asarray(estimator.classes_).tolist() => return None
    X._meta.index[:0], names) => X._meta.index[:0], None)
    _as_frame(outputs, X.index, => _as_frame(outputs, None,
    drop_axis=list(dims), => drop_axis=[],
    getattr(estimator, method)(X, **settings)\n => getattr(estimator, method)(X)\n
    shared = dask.delayed(estimator, pure=False, traverse=False) => shared = estimator
dask/scattering.py: scattering
    place += lengths[number] => pass
    permutation(old[number]) => permutation(old[number]) * 0
    stream(int(seed), 0, number, => stream(int(seed), 0, 0,
    stream(int(seed), 0, number, => stream(0, 0, number,
    (stop - column + n - 1) // n => (stop + n - 1) // n
    if os.path.exists(path): => if False:
    np.diff(starts) if n) => np.diff(starts))
    if array.dtype.hasobject: => if False:
    if array.chunks[0] != X.chunks[0]: => if False:
nn/fit.py: solvers validation side_by_side scikit_learn_defects divergence mlp rollback
    sum_of_weights(weight) => len(self.y)
    if len(history["loss"]) > self.n_seen: => if True:
    if len(self.fit.history["loss"]) > self.n_seen: => if False:
    return loss, -loss => return loss, loss
    if not np.isfinite(z).all(): => if False:
    fit.run.progress.samples,  # => 0,  #
    self.kept.restore( => self.kept.keep(
    astype(rows.dtype), model.state => astype(np.float32), model.state
estimators/starts.py: solvers validation mlp resume scikit_learn_defects
    np.inf if best is None else -best if early else best => np.inf if best is None else best
    if model is vars(estimator).get("_model"): => if True:
    return getattr(estimator, "t_", 0), best => return 0, best
    run and run.copy()) => run)
    del values[self._n_rows[name] :] => pass
    self.run.random_state.set_state(self._drawn) => pass
estimators/publishing.py: solvers validation divergence mlp
    fit.run if fit.goes_on else None => None
    estimator.early_stopping and fit.held_out is not None => estimator.early_stopping
nn/ranges.py: ranges settings bad_input
    math.inf if number > 0 else -math.inf => math.inf
    np.bool_, np.timedelta64) => np.bool_)
    int(value) if isinstance(value, Integral) else as_float(value) => value
nn/memory.py: memory network
    return pages if pages > 0 else sys.maxsize => return pages
estimators/divergence.py: divergence
    learning_rate_init / 10:g => learning_rate_init * 10:g
    strength > 1 and plan.learning_rate => plan.learning_rate
    name = "alpha" if plan.alpha >= plan.l1 else "l1" => name = "alpha"
    fit.run.optimizer.momentum < 1 => fit.run.optimizer.momentum < 2
    PLAIN = 1e3 => PLAIN = 1.2e3
    STABLE = 2  => STABLE = 2.3
    if value <= batch: => if value <= 1:
    not rates[-1] > base => not rates[-1] >= base
    fit.plan.learning_rate * decay <= STABLE => fit.plan.learning_rate * decay < STABLE
estimators/reports.py: solvers validation divergence mlp
    planned and not fit.plan.schedule.horizon => planned
    == "diverged" and not _best_kept(fit): => == "diverged":
    in ("limit", "failed") => in ("limit",)
    result.epochs > 0 and result.reason != "diverged" => result.reason != "diverged"
warning.py: mlp metrics
    while frame.f_back is not None and _is_ours(frame.f_code.co_filename): => while False:
    or filename in WRAPPERS =>
estimators/reading.py: validation bad_input mlp
    and "feature_names_in_" not in self.__dict__ =>
    and X.shape[0] > 0 =>
    and sums_up(X.data if issparse(X) else X) =>
estimators/starts.py: transform sequential mlp validation bad_input
    wanted, got = (_arrays(one) for one => wanted, got = (0 for one
estimators/base.py: transform sequential mlp validation bad_input
    own[name][...] = array => pass
    if start.run and not same and has_other_order( => if False and has_other_order(
    previous.theta.copy(), previous.state.copy() => previous.theta, previous.state
    {**state, "_model": self._current_model()} => {**state}
    or not -len(depths) <= layer < len(depths) => or layer >= len(depths)
    rows = rows.astype(np.float64) => rows = rows
    goes_on = (self.warm_start or not start.planned) and => goes_on = self.warm_start and
    return network.draws or augments or rows => return augments or rows
    return network.draws or augments or rows => return network.draws or rows
    augments or rows.numbered != len(rows) => augments
estimators/rollback.py: rollback callbacks mlp bad_input
    before | under_way => vars(estimator) | before | under_way
    in CALLBACKS_UNDER_WAY if name in now} => in () if name in now}
    vars(estimator).pop(name, None) => pass
    while not restored: => if not restored:
    interrupted = True => interrupted = False
    each() => pass
estimators/inputs.py: bad_input every_input divergence
    if np.ma.is_masked(array): => if False:
    if sums_up(outputs) or np.isfinite(outputs).all(): => if sums_up(outputs):
    ends = np.array([numbers.min(), numbers.max()]) => ends = np.array([numbers.max()])
    memory = min(ONE_PASS, get_config()["working_memory"] * 2**20) => memory = ONE_PASS
estimators/hidden_layers.py: hidden_layers regularization transform
    return weighted[1:] => return weighted[:-1]
    [0.0] * (1 + n_spared) => [0.0] * (2 + n_spared)
    ForActivation(as_activation(activation), as_initializer(weight_init)) => weight_init
    if any(size <= 0 for size in sizes): => if any(size < 0 for size in sizes):
    isinstance(rate, Real) and 0 <= rate < 1 => isinstance(rate, Real) and 0 <= rate <= 1
    for activation in given:\n        as_activation(activation) =>
    islice(given, MOST + 1) => islice(given, MOST)
estimators/cnn.py: cnn images
    n_spared=len(filters) => n_spared=0
    if number == len(filters): => if number == len(filters) and filters:
    if not sizes:\n            layers.append(Flatten()) => layers.append(Flatten())
    "identity", weight_init=draw)] => "identity")]
    _always_images = True =>
    if not isinstance(kind, str) or kind not in POOLINGS: => if kind not in POOLINGS:
    if not isinstance(kind, str) or kind not in POOLINGS: => if False:
    layers = [Dropout(first)] if first else [] => layers = []
    first, *drops = hidden_layers.dropout_rates => *drops, first = hidden_layers.dropout_rates
estimators/regressor.py: losses_of_estimators
    loss.check_targets(np.array([-1.0])) => pass
    loss.check_targets(np.array([-1.0])) => loss.check_targets(np.array([0.0]))
estimators/sequential.py: sequential
    or hasattr(type(self), name) =>
    name in taken or hasattr => hasattr
    if "layers" in params:\n            super().set_params(layers=params.pop("layers")) =>
    except (TypeError, ValueError):  # fit => except TypeError:  # fit
estimators/images.py: images cnn pixels
    LARGEST_PIXEL = 255 => LARGEST_PIXEL = 256
    elif integers != self._fitted_integers(): => elif False:
    if side * side == width else (1, width, 1) => if side * side == width else (width, 1, 1)
    if shape not in (None, self.image_shape_): => if False:
    self.dtype == "auto" and reset => self.dtype == "auto"
    if not reset:\n            self._check_shape(shape) =>
    return np.dtype(np.float32) if self._fitted_integers() else X.dtype => return X.dtype
    if model is not None:\n            return model.dtype =>
    if shape not in (None, given): => if False:
    if prod(given) != width: => if False:
    return given if len(given) == 3 else None => return given
    not all(n in COUNT for n in shape) => not shape
    lengths = (2, 3) if self._always_images else (1, 2, 3) => lengths = (1, 2, 3)
    if n_axes > 4: => if n_axes > 5:
    X.dtype.kind in "iuf" => X.dtype.kind in "iufOUSc"
    if not (simple and self._plainly_valid(X)): => if not simple:
    integers = self.image_shape_ is not None and X.dtype => integers = X.dtype
    if not ordered or len(shape) => if len(shape)
    if not told and not self._scales_input(): => if not self._scales_input():
estimators/callbacks.py: callbacks
    model = deepcopy(self.estimator._model) => model = self.estimator._model
    self.end_epoch()  # => #
    and self.left > 0: => :
    self.left -= 1 => pass
estimators/checkpoints.py: resume checkpoint
    self.every and not last: => self.every:
    if checkpoint.epochs == 0: => if False:
    self._warn_of_others(found) => pass
    self.shared = True => pass
    if not over and checkpoint.epochs < estimator.max_iter: => if True:
    if not over and => if
    self.written = self._identity() => pass
    if path is not None and not lbfgs: => if path is not None:
    self.failing = True => self.failing = False
    vars(checkpoint).update(self.others) => pass
    else:\n            self.failing = False => else:\n            pass
    return found.st_ino, found.st_size, found.st_mtime_ns => return (found.st_size,)
plotting/columns.py: network_display
    column.scale = float(np.abs(column.values).max()) => column.scale = float(column.values.max())
    outputs.scale = 1.0 => pass
    model.loss.predict(drawn.x)[0] => drawn.x[0]
    column.notes = ["identity"] => pass
    return arrays[0].copy() if fits => return arrays[0] if fits
    return len(self.columns) > 1 or isinstance(layer, Dropout) => return True
    if len(self.columns) - 1 > start: => if True:
    self.x = self.x + before => pass
    start, before = len(self.columns) - 1, self.x => start, before = len(self.columns), self.x
    low, high = classes[0], classes[-1] => high, low = classes[0], classes[-1]
    [model.loss.link], _output => [], _output
    notes.append(row.activation or row.description) => notes.append(row.description)
    [row.kind] if weights is None and not step => [row.kind] if not step
    before = self._through(inner, network.layers[0], own, {}, before) => pass
    self.columns[-1].values = self.x[0].copy() => self.columns[-1].values = self.x[0]
    name == "stride" or (down, across) != (1, 1) => (down, across) != (1, 1)
    f"{i}: {one}" for i, => f"{one}" for i,
    model.loss.ascending] => model.loss.ascending[::-1]]
    AveragePool2D: "mean pool" => AveragePool2D: "max pool"
plotting/arrangement.py: arrangement network_display
    upper = -(-few // 2) => upper = few // 2
    n - (few - upper) : n] => n - (few - upper) - 1 : n - 1]
    few = min(n, most) => few = min(n, most - 1)
    y = pitch * ((self.slots - 1) / 2 - down) => y = pitch * (down - (self.slots - 1) / 2)
    middle = pitch * ((self.slots - self.room) / 2 - self.upper) => middle = 0
    self.inside = self.with_values and self.diameter => self.inside = self.diameter
    max(side * width / longest, SMALLEST) => max(side * height / longest, SMALLEST)
    np.column_stack([-back, back]) => np.column_stack([back, back])
    if other.start >= one.start) => if other.start > one.start)
    HINTED = 1.07 => HINTED = 0.9
    if size < 9.995 else => if size < 99.95 else
    if len(line) <= LONGEST => if len(line) < LONGEST
    + 1)\n        self.steps => )\n        self.steps
    self.notes = self.line * max(len => self.notes = self.line * min(len
    max(wanted, BODY[0] / 2, *(place => max(wanted, *(place
    BODY[any(column.shows_maps => BODY[all(column.shows_maps
    min(self.body / place.slots, 1.5 * self.pitch) => self.body / place.slots
    SIDE if place.is_picture else side, self.body) => side, self.body)
    (heads[index] + heads[index + 1]) / 2, step => heads[index], step
    weights is not None and not after.column.shows_maps\n => weights is not None\n
    np.array(wanted) - least + 1 => np.ones(len(least))
    self.left - missing, self.right + missing => self.left, self.right + 2 * missing
    max(text_width(name, self.font, "bold"), *texts) => max(text_width(name, self.font), *texts)
    self.half_height = (self.height + behind => self.half_height = (self.width + behind
    min(BEHIND, height / 2 / max => max(BEHIND, height / 2 / max
    self.centres[covering, 1].max() => self.centres[:, 1].max()
    findfont(FontProperties(weight=weight)) => findfont(FontProperties())
plotting/artist.py: network_display
    np.where(shown < 0, BLUE, VERMILION) => np.where(shown < 0, VERMILION, BLUE)
    np.where(shown < 0, BLUE, np.where => np.where(shown > 0, BLUE, np.where
    np.ix_(before.shown, after.shown) => np.ix_(range(len(before.shown)), range(len(after.shown)))
    shown = biases[place.shown] => shown = biases[: len(place.shown)]
    self.widest * np.abs(shown) / _largest(after.column) => self.widest * np.abs(shown)
    order = np.argsort(np.abs(shown) => order = np.argsort(-np.abs(shown)
    [before.centres[start], after.centres[end]] => [before.centres[end], after.centres[start]]
    (column.weights, column.biases) if array => (column.weights,) if array
    column.values[place.shown] / column.scale) => column.values[: len(place.shown)] / column.scale)
    column.values[..., index] / column.scale => column.values[..., index]
    -1 if place.stacked else 0] => 0]
    np.array(window[::-1]) => np.array(window)
    side=-1 if index == 0 else 1 => side=1
    (0.299, 0.587, 0.114)) > 0.5 => (0.299, 0.587, 0.114)) > 0.9
    parse_math=False => parse_math=True
    self.widest = zoom * float => self.widest = float
    (2.2 * self.zoom) ** 2 => 2.2**2
    _front(before), before.height / 2 => _front(before), before.half_height
    after.width / before.width,\n => after.height / before.height,\n
    (0.7 * right, 0)), size => (-0.7 * right, 0)), size
    (right, end.top_at(right))] => (right, start.top_at(left))]
    "arrowstyle": "-|>" => "arrowstyle": "<|-"
    (left + right) / 2, y + 1 => left, y + 1
    foot - a.steps, => foot,
    (self.places[index - 1].x + place.x) / 2 => place.x
    x += side * 6 => x -= side * 6
    "facecolor": ground => "facecolor": "white"
    [(VERMILION, line), (BLUE, line) => [(BLUE, line), (VERMILION, line)
    place = (a.left + a.right) / 2, a.bottom => place = a.left, a.bottom
    [a.bar, -height / 2, 8, height] => [a.bar, 0, 8, height]
    "zorder": 2.5 => "zorder": 3.5
plotting/panels.py: bad_looking
    if value not in COUNT: => if value is None:
    if not all(isinstance(one, plt.Axes) for one in given): => if False:
plotting/mosaic.py: bad_looking
    check_count("n_columns", n_columns) => pass
plotting/feature_maps.py: bad_looking
    closed="both", whole=True => closed="both"
    check_count("n_maps", n_maps) => pass
plotting/filters.py: bad_looking
    check_count("n_filters", n_filters) => pass
plotting/saliency.py: bad_looking
    check_count("n_features", n_features) => pass
    np.ndim(target) > 0 or =>
plotting/activations.py: bad_looking
    or n_points not in POINTS => or n_points < 2
    if low not in NUMBER or => if
plotting/gradient_flow.py: bad_looking
    if not isinstance(fit_params, dict | None): => if False:
    if not isinstance(callback, GradientFlow): => if False:
plotting/recorder.py: bad_looking
    check_count("n_samples", n_samples) => pass
plotting/training_curve.py: bad_looking
    if loss_scale not in ("linear", "log"): => if False:
inspection/networks.py: networks
    names = step.get_feature_names_out(names) => names = step.get_feature_names_out()
    with suppress(Exception):  # steps => if True:  # steps
inspection/networks.py: bad_looking
    // estimator._loss().outputs_per_target =>
    if got != wanted: => if got < wanted:
inspection/tracing/trace.py: bad_looking
    check_targets(estimator, model, data.rows) => pass
inspection/evidence.py: bad_looking
    if fitted and y is not None:\n        check => if False:\n        check
    check_targets(est, model, data.rows, name="y_val") => pass
    check_consistent_length(reader._checked(X_val, np.dtype(np.float64)), y_val) => pass
    _given = len(data.rows), True => _given = len(data.rows) - 1, True
plotting/network.py: network_display every_input
    signed = any(column.values.min() < 0 => signed = all(column.values.min() < 0
    Normalize(-1 if signed else 0, 1) => Normalize(0, 1)
    min(1, *(size / place.size))\n        if => max(1, *(size / place.size))\n        if
    display.plot(ax, max_units=max_units, **kwargs) => display.plot(ax, **kwargs)
    0.85 * plt.rcParams["font.size"] => 0.85 * 12
    * 72 / self.figure_.dpi => * 72 / 80
    Artist(self.ax_, place, zoom, => Artist(self.ax_, place, 1,
    (place.bottom, place.top)) => (place.top, place.bottom))
plotting/activations.py: activation_display
    IN_A_ROW = 4 => IN_A_ROW = 3
    for name, function in reversed(ACTIVATIONS.items()) => for name, function in ACTIVATIONS.items()
    n if n <= IN_A_ROW else ceil(sqrt(n)) => n if n < IN_A_ROW else ceil(sqrt(n))
    max(4.0, 2.6 * n_columns), max(3.2 => max(4.0, 2.6 * n_rows), max(3.2
    {"color": BLUE, "label": "f(z)", **kwargs} => {**kwargs, "color": BLUE, "label": "f(z)"}
    axvline(0, color => axvline(1, color
    if number + n_columns >= n: => if number + n_columns > n:
    [:, 0].copy()\n    derivative => [:, 0]\n    derivative
    list | tuple) or not activations: => list | tuple):
plotting/feature_maps.py: feature_map_display
    check_finite(maps) => pass
    n_maps: int = 64 => n_maps: int = 16
    np.moveaxis(self.maps[..., :n_maps], -1, 0) => self.maps[..., :n_maps].T
    symmetric_scale(shown) => symmetric_scale(self.maps)
    {"cmap": UNSIGNED, "vmin": 0} => {"cmap": UNSIGNED}
    width_ratios=[1, 2] => width_ratios=[2, 1]
    Mosaic(shown, n_columns) => Mosaic(shown)
    next(convolutions, images[0]) => next(convolutions, images[-1])
    (Activate, BatchNorm, LayerNorm)): => (Activate, BatchNorm)):
    Range(-len(names), len(names) - 1, => Range(1 - len(names), len(names) - 1,
plotting/filters.py: filter_display
    own[0].name] => own[-1].name]
    self.filters[:n_filters] => self.filters[-n_filters:]
    symmetric_scale(shown) => symmetric_scale(self.filters)
    n, height, width, channels = => n, width, height, channels =
    f", {channels} channels") => "")
    network.shapes[index::-1] => network.shapes
    np.moveaxis(weight, -1, 0).copy() => np.moveaxis(weight, -1, 0)
plotting/gradient_flow.py: gradient_flow_display
    GradientFlow(n_samples), clone(inside => GradientFlow(), clone(inside
    *callbacks_of(copy), flow => flow
    list(callback.layer_names_) => callback.layer_names_
    else ON_LIGHT => else ON_LIGHT[::-1]
    every = -(-n_layers // MOST) => every = n_layers // MOST + 1
    DASHES[number % len(DASHES)] => DASHES[0]
    np.full(zero.sum(), 0.02) => np.full(zero.sum(), 0.98)
    transform=self.ax_.get_xaxis_transform() => transform=self.ax_.get_yaxis_transform()
    color=line.get_color() => color=shade
    loc="upper left", bbox => loc="upper right", bbox
    ylim=(-5, 105) => ylim=(0, 1)
    not np.isnan(self.dead_shares).all() => not np.isnan(self.dead_shares).any()
    **{**style, **kwargs}) => **style)
plotting/layerwise.py: layerwise
    training=False) => training=True)
    np.empty_like(model.theta) => model.theta
    (*shape, 1) if len(shape) == 2 else shape => (1, *shape) if len(shape) == 2 else shape
    and np.prod(shape) == n => and np.prod(shape) <= n
    [shape, shape[:2]] if shape[2:] == (1,) => [shape, shape[:2]] if True
    sample if table else array.reshape(1, n) => array.reshape(1, n)
    .take(slice(None)).copy() => .take(slice(None))
plotting/learning_rate.py: learning_rate_display
    MEMORY = 0.9 => MEMORY = 0.8
    high not in Range(low) => high not in POSITIVE
    rates = rates[: len(losses)] => rates = rates[-len(losses) :]
    xscale="log", xlabel => xlabel
    learning_rate="constant", early_stopping=False => early_stopping=False
    warmup_steps=0) => )
    check_random_state(probe.random_state) => check_random_state(estimator.random_state)
    if len(order) < size: => if len(order) <= size:
    smoothed[-1] > DIVERGED * smoothed.min() => smoothed[-1] > DIVERGED * smoothed[0]
    max(int(losses.argmin()), 1) => max(int(losses.argmin()), 2)
    slopes.argmin() => np.abs(slopes).argmax()
    color=ink() => color="black"
    DIVERGED = 4 => DIVERGED = 3.9
    DIVERGED = 4 => DIVERGED = 4.2
plotting/mosaic.py: mosaic
    SIDE // max(height, width)) => SIDE // min(height, width))
    max(1, side // 8) => max(2, side // 9)
    tiles.shape[3] == 1 else 3 * narrow => tiles.shape[3] == 1 else narrow
    transpose(0, 1, 3, 2) => transpose(0, 1, 2, 3)
    n_tiles * height / width => n_tiles * width / height
    divmod(number, self.n_columns) => divmod(number, self.n_rows)
    (size - 1) / 2 + step => size / 2 + step
    np.arange(self.n_rows) * self.n_columns => np.arange(self.n_rows) * self.n_rows
    if n_shown < n else "" => if n_shown <= n else ""
plotting/panels.py: panels
    BLUE, VERMILION, GREEN = => VERMILION, BLUE, GREEN =
    SIGNED = "RdBu_r" => SIGNED = "RdBu"
    isinstance(ax, plt.Axes) or n == 1: => isinstance(ax, plt.Axes):
    grid = place.subgridspec(**layout) => grid = figure.add_gridspec(**layout)
    image.mean(axis=-1), {"cmap": "gray"} => image[..., 0], {"cmap": "gray"}
    min(0, image.min()), max(1, image.max()) => image.min(), image.max()
    np.abs(numbers).max() or 1.0 => numbers.max() or 1.0
    {**symmetric_scale(image), **kwargs} => {**kwargs, **symmetric_scale(image)}
    [1.03, 0, 0.04, 1] => [-0.07, 0, 0.04, 1]
    xlabel="Column (pixels)", ylabel= => ylabel="Column (pixels)", xlabel=
    axes[-1].set_xlabel(unit) => axes[0].set_xlabel(unit)
plotting/recorder.py: gradient_flow_display
    if not estimator.history_["loss"] or not self.epochs_: => if not self.epochs_:
    len(estimator.history_["loss"]) > self.epochs_[-1] => True
    np.linspace(0, n - 1, min(n, n_samples)) => np.arange(min(n, n_samples))
    state = model.state.copy() => state = model.state
    self.gradient.mean(self.batch) => self.gradient.sum(self.batch)
    (y > 0).reshape => (y >= 0).reshape
    active | alive.get(index, False) => active
    if row >= 0: => if True:
    norms[0] if len(norms) == 1 else np.linalg.norm(norms) => norms[0]
plotting/saliency.py: saliency_display
    values, LABELS, strict=True => values, LABELS[::-1], strict=True
    check_finite(z0) => pass
    float(z0[0] @ direction) => float(z0[0].max())
    n_features: int = 20 => n_features: int = 10
    self.gradient.sum(axis=-1), LABELS => self.gradient.mean(axis=-1), LABELS
    panel.set_ylabel(None) => pass
    np.argsort(-np.abs(self.attribution), kind => np.argsort(-self.attribution, kind
    np.where(bars < 0, BLUE, VERMILION) => np.where(bars < 0, VERMILION, BLUE)
    {"color": colors, **kwargs} => {**kwargs, "color": colors}
    panel.invert_yaxis() => pass
    last.set_yticklabels([]) => pass
    values = self.gradient, self.attribution => values = self.attribution, self.gradient
    int(z[0] > 0) % len(classes)] => int(z[0] > 0)]
    np.full(1, 1 if number else -1, z.dtype) => np.full(1, 1, z.dtype)
    dtype=x.dtype) + 0.5) / n_steps => dtype=x.dtype) + 1) / n_steps
    x0 + at * (x - x0), direction => at * x, direction
    len(shape) == 3 and wanted != shape => False
    None if names is None else names.copy() => names
plotting/training_curve.py: training_curve_display
    FEW = 50 => FEW = 51
    best_validation_score_ is not None and scores => best_validation_score_ is not None or scores
    np.array(estimator.history_["loss"]) => estimator.history_["loss"]
    estimator.history_[curve].mean(axis=1) => estimator.history_[curve][:, 0]
    np.nanargmax(scores)) + 1 => np.nanargmax(scores))
    int(np.nanargmax(scores)) + 1 => len(scores)
    {"color": VERMILION, "linestyle": "--"} => {"color": VERMILION}
    "validation_loss", "validation", **{**unseen => "validation_loss", "validation", **{**seen
    panel.autoscale(axis="y") => pass
    {self.unit.lower()} => {self.unit}
    for panel in self.axes_:\n => for panel in self.axes_[:1]:\n
    np.arange(1, len(values) + 1) => np.arange(len(values))
    np.isnan(values).all() => np.isnan(values).any()
estimators/panel/html.py: html
    {escape(name)}</div>{texts} => {name}</div>{texts}
    <div>{escape(line)}</div> => <div>{line}</div>
    if not PLAIN.fullmatch(name)] => if not PLAIN.match(name)]
estimators/by_hand.py: by_hand
    if dtype in dtypes else dtypes[0] =>
    if dtype in dtypes else dtypes[0] => if False else dtypes[0]
    estimator._validate_params() => pass
    if not shapes or any( => if any(
    if "coefs_" not in present and => if "coefs_" not in present or
    if not estimator._samples_known_by_weights: => if False:
    if wanted not in present] => if False]
    if broken: => if False:
    one[1] != other[0]] => one[0] != other[1]]
    elif given != tuple(hidden): => elif False:
    if of_biases != wanted: => if False:
estimators/publishing.py: by_hand
    = model.network.shapes[0][0] => = model.network.shapes[1][0]
    n_layers_ = len(model.weights) + 1 => n_layers_ = len(model.weights)
estimators/labels.py: by_hand
    if not np.array_equal(labels.classes, array): => if False:
    len(self.classes) if self.softmax else 1 => len(self.classes)
    self.n_outputs = int(stops[-1]) => self.n_outputs = len(stops)
    if columns or array.ndim != 1 or not len(array): => if columns or array.ndim != 1:
estimators/classifier.py: by_hand
    or self._labels.classes is not self.classes_: => :
    if "_model" in known or "classes_" => if "classes_"
    self._take_classes()\n        if hasattr => if hasattr
estimators/regressor.py: by_hand
    return n_levels if n_levels > 1 else n_columns => return n_columns
estimators/inputs.py: bad_input
    if n_axes <= 2: => if n_axes <= 3:
    if n_axes <= 4 else "" => if n_axes <= 5 else ""
    np.ndim(X) if str(error) => 3 if str(error)
nn/receptive_field.py: receptive_field
    size + (k - 1) * dilation * step, step => size + (k - 1) * step, step
    size + (k - 1) * dilation * step, step => size + (k - 1) * dilation, step
    step * stride, first => stride, first
    first - before * step) => first - before)
    max(n, two + m - one) => n
    ReceptiveField(image[:2]) => field
    if field is None or layer.pixelwise: => if layer.pixelwise:
    branch and branch.with_shortcut(field) => branch
nn/summary.py: summary
    seen=before) => seen=PIXEL)
    [seen, *fields[:-1]], => fields,
inspection/summary.py: summary bad_looking
    if sides and all(side in COUNT for side in sides) => if all(side in COUNT for side in sides)
    if n_outputs not in COUNT: => if n_outputs < 1:
    del columns[FIELD], numbers[FIELD] => pass
    __repr__ = __str__ =>
metrics.py: metrics
    if rows == "predicted": => if rows == "true":
    if whole:\n        for => if False:\n        for
    or (counts < 0).any() =>
    or not np.isfinite(counts).all() =>
    counts.dtype.kind not in "iuf" => counts.dtype.kind not in "iufb"
    not _are_whole(counts.ravel()) and any( => any(
    for axis in (0, 1)] => for axis in (0,)]
    1, atol=0.01) => 1, atol=0)
    SUMS if _are_whole(sums) else () => ()
    SUMS if _are_whole(sums) else () => SUMS
    "names", weighted=not whole) => "target_names", weighted=not whole)
    np.allclose(n, 1, atol=0.01) => np.allclose(n, 1, atol=0.05)
inspection/data_symptoms.py: data_symptoms
    LARGE = 20 => LARGE = 17
    TINY = 0.2 => TINY = 0.23
    N_VALIDATION, PER_CLASS = 50, 5 => N_VALIDATION, PER_CLASS = 42, 5
    N_VALIDATION, PER_CLASS = 50, 5 => N_VALIDATION, PER_CLASS = 50, 6
    if evidence.normalized_input: => if False:
    repr(names[worst]) => repr(names[0])
    return evidence.length, text, integers => return largest, text, integers
    return evidence.target_rms, text => return evidence.relative_loss, text
    if n >= least: => if n > least:
    least / evidence.n) => least / (evidence.n + n))
    if evidence.validation_given: => if False:
    if weights[most] <= IMBALANCE => if weights[most] < IMBALANCE
    weights[most] / weights[least] => weights[least] / weights[most]
    raise NotChecked("y contains labels") => return None
    {len(evidence.rms)} features exceed => {n_large} features exceed
    max(weights, key=weights.get), min => max(weights), min
inspection/training_symptoms.py: training_symptoms
    RISEN, NOISE = 0.25, 0.05 => RISEN, NOISE = 0.21, 0.05
    RISEN, NOISE = 0.25, 0.05 => RISEN, NOISE = 0.25, 0.042
    STALLED = 0.95 => STALLED = 0.99
    EPOCHS = 5 => EPOCHS = 6
    VANISHING = 1e-3 => VANISHING = 8.5e-4
    DEAD = 0.6 => DEAD = 0.5
    SAMPLES = 50 => SAMPLES = 42
    SATURATED = 0.8 => SATURATED = 0.93
    LEARNT = 0.01 => LEARNT = 0.0117
    np.argmin(np.isfinite(losses))) + 1 => np.argmin(np.isfinite(losses)))
    RISEN * (losses[0] - least), NOISE * abs(least) => RISEN * (losses[0] - least), NOISE * least
    last - least\n => losses[0] - least\n
    est.max_grad_norm is not None else => est.max_grad_norm is None else
    if not losses[0] > 0: => if not losses[0] >= 0:
    [*_dead(evidence), *_saturated(evidence)] => [*_dead(evidence)]
    if evidence.n < SAMPLES:\n        raise => if evidence.n <= SAMPLES:\n        raise
    _activation(est, "leaky_relu") => _activation(est, "relu")
    a narrower weight_init => a wider weight_init
    score - held_out, is_classifier => held_out - score, is_classifier
    (1 - held_out) / evidence.n_validation => (1 - held_out) / evidence.n
    if not gap > GAP + chance: => if not gap > GAP:
    if est.alpha else 1e-3:g} => if est.alpha else 1e-2:g}
    np.diff(losses) < 0) >= STEADY => np.diff(losses) <= 0) >= STEADY
    if share > SATURATED] => if share >= SATURATED]
    for of in evidence.flatness if of.ends == 2] => for of in evidence.flatness if of.ends >= 1]
    turns.insert(0, => turns.append(
    learning_rate_init={10 * rate:g} (now {rate:g}), => learning_rate_init={rate:g} (now {rate:g}),
    if any(isinstance(layer, kinds) for => if all(isinstance(layer, kinds) for
    if not np.isfinite(losses).all(): => if np.isnan(losses).any():
    getattr(est, "activation", None) == "relu" => getattr(est, "activation", "relu") == "relu"
    {score:.3f} on the training => {held_out:.3f} on the training
    "fewer layers." => "more layers."
inspection/diagnose.py: diagnose
    if (X_val is None) != (y_val is None): => if X_val is None and y_val is not None:
    sample_weight, X_val, y_val)\n    if look => None, X_val, y_val)\n    if look
    evidence.feature_names = inside.feature_names => pass
inspection/evidence.py: evidence
    reader = estimator if fitted else clone(estimator) => reader = estimator
    np.sqrt(squares / len(rows)) => squares / len(rows)
    history=getattr(estimator, "history_", {}) => history={}
    if loss.link == "identity" and labels is None: => if labels is None:
    isinstance(labels, OneLabel) => labels is not None
    z, targets, data.sample_weight) => z, targets, rows.weight)
    _relative_loss(loss, targets, z, rows.weight) => _relative_loss(loss, targets, z, None)
    step = max(1, min(MOST => step = max(1, max(MOST
    start + step)).x => start + step - 1)).x
    dtype=float).sum(axis=0) => dtype=float).sum(axis=1)
    stage.forward(x, False) => stage.forward(x, True)
    len(counted) - 1, SAMPLE => min(len(counted), SAMPLE) - 1, SAMPLE
    if not len(counted): => if False:
    if own.has_weights] => ]
    errors[0] / errors[-1] => errors[1] / errors[-1]
    np.sqrt(np.mean(own.delta**2)) => np.mean(own.delta**2)
    weights=weight, minlength=len(labels.classes) => weights=weight
    y[counted], z[counted], weight[counted] => y, z, weight
    jac=True, method => jac=False, method
    = num_samples(X_val), True => = evidence.n, True
    = num_samples(X_val), True => = num_samples(X_val), False
    errors[-1] > 0 else => errors[-1] >= 0 else
    est.early_stopping and est.solver != "lbfgs" and => est.early_stopping and
    if est.scoring is None and evidence.history: => if evidence.history:
    ["validation_score"][-1:] => ["validation_score"][:1]
    score is None or np.isnan(score) else score => score is None else score
    if y is None:\n => if False:\n
    weight[:, 0]\n => np.ones(len(codes))\n
    isinstance(est.validation_fraction, Real): => est.validation_fraction:
    learn=model is None, some=True => learn=True, some=True
    min(MOST, MEMORY // row_size) => min(MOST, MEMORY)
    z, x = stage.forward(x, False)\n => z, _ = stage.forward(x, False)\n
inspection/flatness.py: flatness
    FLAT = 0.05 => FLAT = 0.042
    LEVEL = 0.005 => LEVEL = 0
    None if stage.activation else 0 => 0 if stage.activation else None
    reshape(-1, z.shape[-1]).sum(axis=0) => reshape(-1, z.shape[-1]).sum(axis=1)
    self._seen += => self._seen =
    slopes.max() => slopes.mean()
    np.abs(self._stage.slopes(sums)) => self._stage.slopes(sums)
inspection/summary.py: summary
    N_TEXTS = 4 => N_TEXTS = 3
    name="layer" => name="name"
    sums["multiply_adds"], sums["n_bytes"]) => sums["n_bytes"], sums["multiply_adds"])
    any(row.receptive_field => all(row.receptive_field
    if not fitted and n_outputs => if n_outputs
    " ".join(row.name.split()) => row.name
    shape_text(row.receptive_field or ()) => shape_text(row.output_shape)
    prod(_sides(value) or (0,)) != prod(fitted) => _sides(value) != fitted
    n_outputs not in COUNT: => False:
    takes_images or len(shape) == 1 => True
    if estimator.dtype != "auto": => if estimator.dtype == "float64":
    int(n_outputs)), _planned_shape => 1), _planned_shape
    " ".join(row.name.split()) => row.name.strip()
    one sample, bytes in {dtype} => one sample, bytes in float64
    f"{shape[0]:,} features" => f"{shape[0]} features"
    (len(columns) - N_TEXTS) => (len(columns) - N_TEXTS - 1) + [False]
nn/summary.py: summary
    if name in CLEAR or first: => if name in CLEAR:
    and name == layer.setting_names()[0] =>
    "bias_init", "layers", "parts" => "bias_init", "layers"
    LONGEST = 40 => LONGEST = 47
    *([self.activation] if self.activation else []) => *[]
    seen=before) => seen=seen)
    int(prod(output_shape)) * => int(prod(input_shape)) *
    n_bytes + sum( => sum(
    {name}={text} => {text}={name}
    " ".join(repr(value).split()) => repr(value)
    elif type(value).__repr__ is object.__repr__: => elif False:
    sum(getattr(row, count) for row in rows) => sum(getattr(row, count) for row in rows[:-1])
    name in WINDOWS and isinstance(value, Integral) => isinstance(value, Integral)
    , *([self.activation] => , *([self.kind]
    prod(item.shape) for item in declared) => len(item.shape) for item in declared)
nn/receptive_field.py: receptive_field
    size: tuple = (1, 1) => size: tuple = (0, 0)
    first - before * step) => first + before * step)
    windows.dilation,\n            windows.stride => windows.stride,\n            windows.dilation
    return replace(self, size=size) => return replace(shortcut, size=size)
    image[:2] => image[1:]
    self.first,\n            windows.size, => self.step,\n            windows.size,
    first: tuple = (0, 0) => first: tuple = (1, 1)
    strict=False => strict=True
    zip(self.size, self.first, shortcut.size => zip(self.size, shortcut.first, shortcut.size
inspection/tracing/formulas.py: formulas
    "delta @ weight.T" => "delta @ weight"
    "scale": "sum of delta * (x - mean) => "scale": "sum of x * (x - mean)
    MaxPool2D: Formulas(\n        "largest => MaxPool2D: Formulas(\n        "smallest
    and type(layer).forward is kind.forward =>
    if not getattr(layer, "bias", True): => if getattr(layer, "bias", True):
    getattr(layer, "scaling", "standard") != "ntp" => True
    f"{formulas.grads['weight']} / sqrt(n_in)" => formulas.grads['weight']
    f"{formulas.dx} / sqrt(n_in)" => formulas.dx
    r"; (?! )|\. |\.$" => r"; (?! )|\. "
    formula(activation) if default else => formula(activation) if True else
    exp(-beta * z) => exp(beta * z)
    return Formulas(formula(layer)) => return Formulas("x")
    , of {loss_formula(inner)} => , of {formula(inner)}
inspection/tracing/pages.py: pages window
    MANY, ENDS = 36, 3 => MANY, ENDS = 30, 3
    MANY, ENDS = 36, 3 => MANY, ENDS = 36, 2
    ROWS = 8 => ROWS = 7
    SMALL = 1e-3 => SMALL = 8.5e-4
    CHANNELS = 4 => CHANNELS = 3
    WIDTH, INDENT = 100, 6 => WIDTH, INDENT = 84, 6
    _count(len(trace.y), 'sample') => _count(len(trace.layers), 'sample')
    window.products[..., channel] => window.products[..., 0]
    if channels > CHANNELS:\n => if channels >= CHANNELS:\n
    {products} + {bias} = {z} => {bias} + {products} = {z}
    own.layer.draws for => own.layer.joint for
    if trace.augmented: => if not trace.augmented:
    _array(name, param, of_images=False)\n        how => _array(name, param)\n        how
    _array(f"a = {_of_z(own.activation)}", own.a) => _array(f"a = {_of_z(own.activation)}", own.z)
    "z" if link == "identity" else => "z" if True else
    if trace.alpha:\n        how => if not trace.alpha:\n        how
    _number(trace.l2_penalty) => _number(trace.l1_penalty)
    penalty += => penalty =
    declared.decay and declared.trainable => declared.decay
    above = own.name => above = above or own.name
    isinstance(value, Real) => True
    {how}", param, => {how}", own.params[name],
    text.removeprefix("f(z) = ") if => text if
    if len(array) <= ROWS else 0 => if len(array) < ROWS else 0
    for row in zip(*columns, strict=True): => for row in zip(*columns[::-1], strict=True):
    value:.{DIGITS}g => value:.{DIGITS}e
    range(min(channels, CHANNELS)) => range(channels)
    of_images=False)\n        if own => of_images=True)\n        if own
inspection/tracing/records.py: records
    any(map(self._is_weight, self.declared)) => all(map(self._is_weight, self.declared))
    if parameter not in self.params: => if False:
    if self.after is not None: => if False:
    .shape[0] == 1 and not is_weight => .shape[0] == 1
    {self.x.shape} -> {self.a.shape} => {self.x.shape} -> {self.x.shape}
    if layer not in names: => if False:
    sample, position, filter)\n\n    def => 0, position, filter)\n\n    def
    loss {self.loss:.8g} => loss {self.loss:.4g}
    range(n) for n in shape] => range(1, n + 1) for n in shape]
    "after"] = self.after[parameter] => "after"] = self.params[parameter]
    names.index(layer) => len(names) - 1
    position=(0, 0), filter => position=(0, 1), filter
inspection/tracing/stages.py: stages
    z = self.before.forward(*given, context).copy() => z = self.before.forward(*given, context)
    given = *own, da.copy(), self => given = *own, da, self
    grads, dz.copy(), self => grads, dz, self
    Pass(training, weight=weight => Pass(True, weight=weight
    not in (Dense.forward, Conv2D.forward) => not in (Dense.forward,)
    before = copy(layer) => before = layer
    names_of_layers(estimator, network)) => network.names)
    if self.before is None:\n            return dz, dz => if False:\n            return dz, dz
    dz, context = da, self._context => dz, context = da, Pass(False)
    before.activation = "identity" => before.activation = "tanh"
inspection/tracing/window.py: window
    if not isinstance(layer, Conv2D): => if False:
    if not 0 <= number < n: => if not 0 <= number <= n:
    f"{n - 1}, got => f"{n}, got
    [0, *position].copy() => [0, *position]
    traced.params["bias"][0, filter] => traced.params["bias"][0, 0]
    z=float(products.sum()) + bias => z=float(products.sum())
    position=tuple(position) => position=position
    z = {self.z:.8g} => z = {self.z:.4g}
    return pd.DataFrame({name: array.ravel() for => return pd.DataFrame({name: array.ravel("F") for
    wanted, axes = (sample, *position, filter) => wanted, axes = (sample, *position, 0)
    bias=bias, => bias=0.0,
    float(products.sum()) => float(pixels.sum())
estimators/panel/html.py: html
    if not PLAIN.fullmatch(name)] => if PLAIN.fullmatch(name)]
    {type(error).__name__}: {error} => {error}
    [*given, network.names[-1]] => [*given, network.names[0]]
    history.get("validation_loss", []) => history.get("loss", [])
    a if a == b else UNKNOWN => a if a != b else UNKNOWN
    link if row is rows[-1] else row.activation => row.activation
    map(str, shape) => map(str, shape[:2])
    "loss", []), "validation" => "loss", [])[:-1], "validation"
    lines = [kind, *([activation] => lines = [*([activation]
    names_of_layers(estimator, network))\n    sums => network.names)\n    sums
    if row.n_parameters else "" => if row.n_trainable else ""
estimators/panel/charts.py: charts
    any(map(isfinite, values)) => all(map(isfinite, values))
    bottom - 4, TOP + 4 => bottom, TOP
    M{at:.1f},{bottom}v4 => M{at:.1f},{bottom}v-4
    if len(curves) > 1: => if len(curves) > 2:
    points[: -1 : -(-len(points) // MOST_POINTS)] => points[: -1 : len(points) // MOST_POINTS]
    MOST_POINTS = 300 => MOST_POINTS = 350
    len(set(places)) == 1 => len(places) == 1
    high > LOGARITHMIC * low => high >= LOGARITHMIC * low
    (high - low) / 6, whole or power => (high - low) / 5, whole or power
    log10(value) if power else value => value
    digits <= 5 and largest < 1e6 => digits <= 5
    1 + max(0, floor(log10(largest)) + digits) => max(0, floor(log10(largest)) + digits)
    at + 4, label, "end" => at, label, "end"
    step = _round_step((high - low) / 6 => step = _round_step((high - low) / 8
    high - low <= 1e-9 * => high - low <= 1e-3 *
inspection/tracing/trace.py: trace
    learning_rate=rate, => learning_rate=float(estimator.learning_rate_init),
    alpha=estimator.alpha, => alpha=estimator.l1,
    gradient_norm=norm, => gradient_norm=gradient.norm(),
    if estimator.max_grad_norm is not None: => if estimator.max_grad_norm is None:
inspection/diagnose.py: diagnose
    if self.not_checked: => if False:
    break_on_hyphens=False => break_on_hyphens=True
    if not self.findings: => if self.findings:
inspection/networks.py: networks bad_looking
    if not isinstance(estimator, BaseNetwork): => if False:
    check_network(estimator)\n    return => return
inspection/tracing/trace.py: trace
    np.dtype(np.float64) if estimator.solver == "lbfgs" else model.dtype => model.dtype
    _copied(stage.params),\n => stage.params,\n
    1 / batch.weight_sum => 1 / len(batch.y)
    layer.grads = _copied(own) => layer.grads = own
metrics.py: metrics
    labels = [pos_label] if average => labels = labels or [pos_label] if average
    zero_division=0,\n    ) => zero_division=zero_division,\n    )
    tn, fp = tn.sum(keepdims=True), fp.sum(keepdims=True) => pass
    negatives = tn + fp => negatives = tn + fn
    undefined = negatives == 0 => undefined = negatives < 0
    0.0 if zero_division == "warn" else float(zero_division) => 0.0
    if average is None:\n        return scores => if False:\n        return scores
    "weighted": tp + fn => "weighted": tn + fp
    tp + fn, "samples": sample_weight} => tp + fn}
    None, names, counts.ravel(), zero => None, names, None, zero
    row |= {column: int(row[column]) => row |= {column: float(row[column])
    there = np.asarray(sample_weight) != 0 => there = np.asarray(sample_weight) >= 0
    counts = np.where(unweighted == 0, 0.0, counts) => pass
    "support": tp[at] + fn[at]} => "support": tp[at] + fp[at]}
    if average == "samples" else ("sample => if average == "macro" else ("sample
    weights = weights if weights.any() else None => pass
    weights = np.asarray(weights)[defined] => weights = np.asarray(weights)
    if n != n_names and labels_given: => if labels_given:
    if len(report) < len(classes) + len(averages): => if False:
    return frame if weighted else => return frame if not weighted else
    if longest <= room: => if longest < room:
    widths = [max(4, => widths = [max(5,
    max(room, len("weighted avg")) => room
    or [""]\n => or []\n
    widths = [min(longest, => widths = [max(longest,
    0 if column in whole else digits => digits
    {"f1-score": row}  # => {"recall": row}  #
versions.py: versions
    's' * (threads > 1) => 's'
    (library["internal_api"], library["version"]))) => (library["internal_api"], "")))
    if library["user_api"] == "blas": => if True:
    library.get("architecture", "unknown") => library.get("architecture")
    if own and forced != own: => if forced != own:
    if own and forced != own: => if own:
    0 < int(value) < available => 0 < int(value) <= available
    0 < int(value) < available => 0 <= int(value) < available
    if value.isdigit() and => if value and
    if key != name} => if key == name}
    timeout=60, => timeout=None,
    check=True, => check=False,
    env=environment, => env=None,
    return process.stdout.strip() => return process.stdout
    PackageNotFoundError:\n        return None => PackageNotFoundError:\n        return ""
    {name:>14} => {name:>15}
    if hasattr(os, "sched_getaffinity") else => if True else
    else os.cpu_count() => else 1
scikit_learn/private_names.py: private_names
    sorted(self.options) => self.options
    _param_validation, contextlib)} => _param_validation)}
    @classmethod\n    @cache => @classmethod
    list(getattr(estimator, "_skl_callbacks", None) or []) => estimator._skl_callbacks or []
    max_subtasks=n_subtasks => max_subtasks=n_subtasks + 1
    state.pop("_metadata_request", None) => state.get("_metadata_request", None)
    html() + table() => table() + html()
scikit_learn/callback_protocol.py: callback_protocol
    if missing or isclass(callback): => if missing:
    hasattr(callback, name)] => False]
    self._skl_callbacks = list(callbacks) => self._skl_callbacks = callbacks
    self.__dict__.pop("_skl_callbacks", None) => self._skl_callbacks = []
    clone._skl_callbacks = self._skl_callbacks  # => pass  #
    self.n_subtasks += 1 => pass
    self.n_subtasks\n        part.parent => 0\n        part.parent
    part.n_subtasks = self, 0, 0 => part.n_subtasks = None, 0, 0
    part.n_subtasks = self, 0, 0 => part.n_subtasks = self, 1, 0
    stop |= bool( => stop = bool(
    and "fitted_estimator" not in given: => :
    if unknown: => if False:
    if each.kind == each.KEYWORD_ONLY] => if each.name in GIVEN]
    fitted = copy(estimator) => fitted = estimator
    if attributes is None: => if False:
    decorator(with_teardown(method)) => decorator(method)
    errors.append(error) => raise
    if len(errors) == 1: => if errors:
    del estimator._skl_callbacks_to_teardown, => del
    for callback in estimator._skl_callbacks_to_teardown: => for callback in []:
scikit_learn/weights.py: weights
    or weights.any()): => or weights.all()):
    = _check_sample_weight(sample_weight, X, **options) => = _check_sample_weight(sample_weight, X)
warning.py: warning
    while frame.f_back is not None and => while
    os.path.dirname(__file__) + os.sep => os.path.dirname(__file__)
persistence.py: persistence
    if len(set(names)) < len(tuple(classes)): => if False:
    if "estimator" not in document: => if False:
    document[part] and decoder.decode_items => decoder.decode_items
saved_networks.py: persistence
    right = vector.dtype in FLOATS and models => right = models
    right = vector.dtype in FLOATS and models => right = vector.dtype in FLOATS
    wrong += [name for name in LEFT_OUT if name in parts["parameters"]] => pass
    if callbacks_of(estimator): => if False:
    settings.pop("n_decayed", None) => pass
    for name in LEFT_OUT:\n            parameters.pop(name, None) => pass
    state["_run"] = None => pass
    if getattr(one, "requests", None) => if True
    "input_shape": model.network.shapes[0], => "input_shape": model.network.shapes[-1],
    vars(splitter) | vars(splitter).get("cvargs", {}), => vars(splitter),
    return ManyLabels(classes) => return ManyLabels(list(reversed(classes)))
estimators/parameters.py: estimator_properties mlp
    or value is not defaults[name] =>
estimators/parameters.py: edges bad_input
    COUNT = Interval(Integral, 1, None, => COUNT = Interval(Integral, 2, None,
    Interval(Real, 0, None, closed="neither") => Interval(Real, 0, None, closed="left")
    NOT_NEGATIVE = Interval(Real, 0, None, closed="left") => NOT_NEGATIVE = POSITIVE
    0, 1, closed="left")\n\nPARAMETERS => 0, 1, closed="neither")\n\nPARAMETERS
    0, 1, closed="left")\n\nPARAMETERS => 0, 1, closed="both")\n\nPARAMETERS
    [Interval(Real, 0, 1, closed="both")], => [BELOW_ONE],
    [COUNT, Options(Real, {np.inf})], => [COUNT],
    closed="neither"), "array-like"] => closed="left"), "array-like"]
nn/settings.py: settings
    if shown(value) != shown(defaults[name].default) => if value is not defaults[name].default
    if "_setting_names" not in vars(cls): => if not hasattr(cls, "_setting_names"):
    return list(cls._setting_names) => return cls._setting_names
    for name in names if hasattr(self, name)} => for name in names}
    value.check() => pass
nn/ranges.py: ranges edges settings
    number if self.closed in ("both", "left") => number if self.closed == "left"
    number if self.closed in ("both", "left") => number if self.closed == "both"
    self.high if self.closed in ("both", "right") => self.high if self.closed == "right"
    self.high if self.closed in ("both", "right") => self.high if self.closed == "both"
    if not is_number(value) or (self.whole => if (self.whole
    (self.whole and not isinstance(value, Integral)) => False
    return len(values) > 0 and all( => return all(
    return isinstance(value, bool | np.bool_) => return isinstance(value, bool)
    POSITIVE = Range(0) => POSITIVE = Range(0, closed="left")
    COUNT = Range(1, => COUNT = Range(0,
    LEVELS = Sequence(Range(0, 1)) => LEVELS = Sequence(Range(0, 1, "both"))
nn/optimizers.py: edges optimizers
    SHARE = Range(0, 1, "left") => SHARE = Range(0, 1)
    "momentum": Range(0, 1, "both") => "momentum": SHARE
    epsilon: float = 1e-10) => epsilon: float = 1e-8)
    momentum_decay: float = 0.004 => momentum_decay: float = 0.04
nn/losses.py: losses
    margin > 0, out=out) => margin >= 0, out=out)
    1 - info.epsneg => 1 - info.eps
    return high if high - low < 80 => return high if high - low < 100
    narrow = high - low < 80 => narrow = high - low < 100
nn/model.py: model
    counts = len(weights) == len(self.weights), len(own) => counts = True, len(own)
nn/activations.py: activations
    out=dy, where=a <= 0)  # => out=dy, where=a < 0)  #
nn/batches.py: batches
    for start in range(0, n, size): => for start in range(0, max(1, n - 1), size):
    max(abs(float(array.max())), abs(float(array.min()))) => abs(float(array.max()))
nn/losses.py: losses
    if self.outputs_per_target > 1 else z.copy() => if self.outputs_per_target > 2 else z.copy()
nn/model.py: model
    is_row = (1,) if role == "bias" else None => is_row = (1,)
nn/summary.py: summary
    len(text) <= LONGEST => len(text) < LONGEST
nn/threads.py: threads
    return min(held.get( => return max(held.get(
nn/training.py: models_together
    else np.copy(value)) => else value)
nn/layers/dense.py: settings
    return (int(self.units),) => return (self.units,)
nn/layers/dropout.py: dropout
    levels / (levels - dropped) => 1 / (1 - self.rate)
nn/stopping.py: stopping
    & (value < np.inf)) => )
    gradient.theta[...] = self.gradient.theta[models] => pass
    gradient.state[...] = self.gradient.state[models] => pass
    run.moments = self.run.moments.select(models) => pass
    run.progress = self.run.progress.select(models) => pass
    if len(self._taken) == MOST_PARTS: => if False:
    if key in self._taken: => if False:
    self.gradient.theta[models] = gradient.theta => pass
    self.gradient.state[models] = gradient.state => pass
    self.run.moments.update(models, run.moments) => pass
estimators/base.py: base
    previous.theta.copy(), previous.state.copy() => previous.theta.copy(), previous.state
    else deepcopy(self._loss()) => else self._loss()
    start.planned) and self.solver != "lbfgs"\n => start.planned)\n
    return activations.reshape(len(activations), -1) => return activations
    dtype = dtype if dtype in FLOATS else np.dtype(FLOATS[0]) => pass
    if depths else 0 => if depths else 1
    any(arrays is not None for => all(arrays is not None for
    if model.fits(weights, biases): => if False:
    model.adapt(rows, subset, random_state) => model.adapt(rows, None, random_state)
    _take_given(model, weights)\n        if self.solver => pass\n        if self.solver
estimators/starts.py: starts
    best = np.inf if best is None => best = np.inf if True
    history = {name: list(values) for name, values in history.items()} => pass
estimators/by_hand.py: by_hand
    's' if n_outputs > 1 => 's' if n_outputs > 2
estimators/callbacks.py: callbacks
    "coefs_": list(model.weights) => "coefs_": model.weights
estimators/publishing.py: starts
    if result.next_rate is not None: => if result.next_rate:
estimators/labels.py: labels
    ((z > 0) == (targets > 0.5)) => ((z >= 0) == (targets > 0.5))
model_selection/progress.py: progress
    n_tasks = max(n_tasks, n_candidates * n_splits) => n_tasks = n_candidates * n_splits
    means if not isnan(mean)] => means]
    line.ljust(self._width) => line
    * (n_tasks - self._n_done) => * n_tasks
    sys.stderr if stream is None => sys.stdout if stream is None
    return [f"best score {max(means):.4g}"] => return [f"best score {means[-1]:.4g}"]
inspection/evidence.py: evidence
    min(MOST, MEMORY // row_size) => MEMORY // row_size
plotting/saliency.py: saliency_display
    kind="stable")[:n_features] => )[:n_features]
estimators/base.py: base
    chosen = isinstance(self.dtype, str) and self.dtype != "auto" => chosen = False
onnx/conversion.py: onnx
    if len(shape) == 3 and integers != => if integers !=
nn/together.py: together
    state.patience.best[:] = [fit.run.patience.best for fit in fits] => pass
    self.fit.run.random_state.set_state(self.drawn) => pass
    if values[0] is None or all(value == values[0] for value in values): => if values[0] is None:
    np.copyto(self.fit.model.state, self.state) => pass
    if not isinstance(batch.idle, bool): => if False:
    of_all["seconds"] /= len(self.fits) => pass
    values[:epochs, number].tolist() => values[:, number].tolist()
    epochs = stopped or min(outcome.epochs, fit.epochs) => epochs = stopped or fit.epochs
    int(_of(run.progress.plateaus, number)) => 0
    before + epochs * fit.n_samples => epochs * fit.n_samples
nn/cached.py: cached
    value = instance.__dict__[self.name] = self.compute(instance) => value = self.compute(instance)
nn/grouping.py: grouping together
    and not network.n_image_layers =>
    plan.batch_size if n > plan.batch_size else "all", => plan.batch_size,
    and equal_arrays(a.codebook, b.codebook) =>
    fit.held_out is None,\n => \n
    _drawn(fit) if fit.own_draws else number => _drawn(fit)
    state["pos"], fit.run.seed => state["pos"]
    state["key"].tobytes(), state["pos"], => state["key"].tobytes(),
    if same_rows(fits[one], fit)), number) => ), number)
    alone = fits[0].run.seed is None and all(fit.own_draws for fit in fits) => alone = True
    alone = fits[0].run.seed is None and all( => alone = all(
    alone and len(set(map(_drawn, fits))) == 1 => alone
    while len(batches) > allowed_threads(): => while True:
    if n_rows(one) == n_rows(other) => if True
    if merged is None or len(merged) > most: => if merged is None:
    pairs, key=lambda pair: len(pair[0]), default => pairs[:1], default
    batches = sorted(groups, key=n_rows) => batches = list(groups)
    others.sort(key=lambda number: fits[number][0].n_samples) => pass
    gain = len(others) >= SEVERAL or => gain = len(others) > SEVERAL or
    or same_rows(fits[others[0]][0], fits[others[-1]][0]) =>
    1 if n_bytes >= LARGE else => 1 if n_bytes > LARGE else
inspection/networks.py: networks
    X = step.transform(X) => pass
    y is not None and isinstance(outer, TransformedTargetRegressor) => isinstance(outer, Pipeline)
    column[:, 0] if y.ndim == 1 and column => column if y.ndim == 1 and column
    sample.size == getattr(first, "n_features_in_", None) => True
    sample.size == getattr(first, "n_features_in_", None) => False
    if hasattr(sample, "to_frame"): => if False:
    or issparse(sample)): => ):
    .T.infer_objects() => .T
    if not self.around: => if False:
    tables and isinstance(network, TableNetwork) => tables
    if _transforms(step))\n => )\n
    getattr(estimator, "regressor_", estimator.regressor) => estimator.regressor
    return clone(step) if _transforms(step) else step => return step
    isinstance(estimator, Pipeline) and estimator.steps: => isinstance(estimator, Pipeline):
    (estimator, *reversed(around)) => (estimator, *around[:1])
    (estimator, *reversed(around)) => (estimator, *around)
inspection/diagnose.py: networks
    X, y = inside.samples(X), inside.targets(y) => pass
    inside, X, y = inside.learn(X, y) => pass
    X_val, y_val = inside.samples(X_val), inside.targets(y_val) => pass
inspection/tracing/trace.py: networks
    X, y = inside.samples(X), inside.targets(y) => X = inside.samples(X)
plotting/learning_rate.py: networks
    _, X, y = inside.learn(X, y) => pass
plotting/gradient_flow.py: networks
    _, X, y = inside.learn(X, y) => pass
plotting/saliency.py: networks
    inside.sample(baseline), name => baseline, name
scikit_learn/private_names.py: networks steps
    if not hasattr(estimator, "best_estimator_"): => if False:
scikit_learn/private_names.py: private_names
    if own == "sknn.dask" else "sknn" => if False else "sknn"
    start.rstrip("/") + => start +
    except PackageNotFoundError: => except KeyError:
    get_all("Project-URL") or [] => get_all("Project-URL")
    return start and start => return start
estimators/panel/markup.py: markup html
    get_config()["display"] != "diagram" => False
    <div class="sknn-title">{escape(text)} => <div class="sknn-title">{text}
    <div class="sknn-note">{escape(text)} => <div class="sknn-note">{text}
    <div class="sknn-name">{escape(name)} => <div class="sknn-name">{name}
    f"<div>{escape(text)}</div>" => f"<div>{text}</div>"
    <div class="sknn-remedy">{escape(remedy)} => <div class="sknn-remedy">{remedy}
    <summary>{escape(heading)} => <summary>{heading}
    <pre>{escape(text)}</pre> => <pre>{text}</pre>
    {escape(cell)} => {cell}
    [""] * n_texts + => [""] * (n_texts - 1) + [""] * 2 +
    if end else '' => if True else ''
inspection/tracing/panel.py: panel
    N_TEXTS = 4 => N_TEXTS = 3
    f"{_rms(own.a):.3g}", => f"{_rms(own.z):.3g}",
    f"{_rms(own.delta):.3g}", => f"{_rms(own.da):.3g}",
    np.mean(np.square(array)) => np.sum(np.square(array))
    if grads else "" => if True else ""
    " ".join(own.name.split()), => own.name,
    _shape(own.x), => _shape(own.z),
inspection/summary.py: summary
    * "\N{NO-BREAK SPACE}" + name.lstrip() => * "" + name.lstrip()
    if not self._on_images():\n            lines = => if False:\n            lines =
    n_texts -= 1 => pass
    .replace("- ", "-") => .replace("-", "-")
inspection/diagnose.py: diagnose
    found = found or [note(NOTHING)] => pass
persistence.py: steps
    check_named_steps(document)\n => pass\n
    if wrote.split(".")[:2] != runs.split(".")[:2]: => if wrote != runs:
    if wrote.split(".")[:2] != runs.split(".")[:2]: => if False:
    if not isinstance(estimator, BaseEstimator):\n        raise => if False:\n        raise
    estimator = best_estimator(estimator) => pass
nn/storage/values.py: steps
    if hasattr(kind, "check"): => if False:
    if array.ndim == 2 and array.strides[0] < array.strides[1]: => if False:
scikit_learn/stored_classes.py: steps
    since <= version} => since > version}
    if fitted else [] => if False else []
    NOT_KEPT = {"_stop_words_id"} => NOT_KEPT = set()
    {"MultiLabelBinarizer": {"_cached_dict"}} => {}
    {"ColumnTransformer": {"force_int_remainder_cols"}} => {}
    not isinstance(name, str) or name not in TABLE => name not in TABLE
steps.py: steps
    type(one) is type(value) and one == value: => callable(value):
    not in listed_values() or arguments: => not in listed_values():
    if stored_class(name) is not type(step): => if stored_class(name) is None:
    if _is_code(value): => if False:
    if strange:\n            raise TypeError => if False:\n            raise TypeError
    check_step(step)\n\n    def make => pass\n\n    def make
    check_step(step)\n        return step => return step
    del parameters[parameter] => pass
    if missing: => if False:
    | dict.fromkeys(COMPUTED_AGAIN.get(name, ())) => | {}
    learnt.pop(gone, None) => pass
    content.keys() != {"class", "arguments"}: => False:
    if stored_class(name) is None:\n            raise => if False:\n            raise
    set(arguments) - allowed | => set() |
    | set(arguments) & LEFT_OUT.get(name, set()) => | set()
    key=learnt["vocabulary_"].get) => key=str)
    all(type(term) is str for term in terms): => True:
    return callable(value) and not any( => return not any(
    {term: column for column => {term: column + 1 for column
restored_steps.py: steps restored_steps
    step._validate_params() => pass
    isinstance(n_jobs, Integral) and n_jobs <= MOST_JOBS) => isinstance(n_jobs, Integral))
    np.dtype(dtype).kind in "biufO" => True
    abs(value) < LONGEST => value < LONGEST
    if fitted and name in CHECKS_OF_FITTED: => if name in CHECKS_OF_FITTED:
    comb(n, k) if interaction_only => comb(n + k - 1, k) if interaction_only
    counts[max(least, 1) - 1 :] => counts[least:]
    _check_columns(full)\n => pass\n
    require(state[name] == value, => require(True,
    len(splines) == n > 0 => len(splines) >= 0
    all(type(one) is BSpline for one in splines) => True
    n_rows - step.degree * (step.extrapolation == "periodic") => n_rows
    (spline.k, spline.axis, spline.c.shape) == (degree, 0, shape) => spline.c.shape == shape
    return right and spline.c.dtype.kind == spline.t.dtype.kind == "f" => return right
    n * (n_each - (not step.include_bias)) => n * n_each
    require(got == wanted, "n_features_out_" => require(True, "n_features_out_"
    state.get("vocabulary_", {}) => state["vocabulary_"]
    require(columns == list(range(len(columns))), => require(True,
    "tokenizer", "strip_accents", => "strip_accents",
    isinstance(pattern, str) and re.compile(pattern) is not None => True
    len(n_words) == 2 and all(map(is_count, n_words)) => len(n_words) == 2
    len(n_words) == 2 and all(map(is_count, n_words)) => all(map(is_count, n_words))
    all(isinstance(term, str) for term in terms) => True
    all(map(is_count, terms.values())) => True
    require(not arguments, => require(True,
    "inverse_func": "inv_kw_args"} => "func": "inv_kw_args"}
    isinstance(result, np.ndarray) and result.shape == (2, 3) => result is not None
    require(names in (None, "one-to-one"), => require(True,
    len(ends) == 2 and all(map(is_number, ends)) => len(ends) == 2
    len(ends) == 2 and all(map(is_number, ends)) => all(map(is_number, ends))
    mode in ("percentile", "k_best") or pvalues is not None => True
    number == "all" if mode == "k_best" else is_number(number) => True
    all(is_index(one, n) for one in features) => True
    require(got == n, "_n_features" => require(True, "_n_features"
    dtype.kind == "O" or all(map(is_number, filling.tolist())) => True
    require(n > 0, "references_" => require(True, "references_"
    state.setdefault("n_features_in_", len(state["idf_"])) => pass
    if n > MOST_COLUMNS: => if False:
restored_attributes.py: restored_steps
    state.keys() & forms.keys() - {CONFIG} => state.keys() & forms.keys()
    sizes["n"] = int(state["n_features_in_"]) => pass
    if mark and not (parameter and parameters[parameter]): => if mark:
    if mark and not (parameter and parameters[parameter]): => if mark and not parameter:
    kinds.append("None") => pass
    elif attribute not in state: => elif True:
    if fitted or attribute in state: => if attribute in state:
    any(_has_form(got, kind, sizes) for kind in kinds) => True
    isinstance(value, Real) and type(value) is not bool => isinstance(value, Real)
    return is_count(value) and value < n => return is_count(value)
    return is_count(value) and value < n => return value < n
    if type(value).__name__ == kind else None => if hasattr(value, "n_features_in_") else None
    width is not None and width == sizes.setdefault(letters, width) => width is not None
    width is not None and width == sizes => width == sizes
    value.dtype.kind in dtypes => True
    fits and value.ndim == len(letters) => fits
    all(sizes.setdefault(letter, size) == size for letter, size in pairs) => True
    return fits and same and is_right(value) => return fits and same
    len(set(labels.tolist())) == len(labels) => True
    return len(labels) > 0 and _are_distinct => return _are_distinct
    np.array_equal(np.unique(labels), labels) => True
    value is None or isinstance(value, str | Real) => True
    all(isinstance(name, str) for name in values) => True
restored_compositions.py: restored_steps
    _are_named(steps, 2) and len(steps) > 0 => _are_named(steps, 2)
    _has(one, "transform") for _, one in steps[:-1] => True for _, one in steps[:-1]
    or _has(steps[-1][1], "fit") => or True
    not any(map(_reads_texts, _used(steps)[1:])) => True
    _reads_texts, _used(steps)[1:] => _reads_texts, _used(steps)
    all(_is_part(one) for _, one in step.transformer_list) => True
    _are_named(given, 3) and all(_is_part(one) for _, one, _ in given) => _are_named(given, 3)
    _are_named(own, 3) and all(_is_part(one) for _, one, _ in own) => _are_named(own, 3)
    all(_are_columns(one, n, names) for *_, one in own) => True
    one == "drop" or _is_empty(which) or _has => one == "drop" or _has
    or _is_empty(which) or _has(one, "transform") for => or True for
    not used or "sparse_output_" in state => True
    not used or "sparse_output_" in state => "sparse_output_" in state
    np.isscalar(which) or not _reads_texts(one) => True
    rest[0] == "remainder" and _is_part(rest[1]) => _is_part(rest[1])
    rest[0] == "remainder" and _is_part(rest[1]) => rest[0] == "remainder"
    right and _are_columns(rest[2], n, names) => right
    require(len(columns) == len(given), => require(True,
    * bool(rest[2]) => * (not _is_empty(rest[2]))
    require(repr(got) == repr(wanted), => require(True,
    isinstance(at, list) and all(is_index(one, n) for one in at) => isinstance(at, list)
    isinstance(at, list) and all(is_index(one, n) for one in at) => True
    len(at) == 1 or not np.isscalar(which) => True
    require(_has(state[name], method), => require(True,
    [own, *own.get_params().values()] => [own]
    _used(getattr(step, "steps", ()))[:1] => []
    + _used(getattr(step, "transformer_list", ())) => + []
    len(one) == length for one in parts => True for one in parts
    all(type(one[0]) is str for one in parts) => True
    len({one[0] for one in parts}) == len(parts) => True
    isinstance(weights, dict) and all(map(is_number, weights.values())) => True
    all(map(_is_int, ends)) or all(one in names for one in ends) => True
    which.step is None or _is_int(which.step) => True
    return len(which) == n => return True
    -n <= one < n for => one < n for
    -n <= one < n for => 0 <= one < n for
    isinstance(one, str) and one in names => isinstance(one, str)
    return list(which.data) => return [which]
    not isinstance(value, bool) => True
restored_encoders.py: steps restored_steps
    is_index(dropped, n) => True
    n = int(group.max()) + 1 => n = len(own)
    n_outs.append(n - (dropped is not None)) => n_outs.append(n)
    require(got == n_outs, => require(True,
    is_index(column, len(categories)) and => True and
    is_index(code, len(categories[column])) => True
    not used or step.unknown_value is not None => True
    require(kind in TARGETS, => require(True,
    require(classes is not None, => require(True,
    require(isinstance(means, np.ndarray), => require(True,
    require(not isinstance(means, np.ndarray), => require(True,
    for _ in range(n_each)] => for _ in range(1)]
    _is_floats(own) and own.shape for own in => own.shape for own in
    require(got == wanted, "encodings_" => require(True, "encodings_"
    _is_floats(own) and own.ndim == 1 for => _is_floats(own) for
    step.encode == "ordinal" or encoder is not None => True
    value.dtype.kind == "f" => True
    require(len(categories) == n, => require(True,
    own.ndim == 1 and len(own) > 0 => own.ndim == 1
    all(a < b or b != b => all(a <= b or b != b
    all(a < b or b != b => all(a < b
    in "biufUSOmM" and are_hashable(own.tolist()) => in "biufUSOmM"
    (groups is not None) == enabled, => True,
    isinstance(one, list) and len(one) == n => isinstance(one, list)
    and few.ndim == 1 and len(few) > 0) => and few.ndim == 1)
    (few is None or all(is_index(one, len(own)) for one in few)) => True
    group.shape == own.shape => True
    group.dtype.kind == "i" => True
    np.array_equal(np.unique(group), np.arange(group.max() + 1)) => True
model_selection/backend.py: model_selection
    if n_jobs == 0: => if False:
    self._asked[0 => self._asked[-1
    self._asked.clear() => pass
    None:\n            raise => None:\n            return
    nesting_level=(self.nesting_level or 0) + 1), None => nesting_level=0), None
    self._tasks.clear() => pass
    while self._tasks: => if self._tasks:
    _in_this_process if self._n_processes == 1 else self._in_processes => _in_this_process
    if self.progress and outcome[1] is None: => if self.progress:
    self.progress(func.items, outcome[0], len(tasks)) => self.progress(func.items, outcome[0], 1)
    tasks = outcome = func = callback = None => pass
    sorted(range(len(works)), key=lambda number: _fold(works[number] => list(range(len(works)
    -(-len(works) // SHARE) => len(works) // SHARE
    sorted(share.tolist()) for share => share.tolist() for share
    Parallel(n_processes, backend="loky", => Parallel(1, backend="loky",
    (share[number], outcome) => (number, outcome)
    warnings.simplefilter("ignore", UserWarning) => pass
    working_memory"] * 2**20 => working_memory"]
    result["fit_time"] -= task.waited => pass
    , None, None => , task.outcome, task.error
    missing.update(range(following, number)) => pass
    following = max(following, number + 1) => following = number + 1
    missing.discard(number) => pass
    if failed and not any(other < min(failed) for other in missing): => if failed:
    yield min(failed), (None, failed[min(failed)]) => yield max(failed), (None, failed[max(failed)])
    if n_jobs is None:\n        return 1 => if n_jobs is None:\n        return 2
    + 1 + n_jobs => + n_jobs
    max(cpu_count() + 1 + n_jobs, 1) => (cpu_count() + 1 + n_jobs)
    supports_sharedmem = True => supports_sharedmem = False
model_selection/room.py: model_selection
    with one_blas_thread():\n            try: => if True:\n            try:
    elif self._todo and len(self._under_way) < self._most(): => elif self._todo:
    self._largest = max(self._largest, task.fit.rows.x.nbytes) => pass
    if task.error is not None:\n                        self._todo.clear() => pass
    finally:\n                self._abandon() => finally:\n                pass
    as_a_whole(_set_filters, self._outer)\n        self._outer = None => self._outer = None
    task.interrupt()\n            self._end(task) => self._end(task)
    outer = self._outer or _filters() => outer = _filters()
    for task in list(self._under_way.values()):\n            self._end(task) => pass
    as_a_whole(_set_filters, outer) => pass
    with suppress(KeyboardInterrupt) => if True
    max(2, min(MOST, self.memory // self._largest) => min(MOST, self.memory // self._largest
    min(MOST, self.memory // self._largest) => self.memory // self._largest
    n_batches = BATCHES * allowed_threads() => n_batches = 10**6
    self._ready.append(task) => self._ready.appendleft(task)
    pythonapi.PyThreadState_SetAsyncExc(thread, py_object(KeyboardInterrupt)) => pass
    if get_ident() != self._thread.ident: => if False:
    ending(watch, lambda: self.room.abandoned) => watch
    )\n            self._leave_if_abandoned() => )
    self._wait_for_turn()\n        self._leave_if_abandoned() => self._wait_for_turn()
    if isinstance(result, BaseException):\n            raise result => pass
    started - sum(fit.history["seconds"]) => started
    if not self.room.abandoned:\n                self.error = error => self.error = error
    self.work = self.fit = self.watch = None\n            self.is_done = True => self.is_done = True
    _set_filters(filters) => pass
    args=(self._run,), daemon=True) => args=(self._run,), daemon=False)
    copy_context().run, args=(self._run,) => self._run
    with warnings.catch_warnings():  # informs the warnings module\n        pass => pass
model_selection/searches.py: model_selection
    dict[str, int] = {} if n_jobs is None else {"n_jobs": n_jobs} => dict = {}
    if line:\n            line.close() => pass
    chosen = isinstance(backend, TogetherBackend) or not => chosen = not
    if chosen or not _has_networks(estimator): => if not _has_networks(estimator):
    if chosen or not _has_networks(estimator): => if chosen:
    if hasattr(estimator, "get_params") else {} =>
    for value in (estimator, *parameters.values()) => for value in (estimator,)
    Integral) or n_jobs == 0 => Integral) or n_jobs <= 0
    wrapped.__module__ = __name__ => pass
nn/grouping.py: grouping together
    and fit.checkpoint is None =>
    and plan.max_time is None =>
    and plan.augment is None =>
    and not issparse(rows.x) =>
    and idle_batches(fit) < RARE =>
    own = weight if fit.subset is None else weight[fit.subset] => own = weight
    ~own.any(axis=1) => ~own.all(axis=1)
    last = zeros**rest if rest else 0.0 => last = 0.0
    plan.shuffle,\n => \n
    plan.early_stopping,\n => \n
    plan.max_grad_norm is None,\n => \n
    -(-n // plan.batch_size),\n => \n
    rows.dtype,\n => \n
    fit.model.dtype,\n => \n
    run.optimizer.scheduled) and fit.epochs, => run.optimizer.scheduled),
    if len(same) < ENOUGH: => if len(same) <= ENOUGH:
    key=len, reverse=True) => key=len)
    -(-len(members) // most) => max(1, len(members) // most)
    n_bytes = numbers * fit.rows.dtype.itemsize => n_bytes = numbers
    and equal_arrays(a.weight, b.weight) =>
    and equal_arrays(a.y, b.y) =>
    if type(value) is float] => if True]
    if isinstance(value, slice): => if False:
nn/rows_of_models.py: together
    models[leading], at[leading], rows) => models[:len(leading)], at[leading], rows)
    models[leading], at[leading], rows) => models[leading], at[:len(leading)], rows)
    if key != self._shared[0]: => if self._shared[0] is None:
    np.unique(self.leaders[models], => np.unique(self.leaders[: len(models)],
    side="right" => side="left"
    own = at - self.starts[models, None] => own = at
    weight, sum_of_weights(weight)) => weight, float(shape[1]))
    _same(rows, "y") and _same(rows, "codebook") => _same(rows, "y")
    _same(rows, "y") and _same(rows, "codebook") => _same(rows, "codebook")
    self._same_x = _same(rows, "x") => self._same_x = True
    return all(equal_arrays => return any(equal_arrays
    n_samples = np.count_nonzero(at >= 0, axis=-1) => n_samples = np.count_nonzero(at > 0, axis=-1)
    _kept(self.take(at[models, :n]) => self.take(at[models, :n]
    batch.x.copy() => batch.x
estimators/validation.py: validation
    islice(split, 3) => islice(split, 2)
    part.min() >= 0 and =>
    part.max() < n => part.max() <= n
    next(splits, None), n => next(splits), n
estimators/validation.py: ensemble
    islice(split, 3) => islice(split, 2)
    part.dtype == bool and part.shape == (n,) => part.dtype == bool
estimators/parameters.py: ensemble
    if isinstance(value, type): => if False:
    if isinstance(value, np.timedelta64): => if False:
tabular/ensemble.py: ensemble
    np.concatenate(parts, axis=1) => parts[0]
restored.py: restored
    get(name, "nothing") => get(name)
nn/layers/windows.py: windows
    is_number(value) and isinstance(value, Integral) => isinstance(value, Integral)
nn/grouping.py: grouping
    None if rows.weight is None else => rows.weight is None or
    plan.schedule.horizon or network.scheduled => plan.schedule.horizon
    type(value) is float] => isinstance(value, float | int)]
nn/ranges.py: edges
    getattr(value, "ndim", 0) == 1 => np.ndim(value) == 1
nn/training.py: dropout
    gradient.place(*place, progress) => gradient.place(*place)
nn/training.py: optimizers
    run.optimizer.at(run.progress).step( => run.optimizer.step(
nn/training_state.py: together
    each.shuffle(order[:length]) => each.shuffle(order)
estimators/reading.py: reading
    (X.shape[1] > 0 if reset else => (True if reset else
    (X.dtype.kind in "iuf" if dtypes == "numeric" else X.dtype in dtypes) => True
    and y.ndim == 1 =>
    in ("biuf" if self._numeric_targets else "biufU") => in "biufcUO"
    and X.shape[0] == len(y) =>
    and (y.dtype.kind == "U" or sums_up(y)) =>
            self.n_features_in_ = X.shape[1]\n            return => pass\n            return
estimators/base.py: base
    draws = goes_on or self.checkpoint => draws = self.checkpoint
    draws = goes_on or self.checkpoint is not None or => draws = goes_on or
estimators/labels.py: labels validation
    if not same and self._knows_all(y): => if self._knows_all(y):
    or len(self.classes) > max(FEW, len(y) / 2): => or False:
    return bool((found == y).all()) => return bool((found == y).any())
    array is not None and np.array_equal(array, known) => array is not None
nn/network.py: network
    tuple(input_shape) == self.shapes[0] => True
    and len(layers) == len(self.layers) =>
    and all(map(unchanged, layers, self.layers, repeat(NAMED))) =>
    + n_samples * kept + scratch => + n_samples * kept
    + n_samples * kept + scratch => + kept + scratch
    in (*params.values(), *statistics.values()) => in params.values()
nn/settings.py: settings
    return kind in CONSTANT and value == before => return value == before
    return kind in CONSTANT and value == before => return kind in CONSTANT
    return id(value) in constant => return True
    return id(value) in constant => return False
    return now.keys() == then.keys() and all( => return all(
    if kind is not type(before): => if False:
nn/streams.py: streams
    random_state.seed(seed)\n => pass\n
estimators/regressor.py: bad_input
    f"{float(np.abs(y).max())!r}. Scale y => f"{float(y.max())!r}. Scale y
    if loss.link != "identity":\n            check_finite(y) => pass
estimators/publishing.py: publishing
    estimator.t_ = fit.run.progress.samples => estimator.t_ = 0
    int(fit.run.patience.count) => 0
plotting/learning_rate.py: docstrings
    low: float = 1e-6 => low: float = 1e-5
estimators/mlp.py: side_by_side
    self.activation if single else "identity" => "identity"
tabular/folds.py: folds
    if n_folds < 2:\n            raise => if n_folds < 1:\n            raise
    of_all[kept] = y => of_all[: len(y)] = y
    check_cv(folds, y, classifier=classes) => check_cv(folds, y)
    StratifiedGroupKFold(n_folds) if classes else GroupKFold(n_folds) => GroupKFold(n_folds)
nn/storage/files.py: files
    os.close(descriptor) => pass
tabular/targets.py: targets
    if y.dtype.kind == "f": => if False:
    y / self.scale - self.mean / self.scale => (y - self.mean) / self.scale
    counts = np.bincount(codes, weights=weight) => counts = np.bincount(codes)
estimators/reading.py: class_weight
    if weighed is not sample_weight and weighed.any(): => if weighed is not sample_weight:
nn/layers/base.py: network
    (1 + z_as_well) => 1
nn/storage/parts.py: parts
    (stopped >= 0) & (stopped <= epochs) => stopped <= epochs
nn/layers/quads.py: quads
    2, 2, self._filters), weight.dtype) => 2, 2, self._filters))
estimators/base.py: validation
    n_samples = len(rows) if subset is None else len(subset) => n_samples = len(rows)
"""


def mutations(part):
    """(file, tests, old, new) of each mutation of files whose path contains part."""
    file = tests = ""
    for line in MUTATIONS.strip().splitlines():
        if not line.startswith(" "):
            file, tests = line.split(": ")
        elif part in file:
            old, new = (code.strip().replace("\\n", "\n") for code in line.split(" =>"))
            yield file, tests.split(), old, new


def main():
    """Runs the mutations that the arguments choose. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", metavar="PART", default="", help="a part of paths of files")
    parser.add_argument("--unchanged", action="store_true", help="run without a mutation first")
    arguments = parser.parse_args()
    chosen, missed = list(mutations(arguments.only)), []
    if not chosen:
        parser.error(f"there are no mutations of {arguments.only!r}")
    if arguments.unchanged and verdict({name for _, tests, _, _ in chosen for name in tests}):
        sys.exit("The tests fail without a mutation.")
    for file, tests, old, new in chosen:
        caught = verdict(tests, file, old, new)
        print(f"{caught or 'MISSED':10}{file}: {old!r} => {new!r}", flush=True)
        if not caught:
            missed.append((file, old, new))
    share = 1 - len(missed) / len(chosen)
    print(f"\n{len(chosen) - len(missed)} of {len(chosen)} mutations were caught, {share:.1%}.")
    for file, old, new in missed:
        print(f"\nMissed in {file}:\n{old}\n=>\n{new}")
    return int(share < LEAST)


def verdict(tests, file=None, old="", new=""):
    """How a copy of the package with this mutation is caught: "failed", "too long", or ""."""
    with TemporaryDirectory() as place:
        copy = Path(place)
        for part in ("sknn", "tests"):
            unwanted = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / part, copy / part, ignore=unwanted)
        shutil.copy(ROOT / "pyproject.toml", copy)
        if file:
            mutate(copy / "sknn" / file, old, new)
        return run([f"tests/test_{name}.py" for name in tests], copy)


def mutate(path, old, new):
    text = path.read_text()
    if text.count(old) != 1:
        sys.exit(f"{path.name} must have this text once, has it {text.count(old)} times:\n{old}")
    path.write_text(text.replace(old, new))


def run(tests, copy):
    """What ``verdict`` returns, of these tests run in a copy."""
    options = ["-x", "-q", "-m", "not slow", "-p", "no:cacheprovider"]
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "OPENBLAS_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # and what the tests have started
        process.communicate()
        return "too long"
    if process.returncode not in (PASSED, FAILED):
        sys.exit(f"The tests could not be run:\n{output}")
    return "failed" if process.returncode == FAILED else ""


if __name__ == "__main__":
    sys.exit(main())
