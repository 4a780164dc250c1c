"""Formulas as MathML, which browsers render without scripts, fonts or network access."""

import re

from docutils.nodes import SkipNode
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util.logging import getLogger

LOGGER = getLogger(__name__)
THIN = '<mspace width="0.17em"></mspace>'
SPACING = [  # spaces that docutils leaves to the browser, which does not know them
    (r"<mo[^>]*>([|‖'])</mo>", r'<mo stretchy="false" lspace="0" rspace="0">\1</mo>'),
    (r"<mo>(max|min)</mo>", r"<mi>\1</mi>"),
    (r"(</m\w+>\s*)<mi>(ln|cosh|tanh)</mi>", rf"\1{THIN}<mi>\2</mi>"),
    (r"(<mo>&ApplyFunction;</mo>)(?!\s*<mo[^>]*>\()", rf"\1{THIN}"),
    (r"(<mtd>\s*<mo)>(?=[=←])", r'\1 form="infix">'),
    (r"(<mo[^>]*>[({[]</mo>\s*<mo)>(?=[\u2212±])", r'\1 form="prefix">'),
]


def inline(translator, node):
    translator.body.append(_mathml(node))
    raise SkipNode


def block(translator, node):
    translator.body.append(translator.starttag(node, "div", CLASS="formula"))
    translator.body.append(_mathml(node, as_block=True))
    translator.body.append("</div>\n")
    raise SkipNode


def _mathml(node, as_block=False):
    try:
        mathml = tex2mathml(node.astext(), as_block)
    except MathError as error:
        LOGGER.warning("formula %r: %s", node.astext(), error, location=node)
        return ""
    for pattern, replacement in SPACING:
        mathml = re.sub(pattern, replacement, mathml)
    return mathml


def setup(app):
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
