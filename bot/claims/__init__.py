"""Compares what people claim with the dossier's facts. Pure."""
