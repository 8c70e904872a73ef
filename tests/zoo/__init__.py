"""Folders of every form that people publish, with random weights, made by the libraries that own them."""
