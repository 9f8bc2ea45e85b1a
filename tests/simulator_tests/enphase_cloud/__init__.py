"""The simulated Enphase cloud."""
