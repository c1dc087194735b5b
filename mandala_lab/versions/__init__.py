"""Code versions: what an op can reach, and whether that changed."""
