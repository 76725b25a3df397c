"""JSON Schemas of the contracts' types, the way both documents want them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

Schema = dict[str, Any]
REF = "#/components/schemas/{model}"

_NAMES = {"QuoteData": "Quote", "OrderFrame": "OrderMessage"}
_SUFFIX = re.compile("(View|Frame|Body)$")


def component_name(type_name: str) -> str:
    """Return a type's name among the components, without the suffix that tells it apart within the code."""
    return _NAMES.get(type_name) or _SUFFIX.sub("", type_name)


def reference(kind: type[Any]) -> Schema:
    """Return a reference to a type's schema."""
    return {"$ref": REF.format(model=component_name(kind.__name__))}


class ContractSchemas(GenerateJsonSchema):
    """Schemas without titles that repeat the names of fields, and without the default null."""

    def normalize_name(self, name: str) -> str:
        """Return the component's name."""
        return component_name(super().normalize_name(name))

    def field_title_should_be_set(self, schema: CoreSchema | Any) -> bool:
        """Never."""
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Leave null out: it stands for "not given"."""
        return super().default_schema(schema) if schema.get("default") else self.generate_inner(schema["schema"])


class QuerySchemas(ContractSchemas):
    """Schemas of query parameters, which can't be null."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """Leave null out."""
        return self.generate_inner(schema["schema"])


def schemas(kinds: Iterable[type[Any]], generator: type[ContractSchemas] = ContractSchemas) -> dict[str, Schema]:
    """Return the schemas of models and typed dictionaries, and of all that they refer to, by component name."""
    wanted: list[tuple[str, Literal["validation"], TypeAdapter[Any]]]
    wanted = [(kind.__name__, "validation", TypeAdapter(kind)) for kind in kinds]
    _, described = TypeAdapter.json_schemas(wanted, ref_template=REF, schema_generator=generator)
    found: dict[str, Schema] = described["$defs"]
    return {name: _plain(schema) for name, schema in sorted(found.items())}


def _plain(schema: Schema) -> Schema:
    """Put the description on one line, and leave out the title, which is the schema's name."""
    text = {"description": one_line(schema["description"])} if "description" in schema else {}
    return {key: value for key, value in (schema | text).items() if key != "title"}


def one_line(text: str) -> str:
    """Return a text without its line breaks."""
    return " ".join(text.split())


def one_of(decided_by: str, names: Mapping[str, str], *, discriminator: bool) -> Schema:
    """Return the union of these components, by the value of the property that decides between them.

    Args:
        discriminator: in OpenAPI's form; AsyncAPI's is another, and each component has its constant anyway.
    """
    references = {value: REF.format(model=name) for value, name in names.items()}
    union: Schema = {"oneOf": [{"$ref": reference} for reference in references.values()]}
    if not discriminator:
        return union
    return {"discriminator": {"mapping": dict(sorted(references.items())), "propertyName": decided_by}, **union}
