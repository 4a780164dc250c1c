"""Shows the network in the panel of an estimator in notebooks."""

import re
from dataclasses import replace
from html import escape

from sklearn.base import is_classifier

from sknn.estimators.panel.charts import chart
from sknn.estimators.panel.markup import note, panel
from sknn.nn.network import Network
from sknn.nn.summary import summary_rows, totals
from sknn.scikit_learn import DocumentationLink, add_to_panel

PLAIN = re.compile(r"[\w .-]+")  # names without special characters for patterns and scripts
UNKNOWN = "?"
# Before fit, two networks are built: for small samples with few outputs and for large samples with
# many. Sizes that depend on the data are larger in the second; equal sizes are known.
FLAT_SAMPLES = ((1000,), (2000,))
IMAGES = ((1000, 1000, 3), (2000, 2000, 4))
N_OUTPUTS = (1000, 2000)


class NetworkPanel(DocumentationLink):
    """Adds the network to scikit-learn's panel: a box for each layer, and the learning curves.

    It is part of the list of parameters in the panel, so pipelines and searches show it as well.
    """

    def _get_params_html(self, *args, **kwargs):
        params = super()._get_params_html(*args, **kwargs)
        # The table does not escape names in patterns and scripts; layers can have any name.
        for name in [name for name in params if not PLAIN.fullmatch(name)]:
            del params[name]
        add_to_panel(params, lambda: network_html(self))
        return params

    def _panel_content(self):
        """Returns the content of the panel as HTML. It can raise errors."""
        return _fitted(self) if hasattr(self, "coefs_") else _planned(self)


def network_html(estimator):
    """Returns HTML of the estimator's network, with the learning curves after fit.

    The HTML is self-contained. The function never raises: if the layers are invalid, the HTML shows
    the error instead.
    """
    try:
        content = estimator._panel_content()
    except Exception as error:  # layers and activations can be the user's
        content = note(f"The network cannot be shown. {type(error).__name__}: {error}")
    return panel(content, "sknn-network")


def names_of_layers(estimator, network):
    """Returns the names that the user gave the layers, or else those of the network."""
    given = getattr(estimator, "_named_layers", dict)()
    hidden = network.layers[:-1]
    if list(map(type, given.values())) != list(map(type, hidden)):
        return network.names  # no names given, or changed since fit
    return [*given, network.names[-1]]


def _fitted(estimator):
    model = estimator._current_model()
    network = model.network
    rows = summary_rows(network, model.dtype, names_of_layers(estimator, network))
    sums = totals(rows)
    costs = (
        f"{sums['n_parameters']:,} parameters, {sums['multiply_adds']:,} multiply-adds per sample"
    )
    history = vars(estimator).get("history_", {})
    unit = "iteration" if estimator.solver == "lbfgs" else "epoch"
    losses = {"training": history.get("loss", []), "validation": history.get("validation_loss", [])}
    scores = {"": history.get("validation_score", [])}
    charts = chart("Loss", losses, unit) + chart("Validation score", scores, unit)
    return (
        _boxes(network.shapes[0], rows, model.loss.link)
        + note(costs)
        + f'<div class="sknn-charts">{charts}</div>'
    )


def _planned(estimator):
    """Shows the network before fit. Sizes that depend on the data are shown as unknown."""
    small, large = _small_and_large_network(estimator)
    names = names_of_layers(estimator, small)
    pairs = zip(summary_rows(small, float, names), summary_rows(large, float, names), strict=True)
    rows = [
        replace(
            row,
            settings=_where_equal(row.settings, larger.settings),
            output_shape=_where_equal(row.output_shape, larger.output_shape),
        )
        for row, larger in pairs
    ]
    link = UNKNOWN if is_classifier(estimator) else estimator._loss().link
    input_shape = _where_equal(small.shapes[0], large.shapes[0])
    legend = note(f"{UNKNOWN} depends on the data and is known after fit.")
    return _boxes(input_shape, rows, link) + legend


def _small_and_large_network(estimator):
    """Returns networks for small and large samples. ``input_shape``, if set, is used for both."""
    given = estimator._given_shape() if hasattr(estimator, "_given_shape") else None
    images = getattr(estimator, "_always_images", False) or _are_for_images(estimator._layers(1))
    input_shapes = (given, given) if given else IMAGES if images else FLAT_SAMPLES
    pairs = zip(N_OUTPUTS, input_shapes, strict=True)
    return [Network(estimator._layers(n_outputs), shape) for n_outputs, shape in pairs]


def _are_for_images(layers):
    """Whether the network takes images. The first layer that rejects one type of sample decides.

    There is always one, since the last layer, Dense, rejects images.
    """
    for layer in layers:
        for shape, refusal_means in ((FLAT_SAMPLES[0], True), (IMAGES[0], False)):
            try:
                layer.output_shape(shape)
            except ValueError:
                return refusal_means


def _where_equal(small, large):
    """Returns the sizes that are equal in both, with UNKNOWN in place of the others."""
    return tuple(a if a == b else UNKNOWN for a, b in zip(small, large, strict=True))


def _boxes(input_shape, rows, link):
    """Returns a row of boxes, from the input to the outputs with the output activation."""
    boxes = [_box("", "input", [_times(input_shape)])]
    for row in rows:
        activation = link if row is rows[-1] else row.activation
        kind = replace(row, activation=None).description
        lines = [kind, *([activation] if activation else []), _times(row.output_shape)]
        boxes.append(_box("sknn-weights" if row.n_parameters else "", row.name, lines))
    return f'<div class="sknn-layers">{"".join(boxes)}</div>'


def _box(kind, name, lines):
    texts = "".join(f"<div>{escape(line)}</div>" for line in lines)
    return (
        f'<div class="sknn-layer {kind}"><div class="sknn-name">{escape(name)}</div>{texts}</div>'
    )


def _times(shape):
    return " \u00d7 ".join(map(str, shape))
