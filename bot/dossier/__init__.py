"""The dossier: everything under ``content/``, validated and immutable."""
