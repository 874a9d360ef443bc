"""Settings that are checked when they are read."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """An unknown key or a value out of range is an error; nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)
