"""Tests of Meter Hub, and the simulator that they run against."""
