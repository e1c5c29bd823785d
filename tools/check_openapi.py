#!/usr/bin/python3
"""Compares schemas/openapi.yaml with the code of the master.

Every route that is registered must be described, and no other; a route is open in the one exactly when it is in the other.
A schema marked `x-struct: FILE` must have the members of the struct of that name which FILE describes. Every reference must
lead somewhere. Usage: check_openapi.py [ROOT]
"""
import pathlib
import re
import sys

import yaml

METHODS = {"get", "put", "post", "delete", "patch", "head", "options"}
CALL = re.compile(r"\brouter\s*(?:\.|->)\s*add\(")
ROUTE = re.compile(r'\s*"([A-Z]+)"\s*,\s*(?:(\w+)|"([^"]*)")\s*(?:\+\s*"([^"]*)")?\s*,')
CONSTANT = re.compile(r'std::string(?:_view)? const (\w+) = "([^"]*)";')


def arguments(text, start):
    """The text up to the parenthesis that closes the one before `start`."""
    depth = 1
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return text[start:at]
    return text[start:]


def registered(root, problems):
    """{(method, path): open} of all router.add calls of the master."""
    routes = {}
    for file in sorted((root / "master").rglob("*.cpp")):
        text = file.read_text()
        constants = dict(CONSTANT.findall(text))
        for call in CALL.finditer(text):
            where = f"{file.relative_to(root)}:{text.count(chr(10), 0, call.start()) + 1}"
            words = arguments(text, call.end())
            route = ROUTE.match(words)
            base = None
            if route:
                base = constants.get(route[2]) if route[2] else route[3]
            if base is None:
                problems.append(f"{where}: cannot read this route: write the path as text, or NAME + text")
                continue
            path = re.sub(r":(\w+)", r"{\1}", base + (route[4] or ""))
            key = (route[1].lower(), path)
            if key in routes:
                problems.append(f"{where}: {route[1]} {path} is registered twice")
            routes[key] = "Access::open" in words
    if not routes:
        problems.append("master: no route found")
    return routes


def described(document):
    """{(method, path): open} of the document. Open = no API token wanted."""
    routes = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method not in METHODS:
                continue
            security = operation.get("security", document["security"])
            routes[method, path] = not any("token" in way for way in security)
    return routes


def compare_routes(document, root, problems):
    code = registered(root, problems)
    text = described(document)
    for method, path in sorted(code.keys() - text.keys()):
        problems.append(f"{method.upper()} {path} is registered, but not described")
    for method, path in sorted(text.keys() - code.keys()):
        problems.append(f"{method.upper()} {path} is described, but not registered")
    for method, path in sorted(code.keys() & text.keys()):
        if code[method, path] != text[method, path]:
            problems.append(f"{method.upper()} {path}: the code and the description differ in whether it wants a token")
    for path, item in document["paths"].items():
        names = set(re.findall(r"\{(\w+)\}", path))
        given = set()
        for reference in item.get("parameters", []):
            name = reference["$ref"].split("/")[-1]
            given.add(document["components"]["parameters"][name]["name"])
        if names != given:
            problems.append(f"{path}: its parameters are {sorted(given)}")
    return len(code)


def compare_structs(document, root, problems):
    count = 0
    for name, schema in document["components"]["schemas"].items():
        if "x-struct" not in schema:
            continue
        count += 1
        file = root / schema["x-struct"]
        text = file.read_text() if file.exists() else ""
        found = re.search(r"BOOST_DESCRIBE_STRUCT\(\s*%s\s*,\s*\(\)\s*,\s*\(([^)]*)\)" % name, text)
        if not found:
            problems.append(f"schema {name}: {schema['x-struct']} describes no struct of that name")
            continue
        members = {member.strip() for member in found[1].split(",")}
        properties = set(schema["properties"])
        for member in sorted(members - properties):
            problems.append(f"schema {name}: {member} is missing")
        for member in sorted(properties - members):
            problems.append(f"schema {name}: the struct has no {member}")
    return count


def check_references(value, document, where, problems):
    if isinstance(value, list):
        for item in value:
            check_references(item, document, where, problems)
    if not isinstance(value, dict):
        return
    for key, item in value.items():
        if key != "$ref":
            check_references(item, document, f"{where}/{key}", problems)
            continue
        target = document
        for step in item.removeprefix("#/").split("/"):
            target = target.get(step) if isinstance(target, dict) else None
        if target is None:
            problems.append(f"{where}: {item} leads nowhere")


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    document = yaml.safe_load((root / "schemas/openapi.yaml").read_text())
    problems = []
    check_references(document, document, "", problems)
    routes = compare_routes(document, root, problems)
    structs = compare_structs(document, root, problems)
    ids = [op["operationId"] for item in document["paths"].values() for method, op in item.items() if method in METHODS]
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        problems.append(f"operationId {name} is used twice")
    for problem in problems:
        print(f"check_openapi: {problem}", file=sys.stderr)
    if not problems:
        print(f"check_openapi: {routes} routes and {structs} structs agree")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
