"""The figures of a comparison as tables for RESULTS.md."""
import statistics

from works import FIGURES, WORKS

UNFAIR = """\
- All servers share the cores with the load generator, and rates wander by a third from run to run on such
  machines. CPU per operation is steadier than the rate, and ratios to the relay of the same run are steadier
  than either.
- Vestnik is measured in its default install, archive and all. Only the lines named *archived* and *absent*
  store messages; the others carry `<no-store/>`, which the peers' full configurations honour and their core
  ones do not need.
- Durability differs: Vestnik and ejabberd sync each commit (Vestnik many messages at a time), Prosody
  (`synchronous = normal`) and jabberd2 do not.
- Prosody uses one core, jabberd2 one for each of its three processes, ejabberd and Vestnik use all. That
  counts in rates, not in CPU per operation.
- ejabberd runs with its schedulers' busy wait off, which would count as CPU. jabberd2 stores passwords in the
  clear and is logged in to with PLAIN, which is cheaper than the SCRAM-SHA-256 of the others.
- The other servers come as packages, built for any machine of the architecture; so is Vestnik's release.
- The relay does no XML, no routing and has no accounts: it is what TLS and the kernel cost.\
"""


def median(runs, work, server, figure):
    """Over the rounds; None where there is none."""
    values = []
    for run in runs:
        if run["work"] != work or run["server"] != server or not run["ok"]:
            continue
        value = run["result"]
        for key in FIGURES[figure].path:
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            values.append(value * FIGURES[figure].scale)
    return statistics.median(values) if values else None


def shown(value):
    if value is None:
        return "-"
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def verdict(runs, work):
    """(ours, the target in words, what of it was reached)."""
    figure = FIGURES[work.figure]
    ours = median(runs, work.name, "Vestnik", work.figure)
    floor = median(runs, work.floor or work.name, "relay", work.figure)
    mine = [run for run in runs if run["work"] == work.name and run["server"] == "Vestnik"]
    missing = "not offered" if any(run["absent"] for run in mine) else "not measured"
    if work.ratio is not None:
        target = f"at most {work.ratio:g} x the relay"
        if ours is None or floor is None:
            return ours, target, missing
        met = "met" if ours <= work.ratio * floor else "**missed**"
        return ours, target, f"{ours / floor:.2f} x: {met}"
    if work.limit is None:
        return ours, "-", "-"
    target = f"{'at least' if figure.least else 'at most'} {work.limit:g} {figure.unit}"
    if ours is None:
        return ours, target, missing
    met = ours >= work.limit if figure.least else ours <= work.limit
    return ours, target, "met" if met else f"**missed** by {abs(ours / work.limit - 1):.0%}"


def targets(runs):
    """Every target, with what was reached."""
    rows = []
    for work in WORKS:
        ours, target, reached = verdict(runs, work)
        unit = FIGURES[work.figure].unit
        floor = median(runs, work.floor or work.name, "relay", work.figure)
        measured = f"{shown(ours)} {unit}" if ours is not None else "-"
        relay = f"{shown(floor)} {unit}" if floor is not None else "-"
        rows.append([work.name, FIGURES[work.figure].title, measured, relay, target, reached])
    return table(["work", "figure", "Vestnik", "relay", "target", "reached"], rows)


def figures(runs, servers, figure, works):
    """One figure of all works on all servers."""
    rows = []
    for work in works:
        values = [median(runs, work.name, server, figure) for server in servers]
        if any(value is not None for value in values):
            rows.append([work.name, *map(shown, values)])
    return table(["work", *servers], rows) if rows else "Nothing was measured."


def failures(runs):
    failed = [run for run in runs if not run["ok"] and not run["absent"]]
    lines = [f"- {run['server']}, {run['work']}: {run['why']}" for run in failed]
    return "\n".join(lines) if lines else "None: nothing was lost, doubled or reordered, and nothing refused."


def starts(servers):
    rows = [[s["name"], s["version"], f"{s['start'] * 1e3:.0f} ms"] for s in servers if s["start"]]
    return table(["server", "version", "from its start to an answer"], rows)


def markdown(runs, started, names, facts):
    """The whole of RESULTS.md, `names` being the columns' servers."""
    paced = [work for work in WORKS if work.figure not in ("memory", "start", "link")]
    idle = [work for work in WORKS if work.figure == "memory"]
    links = [work for work in WORKS if work.figure == "link"]
    rooms = [work for work in WORKS if work.once and "muc" in work.arguments]
    notes = [f"- {work.name}: {work.command}" + (f" ({work.note})" if work.note else "") for work in WORKS]
    sections = [
        "# Vestnik beside other servers",
        "Written by `bench/compare`; medians of the rounds. [README.md](README.md) says what is what.",
        "\n".join(f"- {name}: {value}" for name, value in facts.items()),
        "## Targets",
        targets(runs),
        "## Server CPU per operation, in microseconds",
        figures(runs, names, "cpu", paced),
        "## Operations per second",
        figures(runs, names, "rate", paced),
        "## p99 latency, in milliseconds",
        "In closed loops this is mostly queueing; the line at 1,000/s is the one to compare.",
        figures(runs, names, "p99", paced),
        "## Time to fill the rooms, in seconds",
        figures(runs, names, "filling", rooms),
        "## Memory per session, in kilobytes",
        figures(runs, names, "memory", idle),
        "## Memory per idle link between servers, in kilobytes",
        figures(runs, names, "link", links),
        "## Servers",
        starts(started),
        "## What is unfair in this",
        UNFAIR,
        "## What failed",
        failures(runs),
        "## How each line was measured",
        "\n".join(notes),
    ]
    text = "\n\n".join(sections).expandtabs(2)  # what servers say may have tabs
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
