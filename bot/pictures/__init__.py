"""Pictures drawn from a dossier's facts: facts, language, day and theme in, SVG out; PNG bytes through resvg.

The drawing is PURE but for the typefaces' metrics, which are read once from their packages. What a picture holds can be
read from its SVG: labels are ``<text>`` elements, and what stands for a value carries a ``data-mark``.
"""
