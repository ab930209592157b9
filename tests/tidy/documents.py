"""What is written down about the code is there and true."""
import re
import subprocess

from source import TOP, Skip, check, code, cpp, files, lines, text

# The rules of two checklists that concern what is built; each needs a protocol test.
TRAPS = [*range(1, 19), 23, 27, 32, 34, 35]
SECURITY = [1, 2, 3, 4, 5, 6, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 25, 31, 32, 36, 38]
# What other servers, name servers and components may try.
PEER = [
    "changed header",
    "domain not offered",
    "unsolicited dialback result",
    "key of another stream",
    "mixed domains",
    "common name only",
    "expired certificate",
    "certificate of another host",
    "wildcard misuse",
    "flood of names",
    "foreign from",
    "stanza before proof",
    "stops reading",
    "reconnect storm",
    "name server in a circle",
    "name server that is silent",
    "component that claims another's domain",
]
COVERAGE = "tests/protocol/COVERAGE.md"


def documentation():
    return "\n".join(text(f) for f in files() if f.suffix == ".md" and f.parts[0] in ("README.md", "deploy"))


@check
def every_xep_is_documented():
    known = documentation()
    for file in cpp("shard"):
        if file.parts[1] == "features":
            for declaration in re.findall(r"\.xeps\s*=\s*\{([^}]*)\}", text(file)):
                for xep in re.findall(r"XEP-\d{4}", declaration):
                    if xep not in known and xep.replace("XEP-", "") not in known:
                        yield f"{file}: {xep} is not in README.md or deploy/manual"


@check
def every_feature_says_what_it_implements():
    for file in cpp("shard"):
        if (
            file.parts[1] == "features"
            and re.search(r"\bFeature make_\w+\(", code(file))
            and file.suffix == ".cc"
        ):
            first = text(file).split("\n", 1)[0]
            if not re.match(r"// .*(XEP-\d{4}|RFC \d{4})", first):
                yield f"{file}:1: the first line names the XEP or RFC"


@check
def every_public_type_has_a_comment():
    """A class or struct at namespace scope in a header, unless only declared."""
    for file in cpp():
        if file.suffix != ".h":
            continue
        before = ""
        for number, line in lines(file):
            if re.match(r"(class|struct)\s+(\[\[\w+\]\]\s+)?\w+[^;]*\{", line) and not line.endswith(";"):
                if not before.startswith(("///", "//", "template")):
                    yield f"{file}:{number}: {line.strip()} has no comment"
            before = (
                line
                if not line.startswith(("template", "requires")) or not before.startswith("//")
                else before
            )


@check
def every_readme_path_exists():
    """Paths in `…` of a document that look like ours."""
    for file in files():
        if file.suffix != ".md":
            continue
        for number, line in lines(file):
            for path in re.findall(
                r"`\.?/?((?:proto|core|shard|server|bench|tests|deploy)/[\w./-]+?)/?`", line
            ):
                if not (TOP / path).exists() and not list(TOP.glob(path + ".*")):
                    yield f"{file}:{number}: there is no {path}"


@check
def the_table_of_rules_is_current():
    written = text(next((f for f in files() if str(f) == COVERAGE), None) or files()[0])
    made = subprocess.run(
        [TOP / "tests/protocol/run", "--print-coverage"], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise Skip(f"the protocol tests do not load: {made.stderr.strip().splitlines()[-1:]}")
    if made.stdout != written:
        yield f"{COVERAGE}: is stale; ./tests/protocol/run --coverage writes it anew"
    for kind, rules in (("TRAPS", TRAPS), ("SECURITY", SECURITY), ("PEER", PEER)):
        for rule in rules:
            if f"| {kind} {rule} |" not in made.stdout:
                yield f"{kind} {rule}: no protocol test covers it"
