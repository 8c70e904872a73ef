"""Who is meant: the reference, the catalogue of models with a name, and what is asked of them."""
