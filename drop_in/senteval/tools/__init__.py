"""SentEval's ``tools``: classifiers and the ways of choosing among them."""
