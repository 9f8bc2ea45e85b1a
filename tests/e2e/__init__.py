"""A real Home Assistant process against the simulated vendors."""
