"""Folders of every form that people publish, with random weights, made by their own libraries."""
