"""Watches publishers' feeds, and brings items that concern the dossier to the editors."""
