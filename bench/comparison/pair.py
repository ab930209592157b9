"""Two servers of a kind that talk to each other, each a process of its own."""
import asyncio
import pathlib
import sys
import threading

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tests/protocol"))
from harness.names import NameServer  # noqa: E402
from server import is_open  # noqa: E402

DOMAINS = ("left.example", "right.example")
LINKS = 100  # further domains of the second one: link0.example and on, as vestnik-bench knows them


class Pair:
    """Before a Server among the bases. Clients' ports are the first two, those for servers the next."""

    setup = "pair"
    offers = frozenset()

    def places(self):
        """(its domains, folder, port for clients, port for servers) of each."""
        port, links = self.port, [f"link{i}.example" for i in range(LINKS)]
        hosts = ([DOMAINS[0]], [DOMAINS[1], *links])
        return [(names, self.folder / names[0], port + i, port + 2 + i) for i, names in enumerate(hosts)]

    def ports(self):
        return [self.port, self.port + 1]

    def is_ready(self, port):
        return is_open(port)

    def target(self):
        left, right = DOMAINS
        target = super().target()
        target[target.index("localhost")] = left
        return target + ["--peer-domain", right, "--peer-connect", f"127.0.0.1:{self.port + 1}"]


class Names:
    """A name server of one pair, on a thread, which ends with the program."""

    def __init__(self, pair):
        self._pair = pair
        self._loop, self._started = asyncio.new_event_loop(), threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()
        self._started.wait()

    def _serve(self):
        server = self._loop.run_until_complete(NameServer().start())
        for domains, _, _, port in self._pair.places():
            for domain in domains:
                server.service(f"_xmpp-server._tcp.{domain}", port, "localhost")
        server.address("localhost", "127.0.0.1")
        self.port = server.port
        self._started.set()
        self._loop.run_forever()
