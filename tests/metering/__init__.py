"""The domain, tested without Home Assistant."""
