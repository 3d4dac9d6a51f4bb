"""Validates JSON documents against JSON Schemas of draft 2020-12.

Reads {"schemas": {NAME: SCHEMA}, "documents": [[NAME, DOCUMENT], ...]} and prints a list of the faults, as JSON.
"""

import json
import sys

from jsonschema import Draft202012Validator

DRAFT = Draft202012Validator.META_SCHEMA["$id"]


def main():
    given = json.load(sys.stdin)
    faults = []
    validators = {}
    for name, schema in given["schemas"].items():
        if schema.get("$schema") != DRAFT:
            faults.append(f"{name}: the schema is not one of {DRAFT}")
        for error in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema):
            faults.append(f"{name}: invalid schema: {error.json_path}: {error.message}")
        validators[name] = Draft202012Validator(schema)
    for name, document in given["documents"]:
        if name not in validators:
            faults.append(f"{name}: no such schema")
            continue
        for error in validators[name].iter_errors(document):
            faults.append(f"{name}: {error.json_path}: {error.message}")
    json.dump(faults, sys.stdout)


main()
