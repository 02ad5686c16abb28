"""PURE. Agreements: read, signed, standing, compiled, decided."""
