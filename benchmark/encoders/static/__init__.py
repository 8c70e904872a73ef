"""Encoders without a network: a vector for each token or word, and the mean of a sentence's."""
