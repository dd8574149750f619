"""One folder a platform, each with the same file names; none imports another."""
