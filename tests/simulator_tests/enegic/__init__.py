"""The simulated Enegic cloud."""
