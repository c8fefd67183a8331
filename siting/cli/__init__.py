"""Floor 5: the doors of the command line."""

from siting.cli.app import app, main

__all__ = ["app", "main"]
