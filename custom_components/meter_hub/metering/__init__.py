"""The domain: what meters measure, free of Home Assistant, HTTP and clocks."""
