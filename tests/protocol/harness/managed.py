"""A client that uses stream management (XEP-0198): it counts, acknowledges, and comes back."""
import asyncio
import collections
import contextlib
import json

from .client import Client
from .element import STANZA_ERRORS, Element
from .stream import EndOfStream, Patience

SM = "urn:xmpp:sm:3"
_STANZAS = ("<message", "<presence", "<iq")


def sm(name, **attributes):
    return f"<{name} xmlns='{SM}'" + "".join(f" {k}='{v}'" for k, v in attributes.items()) + "/>"


class Managed(Client):
    """Counts both ways once enabled. `<r/>` and `<a/>` of the server do not appear among the elements that
    are expected; `answers` says whether `<r/>` is answered by itself."""

    def __init__(self, wire, account):
        super().__init__(wire, account)
        self.id = None
        self.answers = True
        self.handled = 0  # stanzas of the server
        self.asked = 0  # `<r/>` of the server
        self.counts = []  # `h` of its `<a/>`
        self.sent = 0  # stanzas of ours
        self.unacked = collections.deque()  # those the server has not acknowledged: (number, xml)
        self._managed = False
        self._heard = asyncio.Event()
        self._before = []  # what had come on an earlier connection and was not expected yet

    def send(self, xml):
        text = xml if isinstance(xml, str) else ""
        if self._managed and text.startswith(_STANZAS):
            self.sent = (self.sent + 1) % 2**32
            self.unacked.append((self.sent, text))
        super().send(xml)

    def _parse(self, data):
        return [event for event in super()._parse(data) if not self._count(event)]

    def _count(self, event):
        if not self._managed or not isinstance(event, Element):
            return False
        if event.ns != SM:
            self.handled += event.name in ("message", "presence", "iq")
            return False
        if event.name == "r":
            self.asked += 1
            if self.answers:
                self.acknowledge()
        elif event.name == "a":
            self._handled_by_server(int(event["h"]))
        return event.name in ("r", "a")

    def _handled_by_server(self, count):
        self.counts.append(count)
        while self.unacked and self.unacked[0][0] <= count:
            self.unacked.popleft()

    def acknowledge(self, count=None):
        super().send(f"<a xmlns='{SM}' h='{self.handled if count is None else count}'/>")

    def ask(self):
        super().send(f"<r xmlns='{SM}'/>")

    async def until(self, done):
        """Reads until `done()`; what comes stays to be expected."""
        try:
            async with asyncio.timeout(Patience.seconds()):
                while not done():
                    await self.read_more()
        except TimeoutError:
            raise AssertionError(f"did not happen; acknowledged {self.counts}, sent {self.sent}") from None

    async def listen(self):
        """Reads and counts until the connection ends, for others to wait."""
        with contextlib.suppress(EndOfStream, ConnectionError):
            while True:
                await self.read_more()
                self._heard.set()

    async def heard(self, count):
        """While listen() runs: waits until the server has said that it has handled so many."""
        async with asyncio.timeout(Patience.seconds()):
            while self.counts[-1] < count:
                self._heard.clear()
                await self._heard.wait()

    async def acked(self):
        """Asks, and waits until the server has handled all that was sent."""
        self.ask()
        await self.until(lambda: not self.unacked)

    async def enable(self, **attributes):
        """Enables, with resumption if nothing else is said; returns `<enabled/>`."""
        wishes = {"resume": "true"} | attributes
        text = "".join(f" {name}='{value}'" for name, value in wishes.items() if value is not None)
        super().send(f"<enable xmlns='{SM}'{text}/>")
        self._managed = True
        enabled = await self.wait_for(Element("enabled", SM))
        self.id = enabled["id"]
        return enabled

    @property
    def unread(self):
        """How many stanzas have come, and count as handled, that nobody has expected yet."""
        return len(self._events)

    def take_unread(self):
        """Those stanzas."""
        taken = [event for event in self._events if isinstance(event, Element)]
        self._events.clear()
        return taken

    def cut(self):
        """The network is gone without a word."""
        self.wire.reset()

    async def reconnect(self, world, **options):
        """A new connection of this client, logged in and not bound, that knows what this one knew."""
        again = await world.login(self.account, bind=False, kind=Managed, **options)
        again.full, again.id, again.answers = self.full, self.id, self.answers
        again.handled, again.sent, again.unacked = self.handled, self.sent, self.unacked
        again._before = self.take_unread()
        return again

    async def resume(self, world, resend=True, **options):
        """Comes back on a new connection. What the server has not handled is sent again."""
        again = await self.reconnect(world, **options)
        again.ask_to_resume()
        resumed = await again.expect(Element("resumed", SM, {"previd": self.id}))
        again.resumed(resumed, resend)
        return again

    async def cannot_resume(self, world, condition="item-not-found", id=None, **options):
        """Comes back on a new connection and is refused; that connection and `<failed/>`."""
        again = await self.reconnect(world, **options)
        again.ask_to_resume(id=id)
        return again, await again.expect(failed(condition))

    def ask_to_resume(self, handled=None, id=None):
        self._managed = True
        count = self.handled if handled is None else handled
        super().send(f"<resume xmlns='{SM}' previd='{id or self.id}' h='{count}'/>")

    def resumed(self, element, resend=True):
        self._handled_by_server(int(element["h"]))
        self.put_back(self._before)
        again, self.unacked = self.unacked, collections.deque()
        if again:
            self.sent = again[0][0] - 1
        for _, xml in again if resend else ():
            self.send(xml)


def failed(condition):
    """`<failed/>` of stream management."""
    return Element("failed", SM, children=[Element(condition, STANZA_ERRORS)])


async def asleep(client, server):
    """Cuts the client off and waits until the server knows it."""
    client.cut()
    state = None
    while state != "sleeping":
        _, out = await server.ctl("session", "list", "--json")
        state = next((s["transport"] for s in json.loads(out)["sessions"] if s["jid"] == client.full), None)


async def managed(world, name="alice", online=None, server=None, resource=None, **attributes):
    """A session of a new account with stream management enabled."""
    account = await world.account(name, server=server)
    return await managed_login(world, account, online, server=server, resource=resource, **attributes)


async def managed_login(
    world, account, online=None, server=None, resource=None, security="direct", **attributes
):
    client = await world.login(account, resource, server=server, kind=Managed, security=security)
    await client.enable(**attributes)
    if online is not None:
        await client.online(online)
    return client
