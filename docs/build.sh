#!/usr/bin/env bash
# Builds the documentation in docs/_build/html. Requires the extra "docs" but no network. Every
# warning is an error. Arguments are passed on to Sphinx; for example, -E rebuilds all pages.
set -euo pipefail
docs=$(dirname "${BASH_SOURCE[0]}")
build=$docs/_build
exec "${PYTHON:-python}" -m sphinx -W --keep-going -b html -d "$build/doctrees" "$@" "$docs" "$build/html"
