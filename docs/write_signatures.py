"""Writes parameters and attributes into the docstrings and signatures of the estimators.

    python docs/write_signatures.py [--check]

The tables PARAMETERS in sknn/estimators/parameters.py and, for the estimators for tables, in
sknn/tabular/parameters.py hold name, default, constraint and text of every parameter; ATTRIBUTES
and TABLE_ATTRIBUTES below hold the fitted attributes. In each class of ESTIMATORS this
replaces the sections Parameters and Attributes of the docstring, and the whole of ``__init__``.
Lists of names (activations, solvers, losses) come from the tables of the code.

With --check nothing is written; differences are printed, and the exit status is 1 if there are
any.
"""

import argparse
import ast
import difflib
import os
import sys
import textwrap
from dataclasses import dataclass, field
from numbers import Integral
from pathlib import Path
from string import Template
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the package of this copy, installed or not

from sknn.estimators import parameters  # noqa: E402
from sknn.estimators.hidden_layers import NORMALIZATIONS, POOLINGS  # noqa: E402
from sknn.estimators.parameters import REQUIRED, By, chosen, has  # noqa: E402
from sknn.estimators.solvers import SCHEDULES, STOCHASTIC_SOLVERS  # noqa: E402
from sknn.nn import activations, initializers  # noqa: E402
from sknn.nn.augmentation import AUGMENTATIONS  # noqa: E402
from sknn.nn.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES  # noqa: E402
from sknn.scikit_learn import HasMethods, Interval, Options, StrOptions  # noqa: E402
from sknn.tabular import parameters as table_parameters  # noqa: E402

WIDTH, INDENT = 100, 4
FILES = [
    *(ROOT / "sknn" / "estimators" / f"{name}.py" for name in ("mlp", "cnn", "sequential")),
    *(ROOT / "sknn" / "tabular" / f"{name}.py" for name in ("classifier", "regressor")),
]
SECTIONS = ("Parameters", "Attributes")


@dataclass(frozen=True)
class Attribute:
    """One fitted attribute; fields as those of Parameter."""

    type: Any
    text: str
    only: str | None = None
    slots: dict = field(default_factory=dict)


ATTRIBUTES = {
    "classes_": Attribute(
        "ndarray of shape (n_classes,), or list of them",
        "Class labels. If y has several columns of labels, a list with the class labels of each "
        "column.",
        only="classifier",
    ),
    "coefs_": Attribute(
        By(
            mlp="list of ndarray of shape (n_in, n_out)",
            cnn="list of ndarray",
            sequential="list of ndarray",
        ),
        "The weights of each layer$shapes. The arrays can be modified or replaced$unfitted.",
        slots={
            "unfitted": By(
                mlp=", or set on an estimator that has not been fitted", cnn="", sequential=""
            ),
            "shapes": By(
                mlp="",
                cnn=", of shape (kernel height, kernel width, channels, filters) for a "
                "convolution and (n_in, n_out) for a dense layer",
                sequential=", of shape (n_in, n_out) for a dense layer and (kernel height, kernel "
                "width, channels, filters) for a convolution",
            ),
        },
    ),
    "intercepts_": Attribute(
        "list of ndarray of shape (n_out,)",
        "The biases of each layer. The arrays can be modified or replaced.",
    ),
    "n_layers_": Attribute("int", "Number of layers with weights, plus one for the input."),
    "n_outputs_": Attribute("int", "Number of outputs of the network."),
    "out_activation_": Attribute(
        "str",
        "Name of the output activation function: $outputs.",
        slots={
            "outputs": By(
                classifier="'softmax' for more than two classes, 'logistic' for two classes and "
                "for multilabel y, and 'identity' for ``loss=$margins``",
                regressor="'exp' for ``loss=$exponential``, and 'identity' for all other losses",
            )
        },
    ),
    "n_features_in_": Attribute(
        "int",
        "Number of $features.",
        slots={
            "features": By(
                mlp="features seen during fit",
                cnn="values in each sample: height * width * channels",
                sequential="values in each sample",
            )
        },
    ),
    "feature_names_in_": Attribute(
        "ndarray of shape (n_features_in_,)",
        "Names of features seen during fit. Defined only when X has feature names that are all "
        "strings.",
    ),
    "image_shape_": Attribute(
        By(cnn="tuple of int", sequential="tuple of int or None"),
        "Shape of each image: (height, width, channels)$none.",
        only="cnn sequential",
        slots={"none": By(cnn="", sequential=". None if the samples are not images")},
    ),
    "image_scale_": Attribute(
        "float",
        "Factor by which pixel values are multiplied: 1/255 for integer images, otherwise 1.",
        only="cnn sequential",
    ),
    "n_iter_": Attribute(
        "int",
        "Number of epochs or, for 'lbfgs', of iterations in the last call. After ``resume`` it "
        "includes the epochs before the interruption.",
    ),
    "t_": Attribute(
        "int",
        "Number of training samples seen in mini-batches, where a sample counts every time it is "
        "seen. 'lbfgs' does not increase it.",
    ),
    "loss_": Attribute("float", "Loss of the last epoch or iteration, including penalties."),
    "best_loss_": Attribute(
        "float or None",
        "The smallest loss of any epoch or iteration. None with early stopping.",
    ),
    "loss_curve_": Attribute("list of float", "Loss of each epoch or iteration."),
    "validation_scores_": Attribute(
        "list of float or None",
        "Validation score of each epoch or iteration: $score unless ``scoring`` specifies another "
        "score. None without early stopping.",
        slots={"score": By(classifier="accuracy", regressor="R2")},
    ),
    "best_validation_score_": Attribute(
        "float or None",
        "The best validation score. The fitted weights are those of the epoch that reached it. "
        "None without early stopping.",
    ),
    "history_": Attribute(
        "dict of list",
        "Training history, with one entry per epoch or iteration in each list. The keys are "
        "'loss'; 'validation_loss' and 'validation_score', which are nan without validation "
        "samples; 'learning_rate', which is nan for 'lbfgs'; 'gradient_norm', the mean over the "
        "steps; and 'seconds'.",
    ),
}

TABLE_ATTRIBUTES = {
    "classes_": Attribute(
        "ndarray of shape (n_classes,)",
        "Class labels.",
        only="classifier",
    ),
    "n_features_in_": Attribute("int", "Number of columns seen during fit."),
    "feature_names_in_": Attribute(
        "ndarray of shape (n_features_in_,)",
        "Names of the columns seen during fit. Defined only if X has names that are all strings. "
        "Later frames may have these columns in any order.",
    ),
    "is_categorical_": Attribute(
        "ndarray of shape (n_features_in_,) of bool",
        "Which columns were treated as categories.",
    ),
    "n_members_": Attribute("int", "Number of members."),
    "n_iter_": Attribute("int", "Number of epochs for which all members were trained."),
    "best_iter_": Attribute(
        "ndarray of shape (n_members,)",
        "Epoch, counted from 1, whose weights each member kept.",
    ),
    "validation_scores_": Attribute(
        "ndarray of shape (n_epochs, n_members), or None",
        "Validation score of each epoch and member. None if there are too few samples to hold out "
        "any.",
    ),
    "history_": Attribute(
        "dict of ndarray of shape (n_epochs, n_members)",
        "Training history, by the names 'loss', 'validation_loss', 'validation_score', "
        "'learning_rate' and 'seconds'.",
    ),
    "oof_prediction_": Attribute(
        By(
            classifier="ndarray of shape (n_samples, n_classes), or None",
            regressor="ndarray of shape (n_samples,), or None",
        ),
        "Out-of-fold predictions: for each training sample, the mean prediction of the members "
        "that were validated on it. They are nan for samples that were in no validation fold. None "
        "if ``X_val`` was passed or no samples were held out.",
    ),
    "oof_score_": Attribute(
        "float or None",
        "$score of the out-of-fold predictions. It is slightly optimistic, because each member "
        "keeps the epoch that is best on the same samples.",
        slots={"score": By(classifier="Accuracy", regressor="R2")},
    ),
    "temperature_": Attribute(
        "float",
        "Temperature by which raw outputs are divided, at most 1. It is 1 if ``calibrate`` is "
        "False.",
        only="classifier",
    ),
}


# Names out of the code


class _Recorder:
    """An estimator that remembers which of its parameters were read."""

    def __init__(self):
        self.read = set()

    def __getattr__(self, name):
        self.read.add(name)
        return 0.0


def users(parameter):
    """The solvers that are made with this parameter."""
    found = []
    for solver in parameters.PARAMETERS["solver"].options:
        recorder = _Recorder()
        STOCHASTIC_SOLVERS.get(solver, lambda est: None)(recorder)
        if parameter in recorder.read:
            found.append(solver)
    return found


def quoted(names, last=", "):
    """'adam', 'adamw' and 'nadam', with " and " as ``last``."""
    names = [f"'{name}'" for name in names]
    return last.join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def by_class(table, module):
    """{class: names} of a table of objects, in the order in which the module defines the classes.

    The modules begin with what is simple.
    """
    order = list(vars(module).values())
    found = {}
    for name, thing in sorted(table.items(), key=lambda item: order.index(type(item[1]))):
        found.setdefault(type(thing), []).append(name)
    return found


def from_code(name):
    """What ``$`` and each of these names stand for in the entry of a parameter or attribute."""
    kinds = by_class(activations.ACTIVATIONS, activations)
    drawn = by_class(initializers.INITIALIZERS, initializers)
    planned = [name for name in SCHEDULES if SCHEDULES[name](_Recorder()).horizon]
    exponential = [name for name, loss in REGRESSION_LOSSES.items() if loss.link == "exp"]
    margins = [
        name for name, by in CLASSIFICATION_LOSSES.items() if by["softmax"].link == "identity"
    ]
    return {
        "activations": ", ".join(quoted(names, " or ") for names in kinds.values()),
        "rectifiers": quoted(
            [name for kind, names in kinds.items() if kind.rectifier for name in names], " and "
        ),
        "initializers": quoted(
            [name for names in drawn.values() for name in names if name != "auto"], " or "
        ),
        "poolings": quoted(POOLINGS),
        "normalizations": quoted(NORMALIZATIONS),
        "augmentations": quoted(AUGMENTATIONS),
        "planned": quoted(planned, " and "),
        "exponential": quoted(exponential, "`` and ``loss="),
        "margins": quoted(margins, "`` and ``loss="),
        "users": quoted(users(name), " and "),
    }


# Text


def filled(text, name, row, network, task):
    """The text with a value in place of each ``$slot``."""
    values = from_code(name)
    values |= {slot: chosen(value, network, task) for slot, value in row.slots.items()}
    for _ in range(2):  # values of slots may name those from the code
        text = Template(text).substitute({"options": "$options", **values})
    return text


def wrapped(text, indent):
    """Lines of a paragraph, with literals in one piece."""
    parts = text.split("``")
    parts[1::2] = [part.replace(" ", "\0") for part in parts[1::2]]
    bullet = "  " if text.startswith("- ") else ""
    lines = textwrap.wrap(
        "``".join(parts),
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * indent + bullet,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\0", " ") for line in lines]


def entry(name, row, network, task):
    """Lines of the entry of a parameter or attribute in a docstring."""
    kind = filled(chosen(row.type, network, task), name, row, network, task)
    default = chosen(getattr(row, "default", REQUIRED), network, task)
    stated = "" if default is REQUIRED else f", default={_short(default)}"
    lines = [" " * INDENT + f"{name} : {kind}{stated}"]
    for number, paragraph in enumerate(filled(row.text, name, row, network, task).split("\n\n")):
        if number:
            lines.append("")
        if paragraph == "$options":
            options = chosen(row.options, network, task)
            check_options(name, options, chosen(row.constraint, network, task))
            for option, meaning in options.items():
                lines += wrapped(f"- '{option}': {meaning}", 2 * INDENT)
        else:
            lines += wrapped(paragraph, 2 * INDENT)
    return lines


def check_options(name, options, constraint):
    """Raises ValueError unless all names that may be given, and no others, have a text."""
    allowed = set().union(*(one.options for one in constraint if isinstance(one, StrOptions)))
    if set(options) != allowed:
        raise ValueError(
            f"options of {name!r} in PARAMETERS must describe exactly what may be given; they "
            f"lack {sorted(allowed - set(options))} and should not have "
            f"{sorted(set(options) - allowed)}."
        )


def tables_of(estimator):
    """(the module that describes its parameters, the table of its attributes)."""
    if estimator in table_parameters.ESTIMATORS:
        return table_parameters, TABLE_ATTRIBUTES
    return parameters, ATTRIBUTES


def docstring_sections(estimator):
    """Lines of the sections Parameters and Attributes."""
    module, attributes = tables_of(estimator)
    network, task, _ = module.ESTIMATORS[estimator]
    attributes = {name: row for name, row in attributes.items() if has(row, network, task)}
    lines = []
    for title, rows in zip(SECTIONS, (module.parameters_of(estimator), attributes), strict=True):
        lines += [" " * INDENT + title, " " * INDENT + "-" * len(title)]
        for name, row in rows.items():
            lines += entry(name, row, network, task)
        lines.append("")
    return lines


def constructor(estimator):
    """Lines of ``__init__``."""
    module, _ = tables_of(estimator)
    network, task, positional = module.ESTIMATORS[estimator]
    rows = module.parameters_of(estimator)
    lines = ["    def __init__(", "        self,"]
    for number, (name, row) in enumerate(rows.items()):
        if number == len(positional):
            lines.append("        *,")
        default = chosen(row.default, network, task)
        hint = type_hint(chosen(row.constraint, network, task))
        lines.append(
            f"        {name}: {hint}{'' if default is REQUIRED else f' = {_code(default)}'},"
        )
    return [*lines, "    ) -> None:", *(f"        self.{name} = {name}" for name in rows)]


# Parts of constraints, and the types of what meets them.
TYPES = {
    "boolean": "bool",
    "verbose": "bool | int",
    "array-like": "ArrayLike",
    "cv_object": "Any",
    "random_state": "int | np.random.RandomState | None",
    None: "None",
    list: "Sequence[Any]",
    tuple: "Sequence[Any]",
    dict: "Mapping[Any, float]",
    callable: "Callable[..., float]",
    os.PathLike: "os.PathLike[str]",
}


def type_hint(constraint):
    """The type of the values that meet a constraint, as source code."""
    kinds = dict.fromkeys(_type_of(part) for part in constraint)  # in this order, each once
    return " | ".join([kind for kind in kinds if kind != "None"] + ["None"] * ("None" in kinds))


def _type_of(part):
    if isinstance(part, StrOptions):
        return "str"
    if isinstance(part, Interval | Options):
        return "int" if part.type is Integral else "float"
    if isinstance(part, HasMethods):
        return "Any"
    return TYPES.get(part) or part.__name__


def _code(value):
    """The value as the code of the project is formatted."""
    return f'"{value}"' if isinstance(value, str) else _short(value)


def _short(value):
    return repr(value).replace("e-0", "e-")  # 1e-8


# Files


def rewritten(source):
    """The source of a module with sections and ``__init__`` of its estimators written anew."""
    lines = source.splitlines()
    written = {*parameters.ESTIMATORS, *table_parameters.ESTIMATORS}
    for node in reversed(ast.parse(source).body):
        if not isinstance(node, ast.ClassDef) or node.name not in written:
            continue
        (init,) = [one for one in node.body if getattr(one, "name", None) == "__init__"]
        lines[init.lineno - 1 : init.end_lineno] = constructor(node.name)
        text = node.body[0]
        underlines = [
            at
            for at in range(text.lineno, text.end_lineno)
            if lines[at].strip() and not lines[at].strip("- ")
        ]
        titles = {lines[at - 1].strip(): at - 1 for at in underlines}
        start = titles[SECTIONS[0]]
        stop = min(at for title, at in titles.items() if at > start and title not in SECTIONS)
        lines[start:stop] = docstring_sections(node.name)
    return "\n".join(lines) + "\n"


def differences():
    """{path: text to write} of the files that are not as the tables say."""
    old = {path: path.read_text(encoding="utf-8") for path in FILES}
    new = {path: rewritten(text) for path, text in old.items()}
    return {path: new[path] for path in FILES if new[path] != old[path]}


def main(arguments=None):
    """Writes or checks the files, as the command line says. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, show differences")
    check = parser.parse_args(arguments).check
    found = differences()
    for path, text in found.items():
        if check:
            old, new = path.read_text(encoding="utf-8").splitlines(), text.splitlines()
            print(*difflib.unified_diff(old, new, path.name, "tables", lineterm=""), sep="\n")
        else:
            path.write_text(text, encoding="utf-8")
            print(f"Wrote {path}.")
    return int(check and bool(found))


if __name__ == "__main__":
    sys.exit(main())
