"""Enphase Cloud: the Enphase Monitoring API v4."""
