"""Reading what a publisher sent: RSS, RDF, Atom or JSON Feed → items in plain words. PURE but for ``apart``."""
