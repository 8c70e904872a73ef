"""Encoders that their own library computes: sentence-transformers, from a folder or in memory."""
