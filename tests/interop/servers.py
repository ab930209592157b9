"""What accounts of the server under test do with accounts of another server, both ways."""
import contextlib
import pathlib
import tempfile

from harness import pki
from harness.client import Client
from harness.names import NameServer
from harness.server import Server, free_port
from harness.wire import Wire
from prosody import Prosody

OURS, THEIRS = "ours.example", "theirs.example"


@contextlib.asynccontextmanager
async def both(binaries, dialback_only):
    """(server under test, Prosody), which find each other by DNS and trust one authority."""
    async with contextlib.AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="vestnik-interop-"))
        authority = pki.Authority(pathlib.Path(folder), "servers")
        names = await NameServer().start()
        stack.callback(names.stop)
        port = free_port()
        names.service(f"_xmpp-server._tcp.{OURS}", port, f"xmpp.{OURS}")
        names.address(f"xmpp.{OURS}", "127.0.0.31")
        prosody = Prosody(THEIRS, authority, names, "127.0.0.32", dialback_only)
        stack.push_async_callback(prosody.end)
        certificate, key = authority.server(OURS, f"not-{OURS}" if dialback_only else OURS)
        server = Server(
            binaries,
            {
                "host": [{"name": OURS, "scram_iterations": 4096}],
                "tls": {"certificate": certificate, "key": key, "client_ca": None},
                "c2s": {"tls_required": False},
                "s2s": {
                    "listen": ["127.0.0.31"],
                    "starttls_port": port,
                    "trust": authority.path,
                    "policy": "dialback" if dialback_only else "secure",
                },
                "dns": {"zones": [], "forwarders": [f"127.0.0.1@{names.port}"]},
            },
        )
        server.host = OURS
        stack.push_async_callback(server.cleanup)
        await prosody.start()
        await server.start()
        try:
            yield server, prosody
        except Exception as error:
            raise AssertionError(f"{error}\n{server.log_tail(40)}\n{prosody.log_tail()}") from error
        await server.stop()


async def our_client(server, name, online=None):
    account = await server.account(name)
    client = Client(await Wire.connect(server.starttls_port), account)
    await client.open()
    await client.authenticate(account.local, account.password)
    await client.bind()
    if online is not None:
        await client.online(online)
    return client


async def talk(server, prosody):
    """Messages in order and requests, begun by us, then by them."""
    for begin in ("ours", "theirs"):
        alice, bob = await our_client(server, f"a-{begin}", 0), await prosody.client(f"b-{begin}", 0)
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
        for client in (alice, bob):
            client.wire.close()


async def presence(server, prosody):
    """Subscriptions both ways, then presence as it changes, ends and comes back."""
    alice, bob = await our_client(server, "alice"), await prosody.client("bob")
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
    bob = await prosody.login(bob.account)
    await bob.online()
    await bob.wait_for(f"<presence from='{alice.full}'><show>away</show></presence>")
    await alice.logout()
    await bob.wait_for(f"<presence from='{alice.full}' type='unavailable'/>")


async def room(server, prosody):
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


SERVERS = [
    (f"prosody.{function.__name__}[{proof}]", function, proof == "dialback")
    for proof in ("EXTERNAL", "dialback")
    for function in (talk, presence, room)
]
