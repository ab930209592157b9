"""Vestnik and the relay floor from this tree's build folder."""
import json
import os
import statistics
import subprocess
import time

import stock
from pair import Pair
from postgresql import Cluster
from server import Failed, Server, is_open

CONFIG = """
[[host]]
name = "{domain}"
registration = true
scram_iterations = 4096

[server]
workers = {workers}
data_dir = "data"
control_socket = "control.sock"

[tls]
certificate = "{tls}/cert.pem"
key = "{tls}/key.pem"

[c2s]
listen = ["127.0.0.1"]
starttls_port = {port}
direct_tls_port = 0

{more}

[http]
listen = ["127.0.0.1"]
port = 0
tls_port = {web_port}

[limits]
trusted = ["127.0.0.0/8"]
offline_messages = 1000000
offline_bytes = "1GiB"

[log]
level = "warn"
file = "vestnik.log"
"""


class Vestnik(Server):
    """The default install: everything on, archive included."""

    name = "Vestnik"
    product = "vestnik"
    offers = frozenset({"rooms", "archive"})

    web_port = 0  # off

    def __init__(self, build, workers, *arguments):
        super().__init__(*arguments)
        self.build, self.workers = build, workers

    def version(self):
        return subprocess.run(
            [self.build / "vestnik", "--version"], capture_output=True, text=True, check=True
        ).stdout.strip()

    def users(self, work, count):
        if not work.crossing:
            return super().users(work, count)
        accounts = self.folder / "crossing"
        accounts.write_text("".join(f"{name} bench\n" for name in self.crossing_users(work, count)))
        return ["--users", count, "--accounts", accounts]

    def crossing_users(self, work, count):
        """Names of whom each and the next are on different shards."""
        control = [self.build / "vestnikctl", "--socket", self.folder / "control.sock", "--json"]
        said = subprocess.run([*control, "user", "list"], capture_output=True, timeout=60, check=True).stdout
        names = ([], [])
        for account in json.loads(said)["users"]:
            name = account["jid"].split("@")[0]
            if name.startswith(work.accounts.removesuffix("%d")):
                names[account["shard"] % 2].append(name)
        if min(map(len, names)) < count // 2:
            raise Failed(f"of the accounts {len(names[0])} and {len(names[1])} are on even and odd shards")
        return [name for pair in zip(*names) for name in pair][:count]

    def configure(self):
        self.write_config(self.folder, self.port, "localhost", "[s2s]\nenabled = false")

    def write_config(self, folder, port, domain, more):
        (folder / "data").mkdir(parents=True)
        places = {"tls": self.tls, "port": port, "web_port": self.web_port, "domain": domain}
        config = CONFIG.format(workers=self.workers, more=more, **places)
        (folder / "vestnik.toml").write_text(config)

    def commands(self):
        return [[self.build / "vestnik", "--config", self.folder / "vestnik.toml"]]


class VestnikOnTheWeb(Vestnik):
    """Clients come by WebSocket."""

    setup = "websocket"

    @property
    def web_port(self):
        return self.port + 1

    def target(self):
        target = super().target()
        target[target.index(f"127.0.0.1:{self.port}")] = f"127.0.0.1:{self.web_port}"
        return target + ["--websocket", "--tls", "direct"]


class VestnikOnPostgresql(Vestnik):
    """With its data in a cluster of its own, whose processes count as the server's."""

    setup = "postgresql"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.cluster = None

    @property
    def pids(self):
        return [*super().pids, self.cluster.process.pid]

    def start(self, fresh=False):
        if fresh:
            self.cluster = Cluster()
            self.cluster.start()
        super().start(fresh)

    def configure(self):
        storage = f'[s2s]\nenabled = false\n\n[storage]\npath = "{self.cluster.url}"'
        self.write_config(self.folder, self.port, "localhost", storage)

    def stop(self):
        super().stop()
        if self.cluster is not None:
            self.cluster.stop()


class StockedVestnik(Vestnik):
    """With what years bring: an archive of 5 million messages, 100,000 accounts, 10,000 rooms."""

    setup = "stocked"
    STARTS = 5
    amounts = {"messages": 5_000_000, "accounts": 100_000, "rooms": 10_000}

    def stock(self, bench):
        some = ["archive", "--messages", 60, "--users", 2, "--user-pattern", "archive%d"]
        made = bench(*some, "--duration", "500ms")
        if not made["ok"]:
            raise Failed(made["why"])
        self.stop()
        database, began = self.folder / "data/vestnik.db", time.monotonic()
        stock.fill(database, **self.amounts)
        self.filled = (time.monotonic() - began, database.stat().st_size)
        took = []
        for _ in range(self.STARTS):
            self.start()
            took.append(self.start_seconds)
            self.stop()
        self.start()
        self.start_seconds = statistics.median(took)


class VestnikPair(Pair, Vestnik):
    """Two of them, which know each other's address and exchange messages over TLS after dialback."""

    def configure(self):
        records = []
        for domains, _, _, port in self.places():
            for domain in domains:
                records.append(f"_xmpp-server._tcp.{domain}. IN SRV 0 0 {port} s2s.example.")
        records.append("s2s.example. IN A 127.0.0.1")
        names = f'[dns]\nzones = ["example."]\nrecords = {json.dumps(records)}'
        for (domain, *links), folder, port, s2s_port in self.places():
            ports = f"starttls_port = {s2s_port}\ndirect_tls_port = 0"
            s2s = f'[s2s]\nlisten = ["127.0.0.1"]\npolicy = "dialback"\n{ports}\n\n{names}\n'
            s2s += "".join(f'\n[[host]]\nname = "{link}"\n' for link in links)
            self.write_config(folder, port, domain, s2s)

    def commands(self):
        return [
            [self.build / "vestnik", "--config", folder / "vestnik.toml"] for _, folder, _, _ in self.places()
        ]


class Relay(Server):
    """The floor: as many threads as Vestnik has workers."""

    name = "relay"
    product = "relay"
    manages_streams = False

    def __init__(self, build, workers, *arguments):
        super().__init__(*arguments)
        self.build, self.workers = build, workers or len(os.sched_getaffinity(0))

    def version(self):
        return "of this tree"

    def is_ready(self, port):
        return is_open(port)

    def target(self):
        target = ["--relay", "--tls", "direct", "--connect", f"127.0.0.1:{self.port}"]
        return target + [f"--server-pid={pid}" for pid in self.pids] + ["--label", self.name]

    @property
    def crossing(self):
        return 100 - 100 // self.workers  # per cent, as random names give

    def commands(self):
        files = ["--cert", self.tls / "cert.pem", "--key", self.tls / "key.pem"]
        relay = [self.build / "vestnik-relay", "--listen", f"127.0.0.1:{self.port}", *files]
        return [[*relay, "--threads", self.workers, "--crossing", self.crossing]]


class CrossingRelay(Relay):
    """The same with every pair on two threads."""

    setup = "crossing"
    crossing = 100
