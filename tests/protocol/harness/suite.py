"""Registers tests and runs them, many at a time, against one shared server or servers of their own."""
import asyncio
import contextlib
import dataclasses
import inspect
import itertools
import pathlib
import time
import traceback
import unicodedata
from collections.abc import Callable

from .client import Account, Client
from .server import Server
from .stream import Patience, Stream
from .web import WebWire
from .wire import Wire

TESTS = []


class Skip(Exception):
    """A test raises it, with the reason, when it cannot run here."""


@dataclasses.dataclass(frozen=True)
class Test:
    name: str
    function: Callable
    arguments: tuple
    covers: tuple
    threads: bool  # part of the cross-thread round under ThreadSanitizer


def test(*covers, cases=None, threads=False):
    """Registers an async function(world) as a test. `covers` names rules: "TRAPS 15", "SECURITY 3", "RFC 6120
    §4.7". `cases`: {name: arguments}, one test for each."""

    def register(function):
        module = pathlib.Path(inspect.getfile(function)).stem
        for case, arguments in (cases or {"": ()}).items():
            arguments = arguments if isinstance(arguments, tuple) else (arguments,)
            name = f"{module}.{function.__name__}" + (f"[{case}]" if case else "")
            TESTS.append(Test(name, function, arguments, covers, threads))
        return function

    return register


class World:
    """What one test sees: the shared server, accounts nobody else uses, connections that are closed
    afterwards."""

    _numbers = itertools.count(1)

    def __init__(self, server, binaries):
        self.server, self._binaries = server, binaries
        self.streams, self._servers = [], []

    @property
    def host(self):
        return self.server.host

    def fresh(self, name):
        """A name that no other test uses. A right-to-left one begins and ends as it was: gsasl refuses it in
        SCRAM when it ends in a digit (SASLprep; PRECIS would allow it)."""
        number = next(self._numbers)
        if unicodedata.bidirectional(name[-1]) in ("R", "AL"):
            return f"{name[:-1]}{number}{name[-1]}"
        return f"{name}-{number}"

    async def account(self, name="alice", host=None, server=None, password="sesame-open"):
        return await (server or self.server).account(self.fresh(name), host, password)

    @staticmethod
    def seconds(number):
        """A duration for the configuration, longer where everything is slower."""
        return f"{int(number * Patience.factor)}s"

    @staticmethod
    def rounds(few, many):
        """How often to repeat what chance decides."""
        return many if Patience.long else few

    def stranger(self, name="nobody", host=None):
        """An account that does not exist."""
        return Account(self.fresh(name), host or self.host)

    async def connect(
        self, security="direct", domain=None, account=None, server=None, source=None, kind=Client, **tls
    ):
        """A stream that is not opened yet: `direct` TLS, `starttls` (encrypted already) or `plain` TCP, or a
        WebSocket, `wss` or `ws`. With an account it is a Client, or of another `kind` of clients."""
        server = server or self.server
        if security in ("wss", "ws"):
            wire = await WebWire.connect(server, security == "wss", source, **tls)
        else:
            port = server.direct_port if security == "direct" else server.starttls_port
            wire = await Wire.connect(port, source, server.address)
        stream = kind(wire, account) if account else Stream(wire, domain or server.host)
        self.streams.append(stream)
        tls.setdefault("trust", server.authority.path)
        if security == "direct":
            await wire.start_tls(stream.domain, alpn=b"xmpp-client", **tls)
        elif security == "starttls":
            await stream.open()
            await stream.start_tls(**tls)
        return stream

    async def login(self, account, resource=None, mechanism="SCRAM-SHA-256", bind=True, **options):
        """A session of the account, bound but not available."""
        client = await self.connect(account=account, **options)
        await client.open()
        await client.authenticate(account.local, account.password, mechanism)
        if bind:
            await client.bind(resource)
        return client

    async def client(self, name="alice", resource=None, online=None, host=None, server=None):
        """A session of a new account; available with this priority where one is given."""
        client = await self.login(await self.account(name, host, server), resource, server=server)
        if online is not None:
            await client.online(online)
        return client

    async def another(self, client, resource=None, online=None, server=None):
        """A further session of the client's account."""
        other = await self.login(client.account, resource, server=server)
        if online is not None:
            await other.online(online)
        return other

    async def friends(self, *names, server=None):
        """Two available, interested clients that see each other's presence; nothing is waiting at either."""
        alice, bob = [await self.client(name, server=server) for name in names or ("alice", "bob")]
        for client in (alice, bob):
            await client.roster()
            await client.online()
        await befriend(alice, bob)
        return alice, bob

    @contextlib.asynccontextmanager
    async def own_server(self, changes=None, start=True):
        """A server for this test alone, which must end in order if the test left it running."""
        server = Server(self._binaries, changes)
        self._servers.append(server)
        try:
            if start:
                await server.start()
            yield server
            if server.running:
                await server.stop()
        finally:
            await server.cleanup()

    def close(self):
        for stream in self.streams:
            stream.wire.reset()


async def befriend(alice, bob):
    """Mutual subscription of two available, interested clients, every stanza of it checked off."""

    def push(peer, subscription):
        item = f"<item jid='{peer.bare}' {subscription}/>"
        return f"<iq type='set'><query xmlns='jabber:iq:roster'>{item}</query></iq>"

    alice.presence(bob.bare, "subscribe")
    await alice.expect(push(bob, "ask='subscribe'"))
    await bob.expect(f"<presence type='subscribe' from='{alice.bare}'/>")
    bob.presence(alice.bare, "subscribed")
    await bob.expect(push(alice, "subscription='from'"))
    await alice.expect_all(
        push(bob, "subscription='to'"),
        f"<presence type='subscribed' from='{bob.bare}'/>",
        f"<presence from='{bob.full}'/>",
    )
    bob.presence(alice.bare, "subscribe")
    await bob.expect(push(alice, "ask='subscribe'"))
    await alice.expect(f"<presence type='subscribe' from='{bob.bare}'/>")
    alice.presence(bob.bare, "subscribed")
    await alice.expect(push(bob, "subscription='both'"))
    await bob.expect_all(
        push(alice, "subscription='both'"),
        f"<presence type='subscribed' from='{alice.bare}'/>",
        f"<presence from='{alice.full}'/>",
    )


class Report:
    """Prints one line a test as it ends: `ok NAME`, `not ok NAME: why`, `skip NAME: why`."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def ok(self, name, seconds):
        self.passed += 1
        print(f"ok {name} ({seconds:.1f} s)", flush=True)

    def skip(self, name, why):
        self.skipped += 1
        print(f"skip {name}: {why}", flush=True)

    def fail(self, name, error, streams=()):
        self.failed += 1
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        print(f"not ok {name}: {why}")
        frames = [f for f in traceback.extract_tb(error.__traceback__) if "/suite/" in f.filename]
        print("".join(f"  # {pathlib.Path(f.filename).name}:{f.lineno} {f.line}\n" for f in frames), end="")
        print("".join(f"  # {line}\n" for line in str(error).splitlines()[1:]), end="")
        for number, stream in enumerate(streams):
            print(
                "".join(f"  # stream {number} {who}: {text[:600]}\n" for who, text in stream.transcript),
                end="",
            )
        print(end="", flush=True)


async def _run_one(item, server, binaries, report):
    world = World(server, binaries)
    started = time.monotonic()
    try:
        if not server.running:
            raise AssertionError("the shared server is gone")
        async with asyncio.timeout(Patience.seconds() * (200 if Patience.long else 12)):
            await item.function(world, *item.arguments)
        report.ok(item.name, time.monotonic() - started)
    except Skip as reason:
        report.skip(item.name, reason)
    except Exception as error:  # whatever goes wrong in a test is that test's failure
        report.fail(item.name, error, world.streams)
    finally:
        world.close()


async def run(tests, binaries, jobs):
    """Runs the tests; returns the Report. That the shared server ends in order is the last test."""
    report = Report()
    server = Server(binaries)
    try:
        await server.start()
        gate = asyncio.Semaphore(jobs)

        async def gated(item):
            async with gate:
                await _run_one(item, server, binaries, report)

        async with asyncio.TaskGroup() as group:
            for item in tests:
                group.create_task(gated(item))
        await server.stop()
        report.ok("server.ends_in_order_after_all_tests", 0)
    except Exception as error:
        report.fail("server.ends_in_order_after_all_tests", error)
    finally:
        await server.cleanup()
    return report
