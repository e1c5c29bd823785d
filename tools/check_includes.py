#!/usr/bin/python3
"""Who may include whom. All headers of Debian sit in one folder, so linking cannot enforce it; this does.

Parts of the program see only the parts that they are allowed to; libraries stay behind their adapter; what is pure has no way
to the outside. Usage: check_includes.py [ROOT]
"""
import pathlib
import re
import sys

# Each part, and the parts that it sees besides itself. The longest folder that fits names the part of a file.
MODEL = ["core/base", "core/json", "core/model"]
CORE = [*MODEL, "core/yaml", "core/wire", "core/async", "core/crypto", "core/sys", "core/net"]
SEES = {
    "core/base": MODEL,
    "core/json": MODEL,
    "core/model": MODEL,
    "core/yaml": MODEL,
    "core/wire": MODEL,
    "core/async": ["core/base"],
    "core/crypto": ["core/base"],
    "core/sys": ["core/base", "core/async"],
    "core/net": ["core/base", "core/async", "core/sys", "core/crypto"],
    "reconciler": MODEL,
    "reconciler/node": [*MODEL, "core/wire"],
    "stackfile": [*MODEL, "core/yaml", "core/crypto"],  # hexdigest, base64
    "master": [*CORE, "reconciler", "reconciler/node", "stackfile"],
    "agent": [*CORE, "reconciler/node"],
    "cli": [*CORE, "stackfile"],
}
FOLDERS = ["core", "reconciler", "stackfile", "master", "agent", "cli"]
GENERATED = {"embedded/": ["master", "cli"]}  # made by the build, for these parts

# Libraries: the start of the header's name, and the files that may include it (a folder means all below it).
LIBRARIES = [
    ("boost/asio/ssl", ["core/net/*.cpp"]),
    ("boost/asio", ["core/async/*", "core/net/*", "core/sys/*", "master/*", "agent/*", "cli/*"]),
    ("boost/beast", ["core/net/*.cpp", "core/net/detail/http_io.hpp"]),
    ("openssl/", ["core/crypto/*.cpp", "core/net/*.cpp"]),
    ("yaml.h", ["core/yaml/load.cpp"]),
    ("sqlite3", ["master/store/sqlite/*.cpp"]),
    ("git2", ["master/gitops/*.cpp", "master/gitops/libgit2.hpp"]),
    ("spdlog/", ["core/sys/log.cpp"]),
]

# What is pure gets time, seeds and texts as parameters.
PURE = ["reconciler/", "stackfile/"]
PURE_HEADERS = {"condition_variable", "filesystem", "fstream", "future", "iostream", "mutex", "random", "thread", "unistd.h"}
PURE_CALLS = re.compile(r"\w*_clock::now\s*\(|\b(?:secure_)?getenv\s*\(|\brandom_device\b|\bs?rand\s*\(|\bstd::time\s*\(")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
LITERAL_OR_COMMENT = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])'", re.S
)


def part_of(path):
    fitting = [part for part in SEES if path == part or path.startswith(part + "/")]
    return max(fitting, key=len, default=None)


def allowed(file, places):
    for place in places:
        folder, _, name = place.rpartition("/")
        if "*" not in name and file == place:
            return True
        if "*" in name and file.startswith(folder + "/") and file.endswith(name.lstrip("*")):
            return True
    return False


def check_own(root, file, header):
    """What is wrong with an include of the project's own header, if anything."""
    for folder, owners in GENERATED.items():
        if header.startswith(folder):
            return None if part_of(file) in owners else f"{folder} belongs to {' and '.join(owners)}"
    if header.startswith("tests/"):
        return "the program includes nothing of tests/"
    if not (root / header).is_file():
        return "there is no such file; includes begin at the root of the repository"
    if "/detail/" in header and not file.startswith(header.split("/detail/")[0] + "/"):
        return "detail/ is private to its folder"
    mine, other = part_of(file), part_of(header)
    if mine is None:
        return f"no rule for {file}: add its folder to SEES"
    if other == mine or other in SEES[mine]:
        return None
    return f"{mine} must not see {other or header}"


def check_library(file, header):
    if file.startswith(tuple(PURE)) and header in PURE_HEADERS:
        return "what is pure has no files, threads or randomness"
    for prefix, places in LIBRARIES:
        if header.startswith(prefix):
            return None if allowed(file, places) else f"only in {', '.join(places)}"
    return None


def blank(found):
    """Comments and texts hold no code; lines keep their numbers."""
    return "".join("\n" if c == "\n" else " " for c in found[0])


def check_file(root, file):
    text = (root / file).read_text()
    problems = []

    def report(at, words):
        problems.append(f"{file}:{text.count(chr(10), 0, at) + 1}: {words}")

    for include in INCLUDE.finditer(text):
        quote, header = include.groups()
        own = quote == '"' or header.split("/")[0] in [*FOLDERS, "tests"]
        reason = check_own(root, file, header) if own else check_library(file, header)
        if reason:
            report(include.start(2), f"includes {header}: {reason}")
    if file.startswith(tuple(PURE)):
        for call in PURE_CALLS.finditer(LITERAL_OR_COMMENT.sub(blank, text)):
            report(call.start(), f"{call[0].strip()}: what is pure gets it as a parameter")
    return problems


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    files = [
        str(path.relative_to(root))
        for folder in FOLDERS
        for path in sorted((root / folder).rglob("*"))
        if path.suffix in {".cpp", ".hpp", ".h", ".ipp"}
    ]
    problems = [problem for file in files for problem in check_file(root, file)]
    if not files:
        problems.append(f"no source found below {root}")
    for problem in problems:
        print(f"check_includes: {problem}", file=sys.stderr)
    if not problems:
        print(f"check_includes: {len(files)} files keep the rules")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
