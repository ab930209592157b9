"""What accounts of the server under test do with accounts of another server, both ways."""
import contextlib
import json
import pathlib
import tempfile

from ejabberd import Ejabberd
from foreign import Link, announce
from harness import pki
from harness.client import Client
from harness.names import NameServer
from harness.server import Server, free_port
from harness.signed_zone import SignedZone
from harness.wire import Wire
from prosody import Prosody

OURS, THEIRS = "ours.example", "theirs.example"


@contextlib.asynccontextmanager
async def both(binaries, kind, link):
    """(server under test, other server), which find each other by DNS and trust one authority."""
    async with contextlib.AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="vestnik-interop-"))
        authority = pki.Authority(pathlib.Path(folder), "servers")
        if link.dane:
            names = SignedZone()
            stack.push_async_callback(names.stop)
        else:
            names = await NameServer().start()
            stack.callback(names.stop)
        port, direct_port = free_port(), free_port()
        announce(names, OURS, port, direct_port, kind.our_name, link)
        names.address(f"xmpp.{OURS}", "127.0.0.1")
        peer = kind(THEIRS, authority, names, "127.0.0.32", link)
        stack.push_async_callback(peer.end)
        certificate, key = authority.server(
            OURS, f"not-{OURS}" if link.dialback_only else OURS, client=kind.wants_client_usage
        )
        server = Server(
            binaries,
            {
                "host": [{"name": OURS, "scram_iterations": 4096}],
                "tls": {"certificate": certificate, "key": key, "client_ca": None},
                "c2s": {"tls_required": False},
                "s2s": {
                    "listen": ["127.0.0.1"],
                    "starttls_port": port,
                    "direct_tls_port": direct_port,
                    "trust": authority.path,
                    "policy": "dialback" if link.dialback else "secure",
                    "idle_timeout": link.idle,
                },
                "dns": names.config,
            },
        )
        server.host, server.link, server.clients = OURS, link, []
        stack.push_async_callback(server.cleanup)
        if link.dane:
            await names.serve()
        await peer.start()
        await server.start()
        try:
            yield server, peer
        except Exception as error:
            raise AssertionError(f"{error}\n{server.log_tail(40)}\n{peer.log_tail()}") from error
        for client in server.clients + peer.clients:  # so that the stop waits for nobody
            client.wire.close()
        await server.stop()


async def our_client(server, name, online=None):
    account = await server.account(name)
    client = Client(await Wire.connect(server.starttls_port), account)
    server.clients.append(client)
    await client.open()
    await client.authenticate(account.local, account.password)
    await client.bind()
    if online is not None:
        await client.online(online)
    return client


async def talk(server, peer):
    """Messages in order and requests, begun by us, then by them."""
    for begin in ("ours", "theirs"):
        alice, bob = await our_client(server, f"a-{begin}", 0), await peer.client(f"b-{begin}", 0)
        first, second = (alice, bob) if begin == "ours" else (bob, alice)
        for number in range(20):
            first.message(second.full, f"text {number}")
        for number in range(20):
            await second.expect(f"<message from='{first.full}'><body>text {number}</body></message>")
        second.message(first.full, "and back")
        await first.expect(f"<message from='{second.full}'><body>and back</body></message>")
        await alice.iq("get", "<ping xmlns='urn:xmpp:ping'/>", to=THEIRS)
        await bob.iq("get", "<ping xmlns='urn:xmpp:ping'/>", to=OURS)
        await alice.iq_error(
            "get", "<nothing xmlns='urn:example:unknown'/>", "service-unavailable", to=THEIRS
        )


async def presence(server, peer):
    """Subscriptions both ways, then presence as it changes, ends and comes back."""
    alice, bob = await our_client(server, "alice"), await peer.client("bob")
    for client in (alice, bob):
        await client.roster()
        await client.online()
    for asking, asked in ((alice, bob), (bob, alice)):
        asking.presence(asked.bare, "subscribe")
        await asked.wait_for(f"<presence type='subscribe' from='{asking.bare}'/>")
        asked.presence(asking.bare, "subscribed")
        await asking.wait_for(f"<presence type='subscribed' from='{asked.bare}'/>")
        await asking.wait_for(f"<presence from='{asked.full}'/>")
    for client, other in ((alice, bob), (bob, alice)):
        assert (await client.roster())[other.bare]["subscription"] == "both"
    alice.send("<presence><show>away</show></presence>")
    await bob.wait_for(f"<presence from='{alice.full}'><show>away</show></presence>")
    bob.send("<presence><show>dnd</show></presence>")
    await alice.wait_for(f"<presence from='{bob.full}'><show>dnd</show></presence>")
    await bob.logout()
    await alice.wait_for(f"<presence from='{bob.full}' type='unavailable'/>")
    # Who comes back learns by probes how it stands.
    bob = await peer.login(bob.account)
    await bob.online()
    await bob.wait_for(f"<presence from='{alice.full}'><show>away</show></presence>")
    await alice.logout()
    await bob.wait_for(f"<presence from='{alice.full}' type='unavailable'/>")


async def room(server, peer):
    """A room of theirs joined from here."""
    alice, carol = await our_client(server, "room-alice", 0), await our_client(server, "room-carol", 0)
    place = f"tea@rooms.{THEIRS}"
    for client, nick in ((alice, "alice"), (carol, "carol")):
        client.send(f"<presence to='{place}/{nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
        await client.wait_for(f"<presence from='{place}/{nick}'/>")
        if client is alice:  # who made the room and opens it to others
            form = "<x xmlns='jabber:x:data' type='submit'/>"
            await alice.iq(
                "set", f"<query xmlns='http://jabber.org/protocol/muc#owner'>{form}</query>", to=place
            )
    alice.message(place, "hello room", type="groupchat")
    await carol.wait_for(f"<message from='{place}/alice' type='groupchat'><body>hello room</body></message>")


async def idle(server, peer):
    """Presence is right after idle links were closed and opened again, from either side."""
    alice, bob = await our_client(server, "idle-alice"), await peer.client("idle-bob")
    for client in (alice, bob):
        await client.roster()
        await client.online()
    for asking, asked in ((alice, bob), (bob, alice)):
        asking.presence(asked.bare, "subscribe")
        await asked.wait_for(f"<presence type='subscribe' from='{asking.bare}'/>")
        asked.presence(asking.bare, "subscribed")
        await asking.wait_for(f"<presence from='{asked.full}'/>")
    shows = ("away", "dnd")
    for number, show in enumerate(shows, 1):
        await server.logged("s2s.out_closed", number)
        await server.logged("s2s.in_closed", number)
        for changing, watching in ((alice, bob), (bob, alice)):
            changing.send(f"<presence><show>{show}</show></presence>")
            await watching.wait_for(f"<presence from='{changing.full}'><show>{show}</show></presence>")
    await server.logged("s2s.out_closed", len(shows) + 1)
    await bob.logout()
    await alice.wait_for(f"<presence from='{bob.full}' type='unavailable'/>")


async def both_ways(server, peer):
    """Stanzas flow both ways over what either side has opened."""
    await talk(server, peer)
    _, out = await server.ctl("s2s", "list", "--json")
    lines = [line["direction"] for line in json.loads(out)["streams"] if line["domain"] == THEIRS]
    assert "both" in lines and "out" not in lines, out
    # A key is verified over a connection of its own.
    assert len(lines) == 1 or server.link.dialback, out


async def by_dns(server, peer):
    """Its certificate is believed because of signed DNS records."""
    await talk(server, peer)
    _, out = await server.ctl("s2s", "show", THEIRS, "--json")
    assert f"signed DNS records of xmpp.{THEIRS} name the certificate" in out, out


LINKS = {
    "EXTERNAL": (Link(), (talk, presence, room)),
    "dialback": (Link(dialback_only=True), (talk, presence, room)),
    "direct TLS": (Link(direct_tls=True), (talk, presence, room)),
    "idle": (Link(idle="1s"), (idle,)),
    "bidi": (Link(bidi=True), (both_ways, presence, room)),
    "bidi, dialback": (Link(bidi=True, dialback_only=True), (both_ways, presence)),
    "DANE": (Link(dane=True), (by_dns, presence, room)),
}
# (names of the scenarios, kind of server, link, scenarios): one pair of servers plays them all.
SERVERS = [
    ([f"{kind.name}.{function.__name__}[{how}]" for function in functions], kind, link, functions)
    for kind in (Prosody, Ejabberd)
    for how, (link, functions) in LINKS.items()
    if kind.knows_bidi or not link.bidi
]
