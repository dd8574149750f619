"""Watches publishers' feeds and brings what concerns the dossier to the editors."""
