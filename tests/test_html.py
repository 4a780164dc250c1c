"""The panel of a notebook: what it shows, as markup and in a real browser."""

import json
import re
import shutil
import subprocess
from html import escape
from html.parser import HTMLParser

import numpy as np
import pytest
from helpers import needs_scikit_learn
from numpy.testing import assert_allclose
from sklearn import config_context
from sklearn.base import is_classifier
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier as ReferenceMLP
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.estimators.panel.charts import _scale
from sknn.estimators.panel.html import network_html
from sknn.inspection import diagnose, summary, trace
from sknn.nn import Activate, Activation, BatchNorm, Conv2D, Dense, Dropout, Flatten, PReLU

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

VOID = {"br", "hr", "img", "input", "link", "meta"}
CHROMIUM = next(
    filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome", "chrome"])),
    None,
)
panels = needs_scikit_learn("1.7", "panels that list the parameters")
ATTACK = "<script>window.attacked = 1</script>"
HOSTILE = [
    f"</style></div>{ATTACK}",
    '"><img src=x onerror="window.attacked = 2">',
    "x'),(window.attacked = 3),('",
    "unbalanced (",
]


class Hostile(Activation):
    """An activation with a repr that is markup."""

    needs = "z"

    def __repr__(self):
        return "</div><script>window.attacked = 4"

    def forward(self, z, out):
        out[...] = z

    def backward(self, z, a, dy):
        pass


class Markup(HTMLParser):
    """What a page is made of.

    tags: names of all elements    texts: of each box, the lines in it    notes, labels: texts of
    notes and of the words in charts, with their places    paths: (class, steps) in charts
    """

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.attributes = [], [], []
        self.boxes, self.notes, self.labels, self.paths = [], [], [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append(tag)
        self.attributes.append(attrs)
        if tag == "path":
            self.paths.append((attrs["class"], attrs["d"]))
        if tag not in VOID:
            self.open.append((tag, attrs))
        if "sknn-layer" in attrs.get("class", "").split():
            self.boxes.append([])

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, text):
        if not self.open:
            return
        (tag, attrs), classes = self.open[-1], [a.get("class", "") for _, a in self.open]
        if any("sknn-layer" in names.split() for names in classes):
            self.boxes[-1].append(text.replace("\N{MULTIPLICATION SIGN}", "x"))
        elif attrs.get("class") == "sknn-note":
            self.notes.append(text)
        elif tag == "text":
            self.labels.append((text, float(attrs["x"]), float(attrs["y"]), attrs["text-anchor"]))


def problem(estimator):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 8, 8))
    if not isinstance(estimator, (CNNClassifier, CNNRegressor)):
        X = X.reshape(30, 64)
    return X, np.arange(30) % 3 if is_classifier(estimator) else X.reshape(30, -1)[:, 0]


def fitted(estimator, **params):
    return estimator.set_params(random_state=0, **params).fit(*problem(estimator))


def with_history(**history):
    """A fitted regressor that has this to tell of its epochs."""
    reg = fitted(MLPRegressor(hidden_layer_sizes=(2,)), max_iter=1)
    reg.history_ = history
    return reg


MAKES = [
    lambda: MLPClassifier((5, 4)),
    lambda: MLPRegressor(hidden_layer_sizes=()),
    lambda: CNNClassifier((3, 4), hidden_layer_sizes=(5,), batch_size=30),
    lambda: CNNRegressor(filters=3, hidden_layer_sizes=(), batch_size=30),
    lambda: SequentialClassifier([(name, Dense(2, Hostile())) for name in HOSTILE]),
    lambda: SequentialRegressor([Dense(3)]),
]


# The markup


@pytest.mark.parametrize("fit", [False, True])
@pytest.mark.parametrize("make", MAKES)
def test_markup_is_balanced_and_needs_nothing_from_elsewhere(make, fit):
    page = network_html(fitted(make(), max_iter=3) if fit else make())
    markup = Markup(page)
    allowed = {"style", "div", "svg", "path", "text"}
    assert set(markup.tags) == (allowed if fit else {"style", "div"})
    used = {name for attributes in markup.attributes for name in attributes}
    assert not used & {"src", "href", "id", "style", "onclick", "onload"}
    style = page.partition("</style>")[0]
    assert not re.search(r"http|url\(|@import|//", style)


def test_layers_stand_in_boxes_with_their_activations_and_shapes():
    clf = fitted(MLPClassifier((5, 4), activation=["tanh", PReLU()]), max_iter=1)
    markup = Markup(network_html(clf))
    assert markup.boxes == [
        ["input", "64"],
        ["dense1", "Dense(5)", "tanh", "5"],
        ["dense2", "Dense(4)", "PReLU", "4"],
        ["dense3", "Dense(3)", "softmax", "3"],
    ]
    n_parameters = 64 * 5 + 5 + 5 * 4 + 4 + 1 + 4 * 3 + 3
    n_products = 64 * 5 + 5 * 4 + 4 * 3
    assert markup.notes == [f"{n_parameters} parameters, {n_products} multiply-adds per sample"]


def test_boxes_of_layers_with_parameters_are_marked_and_all_parameters_counted():
    layers = [Dense(40, trainable=False), Dropout(0.5), BatchNorm(), Dense(7, "tanh")]
    reg = fitted(SequentialRegressor(layers), max_iter=1)
    markup = Markup(network_html(reg))
    kinds = [
        own["class"].split() for own in markup.attributes if "sknn-layer " in own.get("class", "")
    ]
    weights = ["sknn-weights" in kind for kind in kinds]
    assert weights == [False, True, False, True, True, True]
    assert "<div></div>" not in network_html(reg)  # a layer without an activation has no line
    n_parameters = 64 * 40 + 40 + 2 * 40 + 40 * 7 + 7 + 7 + 1
    n_products = 64 * 40 + 40 * 7 + 7
    (note,) = markup.notes
    assert note.startswith(f"{n_parameters:,} parameters, {n_products:,}")
    assert n_parameters == 2975


def test_names_of_the_user_stand_there_after_fit():
    reg = fitted(SequentialRegressor([("mine", Dense(3))]), max_iter=1)
    assert [box[0] for box in Markup(network_html(reg)).boxes] == ["input", "mine", "dense2"]


def test_images_have_three_sides():
    clf = fitted(CNNClassifier(3, hidden_layer_sizes=(), batch_size=30, normalization="batch"))
    assert Markup(network_html(clf)).boxes == [
        ["input", "8 x 8 x 1"],
        ["conv2d1", "Conv2D(3, 3x3)", "identity", "8 x 8 x 3"],
        ["batchnorm1", "BatchNorm", "8 x 8 x 3"],
        ["activate1", "Activate", "relu", "8 x 8 x 3"],
        ["maxpool2d1", "MaxPool2D(2x2, same)", "4 x 4 x 3"],
        ["flatten1", "Flatten", "48"],
        ["dense1", "Dense(3)", "softmax", "3"],
    ]


@pytest.mark.parametrize(
    ("estimator", "n_classes", "link"),
    [
        (MLPClassifier(), 2, "logistic"),
        (MLPClassifier(), 3, "softmax"),
        (MLPRegressor(), None, "identity"),
        (MLPRegressor(loss="poisson"), None, "exp"),
    ],
)
def test_last_box_names_what_makes_predictions_of_the_outputs(estimator, n_classes, link):
    X = np.random.default_rng(0).normal(size=(30, 4))
    y = np.abs(X[:, 0]) if n_classes is None else np.arange(30) % n_classes
    estimator.set_params(max_iter=1).fit(X, y)
    assert Markup(network_html(estimator)).boxes[-1][2] == link


@pytest.mark.parametrize(
    ("estimator", "boxes"),
    [
        (
            MLPClassifier((5,)),
            [["input", "?"], ["dense1", "Dense(5)", "relu", "5"], ["dense2", "Dense(?)", "?", "?"]],
        ),
        (
            MLPRegressor(hidden_layer_sizes=()),
            [["input", "?"], ["dense1", "Dense(?)", "identity", "?"]],
        ),
        (
            CNNClassifier(3, hidden_layer_sizes=(), input_shape=(9, 6)),
            [
                ["input", "9 x 6 x 1"],
                ["conv2d1", "Conv2D(3, 3x3)", "relu", "9 x 6 x 3"],
                ["maxpool2d1", "MaxPool2D(2x2, same)", "5 x 3 x 3"],
                ["flatten1", "Flatten", "45"],
                ["dense1", "Dense(?)", "?", "?"],
            ],
        ),
        (
            SequentialRegressor([("see", Conv2D(3, stride=2)), Flatten(), Dense(4, "elu")]),
            [
                ["input", "? x ? x ?"],
                ["see", "Conv2D(3, 3x3, stride=2)", "relu", "? x ? x 3"],
                ["flatten1", "Flatten", "?"],
                ["dense1", "Dense(4)", "elu", "4"],
                ["dense2", "Dense(?)", "identity", "?"],
            ],
        ),
        (
            SequentialRegressor([Conv2D(3, 30, padding="valid"), Flatten()]),  # of large images
            [
                ["input", "? x ? x ?"],
                ["conv2d1", "Conv2D(3, 30x30, valid)", "relu", "? x ? x 3"],
                ["flatten1", "Flatten", "?"],
                ["dense1", "Dense(?)", "identity", "?"],
            ],
        ),
        (
            SequentialClassifier([BatchNorm(), Activate("tanh")]),
            [
                ["input", "?"],
                ["batchnorm1", "BatchNorm", "?"],
                ["activate1", "Activate", "tanh", "?"],
                ["dense1", "Dense(?)", "?", "?"],
            ],
        ),
    ],
)
def test_what_is_known_before_fit_is_shown(estimator, boxes):
    markup = Markup(network_html(estimator))
    assert markup.boxes == boxes
    assert markup.notes == ["? depends on the data and is known after fit."]


class Broken(Dense):
    """A layer of the user's own that cannot say its shape."""

    def output_shape(self, input_shape):
        raise RuntimeError("out of <order>")


def test_layers_that_raise_anything_do_not_raise_here():
    markup = Markup(network_html(SequentialClassifier([Broken(3)])))
    assert markup.notes == ["The network cannot be shown. RuntimeError: out of <order>"]


def test_fitted_network_is_shown_whatever_the_parameters_have_become():
    clf = fitted(MLPClassifier((5,)), max_iter=1).set_params(hidden_layer_sizes=(9, 9))
    assert [box[-1] for box in Markup(network_html(clf)).boxes] == ["64", "5", "3"]


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (MLPClassifier("x"), "ValueError: hidden_layer_sizes must be an int"),
        (SequentialClassifier([Conv2D(2)], input_shape=(5,)), "ValueError: Layer conv2d1"),
        (
            SequentialClassifier([Dense(3), Dropout(2)]),
            "Layer dropout1, Dropout(rate=2): rate must",
        ),
        (SequentialClassifier([Dropout(2), Conv2D(3)]), "Layer dropout1, Dropout(rate=2): rate"),
        (SequentialClassifier([Conv2D(3), Dense(2)]), "Layer dense1, Dense(units=2): needs flat"),
        (SequentialClassifier([ATTACK]), f"the entry {ATTACK!r}."),
    ],
)
def test_layers_that_cannot_be_are_told_and_do_not_raise(estimator, message):
    markup = Markup(network_html(estimator))
    assert markup.boxes == []
    (note,) = markup.notes
    assert note.startswith("The network cannot be shown. ")
    assert message in note


# What users write


def parameters_in(page):
    """The names in scikit-learn's table, as version 1.9.1 writes them, or 1.9.0."""
    found = re.findall(r"""aria-label="Copy (.*?) to clipboard"|copyToClipboard\('(.*?)',""", page)
    return [newer or older for newer, older in found]


def test_names_and_reprs_of_users_are_text():
    clf = SequentialClassifier([(name, Dense(2, Hostile())) for name in HOSTILE])
    markup = Markup(network_html(clf))
    assert [box[0] for box in markup.boxes[1:-1]] == HOSTILE
    assert {box[2] for box in markup.boxes[1:-1]} == {"</div><script>window.attacked = 4"}
    harmless = SequentialClassifier([(name, Dense(2)) for name in "abcd"])
    assert markup.tags == Markup(network_html(harmless)).tags


@panels
def test_table_of_parameters_leaves_out_names_that_it_would_run():
    layers = [(name, Dense(2)) for name in [*HOSTILE, "plain", "my-layer 2.0"]]
    page = SequentialClassifier(layers)._repr_html_()
    shown = parameters_in(page)
    assert {"layers", "alpha", "plain", "plain__units", "my-layer 2.0__units"} <= set(shown)
    assert not [name for name in shown if re.search(r"[^\w .-]", name)]


# The curves


def charts(estimator):
    """The Markup of each chart."""
    page = network_html(estimator)
    return [Markup(chart) for chart in re.findall(r"<svg.*?</svg>", page)]


def places(steps):
    return np.array([place.split(",") for place in re.findall(r"[\d.]+,[\d.]+", steps)], float)


def read(chart, number=0, power=False):
    """(epochs, values) of one curve of a chart, read off the labels of its axes."""
    curves = [steps for kind, steps in chart.paths if "sknn-curve" in kind and "h18" not in steps]
    down, across = [], []
    for text, x, y, anchor in chart.labels:
        if re.fullmatch(r"[-\d.,e+]+", text):
            value = float(text.replace(",", ""))
            (down if anchor == "end" else across).append((value, y - 4 if anchor == "end" else x))
    values, at = np.array(down).T
    values = np.log10(values) if power else values
    slope, offset = np.polyfit(at, values, 1)
    pixels = places(curves[number])
    read_values = slope * pixels[:, 1] + offset
    if len(across) > 1:
        epochs, at = np.array(across).T
        pixels[:, 0] = np.polyval(np.polyfit(at, epochs, 1), pixels[:, 0])
    return pixels[:, 0], 10**read_values if power else read_values


def test_curves_are_those_of_the_history(digits):
    X, y = digits
    clf = MLPClassifier((20,), early_stopping=True, max_iter=12, random_state=0).fit(X, y)
    loss, score = charts(clf)
    assert [label[0] for label in loss.labels if label[2] == 12] == [
        "Loss",
        "training",
        "validation",
    ]
    assert [label[0] for label in score.labels if label[2] == 12] == ["Validation score"]
    for chart, number, wanted in (
        (loss, 0, clf.loss_curve_),
        (loss, 1, clf.history_["validation_loss"]),
        (score, 0, clf.validation_scores_),
    ):
        epochs, values = read(chart, number)
        assert_allclose(epochs, range(1, 13), atol=0.05)
        assert_allclose(values, wanted, atol=np.ptp(wanted) / 100)


def test_without_validation_there_is_one_chart():
    clf = fitted(MLPClassifier((5,)), max_iter=3)
    (loss,) = charts(clf)
    _, values = read(loss)
    assert_allclose(values, clf.loss_curve_, atol=np.ptp(clf.loss_curve_) / 100)
    heights = [y for _, _, y, anchor in loss.labels if anchor == "end"]
    assert heights == sorted(heights, reverse=True)  # larger values stand higher
    assert "epoch" in [label[0] for label in loss.labels]
    (loss,) = charts(fitted(MLPClassifier((5,), solver="lbfgs"), max_iter=3))
    assert "iteration" in [label[0] for label in loss.labels]


def test_losses_of_many_magnitudes_are_drawn_by_powers_of_ten():
    values = 10.0 ** np.linspace(5, -2, 30)
    (chart,) = charts(with_history(loss=list(values)))
    _, shown = read(chart, power=True)
    assert_allclose(np.log10(shown), np.log10(values), atol=0.05)
    labels = [label[0] for label in chart.labels if label[3] == "end"]
    assert labels == ["0.01", "1", "100", "10,000"]


def test_epochs_without_a_finite_loss_are_gaps():
    (chart,) = charts(with_history(loss=[np.nan, 4.0, np.inf, 3.0, 2.0, np.nan]))
    (steps,) = [steps for kind, steps in chart.paths if "sknn-curve" in kind]
    alone, run = re.findall("M[^M]*", steps)
    assert alone.endswith("m-2,-2h4v4h-4z")
    assert run.count("L") == 1
    assert_allclose(read(chart)[1], [4, 3, 2], atol=0.02)


def test_long_histories_keep_their_ends():
    losses = list(np.linspace(5, 1, 5003))
    (chart,) = charts(with_history(loss=losses))
    epochs, values = read(chart)
    assert 200 < len(epochs) < 400
    assert_allclose(epochs[[0, -1]], [1, 5003], atol=10)
    assert_allclose(values[[0, -1]], [5, 1], atol=0.03)


@pytest.mark.parametrize("history", [{}, {"loss": []}, {"loss": [np.nan, np.inf]}])
def test_no_history_no_chart(history):
    assert charts(with_history(**history)) == []


@pytest.mark.parametrize("low", [-1e12, -3.0, 0.0, 1e-9, 0.1234, 7.0, 99999.0, 1e300])
@pytest.mark.parametrize("span", [0.0, 1e-7, 0.01, 1.0, 37.0, 8.1e4, 3e11])
def test_ticks_are_few_different_and_within(low, span):
    high = low + span
    pixel, ticks = _scale(low, high, 100.0, 20.0)
    labels = [label for _, label in ticks]
    assert 2 <= len(ticks) <= 8
    assert len(set(labels)) == len(labels)
    assert all(20 - 1e-6 <= at <= 100 + 1e-6 for at, _ in ticks)
    steps = np.diff([at for at, _ in ticks])
    assert_allclose(steps, steps[0], rtol=1e-3)
    for at, label in ticks:
        exact = pixel(float(label.replace(",", "")))
        assert_allclose(at, exact, atol=0.5)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 10, 199, 200, 12345])
def test_ticks_of_epochs_are_whole(n):
    _, ticks = _scale(1, n, 0.0, 100.0, whole=True)
    epochs = [int(label.replace(",", "")) for _, label in ticks]
    assert 1 <= min(epochs) <= max(epochs) <= n
    assert len(ticks) <= 8


# scikit-learn's panel


def without_numbers(page):
    """A page without what scikit-learn counts up from panel to panel."""
    return re.sub(r"sk-(container|estimator)-id-\d+", "", page)


@panels
@pytest.mark.parametrize("fit", [False, True])
def test_panel_is_scikit_learns_with_the_network_inside(fit):
    clf = fitted(MLPClassifier((5,)), max_iter=1) if fit else MLPClassifier((5,))
    page, network = clf._repr_html_(), network_html(clf)
    assert page.count(network) == 1
    Markup(page)
    bare = without_numbers(page.replace(network, ""))
    reference = fitted(ReferenceMLP((5,)), max_iter=1) if fit else ReferenceMLP((5,))
    theirs = without_numbers(reference._repr_html_())
    for part in ("<style>.*?</style>", "<script>.*?</script>", "<summary>[^<]*</summary>"):
        assert re.findall(part, bare, re.DOTALL) == re.findall(part, theirs, re.DOTALL)
    assert set(clf.get_params()) <= set(parameters_in(bare))
    assert clf._repr_mimebundle_().keys() == {"text/plain", "text/html"}


@panels
def test_pipelines_and_searches_show_the_network():
    clf = MLPClassifier((5,))
    network = network_html(clf)
    for outer in (make_pipeline(StandardScaler(), clf), GridSearchCV(clf, {"alpha": [0.1]})):
        assert outer._repr_html_().count(network) == 1


def test_display_as_text_is_text_alone():
    clf = MLPClassifier((5,))
    with config_context(display="text"):
        assert not hasattr(clf, "_repr_html_")
        assert clf._repr_mimebundle_() == {"text/plain": "MLPClassifier(hidden_layer_sizes=(5,))"}


def test_panel_leaves_the_estimator_as_it_is():
    clf = fitted(MLPClassifier((5,)), max_iter=1)
    before = dict(vars(clf))
    clf._repr_html_()
    assert vars(clf).keys() == before.keys()
    assert all(vars(clf)[name] is value for name, value in before.items())


# In a browser

PROBE = """<script>
document.querySelectorAll(".copy-paste-icon").forEach(icon => icon.click());
document.querySelectorAll("input[type=checkbox]").forEach(box => { box.checked = true; });
const place = element => { const r = element.getBoundingClientRect();
  return [r.left, r.top, r.width, r.height]; };
const found = [...document.querySelectorAll(".case")].map(one => {
  const network = one.querySelector(".sknn-network"), style = getComputedStyle(network);
  const last = one.querySelector(".sknn-layer:last-child");
  return {
    background: style.backgroundColor, color: style.color, panel: place(network),
    boxes: [...one.querySelectorAll(".sknn-layer")].map(place),
    overflow: network.scrollWidth - network.clientWidth,
    arrows: [...one.querySelectorAll(".sknn-layer")].map(
      box => getComputedStyle(box, "::after").content),
    charts: [...one.querySelectorAll("svg")].map(place),
    cut: [...one.querySelectorAll("svg text")].filter(text => {
      const [left, top, width, height] = place(text), chart = place(text.closest("svg"));
      return left < chart[0] - 1 || left + width > chart[0] + chart[2] + 1
        || top < chart[1] - 1 || top + height > chart[1] + chart[3] + 1;
    }).map(text => text.textContent),
    strokes: [...one.querySelectorAll(".sknn-curve")].map(c => getComputedStyle(c).stroke),
    texts: [...one.querySelectorAll(".sknn-name")].map(name => name.textContent),
  };
});
const told = document.createElement("pre");
told.id = "told";
told.textContent = JSON.stringify({found, attacked: window.attacked ?? null});
document.body.append(told);
</script>"""


def run_browser(path, body, attributes="", dark=False):
    """The page with this body, after its scripts; dark: what the system prefers."""
    page = path / "page.html"
    page.write_text(
        f'<!doctype html><html><head><meta charset="utf-8"></head><body {attributes}>{body}'
        "</body></html>",
        encoding="utf-8",
    )
    command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu"]
    command += ["--disable-dev-shm-usage", "--dump-dom"]
    command += [f"--blink-settings=preferredColorScheme={0 if dark else 1}"]
    command += [f"--user-data-dir={path / 'profile'}", "--virtual-time-budget=2000", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def texts_of(page, name):
    """The text of the element with this id."""

    class Told(HTMLParser):
        inside, text = False, ""

        def handle_starttag(self, tag, attrs):
            self.inside = dict(attrs).get("id") == name

        def handle_data(self, data):
            self.text += data if self.inside else ""

    told = Told()
    told.feed(page)
    return told.text


def in_browser(path, body, attributes="", dark=False):
    """What PROBE finds in a page with this body, made of cases."""
    return json.loads(texts_of(run_browser(path, body + PROBE, attributes, dark), "told"))


def case(html, width, style=""):
    return f'<div class="case" style="width: {width}px; {style}">{html}</div>'


needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
WHITE, BLACK, DARK = "rgb(255, 255, 255)", "rgb(0, 0, 0)", "rgb(17, 17, 17)"


@panels
@needs_browser
def test_browser_shows_boxes_and_curves_and_runs_no_name(tmp_path):
    clf = fitted(MLPClassifier((5, 4), early_stopping=True), max_iter=5)
    hostile = SequentialClassifier([(name, Dense(2, Hostile())) for name in HOSTILE])
    cases = [
        case(clf._repr_html_(), 900),
        case(CNNClassifier(input_shape=(28, 28))._repr_html_(), 400),
        case(hostile._repr_html_(), 900),
        case(make_pipeline(StandardScaler(), clf)._repr_html_(), 900),
        case(network_html(with_history(loss=[2e12, -1e12], validation_score=[1.000001, 1])), 900),
    ]
    told = in_browser(tmp_path, "".join(cases))
    assert told["attacked"] is None
    for found in told["found"]:
        assert found["overflow"] <= 0
        assert all(width > 30 and height > 30 for _, _, width, height in found["boxes"])
        *arrows, last = found["arrows"]
        assert set(arrows) == {'"\N{RIGHTWARDS ARROW}"'}
        assert last == "none"
        assert found["cut"] == []
    wide, narrow, attack, inside, _ = told["found"]
    # One row in order, no box on another; more rows where it is narrow.
    lefts, tops, widths, _ = np.array(wide["boxes"]).T
    assert np.ptp(tops) == 0
    assert (lefts[1:] > (lefts + widths)[:-1]).all()
    tops = [top for _, top, _, _ in narrow["boxes"]]
    assert 3 <= len(set(tops)) <= 5
    assert tops == sorted(tops)
    assert narrow["panel"][2] <= 400
    for found in (wide, inside):
        assert [chart[2:] for chart in found["charts"]] == [[300, 170], [300, 170]]
        assert len(set(found["strokes"])) == 2
        assert "none" not in found["strokes"]
    assert attack["texts"] == ["input", *HOSTILE, "dense5"]


@panels
@needs_browser
def test_panels_fit_on_a_phone(tmp_path):
    clf = fitted(MLPClassifier((5, 4), early_stopping=True), max_iter=5)
    search = GridSearchCV(MLPClassifier((5,), max_iter=1), {"alpha": [0.1]}, cv=2)
    panels = [
        clf._repr_html_(),
        make_pipeline(StandardScaler(), clf)._repr_html_(),
        search.fit(*problem(clf))._repr_html_(),
        diagnose(clf, *problem(clf))._repr_html_(),
        trace(clf, *problem(clf))._repr_html_(),
        summary(clf)._repr_html_(),
    ]
    opened = (
        "<script>document.querySelectorAll('input[type=checkbox]').forEach(b => b.checked = true);"
        "document.querySelectorAll('details').forEach(d => d.open = true)</script>"
    )
    frames = "".join(
        f'<iframe class="phone" style="width: 390px; height: 800px; border: 0" srcdoc="'
        f'{escape("<!doctype html><body>" + page + opened)}"></iframe>'
        for page in panels
    )
    # A frame has no layout before it is loaded: PROBE is in the page, which is loaded last.
    probe = (
        "<script>addEventListener('load', () => {const told = document.createElement('pre');"
        "told.id = 'phones'; told.textContent = JSON.stringify([...document.querySelectorAll("
        "'.phone')].map(frame => {const page = frame.contentDocument;"
        "return [frame.clientWidth, page.documentElement.scrollWidth, Math.max(..."
        "[...page.querySelectorAll('.sknn-panel')].map(p => p.getBoundingClientRect().right))];}"
        ")); document.body.append(told);});</script>"
    )
    widths = json.loads(texts_of(run_browser(tmp_path, frames + probe), "phones"))
    assert len(widths) == len(panels)
    for frame, page, right in widths:
        assert frame == 390
        assert page <= 390
        assert 100 < right <= 390


@panels
@needs_browser
@pytest.mark.parametrize("dark", [pytest.param(False, marks=pytest.mark.slow), True])
def test_browser_follows_the_theme_of_the_editor_and_the_system(dark, tmp_path):
    clf, network = MLPClassifier((5,)), network_html(MLPClassifier((5,)))
    cases = [
        case(clf._repr_html_(), 900, "color: gray"),  # tells scikit-learn's panel nothing
        case(network, 900),
        *(
            case(network, 900, f"{background}: #010203; {text}: #040506")
            for background, text in (
                ("--jp-layout-color0", "--jp-content-font-color1"),
                ("--vscode-editor-background", "--vscode-editor-foreground"),
            )
        ),
    ]
    found = in_browser(tmp_path, "".join(cases), dark=dark)["found"]
    of_system = (DARK, WHITE) if dark else (WHITE, BLACK)
    of_editor = ("rgb(1, 2, 3)", "rgb(4, 5, 6)")
    assert [(one["background"], one["color"]) for one in found] == [
        of_system,
        of_system,
        of_editor,
        of_editor,
    ]


@pytest.mark.slow
@needs_scikit_learn("1.8", "panels in the theme of the page")
@needs_browser
@pytest.mark.parametrize("dark", [False, True])
def test_browser_follows_the_theme_of_the_page_rather_than_that_of_the_system(dark, tmp_path):
    panel = case(MLPClassifier((5,))._repr_html_(), 900, "color: gray")
    page = f'data-jp-theme-light="{"true" if dark else "false"}"'
    (found,) = in_browser(tmp_path, panel, page, dark)["found"]
    assert (found["background"], found["color"]) == ((WHITE, BLACK) if dark else (DARK, WHITE))
