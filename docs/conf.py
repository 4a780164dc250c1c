"""How Sphinx builds the documentation: ``bash docs/build.sh``."""

import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))  # the package in this clone, whether installed or not
sys.path.insert(0, str(DOCS / "_ext"))

import gallery  # noqa: E402

import sknn  # noqa: E402

project = "sknn"
copyright = "the sknn developers"
release = version = sknn.__version__
exclude_patterns = ["_build", "_examples", "_templates"]
suppress_warnings = ["config.cache"]  # the settings of the gallery contain functions

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_parser",
    "matplotlib.sphinxext.plot_directive",
    "sphinx_gallery.gen_gallery",
    "mathml",
    "reference",
]

# Text
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
html_math_renderer = "mathml"
highlight_language = "none"
smartquotes = False  # quotes in types and defaults are Python's
default_role = "literal"

# Reference: reference.py lists the names, and the files that autosummary reads
autodoc_typehints = "none"
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False  # the template for classes lists them
numpydoc_class_members_toctree = False

# Figures of the guide, from figures/
plot_basedir = str(DOCS)
plot_include_source = False
plot_html_show_source_link = False
plot_html_show_formats = False
plot_formats = [("png", 150)]
plot_rcparams = {"figure.constrained_layout.use": True, "font.size": 9}
plot_apply_rcparams = True

# Gallery
sphinx_gallery_conf = {
    "examples_dirs": "_examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/plot_",
    "ignore_pattern": gallery.SHARED,
    "doc_module": ("sknn",),
    "backreferences_dir": "gallery/backreferences",
    "reference_url": {"sknn": None},
    "within_subsection_order": "FileNameSortKey",
    "thumbnail_size": (480, 320),
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,  # its page would load scripts from other sites
    "download_all_examples": False,
    "remove_config_comments": True,
    "plot_gallery": "True",
}
gallery.copy_examples(DOCS.parent / "examples", DOCS / "_examples")

# Pages
html_theme = "pydata_sphinx_theme"
html_title = f"sknn {release}"
html_static_path = ["_static"]
html_css_files = ["sknn.css"]
templates_path = ["_templates"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "sknn"},
    "navbar_align": "left",
    "header_links_before_dropdown": 8,
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
    "secondary_sidebar_items": {"**": ["page-toc"], "index": []},
}
html_sidebars = {"index": [], "install": [], "quickstart": [], "performance": []}
