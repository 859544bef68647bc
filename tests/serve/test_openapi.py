"""The OpenAPI document, and requests made from it at random: no failure of the server, and answers that are as described."""

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import checks as known

EXAMPLES = 12  # of each operation


def document(server):
    return server.json("/api/v1/openapi.json")


def test_the_document_is_whole(server):
    described = document(server)
    assert described["openapi"] == "3.1.0"
    names = [operation["operationId"] for path in described["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names)) > 20
    schemas = described["components"]["schemas"]
    for text in json.dumps(described).split('"#/components/schemas/')[1:]:
        assert text.split('"')[0] in schemas
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert operation["responses"]["200"]["content"], path
            assert {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"} == {
                part[1:-1] for part in path.split("/") if part.startswith("{")}
    tickets = {parameter["name"]: parameter["schema"] for parameter in described["paths"]["/api/v1/tickets"]["get"]["parameters"]}
    assert tickets["status"]["items"]["enum"] == ["Open", "Pending", "Resolved", "Closed"] and tickets["limit"]["maximum"] == 1000
    assert "priority" in {parameter["name"] for parameter in described["paths"]["/api/v1/metrics/{name}"]["get"]["parameters"]}
    assert set(described["components"]["securitySchemes"]) == {"token", "session"}


def test_requests_at_random(server):
    described = document(server)
    schema = schemathesis.openapi.from_dict(described)
    base = f"http://127.0.0.1:{server.address.port}"
    asked = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if "text/event-stream" in described["paths"][operation.path][operation.method]["responses"]["200"]["content"]:
            continue  # it does not end

        @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(), is_real=st.booleans())
        def ask(case, is_real):
            nonlocal asked
            asked += 1
            if is_real and "name" in (case.path_parameters or {}):
                case.path_parameters["name"] = "created_tickets"
            if is_real and isinstance(case.body, dict):
                case.body["sql"] = "select ticket_id, created_at, resolution_hours, sla_breached from core.fact_tickets limit 3"
            answer = case.call(base_url=base, timeout=60)
            case.validate_response(answer, checks=[known.not_a_server_error, schemathesis.specs.openapi.checks.status_code_conformance,
                                                   schemathesis.specs.openapi.checks.content_type_conformance,
                                                   schemathesis.specs.openapi.checks.response_schema_conformance])

        ask()
    assert asked > 150
    assert server.ask("/readyz")[0] == 200


@pytest.mark.parametrize("path", ["/api/v1/runs", "/api/v1/checks", "/api/v1/alerts", "/api/v1/violations", "/api/v1/quarantine", "/api/v1/tables"])
def test_lists_have_the_columns_they_say(server, path):
    described = document(server)
    schema = described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    if "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].split("/")[-1]]
    wanted = schema["properties"]["items"]["items"]["required"]
    for item in server.json(path)["items"]:
        assert list(item) == wanted
