"""Traces as text: shapes, formulas and values. Long arrays are shortened to their ends."""

from numbers import Real

import numpy as np

from sknn.inspection.tracing.formulas import (
    activation_formula,
    formula,
    formulas_of,
    loss_formula,
)

WIDTH, INDENT = 100, 6
DIGITS = 8
MANY, ENDS = 36, 3  # arrays with more values are shortened to this number at each end of an axis
ROWS = 8  # tables with more rows are shortened even if they are narrow
SMALL = 1e-3  # if all values are smaller, decimal places are counted from the first nonzero digit
CHANNELS = 4  # maximum number of channels of a window to show


def trace_page(trace):
    """A Trace as text, in the order of the computation."""
    lines = [*_heading(page_title(trace), "="), *page_notes(trace)]
    for title, part in sections(trace).items():
        lines += ["", *_heading(title), *part]
    return "\n".join(lines)


def sections(trace):
    """The lines of each section of the page, by its title."""
    return {
        "Forward": list(_forward(trace)),
        "Loss": list(_loss(trace)),
        "Backward": list(_backward(trace)),
        "Step": list(_step(trace)),
    }


def page_title(trace):
    """The first line of the page."""
    return f"Trace of {trace.estimator}: one step of training on {_count(len(trace.y), 'sample')}"


def window_page(window):
    """Pixels, weights and products of a Window side by side, channel by channel, and their sum."""
    height, width, channels = window.pixels.shape
    lines = [
        f"{window.layer}, sample {window.sample}, output {window.position}, filter "
        f"{window.filter}: a window of {height} x {width} pixels, {_count(channels, 'channel')}"
    ]
    for channel in range(min(channels, CHANNELS)):
        columns = [
            ["pixels", *_numbers(window.pixels[..., channel])],
            ["weight", *_numbers(window.weight[..., channel])],
            ["pixels * weight", *_numbers(window.products[..., channel])],
        ]
        widths = [max(map(len, column)) for column in columns]
        lines += ["", f"channel {channel}"]
        for row in zip(*columns, strict=True):
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            lines.append("  " + "   ".join(cells).rstrip())
    if channels > CHANNELS:
        lines += ["", f"... and {_count(channels - CHANNELS, 'more channel')}"]
    products, bias, z = map(_number, (window.products.sum(), window.bias, window.z))
    lines += ["", f"z = sum of pixels * weight + bias = {products} + {bias} = {z}"]
    if window.activation is not None:
        lines.append(f"a = {_of_z(window.activation)} = {_number(window.a)}")
    return "\n".join(lines)


def page_notes(trace):
    """Notes that apply to the whole page, line by line."""
    yield (
        "dx is the derivative of the loss with respect to x, and so on. The error term, delta, "
        "is dz."
    )
    if any(own.layer.draws for own in trace.layers):
        yield "Dropout is off, as in prediction."
    if any(own.layer.joint for own in trace.layers):
        yield (
            "BatchNorm uses the statistics of these samples, or the running statistics if there "
            "is only one sample."
        )
    if trace.augmented:
        yield "The images are not augmented, unlike in training."


def _forward(trace):
    before = None
    for own in trace.layers:
        yield from ("", f"{own.name}: {own.description}")
        if before is None:
            yield from _array("x", own.x)
        else:
            yield f"  x = {before}  {own.x.shape}"
        for name, param in own.params.items():
            yield from _array(name, param, of_images=False)
        how = formulas_of(own.layer).z
        if how == "x":
            yield f"  z = x  {own.z.shape}"
        else:
            yield from _array(f"z = {how}", own.z)
        if own.activation is not None:
            yield from _array(f"a = {_of_z(own.activation)}", own.a)
        before = f"{'z' if own.activation is None else 'a'} of {own.name}"
    link = trace.loss_function.link
    what = "z" if link == "identity" else f"{link}(z)"
    yield from ("", *_array(f"prediction = {what}", trace.prediction))


def _loss(trace):
    yield from _array("y", trace.y)
    if trace.weight is not None:
        yield from _array("weights of the samples", trace.weight)
    yield f"  loss function: {loss_formula(trace.loss_function)}"
    yield f"  data loss = {_number(trace.data_loss)}"
    n = _number(trace.weight_sum)
    if trace.alpha:
        how = f"alpha / (2 n) * sum of weight^2, alpha = {trace.alpha:g}, n = {n}"
        yield f"  L2 penalty = {_number(trace.l2_penalty)} = {how}"
    if trace.l1:
        how = f"l1 / n * sum of |weight|, l1 = {trace.l1:g}, n = {n}"
        yield f"  L1 penalty = {_number(trace.l1_penalty)} = {how}"
    yield f"  loss = {_number(trace.loss)}"


def _backward(trace):
    penalty = " + alpha / n * weight" if trace.alpha else ""
    penalty += " + l1 / n * sign(weight)" if trace.l1 else ""
    above = None
    for own in reversed(trace.layers):
        formulas = formulas_of(own.layer)
        yield from ("", f"{own.name}: {own.description}")
        if above is None:
            yield from _array("delta = derivative of the data loss", own.delta)
        elif own.activation is None:
            yield f"  delta = dx of {above}  {own.delta.shape}"
        else:
            yield from _array(f"delta = dx of {above} * f'(z)", own.delta)
        for name, grad in own.grads.items():
            how = formulas.grads.get(name)
            declared = own.declared[name]
            penalised = declared.decay and declared.trainable
            how = f" = {how}" + (penalty if penalised else "") if how else ""
            yield from _array(f"d{name}{how}", grad, of_images=False)
        if own is trace.layers[0]:
            break
        if formulas.dx == "delta":
            yield f"  dx = delta  {own.dx.shape}"
        else:
            yield from _array("dx" + (f" = {formulas.dx}" if formulas.dx else ""), own.dx)
        above = own.name


def _step(trace):
    yield f"  norm of grad, the gradient of all parameters = {_number(trace.gradient_norm)}"
    if trace.optimizer is None:
        yield "  There is no single step: with solver='lbfgs', SciPy's line search takes several."
        return
    if trace.max_grad_norm is not None and trace.gradient_norm > trace.max_grad_norm:
        yield f"  grad is scaled down to a norm of max_grad_norm = {trace.max_grad_norm:g}"
    settings = [
        f"{name}={value!r}"
        for name, value in trace.optimizer.settings().items()
        if isinstance(value, Real)
    ]
    yield f"  {type(trace.optimizer).__name__}({', '.join(settings)}), first step:"
    yield f"  {formula(trace.optimizer)}, rate = {_number(trace.learning_rate)}"
    for own in trace.layers:
        if own.after:
            yield from ("", own.name)
        for name, param in own.after.items():
            rate = own.declared[name].rate
            how = "" if rate == 1 else f", with {rate:g} times the rate"
            yield from _array(f"{name} after the step{how}", param, of_images=False)


def _heading(title, underline="-"):
    return [title, underline * len(title)]


def _count(n, what):
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _of_z(activation):
    """The formula of an activation as a function of z."""
    text = activation_formula(activation)
    return text.removeprefix("f(z) = ") if text.startswith("f(z) = ") else f"f(z): {text}"


def _array(label, array, of_images=True):
    """A line with label and shape, then the values; for images, one channel of one image."""
    shape, part = array.shape, ""
    if array.ndim == 4 and not of_images:
        array, part = array[..., 0, 0], ", shown: [:, :, 0, 0]"
    elif array.ndim == 4:
        array, part = array[0, ..., 0], ", shown: [0, :, :, 0]"
    return [f"  {label}  {shape}{part}", *(" " * INDENT + line for line in _numbers(array))]


def _numbers(array):
    """The lines of an array with up to two axes. Arrays with more axes are flattened."""
    array = array if array.ndim < 3 else array.ravel()
    return np.array2string(
        array + 0,  # no -0
        max_line_width=WIDTH - INDENT,
        precision=DIGITS,
        suppress_small=bool(np.abs(array).max(initial=0) >= SMALL),
        threshold=MANY if len(array) <= ROWS else 0,
        edgeitems=ENDS,
    ).splitlines()


def _number(value):
    if 1e-4 <= abs(value) < 1e8:
        return np.format_float_positional(value, precision=DIGITS, trim="-")
    return f"{value:.{DIGITS}g}"
