"""How a transformer computes: tokenizer, weights, pooling, what stands behind it, backends."""
