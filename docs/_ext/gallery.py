"""Copies the examples and adds the headings that sphinx-gallery requires."""

import ast
import re
import shutil

SHARED = r"(image_sets|__init__)\.py$"  # modules that examples import
SECTIONS = {
    "pictures": (
        "Plots",
        "Each example shows one display of :mod:`sknn.plotting`, or another useful plot of a "
        "network. The plots were created when this page was built.",
    ),
    "programs": (
        "Programs",
        "Short programs that answer one question each. Run them from the root of a clone of the "
        "project, for example with ``python examples/digits.py``. The examples on MNIST, "
        "Fashion-MNIST and CIFAR-10 download the images from OpenML or read them from a file.",
    ),
}
HEADER = "GALLERY_HEADER.rst"


def copy_examples(source, target):
    """Copies examples to target: plots into one folder, other programs into another."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    (target / HEADER).write_text(_heading("Gallery", "="), encoding="utf-8")
    for name, (title, text) in SECTIONS.items():
        (target / name).mkdir()
        header = _heading(title, "-") + text + "\n"
        (target / name / HEADER).write_text(header, encoding="utf-8")
    for path in sorted(source.glob("*.py")):
        section = "pictures" if path.name.startswith("plot_") else "programs"
        code = path.read_text(encoding="utf-8")
        if not re.search(SHARED, path.name):
            code = with_heading(code)
        (target / section / path.name).write_text(code, encoding="utf-8")


def with_heading(code):
    """Returns the code with the first sentence of its docstring as a heading.

    Lines that begin with "python " become a block of commands. A docstring that has a heading is
    not changed.
    """
    module = ast.parse(code)
    text = ast.get_docstring(module)
    title, _, rest = text.partition("\n")
    if re.match(r"([=\-~^\"'*+#])\1{2,}", rest):
        return code
    question, more = re.match(r"(.+?[.?])(?:\s+(.*)|$)", title).groups()
    blocks = [_heading(question.removesuffix("."), "="), *([more] if more else [])]
    blocks += [_paragraph(block) for block in re.split(r"\n\s*\n", rest.strip()) if block]
    statement = module.body[0]
    lines = code.splitlines(keepends=True)
    code = "".join([*lines[: statement.lineno - 1], *lines[statement.end_lineno :]])
    docstring = "\n\n".join(block.strip("\n") for block in blocks)
    return f'r"""\n{docstring}\n"""\n{code}'


def _heading(title, underline):
    return f"{title}\n{underline * len(title)}\n\n"


def _paragraph(block):
    lines = [line.strip() for line in block.splitlines()]
    if all(line.startswith("python ") for line in lines):
        return ".. code-block:: bash\n\n" + "\n".join("    " + line for line in lines)
    return "\n".join(lines)
