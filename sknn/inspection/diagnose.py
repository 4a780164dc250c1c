"""Likely problems of a network, in plain words, and which settings to change."""

from dataclasses import dataclass, field
from textwrap import fill
from typing import Any

from numpy.typing import ArrayLike

from sknn.estimators.panel.markup import ShownInNotebooks, finding, note, panel, title
from sknn.inspection import data_symptoms, table_symptoms, training_symptoms
from sknn.inspection.evidence import NotChecked, gather
from sknn.inspection.networks import look_inside
from sknn.tabular.ensemble import TableNetwork
from sknn.typing import Samples

WIDTH = 88
NOTHING = "No problems were found."
CHECKS = {  # causes come before their effects
    "unscaled inputs": data_symptoms.unscaled_inputs,
    "unscaled targets": data_symptoms.unscaled_targets,
    "diverging loss": training_symptoms.diverging_loss,
    "stalled loss": training_symptoms.stalled_loss,
    "dead units": training_symptoms.dead_units,
    "saturated units": training_symptoms.saturated_units,
    "overfitting": training_symptoms.overfitting,
    "small validation set": data_symptoms.small_validation_set,
    "class imbalance": data_symptoms.class_imbalance,
}


@dataclass(frozen=True)
class Finding:
    """A likely problem.

    Attributes
    ----------
    name : str
        The name of the problem, such as "dead units".
    figure : float
        The observed figure: a fraction, a loss or a ratio, as explained in ``text``.
    text : str
        What the figure means.
    remedy : str
        Which parameters to change, by name.
    """

    name: str
    figure: float
    text: str
    remedy: str

    def __str__(self):
        return f"{self.name}: {self.text}\nTry: {self.remedy}"


@dataclass(repr=False, eq=False)
class Diagnosis(ShownInNotebooks):
    """The result of :func:`diagnose`, shown as text in a notebook or by ``print``.

    Attributes
    ----------
    findings : list of Finding
        The likely problems, with causes before their effects. It is empty if there are none.
    healthy : list of str
        The checks without a finding.
    not_checked : dict of str
        The checks that were not possible, and what they require.
    """

    title: str
    findings: list = field(default_factory=list)
    healthy: list = field(default_factory=list)
    not_checked: dict = field(default_factory=dict)

    def __str__(self):
        parts = [self.title]
        for number, found in enumerate(self.findings, start=1):
            parts += [_wrapped(f"{number}. {found.name}: {found.text}")]
            parts += [_wrapped(f"   Try: {found.remedy}"), ""]
        if not self.findings:
            parts += [NOTHING, ""]
        return "\n".join(parts + list(map(_wrapped, self._remarks())))

    __repr__ = __str__

    def _as_html(self):
        found = [finding(one.name, one.text, one.remedy) for one in self.findings]
        found = found or [note(NOTHING)]
        return panel(title(self.title) + "".join(found + list(map(note, self._remarks()))))

    def _remarks(self):
        """The checks without a finding, and those that were not possible."""
        if self.healthy:
            yield f"Checked and fine: {', '.join(self.healthy)}."
        if self.not_checked:
            reasons = "; ".join(f"{name} ({why})" for name, why in self.not_checked.items())
            yield f"Not checked: {reasons}."


def diagnose(
    estimator: Any,
    X: Samples,
    y: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    *,
    X_val: Samples | None = None,
    y_val: ArrayLike | None = None,
) -> Diagnosis:
    """Look for likely problems of a network, its data and its training.

    The checks are rules of thumb. Each one reports the figure on which it is based. They examine
    the scale of X and y, the training loss, units that let no gradient through, the score on
    held-out samples and the number of these samples, and the balance of classes. For an estimator
    for tables, they examine unused columns, the best epochs of the members, the out-of-fold score
    compared with the score on the samples and with that of a constant, the size of the folds, and
    the balance of classes. The estimator is not modified.

    Parameters
    ----------
    estimator : estimator instance
        An estimator of this package, or a Pipeline, a TransformedTargetRegressor or a fitted search
        that contains one. X and y are then transformed as in its ``predict``, and all figures
        refer to the data that reach the network. For a network that is not fitted, for instance
        because training diverged, only the data and the parameters are checked. The steps before
        it are then fitted to X as in ``fit``, on copies.
    X : {array-like, sparse matrix} of shape (n_samples, n_features), or images
        The samples that the estimator was fitted to.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        The targets of the samples. Without them, fewer checks are possible.
    sample_weight : array-like of shape (n_samples,), default=None
        The sample weights that were passed to ``fit``, if any.
    X_val, y_val : as X and y, default=None
        Samples that the estimator was not fitted to, such as the validation data passed to
        ``fit``. Without them, the scores recorded during ``fit`` are used.

    Returns
    -------
    diagnosis : Diagnosis
        The diagnosis, whose ``findings`` each have a name, a figure, a text and a remedy. It is
        displayed at the end of a notebook cell and in an interactive session. Elsewhere, print it.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sknn import MLPClassifier
    >>> from sknn.inspection import diagnose
    >>> X, y = load_wine(return_X_y=True)
    >>> diagnosis = diagnose(MLPClassifier(), X, y)
    >>> [finding.name for finding in diagnosis.findings]
    ['unscaled inputs']
    >>> print(diagnosis.findings[0].remedy)
    Scale X: make_pipeline(StandardScaler(), estimator), or for pixels X / 255.
    """
    inside = look_inside(estimator, tables=True)
    estimator = inside.network
    if (X_val is None) != (y_val is None):
        raise ValueError("X_val and y_val must be passed together: pass both or neither.")
    if inside.fitted:
        X, y = inside.samples(X), inside.targets(y)
    else:
        inside, X, y = inside.learn(X, y)
    if X_val is not None:
        X_val, y_val = inside.samples(X_val), inside.targets(y_val)
    checks, look = CHECKS, gather
    if isinstance(estimator, TableNetwork):
        checks, look = table_symptoms.CHECKS, table_symptoms.gather_table
    evidence = look(estimator, X, y, sample_weight, X_val, y_val)
    if look is gather and evidence.feature_names is None:
        evidence.feature_names = inside.feature_names
    state = "fitted" if evidence.fitted else "not fitted"
    samples = "1 sample" if evidence.n == 1 else f"{evidence.n} samples"
    diagnosis = Diagnosis(f"Diagnosis of {type(estimator).__name__}, {state}, on {samples}:")
    for name, check in checks.items():
        try:
            seen = check(evidence)
        except NotChecked as reason:
            diagnosis.not_checked[name] = str(reason)
            continue
        if seen is None:
            diagnosis.healthy.append(name)
        else:
            diagnosis.findings.append(Finding(name, *seen))
    return diagnosis


def _wrapped(text):
    return fill(text, width=WIDTH, subsequent_indent="   ", break_on_hyphens=False)
