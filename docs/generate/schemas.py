"""JSON Schemas of Pydantic models, the way both documents want them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import CoreSchema, core_schema

from order_engine.domain.tokens import TOKENS

Schema = dict[str, Any]
REF = "#/components/schemas/{model}"
DECIMAL = r"^\d+(\.\d+)?$"
ENTERED = r"^[+-]?(\d+\.?\d*|\.\d+)$"

OrderId = Annotated[str, Field(json_schema_extra={"format": "uuid"})]
Timestamp = Annotated[str, Field(json_schema_extra={"format": "date-time"}, description="UTC, with milliseconds.")]
Seq = Annotated[int, Field(ge=1, description="Its place in the order's life: gapless from 1.")]
Attempt = Annotated[int, Field(ge=1, description="From 1.")]
Decimal = Annotated[str, Field(pattern=DECIMAL)]
AsEntered = Annotated[str, Field(pattern=ENTERED)]
Symbol = Annotated[str, Field(json_schema_extra={"enum": [token.symbol for token in TOKENS]})]
Venue = Annotated[str, Field(description="`raydium` or `meteora`.")]
TxHash = Annotated[str, Field(pattern=r"^[1-9A-HJ-NP-Za-km-z]{64,88}$", description="The signature, in base58.")]
UnsignedText = Annotated[str, Field(pattern=r"^\d+$")]
SignedText = Annotated[str, Field(pattern=r"^-?\d+$")]
CorrelationId = Annotated[
    str, Field(max_length=128, description="The id of the request that placed the order; the same everywhere.")
]


class Wire(BaseModel):
    """Something that we send. Fields that may be None are left out then, and never null."""

    model_config = ConfigDict(alias_generator=to_camel)


class Answered(Wire):
    """An answer that went well."""

    success: Literal[True]


class AcceptedSchemas(GenerateJsonSchema):
    """Schemas of what we accept: no titles that repeat the names of fields, no default of null."""

    def field_title_should_be_set(self, schema: CoreSchema | Any) -> bool:
        """Never."""
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Leave null out: it stands for "not given"."""
        return super().default_schema(schema) if schema.get("default") else self.generate_inner(schema["schema"])


class SentSchemas(AcceptedSchemas):
    """Schemas of what we send, where what is not there is left out. Query parameters can't be null either."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """Leave null out."""
        return self.generate_inner(schema["schema"])


class MessageSchemas(SentSchemas):
    """The same for AsyncAPI, whose discriminators are another thing than OpenAPI's."""

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        """Leave the discriminator out: each kind has its constant."""
        described = super().tagged_union_schema(schema)
        described.pop("discriminator", None)
        return described


def schemas(models: Iterable[type[BaseModel]], generator: type[GenerateJsonSchema]) -> dict[str, Schema]:
    """Return the schemas of models and of all that they refer to, by name."""
    wanted: list[tuple[type[BaseModel], Literal["validation"]]] = [(model, "validation") for model in models]
    _, described = models_json_schema(wanted, ref_template=REF, schema_generator=generator)
    found: dict[str, Schema] = described["$defs"]
    return {name: _plain(schema) for name, schema in sorted(found.items())}


def _plain(schema: Schema) -> Schema:
    """Put descriptions on one line, and leave out the title, which is the schema's name."""
    text = {"description": " ".join(schema["description"].split())} if "description" in schema else {}
    return {key: value for key, value in (schema | text).items() if key != "title"}


def reference(model: type[BaseModel]) -> Schema:
    """Return a reference to a model's schema."""
    return {"$ref": REF.format(model=model.__name__)}
