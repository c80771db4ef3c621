"""What fields of the kinds are made of: checked texts, bounded numbers, short ways to write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt
from pydantic.alias_generators import to_camel

from reconciler.model.clock import parse_cron, zone
from reconciler.model.types import PropertyType
from reconciler.model.units import parse_bytes, parse_cpu, parse_duration


class Model(BaseModel):
    """Frozen, camelCase outside, and unknown fields are errors."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, validate_by_name=True
    )


def _checked(parse: Any) -> AfterValidator:
    def check(text: str) -> str:
        parse(text)
        return text

    return AfterValidator(check)


def _as_text(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(f'a version is text; quote it: "{value}"')
    return value


def as_mapping(field: str, written: Any) -> BeforeValidator:
    """Let a bare scalar stand for a mapping with the one `field`; `written` is for the schemas."""
    return BeforeValidator(
        lambda v: {field: v} if isinstance(v, str) else v, json_schema_input_type=written
    )


def as_list(written: Any) -> BeforeValidator:
    """Let one mapping stand for a list of one."""
    return BeforeValidator(
        lambda v: [v] if isinstance(v, Mapping) else v, json_schema_input_type=written
    )


Version = Annotated[str, BeforeValidator(_as_text)]
TypeText = Annotated[str, _checked(PropertyType.parse)]
Bytes = Annotated[str, _checked(parse_bytes)]
Cpu = Annotated[str, _checked(parse_cpu)]
Duration = Annotated[str, _checked(parse_duration)]
Cron = Annotated[str, _checked(parse_cron)]
Timezone = Annotated[str, _checked(zone)]
Port = Annotated[StrictInt, Field(ge=1, le=65535)]
Count = Annotated[StrictInt, Field(ge=0)]
Reference = Annotated[str, Field(pattern=r"^[A-Z][A-Za-z]*/[A-Za-z0-9][A-Za-z0-9_.-]*$")]
