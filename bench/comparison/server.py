"""A server under test: started on a folder of its own, watched, stopped."""
import contextlib
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import time

START, STOP = 60, 20  # seconds a server may take


class Failed(Exception):
    """A server did not do what every run needs; the text says which and why."""


class Server:
    """One server in one configuration. Subclasses write the configuration and name the processes."""

    name = ""  # as the tables have it
    offers = frozenset()  # of: rooms, archive, carbons
    mechanism = "SCRAM-SHA-256"
    manages_streams = True  # XEP-0198
    wears_out = False  # has to be started anew for each run
    setup = ""  # what is special about it; only the works for that are measured on it
    product = ""

    def __init__(self, folder, tls, port):
        self.folder, self.tls, self.port = pathlib.Path(folder), tls, port
        self.processes = []
        self.start_seconds = None

    # For subclasses.

    def configure(self):
        """Writes the configuration into self.folder, which is new and empty."""

    def commands(self):
        """The processes to start, in this order."""
        raise NotImplementedError

    def version(self):
        raise NotImplementedError

    def stock(self, bench):
        """Fills its store once the accounts are there. `bench` runs vestnik-bench on it."""

    def ports(self):
        """Those that it listens on once it has started."""
        return [self.port]

    # For users.

    @property
    def pids(self):
        return [process.pid for process in self.processes]

    def target(self):
        """How vestnik-bench reaches it."""
        target = ["--domain", "localhost", "--connect", f"127.0.0.1:{self.port}"]
        target += ["--mechanism", self.mechanism] if self.mechanism else []
        return target + [f"--server-pid={pid}" for pid in self.pids] + ["--label", self.name]

    def users(self, work, count):
        """Which accounts take part in a work, for vestnik-bench."""
        return ["--users", count, "--user-pattern", work.accounts]

    def start(self, fresh=False):
        """Returns when it accepts connections. `fresh`: without what it had stored."""
        if fresh:
            shutil.rmtree(self.folder, ignore_errors=True)
        if taken := [str(port) for port in self.ports() if is_open(port)]:
            raise Failed(f"port {', '.join(taken)} is in use, so that {self.name} cannot have it")
        if not self.folder.exists():
            self.folder.mkdir(parents=True)
            self.configure()
        began = time.monotonic()
        with open(self.folder / "output.log", "ab") as log:
            for command in self.commands():
                self.processes.append(
                    subprocess.Popen([*map(str, command)], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
                )
        while not all(map(self.is_ready, self.ports())):
            if any(process.poll() is not None for process in self.processes):
                raise Failed(f"{self.name} ended at its start:\n{self.last_words()}")
            if time.monotonic() > began + START:
                raise Failed(f"{self.name} does not answer on port {self.port}:\n{self.last_words()}")
            time.sleep(0.01)
        self.start_seconds = time.monotonic() - began

    def stop(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP
        for process in self.processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []

    def last_words(self):
        """The end of its logs."""
        lines = []
        for log in sorted(self.folder.glob("*.log")):
            lines += [f"  {log.name}: {line}" for line in log.read_text(errors="replace").splitlines()[-6:]]
        return "\n".join(lines)

    def is_ready(self, port):
        """Whether it begins a stream there as it should."""
        header = "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
        header += "xmlns:stream='http://etherx.jabber.org/streams'>"
        said = b""
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                connection.sendall(header.encode())
                while data := connection.recv(4096):
                    said += data
                    if b"features" in said or b"error" in said:
                        break
        except OSError:
            return False
        return b"features" in said


def is_open(port):
    try:
        with socket.create_connection(("127.0.0.1", port), 0.2):
            return True
    except OSError:
        return False


def free_ports(count):
    """The first of so many ports in a row that nobody uses."""
    while True:
        first = random.randrange(20000, 30000, 10)
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            for port in range(first, first + count):
                held.enter_context(socket.create_server(("127.0.0.1", port)))
            return first


def make_certificate(folder):
    """One key and certificate (ECDSA, P-256) for all servers: cert.pem, key.pem and both.pem."""
    names = "DNS:localhost,DNS:conference.localhost,DNS:left.example,DNS:right.example,IP:127.0.0.1"
    folder.mkdir(parents=True, exist_ok=True)
    known = folder / "names"
    if not known.exists() or known.read_text() != names:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
            + ["-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "3650"]
            + ["-subj", "/CN=localhost", "-addext", f"subjectAltName={names}"],
            check=True,
            capture_output=True,
        )
        (folder / "both.pem").write_bytes(
            (folder / "cert.pem").read_bytes() + (folder / "key.pem").read_bytes()
        )
        known.write_text(names)
    return folder
