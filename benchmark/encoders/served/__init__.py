"""Encoders that answer over HTTP: how each kind of service is asked, and who it is that answers."""
