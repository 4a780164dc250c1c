"""What is likely wrong with a network, in plain words, and what to turn."""

from dataclasses import dataclass, field
from textwrap import fill
from typing import Any

from numpy.typing import ArrayLike

from sknn.estimators.panel.markup import ShownInNotebooks, finding, note, panel, title
from sknn.inspection import data_symptoms, table_symptoms, training_symptoms
from sknn.inspection.evidence import NotTold, gather
from sknn.inspection.networks import look_inside
from sknn.tabular.ensemble import TableNetwork
from sknn.typing import Samples

WIDTH = 88
NOTHING = "Nothing was found to be wrong."
CHECKS = {  # causes before what follows from them
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
    """Something that is likely wrong.

    Attributes
    ----------
    name : str
        Such as "dead units".
    figure : float
        What was seen: a share, a loss, a ratio; ``text`` says of what.
    text : str
        What it means.
    remedy : str
        What to turn, by the names of parameters.
    """

    name: str
    figure: float
    text: str
    remedy: str

    def __str__(self):
        return f"{self.name}: {self.text}\nTry: {self.remedy}"


@dataclass(repr=False, eq=False)
class Diagnosis(ShownInNotebooks):
    """What :func:`diagnose` found. It shows itself as text, in a notebook or by ``print``.

    Attributes
    ----------
    findings : list of Finding
        Causes before what follows from them; empty if nothing was found.
    healthy : list of str
        What was looked at without finding anything.
    not_checked : dict of str
        What could not be looked at, and what that would need.
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
        """What was checked without a finding, and what was not."""
        if self.healthy:
            yield f"In order: {', '.join(self.healthy)}."
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
    """Look for what is likely wrong with a network, its data or its training.

    Rules of thumb, each with the figure it goes by. They look at the scale of X and y, at the
    course of the loss, at units that pass no gradient on, at the score on samples held out and how
    many those are, and at the balance of classes. Of an estimator for tables they look at unused
    columns, at the best epochs of its members, at the out-of-fold score compared with the score on
    the samples and with that of a constant, at the size of the folds, and at the balance of
    classes. The estimator is left as it is.

    Parameters
    ----------
    estimator : estimator instance
        An estimator of this package, or a Pipeline, a TransformedTargetRegressor or a fitted search
        with one inside: X and y are transformed as in its ``predict``, and all figures are of
        what reaches the network. A network that is not fitted, for instance because training
        diverged, is looked at as far as that goes: its data and its parameters. The steps before
        it are then fitted to X as in ``fit``, in a copy.
    X : {array-like, sparse matrix} of shape (n_samples, n_features), or images
        The samples that it was fitted to.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Their targets. Without them less can be told.
    sample_weight : array-like of shape (n_samples,), default=None
        Their weights, if fit had any.
    X_val, y_val : as X and y, default=None
        Samples that it was not fitted to, those that fit was given as such if it was. Without
        them the scores recorded in fit are used.

    Returns
    -------
    diagnosis : Diagnosis
        With ``findings``, each a name, a figure, a text and a remedy. It shows itself at the end
        of a notebook cell and in an interactive session; elsewhere print it.

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
        raise ValueError("X_val and y_val go together: pass both, or neither.")
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
    state = "fitted" if evidence.fitted else "not fitted"
    samples = "1 sample" if evidence.n == 1 else f"{evidence.n} samples"
    diagnosis = Diagnosis(f"Diagnosis of {type(estimator).__name__}, {state}, on {samples}:")
    for name, check in checks.items():
        try:
            seen = check(evidence)
        except NotTold as reason:
            diagnosis.not_checked[name] = str(reason)
            continue
        if seen is None:
            diagnosis.healthy.append(name)
        else:
            diagnosis.findings.append(Finding(name, *seen))
    return diagnosis


def _wrapped(text):
    return fill(text, width=WIDTH, subsequent_indent="   ", break_on_hyphens=False)
