"""Question in, reply out. Pure but for the phrase catalogues, which are read once from the package."""
