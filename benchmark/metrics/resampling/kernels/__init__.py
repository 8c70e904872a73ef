"""Compiled loops, each module by itself: numba's cache does not see a change in another file."""
