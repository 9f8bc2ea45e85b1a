"""Says where code broke that should not, without the words of the error."""

import traceback

from .const import LOGGER


def log_fault(err: Exception, doing: str) -> None:
    """Log the kind of an error and the way to it; its own words could hold anything."""
    LOGGER.error(
        "Unexpected %s while %s:\n%s",
        type(err).__name__,
        doing,
        "".join(traceback.format_tb(err.__traceback__)),
    )
