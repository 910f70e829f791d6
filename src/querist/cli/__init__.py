"""The command line: words in, one call, words out."""

from querist.cli.app import main

__all__ = ["main"]
