"""A real server of another kind beside the server under test: its own folder, address and accounts."""
import asyncio
import dataclasses
import os
import pathlib
import signal
import tempfile

from harness import pki
from harness.client import Account, Client
from harness.server import free_port
from harness.stream import Patience
from harness.wire import Wire


@dataclasses.dataclass(frozen=True)
class Link:
    """How the two servers are to meet."""

    dialback_only: bool = False  # certificates name others
    direct_tls: bool = False  # the only service records are those of XEP-0368
    bidi: bool = False  # XEP-0288
    dane: bool = False  # nobody knows who issued its certificate, but signed DNS records name that
    idle: str = "10m"  # how long a stream may idle here

    @property
    def dialback(self):
        """Whether dialback is known and allowed."""
        return self.dialback_only or self.dane


class ForeignServer:
    """One server for one domain, with rooms. A subclass says what to run (`configure()`: arguments and
    environment), waits until the program says that it is `ready()`, and shows its `log_tail()`."""

    wants_client_usage = False  # it takes only certificates for EXTERNAL that are for clients too
    knows_bidi = False
    our_name = "xmpp.ours.example"  # the host that the server under test is on

    def __init__(self, host, authority, names, address, link):
        self.host, self.address, self.link = host, address, link
        self._folder = tempfile.TemporaryDirectory(prefix="vestnik-foreign-")
        self.folder = pathlib.Path(self._folder.name)
        self.c2s, self.s2s, self.s2s_direct = free_port(), free_port(), free_port()
        self.rooms = f"rooms.{host}"
        shown = [f"not-{host}"] if link.dialback_only else [host, self.rooms]
        issuer = pki.Authority(self.folder, "stranger") if link.dane else authority
        self.certificate, self.key = issuer.server(host, *shown)
        self.authority, self.names = authority, names
        for domain in (host, self.rooms):
            announce(names, domain, self.s2s, self.s2s_direct, f"xmpp.{host}", link)
        names.address(f"xmpp.{host}", address)
        if link.dane:
            names.tlsa(self.s2s, f"xmpp.{host}", pki.tlsa_of_key(self.certificate))
        self.clients = []
        self._process = None

    async def start(self):
        arguments, environment = self.configure()
        self._process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=self.stdout(),
            stderr=asyncio.subprocess.STDOUT,
            env=os.environ | environment,
            cwd=self.folder,
        )
        try:
            async with asyncio.timeout(Patience.seconds() * 3):
                await self.ready()
        except TimeoutError:
            raise AssertionError(f"{arguments[0]} did not start:\n{self.log_tail()}") from None
        return self

    def stdout(self):
        return asyncio.subprocess.DEVNULL

    async def end(self):
        if self._process and self._process.returncode is None:
            os.kill(self._process.pid, signal.SIGKILL)  # nothing of it is needed any more
            await self._process.wait()
        self._folder.cleanup()

    async def client(self, name, online=None):
        """A logged-in client of a new account."""
        account = Account(name, self.host)
        stream = await self._connect(account)
        stream.send(
            "<iq type='set' id='reg'><query xmlns='jabber:iq:register'>"
            f"<username>{name}</username><password>{account.password}</password></query></iq>"
        )
        await stream.expect("<iq type='result' id='reg'/>")
        client = await self.login(account)
        if online is not None:
            await client.online(online)
        return client

    async def login(self, account):
        client = await self._connect(account)
        await client.authenticate(account.local, account.password, "PLAIN")
        await client.bind()
        return client

    async def _connect(self, account):
        client = Client(await Wire.connect(self.c2s, host=self.address), account)
        self.clients.append(client)
        await client.open()
        return client


def announce(names, domain, port, direct_port, target, link):
    """The service records of a domain."""
    if link.direct_tls:
        names.service(f"_xmpps-server._tcp.{domain}", direct_port, target)
    else:
        names.service(f"_xmpp-server._tcp.{domain}", port, target)
