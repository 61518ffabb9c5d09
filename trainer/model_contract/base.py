"""The base of every type that crosses from operator to trainer and back."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Instant = Annotated[AwareDatetime, Field(description="A point in time with its offset, RFC 3339.")]


class ContractModel(BaseModel):
    """A frozen value with camelCase JSON names; a field that the other side does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    def to_json(self) -> str:
        """JSON with camelCase names, without fields that are None, in the order of declaration."""
        return self.model_dump_json(by_alias=True, exclude_none=True)
