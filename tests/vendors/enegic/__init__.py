"""Tests of the vendor Enegic."""
