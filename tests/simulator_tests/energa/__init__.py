"""Tests of the simulated Mój Licznik."""
