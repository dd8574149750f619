"""Compares claims with the dossier's facts. PURE."""
