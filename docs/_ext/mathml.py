"""Formulas as MathML, which browsers draw by themselves: no script, no font, no network."""

from docutils.utils.math.latex2mathml import tex2mathml


def inline(translator, node):
    translator.body.append(tex2mathml(node.astext()))
    _done()


def block(translator, node):
    attributes = {"class": "math notranslate nohighlight"}
    translator.body.append(translator.starttag(node, "div", **attributes))
    translator.body.append(tex2mathml(node.astext(), as_block=True))
    translator.body.append("</div>\n")
    _done()


def _done():
    from docutils.nodes import SkipNode

    raise SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
