"""What is known of a series' hours, what is written, and what to do about the rest.

`hourly` turns a vendor's intervals into hours. A `Book` is what the recorder holds
of a series and plans what to write; every plan can be cut short at any instant and
is then put right from the book itself. A `Page` remembers what the recorder can't
hold: which hours were asked for, which have no data, which are worth asking again.
"""

from .book import CHUNK_ROWS, Book, Chunk, Row, Shift
from .doubts import PATIENCE, Doubt, Reason
from .hours import HourEnergy, explored_in, hourly, standing, united
from .page import Gap, Page

__all__ = [
    "CHUNK_ROWS",
    "PATIENCE",
    "Book",
    "Chunk",
    "Doubt",
    "Gap",
    "HourEnergy",
    "Page",
    "Reason",
    "Row",
    "Shift",
    "explored_in",
    "hourly",
    "standing",
    "united",
]
