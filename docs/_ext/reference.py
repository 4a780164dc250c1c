"""The API reference: the names that it lists, and the conversion of docstrings to pages."""

import importlib
import re
from pathlib import Path

PAGES = Path(__file__).parents[1] / "api"
MODULES = {
    "sknn": "Estimators",
    "sknn.model_selection": "Searches",
    "sknn.dask": "Data larger than memory",
    "sknn.inspection": "Inspection",
    "sknn.plotting": "Displays",
    "sknn.metrics": "Metrics",
    "sknn.nn": "Building blocks of layers",
    "sknn.onnx": "Export to ONNX",
}
KINDS = {  # titles in the core by base class; other classes are under the title above
    "Layer": "Layers",
    "Activation": "Activations",
    "Loss": "Losses",
    "Schedule": "Learning-rate schedules",
    "Optimizer": "Optimisers",
    "Initializer": "Initial weights",
}
SCIKIT_LEARN = "https://scikit-learn.org/stable/"
LABELS = {  # pages of scikit-learn that inherited docstrings refer to
    "df_output_transform": "modules/df_output_transform.html",
    "metadata_routing": "metadata_routing.html",
    "sphx_glr_auto_examples_miscellaneous_plot_set_output.py": (
        "auto_examples/miscellaneous/plot_set_output.html"
    ),
}


def public_names(module):
    """Returns ``__all__`` of a module, or the functions and classes that it defines."""
    imported = importlib.import_module(module)
    defined = (
        name
        for name, value in vars(imported).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module
    )
    return list(getattr(imported, "__all__", defined))


def groups():
    """{title: (module, names)}: every public name once, with base classes first."""
    found = {}
    for module, title in MODULES.items():
        imported, names = importlib.import_module(module), public_names(module)
        if module == "sknn.nn":
            for base, kind in KINDS.items():
                derived = [name for name in names if _is_a(imported, name, base)]
                found[kind] = module, sorted(derived, key=lambda name: (name != base, name))
                names = [name for name in names if name not in derived]
        found[title] = module, names
    return found


def attached(module, name):
    """Names of the functions that are attributes of a function."""
    function = getattr(importlib.import_module(module), name)
    values = {} if isinstance(function, type) else getattr(function, "__dict__", {})
    return [key for key, value in values.items() if callable(value) and not key.startswith("_")]


def _is_a(module, name, base):
    thing = getattr(module, name)
    return isinstance(thing, type) and issubclass(thing, getattr(module, base))


def pages():
    """{file name: text} of the API reference: one page with all names, and one for each group."""
    texts = {"index.rst": [*_heading("API reference", "="), ".. toctree::", "   :hidden:", ""]}
    index, documented = texts["index.rst"], set()
    index += [f"   {_file_name(title)}" for title in groups()] + [""]
    for title, (module, names) in groups().items():
        if module not in documented:
            about = importlib.import_module(module).__doc__.strip().partition("\n")[0]
            index += [*_heading(f"``{module}``", "-"), f".. module:: {module}", "", about, ""]
            documented.add(module)
        lines = [f"   {name}" for name in names] + [""]
        table = [".. autosummary::", "   :nosignatures:"]
        index += [f".. rubric:: :doc:`{title} <{_file_name(title)}>`", "", *table, "", *lines]
        texts[f"{_file_name(title)}.rst"] = [
            *_heading(title, "="),
            *(f".. currentmodule:: {module}", "", *table, "   :toctree: generated", "", *lines),
        ]
    return {name: "\n".join(lines) for name, lines in texts.items()}


def _heading(title, underline):
    return [title, underline * len(title), ""]


def _file_name(title):
    return title.lower().replace(" ", "_").replace("-", "_")


def write_pages(app, config):
    PAGES.mkdir(exist_ok=True)
    texts = pages()
    for name, text in texts.items():
        path = PAGES / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:  # else Sphinx reads it
            path.write_text(text, encoding="utf-8")
    wanted = {f"{module}.{name}" for module, names in groups().values() for name in names}
    for path in PAGES.rglob("*.rst"):
        if path.name not in texts and path.stem not in wanted:  # the name no longer exists
            path.unlink()
    config.autosummary_context["functions_of"] = {
        f"{module}.{name}": attached(module, name)
        for module, names in groups().values()
        for name in names
    }
    config.autosummary_generate = [f"api/{name}" for name in texts]


def readable(app, what, name, obj, options, lines):
    """Converts a docstring of sknn, which is plain text with formulas, to reStructuredText."""
    defined_in = getattr(getattr(obj, "fget", obj), "__module__", None) or ""
    if not defined_in.startswith("sknn"):
        return
    blocks, code = [], False
    for block in "\n".join(lines).split("\n\n"):
        code = block.lstrip().startswith(">>>") or (code and block.startswith("    "))
        blocks.append(block if code else _in_shape_lines(_escaped(block)))
        code = code or block.endswith("::")
    lines[:] = "\n\n".join(blocks).split("\n")


def _escaped(text):
    """Escapes bars, asterisks and the underscore in "shape (n_features_in_,)"."""
    parts = re.split(r"(``.*?``|\*[a-z]+\*)", text, flags=re.S)
    parts[::2] = [re.sub(r"[|*]|(?<=\w)_(?=,\))", r"\\\g<0>", part) for part in parts[::2]]
    return "".join(parts)


def _in_shape_lines(text):
    """Splits lines like "x: (n, units)    dy: (n, units)" into one line for each name."""
    if not all(re.match(r"\w+(, \w+)*: ", line) for line in text.strip().split("\n")):
        return text
    return re.sub(r"^|\n| {2,}(?=\w+: )", r"\n| ", text.strip()).strip() + "\n"


def link_to_scikit_learn(app, env, node, content):
    """Resolves references to scikit-learn's documentation without downloading its index."""
    kind, target = node.get("reftype"), node.get("reftarget", "")
    if node.get("refdomain") == "py" and target.startswith("sklearn."):
        address = f"modules/generated/{target}.html"
    elif kind == "term":
        address = f"glossary.html#term-{target}"
    else:
        address = LABELS.get(target)
    if address is None:
        return None
    from docutils.nodes import reference  # not above, because tests import this without docutils

    return reference("", "", content, refuri=SCIKIT_LEARN + address, internal=False)


def setup(app):
    app.connect("config-inited", write_pages)
    app.connect("autodoc-process-docstring", readable, priority=400)  # before numpydoc
    app.connect("missing-reference", link_to_scikit_learn)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
