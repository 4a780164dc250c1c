#!/usr/bin/env bash
# Builds the documentation into docs/_build/html. Needs the extra "docs" and no network; every
# warning is an error. Arguments are passed on to Sphinx: -E builds all pages anew.
set -euo pipefail
docs=$(dirname "${BASH_SOURCE[0]}")
build=$docs/_build
exec "${PYTHON:-python}" -m sphinx -W --keep-going -b html -d "$build/doctrees" "$@" "$docs" "$build/html"
