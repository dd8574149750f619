"""Pictures: a dossier, a language, a day and a theme → SVG → PNG by resvg.

Drawing is pure except for the typefaces' metrics, which are read once from their packages.
"""
