"""The losses of SimCSE and DiffCSE, as torch modules for any training loop.

They compute losses and nothing else. Each is written from the rules in docs/training.md.
"""
