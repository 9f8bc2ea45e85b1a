"""OneMeter Cloud."""
