"""Tests of the integration inside a running Home Assistant."""
