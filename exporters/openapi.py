"""The parts that an OpenAPI 3.1 document is made of, and the document of all routes that are served.

Every route brings its own operation, so that what is served and what is described cannot part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from aiohttp import web

from exporters.face import Answer, Route, document
from exporters.json_figures import Document

Schema = Mapping[str, object]


def text(description: str, *allowed: str) -> Schema:
    """A text, or one of those allowed."""
    return {"type": "string", "description": description, **({"enum": list(allowed)} if allowed else {})}


def instant(description: str) -> Schema:
    """ISO 8601 with an offset."""
    return {"type": "string", "format": "date-time", "description": description}


def milliseconds(description: str) -> Schema:
    """Milliseconds since 1970, UTC."""
    return {"type": "integer", "description": f"{description}; milliseconds since 1970, UTC"}


def seconds(description: str) -> Schema:
    """A length of time."""
    return {"type": "number", "description": f"{description}; seconds"}


def ratio(description: str) -> Schema:
    """Between 0 and 1, unrounded."""
    return {"type": "number", "minimum": 0, "maximum": 1, "description": description}


def whole(description: str) -> Schema:
    """A whole number."""
    return {"type": "integer", "description": description}


def flag(description: str) -> Schema:
    """True or false."""
    return {"type": "boolean", "description": description}


def or_none(schema: Schema) -> Schema:
    """The same, or null where there is none."""
    allowed = schema.get("enum")
    none = {"enum": [*allowed, None]} if isinstance(allowed, list) else {}
    kind = schema["type"]
    return {**schema, "type": [*kind, "null"] if isinstance(kind, list) else [kind, "null"], **none}


def listed(items: Schema, description: str = "") -> Schema:
    """An array."""
    return {"type": "array", "items": items, **({"description": description} if description else {})}


def shaped(properties: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """An object that has all of `properties`, and may have those that are optional; more may be added later."""
    every = {**properties, **(optional or {})}
    return {"type": "object", "properties": every, "required": list(properties)}


def parameter(name: str, description: str, where: str = "query") -> Schema:
    """A parameter of an operation: of the query, which may be left out, or of the path, which may not."""
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "description": description,
        "schema": {"type": "string"},
    }


ERROR = shaped({"error": text("What is wrong, and what would be right.")})
NOT_NOW = "Too many ask at once, it took too long, or the store cannot be read: try again in a moment."


def answers(good: Schema, *, refusals: Mapping[int, str] | None = None) -> dict[str, object]:
    """The responses of an operation: the good one, and errors by status with what each means."""
    said: dict[str, object] = {"200": {"description": "The answer.", "content": _json(good)}}
    for status, meaning in sorted((refusals or {}).items()):
        said[str(status)] = {"description": meaning, "content": _json(ERROR)}
    return said


def body(schema: Schema, *, required: bool) -> dict[str, object]:
    """What is to be sent."""
    return {"required": required, "content": _json(schema)}


def openapi_document(routes: Iterable[Route], version: str) -> Document:
    """The OpenAPI 3.1 document of those of `routes` that bring an operation."""
    paths: dict[str, dict[str, object]] = {}
    for route in routes:
        if route.operation:
            paths.setdefault(route.path, {})[route.method.lower()] = dict(route.operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "waakvlam",
            "version": version,
            "description": "What a running collector tells other programs. Names are never changed, and more may be "
            "added.",
        },
        "servers": [{"url": "/", "description": "Where this document was read."}],
        "paths": paths,
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def openapi_route(others: Sequence[Route], version: Callable[[], str]) -> Route:
    """Where the document of `others`, and of this one, is read."""
    schema: Schema = {"type": "object", "description": "An OpenAPI 3.1 document."}
    operation = {"operationId": "openapi", "summary": "This document.", "responses": answers(schema)}

    async def answer(_: web.Request) -> Answer:
        return document(openapi_document([*others, route], version()))

    route = Route("GET", "/api/v1/openapi.json", answer, operation)
    return route


def _json(schema: Schema) -> dict[str, object]:
    return {"application/json": {"schema": schema}}
