"""HTML for notebooks: tables, notes and findings in the colours of the page.

All text is escaped here, and the HTML is self-contained.
"""

from html import escape

from sklearn import get_config

STYLE = """<style>
.sknn-panel {
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
  .sknn-panel {
    --sknn-background: var(--sklearn-color-background, var(--jp-layout-color0,
      var(--vscode-editor-background, #111)));
    --sknn-text: var(--sklearn-color-text-on-default-background, var(--jp-content-font-color1,
      var(--vscode-editor-foreground, white)));
  }
}
.sknn-panel .sknn-layers {
  display: flex; flex-wrap: wrap; align-items: stretch; gap: 0.6em 2em;
  max-height: 30em; overflow-y: auto; padding-right: 2em;
}
.sknn-panel .sknn-layer {
  position: relative; box-sizing: border-box; max-width: 18em; padding: 0.3em 0.8em;
  border: 1px solid gray; border-radius: 0.3em; text-align: center; overflow-wrap: anywhere;
}
.sknn-panel .sknn-weights {
  border-color: var(--sknn-blue); box-shadow: inset 0 3px var(--sknn-blue);
}
.sknn-panel .sknn-layer:not(:last-child)::after {
  content: "\\2192"; position: absolute; right: -2em; width: 2em; top: calc(50% - 0.7em);
}
.sknn-panel .sknn-name { font-weight: bold; }
.sknn-panel .sknn-note { margin-top: 0.6em; }
.sknn-panel .sknn-title { font-weight: bold; margin-bottom: 0.6em; }
.sknn-panel .sknn-wide { overflow-x: auto; }
.sknn-panel .sknn-table { border-collapse: collapse; margin: 0; font: inherit; color: inherit; }
.sknn-panel .sknn-table tr:nth-child(n) { background: none; border: 0; color: inherit; }
.sknn-panel .sknn-table thead th { border-bottom: 1px solid gray; vertical-align: bottom; }
.sknn-panel .sknn-table tfoot:last-child tr:first-child > * { border-top: 1px solid gray; }
.sknn-panel .sknn-table :is(th, td) {
  padding: 0.2em 1em 0.2em 0; text-align: left; max-width: none; white-space: nowrap;
}
.sknn-panel .sknn-table .sknn-number { text-align: right; }
.sknn-panel .sknn-finding {
  margin: 0.6em 0; padding: 0.1em 0.8em; border-left: 3px solid var(--sknn-orange);
  max-width: 60em; overflow-wrap: anywhere;
}
.sknn-panel .sknn-remedy::before { content: "Try: "; font-weight: bold; }
.sknn-panel .sknn-more { margin-top: 0.6em; }
.sknn-panel .sknn-more summary { cursor: pointer; }
.sknn-panel .sknn-more pre {
  overflow-x: auto; margin: 0.4em 0; padding: 0; font: inherit; color: inherit; background: none;
}
.sknn-panel .sknn-charts { display: flex; flex-wrap: wrap; gap: 1em; margin-top: 0.6em; }
.sknn-panel svg { max-width: 100%; height: auto; font: 11px monospace; fill: currentColor; }
.sknn-panel .sknn-first { stroke: var(--sknn-blue); }
.sknn-panel .sknn-second { stroke: var(--sknn-orange); stroke-dasharray: 5 4; }
.sknn-panel .sknn-curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
.sknn-panel .sknn-axis { fill: none; stroke: currentColor; opacity: 0.6; }
.sknn-panel .sknn-grid { stroke: currentColor; opacity: 0.15; }
/* scikit-learn's panel is as wide as its widest table; on a phone that table scrolls instead. */
@media (max-width: 640px) {
  .sknn-panel .sknn-layers { max-height: 60em; }
  .sk-container:has(.sknn-network) { max-width: 100% !important; }
  .sk-container:has(.sknn-network) .sk-serial { align-items: stretch; }
  .sk-container:has(.sknn-network) .sk-parallel {
    justify-content: safe center; overflow-x: auto;
  }
  .sk-container:has(.sknn-network) :is(.sk-item, .sk-estimator, .sk-label-container, .sk-label,
    .sk-toggleable, .sk-parallel-item:only-child) { min-width: 0; max-width: 100%; }
  .sk-container:has(.sknn-network) .sk-toggleable__content {
    box-sizing: border-box; max-width: 100% !important; overflow-x: auto !important;
  }
}
</style>"""


class ShownInNotebooks:
    """Base class of objects with an HTML representation in notebooks.

    As for scikit-learn's estimators, ``set_config(display="text")`` turns it off.
    """

    @property
    def _repr_html_(self):
        if get_config()["display"] != "diagram":
            raise AttributeError("_repr_html_ requires set_config(display='diagram').")
        return self._as_html


def panel(content, kind=""):
    """Returns self-contained HTML with content that is built by the functions below."""
    return f'{STYLE}<div class="sknn-panel {kind}">{content}</div>'


def title(text):
    """Returns the heading of a panel."""
    return f'<div class="sknn-title">{escape(text)}</div>'


def note(text):
    """Returns a line of text at the end of a panel."""
    return f'<div class="sknn-note">{escape(text)}</div>'


def finding(name, text, remedy):
    """Returns a box that says what is likely wrong and which setting to change."""
    return (
        f'<div class="sknn-finding"><div class="sknn-name">{escape(name)}</div>'
        f"<div>{escape(text)}</div>"
        f'<div class="sknn-remedy">{escape(remedy)}</div></div>'
    )


def more(heading, text):
    """Returns preformatted text that is folded under a heading."""
    return (
        f'<details class="sknn-more"><summary>{escape(heading)}</summary>'
        f"<pre>{escape(text)}</pre></details>"
    )


def table(heads, rows, foot=(), *, n_texts):
    """Returns a table whose first ``n_texts`` columns are text. Tables that are too wide scroll."""

    def line(cells, tag):
        kinds = [""] * n_texts + [' class="sknn-number"'] * (len(cells) - n_texts)
        cells = zip(kinds, cells, strict=True)
        return "".join(f"<{tag}{kind}>{escape(cell)}</{tag}>" for kind, cell in cells)

    body = "".join(f"<tr>{line(cells, 'td')}</tr>" for cells in rows)
    end = "".join(f"<tr>{line(cells, 'td')}</tr>" for cells in foot)
    return (
        f'<div class="sknn-wide"><table class="sknn-table"><thead><tr>{line(heads, "th")}</tr>'
        f"</thead><tbody>{body}</tbody>{f'<tfoot>{end}</tfoot>' if end else ''}</table></div>"
    )
