"""Pictures: a dossier, a language, a day and a theme → SVG → PNG by resvg.

Drawing is PURE except for the typefaces' metrics, which are read once from their packages.
"""
