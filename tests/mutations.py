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
Takes half an hour in all; the working tree is never changed.
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
nn/activations.py: activations layers models_together initializers
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
    smoothing / y.shape[-1]  # they => smoothing / 2  # they
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
    rate = rate[..., : moments.n_decayed] => rate = rate[..., :1]
    self._mu(moments.steps + 1) => self._mu(moments.steps)
    self[name] = float(state[name]) => pass
    root = np.sqrt(square)\n    root += factor(epsilon, root) => root = np.sqrt(square + epsilon)
    factor(1 - self.decay, grad) * np.square(grad) => np.square(grad)
nn/per_model.py: optimizers models_together
    np.asarray(setting, np.result_type(array)) => setting
    [one**other for one, other in pairs], bases.shape) => bases**exponents, bases.shape)
nn/schedules.py: schedules endings solvers models_together
    power(progress.samples + 1, => power(max(progress.samples, 1),
    if progress.epoch == 0: => if progress.epoch < 0:
    self.rate(progress, base) <= 1e-6 => self.rate(progress, base) < 1e-6
    self.rate(progress, base) <= self.least => self.rate(progress, base) < self.least
    progress.epoch // self.every => progress.epoch / self.every
    self.total_steps or progress.total_steps => progress.total_steps or self.total_steps
    min(progress.step / self._total(progress), 1.0) => progress.step / self._total(progress)
    self.rising * total - 1 => self.rising * total
    if falling else progress.step > peak => if falling else 0
    (progress.step + 1) / max => progress.step / max
    return self.schedule.ends(progress, base) => return True
    return self.schedule.horizon => return False
nn/stopping.py: stopping endings models_together
    (value <= self.best - tol) => (value < self.best - tol)
    ~((value <= self.best - tol) & (value < np.inf)) => value > self.best - tol
    improved = value < self.best => improved = value <= self.best
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
    if rows.dtype == workspace.dtype:\n        return rows\n    if => if
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
    random, weight, plain.updates_state) => random, weight)
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
    sums = tuple(sum(arrays[1:], arrays[0]) for => sums = tuple(sum(arrays[1:-1], arrays[0]) for
nn/training.py: training endings models_together checkpoint regularization
    last_epoch * math.ceil( => last_epoch * math.floor(
    steps if plan.planned else None => steps
    remaining.run, say) | ~finite => remaining.run, say)
    watched = -score if => watched = score if
    kept.restore(theta, state, np.full(stopped.shape, True)) => pass
    kept.restore(theta, state, over > before) => pass
    kept.restore(theta, state, over > before) => kept.restore(theta, state, over)
    over = over, (stopped > 0) | (done >= epochs) => over = over, stopped > 0
    elif reason == "epochs" and np.any(stopped > 0): => elif False:
    if where is None else "diverged" => if np.all(finite) else "diverged"
    stopped[ending] = done\n => stopped[ending] = done + 1\n
    if reason != "diverged": => if reason:
    reason = "interrupted"\n        trim(history) => reason = "interrupted"
    order.shape == (len(rows),) => order.shape[-1] == len(rows)
    part = ~idle, batch.select(~idle) => part = idle, batch.select(idle)
    samples = samples + n\n => samples = samples + len(batch.y)\n
    progress.samples = progress.samples + n_rows(order) => progress.samples += samples
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
    each.shuffle(order[:length]) => each.shuffle(order)
nn/lbfgs.py: lbfgs endings mlp callbacks
    "loss": np.nan, "iterations": 0 => "loss": np.inf, "iterations": 0
    l1 / weight_sum) => l1)
    add_penalty(alpha / weight_sum => add_penalty(alpha / len(rows)
    theta[:n] = last["x"]\n        trim => trim
    theta[:n] = result.x => pass
    99: "time" if late else "asked" => 99: "asked"
    np.copyto(gradient.grad, grad) => pass
    block = len(rows) => pass
    gradient.grad *= scale => pass
    now - started} => now - began}
    max(1, MEMORY // network.row_size(rows.dtype)) => BLOCK
    trim(history) =>
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
    _give_back()  # of => # of
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
    raise TypeError("complex numbers are none") => pass
    = local(), => = type('Own', (), {})(),
    if item.shape[:-1] == is_row else array => if item.shape[:-1] != is_row else array
    * prod(models)\n => * 1\n
    // row_size) and at is None and not => // row_size) and not
    if not isinstance(weights, (list, tuple)) or not isinstance(biases, (list, tuple)): => if False:
nn/network.py: network normalization gradient divergence residual sequential
    or names.count(n) > 1 => or names.count(n) > 2
    or "__" in n => or False
    entries = list(entries)\n => pass\n
    (old[0], layer) if isinstance(old, (tuple, list)) else layer => layer
    lowest = 0 if need_dx else self.lowest => lowest = self.lowest
    need_dx = index > self.lowest => need_dx = index > self.lowest + 1
    params[index - 1], params[index] = weights, None => params[index - 1] = weights
    first += 2 if fused else 1 => first += 1
    (*params.values(), *statistics.values()) => params.values()
    if first + 1 < stop else None => if first + 1 < len(self.layers) else None
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
    params.get("bias", 0) * factor + offset => params.get("bias", 0) + offset
    *([bias] if self.bias else []), => bias,
    bias, decay=False, trainable=trainable) => bias, decay=False)
    bias, decay=False, trainable => bias, trainable
    if initializer.biases else Constant(0.0) => if True else Constant(0.0)
    return np.add.reduce(x, axis=-2 => return np.add.reduce(x[..., 1:, :], axis=-2
    fan_out=self.units => fan_out=n_in
nn/layers/activate.py: activate layers
    z[...] = x  # => z = x  #
nn/layers/dropout.py: dropout layers
    mask *= levels / (levels - dropped) => mask *= 1 / (1 - self.rate + 1e-3)
    np.greater_equal(numbers => np.greater(numbers
    min(round(self.rate * levels), levels - 1) => round(self.rate * levels)
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
    mean = np.where(several, total * share, mean) => mean = total * share
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
    prod(networks[0].shapes[-1]) + sum( => sum(
    any(layer.draws for => any(False and layer.draws for
    any(layer.joint for => any(False and layer.joint for
    name in own or "." in name => name in own
    own if own or not items else None for => own for
    if not deep: => if deep:
    self.shortcut == "auto" and made == shape => made == shape
    if projection.shapes[-1] != made: => if False:
nn/layers/windows.py: windows convolution pooling
    padding // 2, padding - padding // 2 => padding - padding // 2, padding // 2
    row * by_row, column * by_column => row * by_column, column * by_row
    row * down, column * across => row * across, column * down
    max(0, -(shift // stride)) => max(0, -shift // stride)
    stop = max(first, stop) => stop = max(0, stop)
    if x.shape != out.shape:\n        out.fill(0) =>
    any(k > s for k, s in zip(span => any(k >= s + 2 for k, s in zip(span
nn/layers/convolution.py: convolution layers micro_batches
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
    (span - before, span - after) => (span - after, span - before)
    dx.fill(0) => pass
nn/layers/winograd.py: winograd convolution
    self._total = self._total + np => self._total = np
    [0.5, -0.5, 0.5] => [0.5, 0.5, -0.5]
    settings == ((3, 3), (1, 1), (1, 1)) => settings[:2] == ((3, 3), (1, 1))
    if not self._kept:\n            self._transform(x, tiles) =>
    self._n_blocks += 1 => pass
    padded.fill(0)\n        pairs => pairs
nn/layers/pooling.py: pooling layers
    np.greater(pixels, best => np.greater_equal(pixels, best
    y.fill(-np.inf) => y.fill(0)
    left -= share => pass
    y *= 1 / pixels => pass
    dy *= 1 / (height * width) => dy *= 1 / height
    counts[place.windows] += 1 => counts += 1
nn/storage/files.py: files
    os.fsync(file.fileno()) => #
    temporary.unlink(missing_ok=True) => pass
    _sync_directory(path.parent) => pass
    glob.escape(_part(path)) => _part(path)
    os.path.realpath(path) => path
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
nn/storage/values.py: values persistence
    self._seen[id(value)] = where, value => self._seen[id(value)] = where, None
    if where.count(".") > DEEPEST: => if False:
    or not 0 <= position <= STATE =>
    reshape(raw.shape[:-1]).copy() => reshape(raw.shape[:-1])
    array.ravel().tolist() => array.ravel("F").tolist()
    ("MT19937", key, position, has_gauss, gauss) => ("MT19937", key, position, 0, 0.0)
nn/storage/checkpoint.py: checkpoint resume
    os.replace(new, path) => os.replace(new, previous)
    if os.path.exists(path) and not first: => if os.path.exists(path):
    (FileNotFoundError, SavedModelError) as => SavedModelError as
    checkpoint.trouble = str(error) => pass
    run.random_state = values["random_state"] => pass
    run.progress = Progress(**values["progress"]) => pass
    if before != now: => if before is None:
    [array.data, array.indices, array.indptr] => [array.data]
    saved.shape != to.shape or saved.dtype != to.dtype => saved.shape != to.shape
    values[:] = self.history[name] => values += self.history[name]
nn/storage/registry.py: registry persistence
    if others: => if False:
onnx.py: onnx
    if type(layer) is not Dropout] => ]
    if type(layer) is not Dense] => if False]
    if len(set(kinds)) > 1 or not => if not
    if isinstance(labels, ManyLabels): => if False:
    if len(classes) == 1: => if False:
    if len(classes) == 2:\n => if False:\n
    and not INT32.min <= classes[0] <= => and not classes[0] <=
    <= classes[-1] <= INT32.max: => <= classes[-1]:
    LINKS.get(type(loss).predict) != wanted or => False or
    or loss.link != wanted => or False
    LINKS.get(type(model.loss).predict) != "identity" or => False or
    or model.loss.link != "identity" => or False
    if model.loss.outputs_per_target > 1: => if False:
    if n_outputs > 1: => if False:
    if isinstance(labels, LabelSet) and dtype == np.float64: => if False:
    if not fits: => if False:
    coefs_=model.weights => coefs_=estimator.coefs_[::-1]
    activation=activation, => activation=estimator.activation,
    out_activation_=model.loss.link => out_activation_=estimator._loss().link
inspection/tracing/trace.py: every_exit
    share = 1 / batch.weight_sum => share = 1.0
    , estimator._training_loss() => , estimator._loss()
persistence.py: every_exit
    "state": model.state, => "state": 0 * model.state,
estimators/labels.py: labels class_weight losses_of_estimators validation mlp side_by_side
    self.softmax = len(self.classes) > 2 => self.softmax = len(self.classes) >= 2
    (z[:, 0] > 0).astype(np.intp) => (z[:, 0] >= 0).astype(np.intp)
    np.hstack([-z, z]) => np.hstack([z, -z])
    (targets > 0.5)).all(axis=1) => (targets > 0.5)).any(axis=1)
    np.all(right, axis=0) => np.any(right, axis=0)
    None if self.softmax else targets.astype(bool) => None
    len(self.classes) == 1 else loss.predict => False else loss.predict
    if not (by_class >= 0).all() or => if
    by_class[np.searchsorted(classes, y)] => by_class[np.unique(y, return_inverse=True)[1]]
    if same and set(found) != set(known): => if False:
    if len(np.setdiff1d(found, known, assume_unique=True)): => if False:
    and y.dtype.isnative =>
    max(10, len(y) / 2) => len(y)
    np.array(classes.tolist()) if y.dtype.kind == "U" else classes => classes
    "multiclass" if len(classes) > 2 => "multiclass" if len(classes) > 1
    and y.shape == predicted.shape) => )
    return (y.dtype.kind == "U") == (predicted.dtype.kind == "U") => return True
estimators/classifier.py: labels class_weight losses_of_estimators mlp
    return weights * (sample_weight if => return weights * (1 if
    np.all(predicted == y, axis=1) => np.any(predicted == y, axis=1)
    axis=1), weights=sample_weight) => axis=1))
    labels.correct(z, y), weights=weight) => labels.correct(z, y))
    if isinstance(self.class_weight, str): => if False:
estimators/regressor.py: losses_of_estimators mlp
    [:, [0, -1]] => [:, [0, 1]]
    ascending - 0.5).argmin() => ascending).argmin()
    _scored(predicted, loss), sample_weight=weight) => _scored(predicted, loss))
    loss.check_targets(y) => pass
estimators/validation.py: validation scikit_learn_defects
    if len(validation) < 2: => if len(validation) < 1:
    not rows.weight[validation].any() => not rows.weight.any()
    stratify=estimator._strata(rows.y) => stratify=None
    None if data.sample_weight is None else data.sample_weight[at] => data.sample_weight
    held_out.x, held_out.at) => held_out.x, np.sort(held_out.at))
estimators/solvers.py: solvers side_by_side sequential cnn
    min(200, n_samples) => 200
    in FOR_SGD and not sgd => in FOR_SGD and False
    or isinstance(estimator.solver, SGD) =>
    return deepcopy(solver) => return solver
    solver.check()\n => pass\n
    planned=planned => planned=True
    if estimator.warmup_steps else schedule => if False else schedule
    and batch_size != _default(estimator, "batch_size") =>
    and batch_size != _default(estimator, "batch_size") => and batch_size != 64
    It is going to be clipped to {n_samples}. => It is going to be clipped.
nn/fit.py: solvers validation side_by_side scikit_learn_defects divergence mlp
    sum_of_weights(weight) => len(self.y)
    return loss, -loss => return loss, loss
    if not np.isfinite(z).all(): => if False:
    outcome.iterations * len(rows), => outcome.iterations,
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
estimators/reports.py: solvers validation divergence mlp
    planned and not fit.plan.schedule.horizon => planned
    learning_rate_init / 10:g => learning_rate_init * 10:g
    == "diverged" and not _best_kept(fit): => == "diverged":
warning.py: mlp metrics
    while frame.f_back is not None and _is_ours(frame.f_code.co_filename): => while False:
    or filename in WRAPPERS =>
estimators/reading.py: validation bad_input mlp
    and "feature_names_in_" not in self.__dict__ =>
    and X.shape[0] > 0 =>
    and sums_up(X) =>
estimators/base.py: validation transform bad_input mlp
    previous.theta.copy(), previous.state.copy() => previous.theta, previous.state
    {**state, "_model": self._current_model()} => {**state}
    or not -len(depths) <= layer < len(depths) => or layer >= len(depths)
    rows = rows.astype(np.float64) => rows = rows
    goes_on=(self.warm_start or not start.planned) and => goes_on=self.warm_start and
estimators/rollback.py: callbacks mlp bad_input
    vars(estimator).clear() => pass
    for name in kept} => for name in ()}
estimators/inputs.py: bad_input every_input divergence
    if np.ma.is_masked(array): => if False:
    if sums_up(outputs) or np.isfinite(outputs).all(): => if sums_up(outputs):
estimators/hidden_layers.py: hidden_layers regularization transform
    return weighted[1:] => return weighted[:-1]
    [0.0] * (1 + n_spared) => [0.0] * (2 + n_spared)
    ForActivation(as_activation(activation), as_initializer(weight_init)) => weight_init
    if any(size <= 0 for size in sizes): => if any(size < 0 for size in sizes):
    isinstance(rate, Real) and 0 <= rate < 1 => isinstance(rate, Real) and 0 <= rate <= 1
    for activation in given:\n        as_activation(activation) =>
estimators/cnn.py: cnn images
    n_spared=len(filters) => n_spared=0
    if number == len(filters): => if number == len(filters) and filters:
    if not sizes:\n            layers.append(Flatten()) => layers.append(Flatten())
    "identity", weight_init=draw)] => "identity")]
    _always_images = True =>
    if kind not in POOLINGS: => if False:
    layers = [Dropout(first)] if first else [] => layers = []
    first, *drops = hidden_layers.dropout_rates => *drops, first = hidden_layers.dropout_rates
estimators/sequential.py: sequential
    or hasattr(type(self), name) =>
    name in taken or hasattr => hasattr
    if "layers" in params:\n            super().set_params(layers=params.pop("layers")) =>
estimators/images.py: images cnn
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
estimators/callbacks.py: callbacks
    model = deepcopy(self.estimator._model) => model = self.estimator._model
    self.end_epoch()  # => #
estimators/checkpoints.py: resume checkpoint
    self.every and not last: => self.every:
    if checkpoint.epochs == 0: => if False:
    self.failing = True => self.failing = False
    vars(checkpoint).update(self.others) => pass
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
plotting/arrangement.py: network_display
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
plotting/network.py: network_display every_input
    signed = any(column.values.min() < 0 => signed = all(column.values.min() < 0
    Normalize(-1 if signed else 0, 1) => Normalize(0, 1)
    or value < 1: => or value < 0:
    or isinstance(value, bool) =>
    min(1, *(size / place.size))\n        if => max(1, *(size / place.size))\n        if
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
inspection/summary.py: summary
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
