"""Other servers for the tests of federation: one that the test plays, and several of ours."""
import asyncio
import base64
import contextlib
import hashlib
import hmac
import pathlib
import tempfile

from . import pki
from .element import DIALBACK, SASL, SERVER, TLS, Element
from .server import HOST, free_port
from .stream import Patience, Stream
from .wire import Wire

FEATURES = (
    "<stream:features>{}<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>"
)
STARTTLS = f"<starttls xmlns='{TLS}'><required/></starttls>"
EXTERNAL = f"<mechanisms xmlns='{SASL}'><mechanism>EXTERNAL</mechanism></mechanisms>"


def dialback_key(secret, receiving, originating, stream_id):
    """XEP-0185."""
    text = f"{receiving} {originating} {stream_id}".encode()
    return hmac.new(hashlib.sha256(secret.encode()).hexdigest().encode(), text, "sha256").hexdigest()


class PeerStream(Stream):
    """A stream between servers. `domain` is the far side's, `own` the one this side speaks for."""

    content_ns = SERVER

    def __init__(self, wire, domain, own, certificate):
        super().__init__(wire, domain)
        self.own, self._certificate = own, certificate
        self.id = None

    def send_header(self, to=None, **attributes):
        super().send_header(to, **({"from": self.own, "xmlns:db": DIALBACK} | attributes))

    # The side that connected

    async def secure(self, **options):
        """Opens the stream and turns on TLS."""
        await self.open()
        await self.start_tls(**{"certificate": self._certificate} | options)

    async def authenticate_external(self):
        await self.open()
        assert self.mechanisms == ["EXTERNAL"], self.features
        self.send_auth("EXTERNAL", self.own.encode())
        await self.expect(Element("success", SASL))
        await self.open()

    def claim(self, key, own=None, to=None):
        """Step 1 of dialback (XEP-0220 §2.1.1)."""
        self.send(f"<db:result from='{own or self.own}' to='{to or self.domain}'>{key}</db:result>")

    def ask(self, key, id, own=None, to=None):
        """Step 2 of dialback."""
        self.send(f"<db:verify from='{own or self.own}' to='{to or self.domain}' id='{id}'>{key}</db:verify>")

    # The side that was connected to

    async def greet(self, features, id="peer-stream-1"):
        """Reads the header of a new stream and answers with ours and these features."""
        self.restart()
        self.id = id
        header = await self.expect_header()
        assert header["to"] == self.own and header["from"] == self.domain, header
        self.send_header(id=id, to=self.domain)
        self.send(FEATURES.format(features))

    async def serve_tls(self, certificate=None):
        await self.greet(STARTTLS)
        await self.expect(Element("starttls", TLS))
        self.send(f"<proceed xmlns='{TLS}'/>")
        await self.wire.accept_tls(certificate or self._certificate)

    async def serve_external(self, certificate=None, features=""):
        """Everything up to an authenticated stream on which stanzas come, with these features."""
        await self.serve_tls(certificate)
        await self.greet(EXTERNAL)
        await self.take_external(features)

    async def take_external(self, features=""):
        auth = await self.expect(f"<auth xmlns='{SASL}' mechanism='EXTERNAL'/>")
        assert base64.b64decode(auth.text).decode() == self.domain, auth
        self.send(f"<success xmlns='{SASL}'/>")
        await self.greet(features)

    async def take_messages(self, *bodies):
        """These, in order; requests for acknowledgements between them are left without an answer."""
        for body in bodies:
            got = await self.next()
            while got.name == "r":
                got = await self.next()
            assert got.name == "message" and got.child("body").text == body, got

    async def serve_dialback(self):
        """The same by dialback, whose key is believed; returns it."""
        await self.serve_tls()
        await self.greet("")
        result = await self.expect(f"<db:result from='{self.domain}' to='{self.own}'/>")
        self.send(f"<db:result from='{self.own}' to='{self.domain}' type='valid'/>")
        return result.text


class Peer:
    """A server that a test plays. It listens from start() on; nothing is answered that the test does not."""

    def __init__(self, world, domain, authority, certificate=None, address="127.0.0.1"):
        self._world, self.domain, self.address = world, domain, address
        self.certificate = certificate or authority.server(domain, domain)
        self.port = free_port()
        self._accepted = asyncio.Queue()
        self._listener = None

    async def start(self):
        self._listener = await asyncio.start_server(self._accept, self.address, self.port)

    async def stop(self):
        self._listener.close()

    async def _accept(self, reader, writer):
        await self._accepted.put(Wire(reader, writer))

    @property
    def records(self):
        return [
            f"_xmpp-server._tcp.{self.domain}. IN SRV 0 0 {self.port} xmpp.{self.domain}.",
            f"xmpp.{self.domain}. IN A {self.address}",
        ]

    async def incoming(self, host=HOST):
        """The next connection from the server under test, nothing read of it yet."""
        async with asyncio.timeout(Patience.seconds()):
            wire = await self._accepted.get()
        return self._stream(wire, host)

    async def accepted(self, **options):
        """The next connection, up to an authenticated stream (serve_external())."""
        stream = await self.incoming()
        await stream.serve_external(**options)
        return stream

    async def connect(self, server, host=HOST, own=None, certificate=None, source=None):
        """A connection to the server under test."""
        wire = await Wire.connect(server.tables["s2s"]["starttls_port"], source)
        return self._stream(wire, host, own, certificate)

    async def secured(self, server):
        """A stream to the server under test on which TLS is on and features have come."""
        stream = await self.connect(server)
        await stream.secure()
        await stream.open()
        return stream

    async def connected(self, server, host=HOST):
        """A stream to the server under test that is proven by EXTERNAL."""
        stream = await self.connect(server, host)
        await stream.secure()
        await stream.authenticate_external()
        return stream

    def _stream(self, wire, host, own=None, certificate=None):
        stream = PeerStream(wire, host, own or self.domain, certificate or self.certificate)
        self._world.streams.append(stream)
        return stream


@contextlib.asynccontextmanager
async def federated(world, *domains, s2s=None, records=(), start=True, **changes):
    """(server, peer for each domain): a server that finds the peers by DNS and trusts their authority."""
    with tempfile.TemporaryDirectory(prefix="vestnik-peers-") as folder:
        authority = pki.Authority(pathlib.Path(folder), "peers")
        peers = [Peer(world, domain, authority) for domain in domains]
        for peer in peers:
            await peer.start()
            peer.authority = authority
        found = [record for peer in peers for record in peer.records]
        tables = {
            "s2s": {"starttls_port": free_port(), "direct_tls_port": free_port(), "trust": authority.path}
            | (s2s or {}),
            "dns": {"records": found + list(records)},
        }
        async with world.own_server(tables | changes, start) as server:
            yield server, *peers
            world.close()  # so that the server's stop waits for nobody
        for peer in peers:
            await peer.stop()


class Network:
    """What lies between others and a server: forwards connections, and cuts them."""

    def __init__(self, address, to_port):
        self.address, self.port, self._to_port = address, free_port(), to_port
        self._ends, self._tasks = set(), set()
        self._flowing, self._holding = asyncio.Event(), asyncio.Event()
        self._flowing.set()

    async def start(self):
        self._listener = await asyncio.start_server(self._forward, self.address, self.port)
        return self

    def stop(self):
        self._listener.close()
        self.cut()

    def cut(self):
        """Every connection breaks without a word, both ways, whatever is under way on it."""
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()
        for task in self._tasks:
            task.cancel()
        self._holding.clear()
        self._flowing.set()

    async def freeze(self, meanwhile):
        """Nothing is forwarded any more; returns when `meanwhile` is done and something is held up. What that
        is will be lost with the next cut."""
        self._flowing.clear()
        await meanwhile
        async with asyncio.timeout(Patience.seconds()):
            await self._holding.wait()

    async def _forward(self, reader, writer):
        try:
            there_reader, there_writer = await asyncio.open_connection(self.address, self._to_port)
        except OSError:
            return writer.transport.abort()
        self._ends |= {writer, there_writer}
        for source, target in ((reader, there_writer), (there_reader, writer)):
            task = asyncio.create_task(self._pump(source, target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source, target):
        try:
            while data := await source.read(65536):
                if not self._flowing.is_set():
                    self._holding.set()
                    await self._flowing.wait()
                target.write(data)
                await target.drain()
            target.write_eof()
        except OSError:
            target.transport.abort()


@contextlib.asynccontextmanager
async def federation(world, *domains, s2s=None, certificates=True, network=False, cable=None, **changes):
    """A server of ours for each domain, each on its own loopback address; they find and trust each other.
    Without `certificates` none can prove itself by one. With `network` the way to each leads through its
    `server.network`. With a `cable` (Cable.laid()) there are two, and the second is at its far end."""
    with tempfile.TemporaryDirectory(prefix="vestnik-peers-") as folder:
        authority = pki.Authority(pathlib.Path(folder), "peers")
        addresses = {domain: f"127.0.0.{number}" for number, domain in enumerate(domains, 11)}
        if cable:
            addresses = dict(zip(domains, (cable.near, cable.far), strict=True))
        port = free_port()
        records = []
        async with contextlib.AsyncExitStack() as stack:
            servers, networks = [], {}
            for domain, address in addresses.items():
                if network:
                    networks[domain] = await Network(address, port).start()
                    stack.callback(networks[domain].stop)
                found = networks[domain].port if network else port
                records.append(f"_xmpp-server._tcp.{domain}. IN SRV 0 0 {found} xmpp.{domain}.")
                records.append(f"xmpp.{domain}. IN A {address}")
            for domain, address in addresses.items():
                name = domain if certificates else f"not-{domain}"
                certificate, key = authority.server(domain, name)
                tables = {
                    "host": [{"name": domain, "scram_iterations": 4096}],
                    "tls": {"certificate": certificate, "key": key, "client_ca": None},
                    "s2s": {"listen": [address], "starttls_port": port, "trust": authority.path}
                    | (s2s or {}),
                    "dns": {"records": records},
                } | changes
                server = await stack.enter_async_context(world.own_server(tables, start=False))
                if cable and address == cable.far:
                    server.command, server.address = cable.command, cable.door
                    server.write_config({"c2s": {"listen": [cable.door]}})
                server.host, server.authority, server.network = domain, authority, networks.get(domain)
                await server.start()
                servers.append(server)
            yield tuple(servers)
            world.close()  # so that no server's stop waits for a client
