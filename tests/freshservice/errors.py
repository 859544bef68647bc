"""Refusals of the API, in the body that the switch asks for."""

import json
from typing import Any

from tests.freshservice.switches import Switches

TEXTS = {
    400: ("Validation failed", "invalid_value"),
    401: ("You have to be logged in to perform this action.", "invalid_credentials"),
    403: ("You are not authorized to perform this action.", "access_denied"),
    404: ("The resource was not found.", "not_found"),
    405: ("The method is not allowed for this resource.", "method_not_allowed"),
    406: ("Only application/json can be answered.", "not_acceptable"),
    415: ("Only application/json is understood.", "unsupported_media_type"),
    429: ("You have exceeded the limit of requests per minute.", "rate_limited"),
    500: ("An unexpected error occurred.", "internal_error"),
}


class Refused(Exception):
    """An answer of 4xx; `field` names the query parameter at fault."""

    def __init__(
        self, status: int, field: str | None = None, message: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(status, field, message)
        self.status, self.field, self.message, self.headers = status, field, message, headers or {}


def body_of(refused: Refused, switches: Switches) -> bytes:
    text, code = TEXTS.get(refused.status, ("The server cannot answer.", "unavailable"))
    if switches.error_body == "empty":
        return b""
    if switches.error_body == "short":
        return json.dumps({"code": code, "message": refused.message or text}).encode()
    body: dict[str, Any] = {"description": text, "errors": []}
    if refused.field or refused.message:
        body["errors"] = [{"field": refused.field, "message": refused.message, "code": code}]
    return json.dumps(body).encode()
