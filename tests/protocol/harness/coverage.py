"""The table from rules to tests, made from what each test says it covers."""
import collections
import re

HEAD = """# Rule to test

Written by `./tests/protocol/run --coverage` from the tests' own declarations; a tidy check fails when it
is stale.
TRAPS and SECURITY are the project's checklists of rules that servers break and of attack classes, PEER
that of what other servers, their name servers and components may try.

| rule | tests |
|---|---|
"""


def _order(rule):
    kind, _, rest = rule.partition(" ")
    kinds = ["TRAPS", "SECURITY", "PEER", "RULES", "SEED", "RFC", "XEP", "DESIGN"]
    numbers = [int(n) for n in re.findall(r"\d+", rest)]
    return kinds.index(re.match(r"[A-Z]+", kind)[0]), numbers, rest


def table(tests):
    rows = collections.defaultdict(list)
    for item in tests:
        name = item.name.partition("[")[0]
        for rule in item.covers:
            if name not in rows[rule]:
                rows[rule].append(name)
    lines = [f"| {rule} | {', '.join(rows[rule])} |\n" for rule in sorted(rows, key=_order)]
    return HEAD + "".join(lines)
