"""Vestnik and the relay floor from this tree's build folder."""
import os
import subprocess

from server import Server

CONFIG = """
[[host]]
name = "localhost"
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

[s2s]
enabled = false

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
    offers = frozenset({"archive"})

    def __init__(self, build, workers, *arguments):
        super().__init__(*arguments)
        self.build, self.workers = build, workers

    def version(self):
        return subprocess.run(
            [self.build / "vestnik", "--version"], capture_output=True, text=True, check=True
        ).stdout.strip()

    def configure(self):
        (self.folder / "data").mkdir()
        config = CONFIG.format(workers=self.workers, tls=self.tls, port=self.port)
        (self.folder / "vestnik.toml").write_text(config)

    def commands(self):
        return [[self.build / "vestnik", "--config", self.folder / "vestnik.toml"]]


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

    def target(self):
        target = ["--relay", "--tls", "direct", "--connect", f"127.0.0.1:{self.port}"]
        return target + [f"--server-pid={pid}" for pid in self.pids] + ["--label", self.name]

    def commands(self):
        crossing = 100 - 100 // self.workers
        files = ["--cert", self.tls / "cert.pem", "--key", self.tls / "key.pem"]
        relay = [self.build / "vestnik-relay", "--listen", f"127.0.0.1:{self.port}", *files]
        return [[*relay, "--threads", self.workers, "--crossing", crossing]]
