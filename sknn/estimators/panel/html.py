"""The network in the panel that notebooks show of an estimator."""

import re
from dataclasses import replace
from html import escape

from sklearn.base import is_classifier

from sknn.estimators.panel.charts import chart
from sknn.nn.network import Network
from sknn.nn.summary import summary_rows, totals
from sknn.scikit_learn import add_to_panel

PLAIN = re.compile(r"[\w .-]+")  # names that mean nothing to a pattern or a script
UNKNOWN = "?"
# Before fit two networks are made, for a small and for a large sample, with few and many outputs.
# Sizes that the data decide are larger in the second; sizes that are equal in both are known.
FLAT_SAMPLES = ((1000,), (2000,))
IMAGES = ((1000, 1000, 3), (2000, 2000, 4))
N_OUTPUTS = (1000, 2000)

STYLE = """<style>
.sknn-network {
  --sknn-background: var(--sklearn-color-background, var(--jp-layout-color0,
    var(--vscode-editor-background, white)));
  --sknn-text: var(--sklearn-color-text-on-default-background, var(--jp-content-font-color1,
    var(--vscode-editor-foreground, black)));
  --sknn-blue: color-mix(in srgb, #0072b2 80%, var(--sknn-text));
  --sknn-orange: color-mix(in srgb, #d55e00 80%, var(--sknn-text));
  background: var(--sknn-background); color: var(--sknn-text);
  padding: 0.8em; text-align: left; font: 0.9em/1.4 monospace;
}
@media (prefers-color-scheme: dark) {
  .sknn-network {
    --sknn-background: var(--sklearn-color-background, var(--jp-layout-color0,
      var(--vscode-editor-background, #111)));
    --sknn-text: var(--sklearn-color-text-on-default-background, var(--jp-content-font-color1,
      var(--vscode-editor-foreground, white)));
  }
}
.sknn-network .sknn-layers {
  display: flex; flex-wrap: wrap; align-items: stretch; gap: 0.6em 2em;
  max-height: 30em; overflow-y: auto; padding-right: 2em;
}
.sknn-network .sknn-layer {
  position: relative; box-sizing: border-box; max-width: 18em; padding: 0.3em 0.8em;
  border: 1px solid gray; border-radius: 0.3em; text-align: center; overflow-wrap: anywhere;
}
.sknn-network .sknn-weights {
  border-color: var(--sknn-blue); box-shadow: inset 0 3px var(--sknn-blue);
}
.sknn-network .sknn-layer:not(:last-child)::after {
  content: "\\2192"; position: absolute; right: -2em; width: 2em; top: calc(50% - 0.7em);
}
.sknn-network .sknn-name { font-weight: bold; }
.sknn-network table {
  border-collapse: collapse; display: block; max-height: 30em; overflow: auto;
  color: inherit; font: inherit;
}
.sknn-network tr { background: none; }
.sknn-network td { padding: 0.1em 1em 0.1em 0; text-align: left; vertical-align: top; }
.sknn-network .sknn-note { margin-top: 0.6em; }
.sknn-network .sknn-charts { display: flex; flex-wrap: wrap; gap: 1em; margin-top: 0.6em; }
.sknn-network svg { max-width: 100%; height: auto; font: 11px monospace; fill: currentColor; }
.sknn-network .sknn-first { stroke: var(--sknn-blue); }
.sknn-network .sknn-second { stroke: var(--sknn-orange); stroke-dasharray: 5 4; }
.sknn-network .sknn-curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
.sknn-network .sknn-axis { fill: none; stroke: currentColor; opacity: 0.6; }
.sknn-network .sknn-grid { stroke: currentColor; opacity: 0.15; }
</style>"""


class NetworkPanel:
    """Adds the network to scikit-learn's panel: a box for each layer, and how the loss fell.

    It stands where the panel lists the parameters, so pipelines and searches show it too.
    """

    def _get_params_html(self, *args, **kwargs):
        params = super()._get_params_html(*args, **kwargs)
        # The table puts names into patterns and scripts as they are; those of layers are anybody's.
        for name in [name for name in params if not PLAIN.fullmatch(name)]:
            del params[name]
        add_to_panel(params, lambda: network_html(self))
        return params

    def _panel_content(self):
        """HTML of what is shown of the estimator; it may raise."""
        return _fitted(self) if hasattr(self, "coefs_") else _planned(self)


def network_html(estimator):
    """HTML of the estimator's network, with its learning curve once fitted.

    It needs nothing from elsewhere, and never raises: what is wrong with the layers stands there
    in place of them.
    """
    try:
        content = estimator._panel_content()
    except Exception as error:  # layers and activations may be anybody's
        content = note(f"The network cannot be shown. {type(error).__name__}: {error}")
    return f'{STYLE}<div class="sknn-network">{content}</div>'


def names_of_layers(estimator, network):
    """The names that the user gave the layers, and else the network's own."""
    given = getattr(estimator, "_named_layers", dict)()
    hidden = network.layers[:-1]
    if list(map(type, given.values())) != list(map(type, hidden)):
        return network.names  # none given, or others since fit
    return [*given, network.names[-1]]


def _fitted(estimator):
    model = estimator._current_model()
    network = model.network
    rows = summary_rows(network, model.dtype, names_of_layers(estimator, network))
    sums = totals(rows)
    costs = f"{sums['n_parameters']:,} parameters, {sums['multiply_adds']:,} multiply-adds a sample"
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
    """The network before fit; sizes that depend on the data are shown as unknown."""
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
    return _boxes(input_shape, rows, link) + note(f"{UNKNOWN} will be known once fitted.")


def _small_and_large_network(estimator):
    """The networks for small and for large samples. A given ``input_shape`` holds for both."""
    given = estimator._given_shape() if hasattr(estimator, "_given_shape") else None
    images = getattr(estimator, "_always_images", False) or _are_for_images(estimator._layers(1))
    input_shapes = (given, given) if given else IMAGES if images else FLAT_SAMPLES
    pairs = zip(N_OUTPUTS, input_shapes, strict=True)
    return [Network(estimator._layers(n_outputs), shape) for n_outputs, shape in pairs]


def _are_for_images(layers):
    """Whether the network takes images: the first layer that takes one kind of samples decides.

    There is such a layer, since the last one, Dense, refuses images.
    """
    for layer in layers:
        for shape, refusal_means in ((FLAT_SAMPLES[0], True), (IMAGES[0], False)):
            try:
                layer.output_shape(shape)
            except ValueError:
                return refusal_means


def _where_equal(small, large):
    """The sizes that are equal in both; UNKNOWN in place of the others."""
    return tuple(a if a == b else UNKNOWN for a, b in zip(small, large, strict=True))


def _boxes(input_shape, rows, link):
    """A row of boxes, from the input to the outputs and what the loss makes of them."""
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


def note(text):
    """A paragraph of text."""
    return f'<div class="sknn-note">{escape(text)}</div>'
