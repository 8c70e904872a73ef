"""Is the difference between two models real, and where does it come from?"""
