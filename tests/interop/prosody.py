"""A real Prosody beside the server under test: its own folder, address and accounts."""
import asyncio
import contextlib
import os
import pathlib
import shutil
import signal
import tempfile

from harness.client import Account, Client
from harness.server import free_port
from harness.stream import Patience
from harness.wire import Wire

CONFIG = """
daemonize = false
run_as_root = true
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
log = {{ debug = "{folder}/log" }}
interfaces = {{ "{address}" }}
local_interfaces = {{ "{address}" }}
c2s_ports = {{ {c2s} }}
s2s_ports = {{ {s2s} }}
s2s_direct_tls_ports = {{ {s2s_direct} }}
unbound = {{ resolvconf = false, forward = "127.0.0.1@{dns}", hoststxt = false,
            options = {{ ["do-not-query-localhost:"] = "no" }} }}
modules_enabled = {{ "roster", "saslauth", "tls", {dialback} "disco", "ping", "version", "posix" }}
modules_disabled = {{ "offline" }}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
s2s_require_encryption = true
s2s_secure_auth = {secure}
ssl = {{ certificate = "{certificate}", key = "{key}", cafile = "{ca}" }}
authentication = "internal_plain"
VirtualHost "{host}"
Component "rooms.{host}" "muc"
"""


class Prosody:
    """One Prosody for one domain. `dialback_only`: its certificate names another; otherwise it knows no
    dialback."""

    def __init__(self, host, authority, names, address, dialback_only=False):
        self.host, self.address = host, address
        self._folder = tempfile.TemporaryDirectory(prefix="vestnik-prosody-")
        self.folder = pathlib.Path(self._folder.name)
        (self.folder / "data").mkdir()
        self.c2s, self.s2s = free_port(), free_port()
        shown = [f"not-{host}"] if dialback_only else [host, f"rooms.{host}"]
        certificate, key = authority.server(host, *shown)
        self._config = self.folder / "prosody.cfg.lua"
        self._config.write_text(
            CONFIG.format(
                folder=self.folder,
                address=address,
                c2s=self.c2s,
                s2s=self.s2s,
                s2s_direct=free_port(),
                dns=names.port,
                dialback='"dialback",' if dialback_only else "",
                secure="false" if dialback_only else "true",
                certificate=certificate,
                key=key,
                ca=authority.path,
                host=host,
            )
        )
        for domain in (host, f"rooms.{host}"):
            names.service(f"_xmpp-server._tcp.{domain}", self.s2s, f"xmpp.{host}")
        names.address(f"xmpp.{host}", address)
        self._process = None

    @staticmethod
    def missing():
        return "" if shutil.which("prosody") else "prosody is not installed"

    async def start(self):
        self._process = await asyncio.create_subprocess_exec(
            "prosody", "-F", "--config", str(self._config), stdout=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(Patience.seconds() * 3):
            for port in (self.c2s, self.s2s):
                while not await self._answers(port):
                    await asyncio.sleep(0.1)
        return self

    async def _answers(self, port):
        with contextlib.suppress(OSError):
            (await Wire.connect(port, host=self.address)).close()
            return True
        return False

    async def end(self):
        if self._process and self._process.returncode is None:
            os.kill(self._process.pid, signal.SIGTERM)
            await self._process.wait()
        self._folder.cleanup()

    def log_tail(self, lines=60):
        return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-lines:])

    async def client(self, name, online=None):
        """A logged-in client of a new account."""
        account = Account(name, self.host)
        adding = await asyncio.create_subprocess_exec(
            "prosodyctl", "--config", str(self._config), "register", name, self.host, account.password,
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert await adding.wait() == 0, f"prosodyctl register {name} failed"
        client = await self.login(account)
        if online is not None:
            await client.online(online)
        return client

    async def login(self, account):
        client = Client(await Wire.connect(self.c2s, host=self.address), account)
        await client.open()
        await client.authenticate(account.local, account.password, "PLAIN")
        await client.bind()
        return client
