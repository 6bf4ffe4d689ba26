"""What schemathesis cannot know from the OpenAPI documents of the producer and the dashboard."""

import json
import re
from datetime import datetime, timezone

import schemathesis
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

NDJSON = "application/x-ndjson"
STARTED = datetime.now(timezone.utc).timestamp()
SECONDS_OF_A_DAY = 86_400
RETENTION_DAYS = 30

# Rules that a JSON schema cannot describe. A valid value may be refused for them alone.
RULES = [
    # Examples of responses are older.
    r"^timestamp .* (is more than \d+ days old|is more than 5 minutes ahead)\.$",
    # These limits are for the JSON text of the object.
    r"^metadata has (more than 16 levels|\d+ bytes as JSON; the limit is 4096)\.$",
    # In a form they are computed from metres.
    r"^(latitude|longitude|altitude) \S+ is outside ",
    r"^(position|latitude|longitude|altitude) is not (a finite number|finite)\.$",
    r"^from (must be before to|and to must be at most .* apart)\.$",
    # A schema does not know the time zones.
    r"^timeZone must be the name of a time zone",
    r"^(firstDay|lastDay) must be a day from 1970-01-01 to 2999-12-31",
    r"^firstDay (must not be after lastDay|and lastDay must include at most \d+ days)\.$",
    r"^(limit|cursor) must not be given for csv, which has all vehicles\.$",
    r"^cursor must be the `next` of an earlier response\.$",
    # A schema does not know the declared pipelines.
    r"^There is no pipeline \"",
    r"^The pipeline \w+ (stores the records of a topic|runs only the handler|loads files|does not (match|load files))",
    # Names and aliases of devices: no control characters, no lone surrogates, no spaces at the ends.
    r"^(name|aliases) must be .* visible characters(\.|, without spaces at their ends\.)$",
    # Rules for the names of files.
    r"^The name .* begins with a dot",
    r"^The name (contains|is not valid)",
    r"^(A name|The path) is longer than",
]


def to_text(age_seconds):
    return datetime.fromtimestamp(STARTED - age_seconds, timezone.utc).isoformat()


# Times of the last day, for readings and for spans.
schemathesis.openapi.format("date-time", st.integers(0, SECONDS_OF_A_DAY).map(to_text))


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for body in bodies_of(raw_schema):
        if NDJSON in body:
            # OpenAPI 3.1 describes NDJSON only as a text. `to_lines` makes it from a list.
            body[NDJSON]["schema"] = body["application/json"]["schema"]["oneOf"][1]
            del body[NDJSON]["example"]
    # Every time outside is refused, and nearly every time inside is accepted.
    recent = {"minimum": STARTED - RETENTION_DAYS * SECONDS_OF_A_DAY, "exclusiveMaximum": STARTED + 3_600}
    for schema in raw_schema["components"]["schemas"].values():
        for variant in [schema, *schema.get("oneOf", [])]:
            for choice in variant.get("properties", {}).get("timestamp", {}).get("oneOf", []):
                if choice["type"] == "number":
                    choice.update(recent)


    replace_prefix_items(raw_schema)


def replace_prefix_items(node):
    """This version of schemathesis cannot validate prefixItems: any order of the items is valid."""
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    for child in children:
        replace_prefix_items(child)
    if isinstance(node, dict) and "prefixItems" in node:
        node["items"] = {"anyOf": node.pop("prefixItems")}


def bodies_of(raw_schema):
    for path in raw_schema["paths"].values():
        for operation in path.values():
            if "requestBody" in operation:
                yield operation["requestBody"]["content"]


@schemathesis.serializer(NDJSON)
def to_lines(context, value):
    items = value if isinstance(value, list) else [value]
    return "\n".join(json.dumps(item) for item in items).encode()


def refusals_of(response):
    """The sentences of a problem document that say what is wrong."""
    problem = response.json()
    return [item["detail"] for item in problem.get("rejected", [])] or [problem["detail"]]


@schemathesis.check
def valid_data_is_accepted(ctx, response, case):
    """Like positive_data_acceptance, without what is refused by RULES alone."""
    if response.status_code == 416:
        # A schema does not know the size of the file.
        return None
    if response.status_code in (400, 422):
        if all(any(re.search(rule, text) for rule in RULES) for text in refusals_of(response)):
            return None
    return positive_data_acceptance(ctx, response, case)


@schemathesis.check
def invalid_data_is_refused(ctx, response, case):
    """Like negative_data_rejection, but 413 refuses too, and each reading is refused alone."""
    if response.status_code == 413:
        return None
    if case.path.startswith("/devices/"):
        # Invalid positions become dead letters and get 200, so that the phone does not repeat them.
        return None
    if response.status_code == 202 and response.json()["rejected"]:
        return None
    return negative_data_rejection(ctx, response, case)
