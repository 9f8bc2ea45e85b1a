"""Tests of the gateways in the local network."""
