"""A local HTTP server speaking the model hub's protocol, for tests that run the real client."""
