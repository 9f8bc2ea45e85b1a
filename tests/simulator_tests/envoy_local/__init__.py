"""Tests of the simulated Enphase gateway."""
