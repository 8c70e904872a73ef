"""A Ray cluster as the place where an encoder computes; imported only when it is asked for."""
