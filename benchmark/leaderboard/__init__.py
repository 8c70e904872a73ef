"""Measured and published rows of one table: ranking, intervals, rows that cannot be told apart."""
