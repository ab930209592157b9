"""Starts the real server for the tests: own folder, own ports, own certificates; ended by its process id."""
import asyncio
import collections
import contextlib
import json
import os
import pathlib
import random
import re
import signal
import socket
import tempfile

from . import pki, toml
from .client import Account
from .stream import Patience

HOST = "vestnik.example"  # the host that tests use unless they say otherwise
SECOND = "second.example"  # a virtual host with a certificate of its own
CYRILLIC = "пример.рф"
ANONYMOUS = "anonymous.example"  # lets anybody in by SASL ANONYMOUS
REGISTER = "register.example"  # in-band registration is on

SUPPRESSIONS = pathlib.Path(__file__).resolve().parents[1] / "tsan.supp"
# What a sanitizer writes when it has found something.
FINDING = re.compile(r"(ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:)[^\n]*")


class Binaries:
    """Where the programs under test are, and how many worker threads they get."""

    def __init__(self, folder, workers):
        self.folder, self.workers = pathlib.Path(folder), workers
        self.server, self.ctl = str(self.folder / "vestnik"), str(self.folder / "vestnikctl")


class Server:
    """One server process. `changes` is laid over the default configuration of the tests."""

    def __init__(self, binaries, changes=None):
        self._binaries = binaries
        self._folder = tempfile.TemporaryDirectory(prefix="vestnik-test-")
        self.dir = pathlib.Path(self._folder.name)
        self.authority = pki.Authority(self.dir / "tls")
        self.server_path, self.ctl_path = binaries.server, binaries.ctl
        self.host, self.address = HOST, "127.0.0.1"
        self.command = ()  # what starts the process somewhere else
        self.tables = toml.merge(self._default_tables(), changes or {})
        self.starttls_port = self.tables["c2s"]["starttls_port"]
        self.direct_port = self.tables["c2s"]["direct_tls_port"]
        self.http_port, self.https_port = (self.tables["http"][key] for key in ("port", "tls_port"))
        self.config = self.dir / "vestnik.toml"
        self.process = None
        self.write_config()

    def _default_tables(self):
        certificate, key = self.authority.host(HOST, CYRILLIC, ANONYMOUS, REGISTER, file="server")
        own_certificate, own_key = self.authority.host(SECOND)
        return {
            "server": {
                "workers": self._binaries.workers,
                "data_dir": str(self.dir / "data"),
                "control_socket": str(self.dir / "control.sock"),
                "pid_file": str(self.dir / "vestnik.pid"),
            },
            "host": [
                {
                    "name": HOST,
                    "admins": [f"admin@{HOST}"],
                    "scram_iterations": 4096,
                    "contact_abuse": [f"mailto:abuse@{HOST}", f"xmpp:abuse@{HOST}"],
                    "contact_security": [f"mailto:security@{HOST}"],
                },
                {"name": SECOND, "certificate": own_certificate, "key": own_key},
                {"name": CYRILLIC},
                {"name": ANONYMOUS, "anonymous": True},
                {"name": REGISTER, "registration": True},
            ],
            "tls": {"certificate": certificate, "key": key, "client_ca": self.authority.path},
            "c2s": {"listen": ["127.0.0.1"], "starttls_port": free_port(), "direct_tls_port": free_port()},
            "s2s": {"listen": ["127.0.0.1"], "starttls_port": 0, "direct_tls_port": 0},
            "http": {"listen": ["127.0.0.1"], "port": free_port(), "tls_port": free_port()},
            "dns": {"zones": ["."]},  # nothing exists but what a test writes into the records
            "limits": {"trusted": ["127.0.0.0/8", "::1"]},
            "log": {"level": "debug", "format": "text"},
        }

    def write_config(self, changes=None):
        """Writes the configuration file, with further changes if given."""
        self.tables = toml.merge(self.tables, changes or {})
        self.config.write_text(toml.dumps(self.tables))

    # Life

    async def start(self, *options, environment=()):
        """Starts the process; returns when it says that it serves."""
        self._log = open(self.dir / "stderr", "ab")
        self._told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._told.setblocking(False)
        notify = self.dir / "notify"
        notify.unlink(missing_ok=True)
        self._told.bind(str(notify))
        settings = {
            "NOTIFY_SOCKET": str(notify),
            "ASAN_OPTIONS": "detect_leaks=1 quarantine_size_mb=8",
            "UBSAN_OPTIONS": "print_stacktrace=1",
            "TSAN_OPTIONS": f"exitcode=66 suppressions={SUPPRESSIONS}",
        }
        self.process = await asyncio.create_subprocess_exec(
            *self.command,
            self.server_path,
            "--config",
            str(self.config),
            *options,
            stderr=self._log,
            stdout=self._log,
            env=os.environ | settings | dict(environment),
        )
        ready, died = asyncio.create_task(self.told("READY=1")), asyncio.create_task(self.process.wait())
        await asyncio.wait((ready, died), timeout=Patience.seconds() * 3, return_when=asyncio.FIRST_COMPLETED)
        started = ready.done() and not died.done()
        ready.cancel()
        died.cancel()
        assert started, f"the server did not start ({self.process.returncode}):\n{self.log_tail()}"
        return self

    async def told(self, word):
        """Waits until the server says this to its service manager (sd_notify)."""
        loop = asyncio.get_running_loop()
        while word not in (await loop.sock_recv(self._told, 4096)).decode().split("\n"):
            pass

    @property
    def running(self):
        return self.process is not None and self.process.returncode is None

    async def stop(self, signal=signal.SIGTERM, deadline=15):
        """Ends the server in order: exit code 0 within the deadline, nothing found by a sanitizer."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                # Not Process.send_signal(): that reaps a process that has just ended, behind asyncio's back.
                os.kill(self.process.pid, signal)
        try:
            async with asyncio.timeout(deadline * Patience.factor):
                code = await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise AssertionError(f"still running {deadline} s after the signal:\n{self.log_tail()}") from None
        self._close()
        self.check_log()
        assert code == 0, f"exit code {code}:\n{self.log_tail()}"

    async def kill(self):
        """Ends the server as a power cut would."""
        self.process.kill()
        await self.process.wait()
        self._close()

    def _close(self):
        self._log.close()
        self._told.close()

    async def cleanup(self):
        if self.running:
            await self.kill()
        self._folder.cleanup()

    # Looking at it

    def log_text(self):
        return (self.dir / "stderr").read_text(errors="replace")

    async def logged(self, event, times=1):
        """Waits until the server has logged this event so often."""
        async with asyncio.timeout(Patience.seconds()):
            while self.log_text().count(event) < times:
                await asyncio.sleep(0.05)

    def log_tail(self, lines=30):
        return "\n".join(self.log_text().splitlines()[-lines:])

    def check_log(self):
        text = self.log_text()
        found = FINDING.search(text)
        assert not found, f"sanitizer: {text[found.start():found.start() + 9000]}"

    def memory(self):
        """Resident bytes of the process; of an instrumented one, roughly those without the instruments."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024 // Patience.factor

    # Control

    async def ctl(self, *arguments, input=""):
        """Runs vestnikctl; (exit code, standard output)."""
        process = await asyncio.create_subprocess_exec(
            self.ctl_path,
            "--config",
            str(self.config),
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, error = await process.communicate(input.encode())
        self.ctl_error = error.decode()
        return process.returncode, out.decode()

    async def status(self):
        code, out = await self.ctl("status", "--json")
        assert code == 0, self.ctl_error
        return json.loads(out)

    async def add(self, account):
        code, out = await self.ctl(
            "user", "add", account.bare, "--password-stdin", input=account.password + "\n"
        )
        assert code == 0, f"user add {account.bare}: {code} {out} {self.ctl_error}"
        return account

    async def account(self, local, domain=None, password="sesame-open"):
        return await self.add(Account(local, domain or self.host, password))


_given = collections.deque(maxlen=1000)  # ports of this process's servers, which need not listen yet


def free_port():
    """A port nobody listens on, below the range that the kernel gives to outgoing connections."""
    while True:
        port = random.randrange(20000, 32000)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                _given.append(port)
                return port
            except OSError:
                continue
