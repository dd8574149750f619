"""Nota: a news desk in a chat."""

__version__ = "0.8.0"
