"""What the server tells of itself at /metrics, in Prometheus' text format."""
import pathlib
import re
import shutil
import subprocess

from harness import Skip, test
from harness.web import ask

DEPLOY = pathlib.Path(__file__).resolve().parents[3] / "deploy"

LINE = re.compile(r"^(vestnik_[a-z0-9_]+)(?:\{([^}]*)\})? (\S+)$")


async def scrape(server):
    """{(name, frozenset of labels): value}; every line is checked to be one of the format."""
    answer = await ask(server, "/metrics")
    assert answer.status == 200, answer
    assert answer.fields["content-type"].startswith("text/plain; version=0.0.4"), answer
    values, described = {}, set()
    for line in answer.text.splitlines():
        if line.startswith("# "):
            described.add(line.split()[2])
            continue
        name, labels, value = LINE.match(line).groups()
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        assert name in described or family in described, f"not described: {line}"
        pairs = frozenset(re.findall(r'([a-z_]+)="([^"]*)"', labels or ""))
        values[name, pairs] = float(value)
    return values


def total(values, name, **labels):
    wanted = set(labels.items())
    return sum(value for (n, pairs), value in values.items() if n == f"vestnik_{name}" and wanted <= pairs)


@test("DESIGN 4", threads=True)
async def what_happened_is_counted(world):
    async with world.own_server() as server:
        alice, bob = await world.friends(server=server)
        web = await world.login(await server.account("carol"), security="wss", server=server)
        before = await scrape(server)
        for number in range(5):
            alice.message(bob.full, "x", id=f"m{number}")
        await bob.wait_for("<message id='m4'/>")
        ping, nobody = "<ping xmlns='urn:xmpp:ping'/>", f"nobody@{server.host}"
        await alice.iq_error("get", ping, "service-unavailable", to=nobody)
        failed = await world.connect(server=server, account=alice.account)
        await failed.open()
        failed.send_auth("PLAIN", f"\0{alice.account.local}\0wrong".encode())
        await failed.expect_failure("not-authorized")
        after = await scrape(server)

        def grown(name, **labels):
            return total(after, name, **labels) - total(before, name, **labels)

        assert grown("stanzas_total", direction="in", kind="message") == 5, after
        assert grown("stanzas_total", direction="out", kind="message") == 5, after
        assert grown("stanzas_bounced_total", condition="service-unavailable") == 1, after
        assert grown("logins_total", result="failed") == 1, after
        assert total(after, "logins_total", result="ok") == 3, after
        assert total(after, "sessions", transport="tcp") == 2, after
        assert total(after, "sessions", transport="websocket") == 1, after
        assert total(after, "storage_up") == 1 and total(after, "memory_bytes", part="rss") > 1e6, after
        buckets = total(after, "between_shards_seconds_bucket", le="+Inf")
        assert buckets == total(after, "between_shards_seconds_count"), after
        await web.online()


@test("SECURITY 26")
async def not_for_everybody(world):
    async with world.own_server({"http": {"metrics_from": ["192.0.2.0/24"]}}) as server:
        answer = await ask(server, "/metrics")
        assert answer.status == 403 and "vestnik_" not in answer.text, answer
        answer = await ask(server, "/metrics", tls=False, fields={"X-Forwarded-For": "192.0.2.7"})
        assert answer.status == 200, answer
        answer = await ask(server, "/metrics", tls=False, fields={"X-Forwarded-For": "198.51.100.7"})
        assert answer.status == 403, answer


@test("DESIGN 4", cases={"alerts": "prometheus/vestnik.rules.yml", "dashboard": "grafana/vestnik.json"})
async def what_is_looked_at_exists(world, file):
    """Alert rules and dashboard name metrics and labels that there are."""
    values = await scrape(world.server)
    names = {name for name, _ in values} | {"vestnik_stanzas_bounced_total"}  # none before the first error
    asked = set(re.findall(r"vestnik_[a-z0-9_]+", (DEPLOY / file).read_text()))
    assert len(asked) > 5 and asked <= names, asked - names


@test("DESIGN 4")
async def prometheus_takes_it(world):
    """The metrics and the alert rules, judged by Prometheus' own promtool."""
    promtool = shutil.which("promtool")
    if promtool is None:
        raise Skip("promtool (Debian's prometheus) is not installed")
    text = (await ask(world.server, "/metrics")).body
    for command, given in (
        (["check", "metrics"], text),
        (["check", "rules", str(DEPLOY / "prometheus/vestnik.rules.yml")], b""),
    ):
        done = subprocess.run([promtool, *command], input=given, capture_output=True)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
