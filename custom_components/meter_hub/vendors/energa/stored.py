"""What all that survives a restart has in common. Pure."""

from mashumaro import DataClassDictMixin
from mashumaro.config import BaseConfig


class Stored(DataClassDictMixin):
    """Leaves out of storage what is as it is by default."""

    class Config(BaseConfig):
        """How it is stored."""

        omit_default = True
