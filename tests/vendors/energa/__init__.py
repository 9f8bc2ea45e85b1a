"""Energa: Mój Licznik."""
