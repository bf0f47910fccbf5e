"""Reads the description of an HTTP API (`spec/`) and writes typed Python bindings for it (`generated/`)."""
