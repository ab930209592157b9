"""Vestnik and the relay floor from this tree's build folder."""
import json
import os
import re
import subprocess

from server import Server, is_open

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

{s2s}

[http]
port = 0
tls_port = 0

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

    def __init__(self, build, workers, *arguments):
        super().__init__(*arguments)
        self.build, self.workers = build, workers

    @property
    def offers(self):
        defaults = [self.build / "vestnik", "--print-default-config"]
        said = subprocess.run(defaults, capture_output=True, text=True, check=True).stdout
        has_rooms = re.search(r"^\[features\.(muc|rooms?)\]", said, re.MULTILINE)
        return {"archive", "rooms"} if has_rooms else {"archive"}

    def version(self):
        return subprocess.run(
            [self.build / "vestnik", "--version"], capture_output=True, text=True, check=True
        ).stdout.strip()

    def configure(self):
        self.write_config(self.folder, self.port, "localhost", "[s2s]\nenabled = false")

    def write_config(self, folder, port, domain, s2s):
        (folder / "data").mkdir(parents=True)
        config = CONFIG.format(workers=self.workers, tls=self.tls, port=port, domain=domain, s2s=s2s)
        (folder / "vestnik.toml").write_text(config)

    def commands(self):
        return [[self.build / "vestnik", "--config", self.folder / "vestnik.toml"]]


class VestnikPair(Vestnik):
    """Two of them, which know each other's address and exchange messages over TLS after dialback."""

    federated = True
    offers = frozenset()
    DOMAINS = ("left.example", "right.example")

    def configure(self):
        records = []
        for i, domain in enumerate(self.DOMAINS):
            records.append(f"_xmpp-server._tcp.{domain}. IN SRV 0 0 {self.port + 2 + i} s2s.{domain}.")
            records.append(f"s2s.{domain}. IN A 127.0.0.1")
        names = f'[dns]\nzones = ["example."]\nrecords = {json.dumps(records)}'
        for i, domain in enumerate(self.DOMAINS):
            ports = f"starttls_port = {self.port + 2 + i}\ndirect_tls_port = 0"
            s2s = f'[s2s]\nlisten = ["127.0.0.1"]\npolicy = "dialback"\n{ports}\n\n{names}'
            self.write_config(self.folder / domain, self.port + i, domain, s2s)

    def commands(self):
        return [[self.build / "vestnik", "--config", self.folder / d / "vestnik.toml"] for d in self.DOMAINS]

    def ports(self):
        return [self.port, self.port + 1]

    def is_ready(self, port):
        return is_open(port)

    def target(self):
        left, right = self.DOMAINS
        target = super().target()
        target[target.index("localhost")] = left
        return target + ["--peer-domain", right, "--peer-connect", f"127.0.0.1:{self.port + 1}"]


class Relay(Server):
    """The floor: as many threads as Vestnik has workers, and as many pairs that cross between them as random
    names give."""

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

    def commands(self):
        crossing = 100 - 100 // self.workers
        files = ["--cert", self.tls / "cert.pem", "--key", self.tls / "key.pem"]
        relay = [self.build / "vestnik-relay", "--listen", f"127.0.0.1:{self.port}", *files]
        return [[*relay, "--threads", self.workers, "--crossing", crossing]]
