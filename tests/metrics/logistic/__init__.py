"""The batched classifier engine against torch, scikit-learn and the plain oracle."""
