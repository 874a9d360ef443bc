"""Settings that are checked when they are read."""

from typing import Any, get_args

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """An unknown key or a value out of range is an error; nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def settings_of(annotation: Any) -> list[type[BaseModel]]:
    """The settings classes that a key takes: none for a plain value, several for kinds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in settings_of(part)]
