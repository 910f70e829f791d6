"""Sphinx configuration."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))  # whose benchmarks made the results
sys.path.insert(0, str(Path(__file__).parent))

import figures
import measured
import measured_tasks
import pictures

from querist._version import __version__

project = "Querist"
copyright = "The Querist authors"
author = "The Querist authors"
release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Querist"
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
autodoc_typehints = "description"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
suppress_warnings = ["ref.python"]

pictures.write(Path(__file__).parent / "strategies" / "pictures")
measured.write(Path(__file__).parent)
measured_tasks.write(Path(__file__).parent)
figures.write(Path(__file__).parent / "reference" / "measured")
