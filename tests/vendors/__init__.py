"""The vendors, tested without Home Assistant."""
