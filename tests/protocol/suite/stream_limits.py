"""Sizes, depths and times that bound what a peer may cost (SECURITY 3-5; RULES 4)."""
import asyncio
import contextlib

from harness import CLIENT, SASL, STREAMS, Element, EndOfStream, Wire, test

KiB = 1024
HEADER = f"xmlns='{CLIENT}' xmlns:stream='{STREAMS}' version='1.0'"


def nested(depth, name="x"):
    """`depth` elements, each inside the one before."""
    return f"<{name}>" * depth + f"</{name}>" * depth


BEFORE_LOGIN = {
    "stanza of 9 KiB": "<message><body>" + "a" * 9 * KiB + "</body></message>",
    "start tag of 9 KiB": "<message id='" + "a" * 9 * KiB + "'/>",
    "stanza without end": "<message><body>" + "a" * 9 * KiB,
    "start tag without end": "<message id='" + "a" * 9 * KiB,
    "tag name without end": "<" + "a" * 9 * KiB,
    "white space in a tag": "<message " + " " * 9 * KiB,
    "40 elements": "<message>" + "<x/>" * 40 + "</message>",
    "40 elements without end": "<message>" + "<x/>" * 40,
    "depth 12": nested(12, "message"),
    "depth 12 without end": "<message>" * 12,
    "60 attributes": "<message " + " ".join(f"a{n}='1'" for n in range(60)) + "/>",
    "60 namespaces": "<message " + " ".join(f"xmlns:a{n}='urn:a'" for n in range(60)) + "/>",
}


@test(
    "SECURITY 3",
    "RFC 6120 §4.9.3.14",
    cases={
        f"{security} {name}": (security, text)
        for security in ("plain", "direct", "wss")
        for name, text in BEFORE_LOGIN.items()
    },
)
async def small_before_login(world, security, text):
    stream = await world.connect(security)
    await stream.open()
    stream.send(text)
    await stream.expect_stream_error("policy-violation")


@test("SECURITY 3", cases={"plain": "plain", "direct": "direct"})
async def header_of_9_KiB(world, security):
    stream = await world.connect(security)
    stream.send(f"<stream:stream to='{world.host}' id='{'a' * 9 * KiB}' {HEADER}>")
    await stream.expect_stream_error("policy-violation")


@test("SECURITY 3")
async def endless_white_space_before_the_header_costs_nothing(world):
    stream = await world.connect("plain")
    for _ in range(16):
        stream.send(" " * 64 * KiB)
        await stream.wire.drain()
    stream.send("<?xml version='1.0'?>")  # a declaration stands at the very start or nowhere (XML 1.0 §2.8)
    await stream.expect_stream_error("restricted-xml")


@test("SECURITY 3")
async def a_login_fits_the_small_limits(world):
    account = await world.account(password="p" * 1000)
    stream = await world.connect(account=account)
    await stream.open()
    await stream.authenticate(account.local, account.password, "PLAIN")
    await stream.bind()


@test(
    "SECURITY 5",
    "RFC 6120 §4.9.3.14",
    cases={
        "size": (lambda to: filled(to, 256 * KiB), lambda to: filled(to, 256 * KiB + 1)),
        "depth": (
            lambda to: f"<message to='{to}'>{nested(62)}</message>",
            lambda to: f"<message to='{to}'>{nested(64)}</message>",
        ),
        "elements": (
            lambda to: f"<message to='{to}'>{'<x/>' * 9_900}</message>",
            lambda to: f"<message to='{to}'>{'<x/>' * 10_100}</message>",
        ),
        "attributes": (
            lambda to: f"<message to='{to}'>{attributes(60)}</message>",
            lambda to: f"<message to='{to}'>{attributes(70)}</message>",
        ),
    },
)
async def just_within_and_just_beyond(world, within, beyond):
    alice, bob = await world.client("alice"), await world.client("bob")
    alice.send(within(bob.full))
    await bob.expect("<message/>")
    alice.send(beyond(bob.full))
    await alice.expect_stream_error("policy-violation")
    carol = await world.client("carol")
    await bob.expect_nothing(after=carol)


def filled(to, size):
    """A message of exactly this many bytes."""
    head, tail = f"<message to='{to}'><body>", "</body></message>"
    return head + "a" * (size - len(head) - len(tail)) + tail


def attributes(count):
    return "<x " + " ".join(f"a{n}='1'" for n in range(count)) + "/>"


@test("SECURITY 5", "SECURITY 38")
async def deep_nesting_without_end(world):
    alice = await world.client()
    alice.send("<message>" + "<a>" * 80_000)
    await alice.expect_stream_error("policy-violation")


@test("SECURITY 5")
async def an_endless_stanza_is_cut_at_the_limit(world):
    alice = await world.client()
    alice.send("<message><body>")
    for _ in range(8):
        alice.send("a" * 64 * KiB)
    await alice.expect_stream_error("policy-violation")


# Time


async def drip(stream, data):
    """Writes a byte now and then until the connection is gone."""
    with contextlib.suppress(ConnectionError):
        for number in range(len(data)):
            stream.send(data[number : number + 1])
            await asyncio.sleep(0.1)


@test("SECURITY 4", "RFC 6120 §4.9.3.4")
async def negotiation_has_a_deadline(world):
    async with world.own_server({"c2s": {"negotiation_timeout": world.seconds(3)}}) as server:
        account = await world.account(server=server)
        silent = await world.connect("plain", server=server)
        no_hello = await Wire.connect(server.direct_port)
        loris = await world.connect("plain", server=server)
        slowly = b" " * 100 + f"<stream:stream to='{world.host}'".encode()
        dripping = asyncio.create_task(drip(loris, slowly))

        async def opened():
            stream = await world.connect("plain", server=server)
            await stream.open()
            await stream.expect_stream_error("connection-timeout")

        async def halfway():
            stream = await world.connect(server=server)
            await stream.open()
            stream.send(f"<auth xmlns='{SASL}' mechanism='PLAIN'/>")
            await stream.expect(Element("challenge", SASL))
            await stream.expect_stream_error("connection-timeout")

        async def unbound():
            stream = await world.login(account, bind=False, server=server)
            await stream.expect_stream_error("connection-timeout")

        await asyncio.gather(opened(), halfway(), unbound())
        while await no_hello.read():  # an alert may come first
            pass
        for stream in (silent, loris):
            await expect_end_of_any_kind(stream)
        dripping.cancel()


async def expect_end_of_any_kind(stream):
    """The connection's end; a header and a stream error may come before it."""
    with contextlib.suppress(EndOfStream):
        while True:
            await stream.next()


@test("SECURITY 4", "RFC 6120 §4.6.3")
async def a_silent_client_is_asked_and_then_dropped(world):
    async with world.own_server({"c2s": {"idle_timeout": "5s", "keepalive_timeout": "1s"}}) as server:
        alice, bob = await world.friends(server=server)
        carol = await world.client("carol", server=server)

        async def keep_alive():
            while True:
                alice.send(" ")
                await asyncio.sleep(1)

        living = asyncio.create_task(keep_alive())
        ping = await carol.expect("<iq type='get' id='*' from='*'><ping xmlns='urn:xmpp:ping'/></iq>")
        carol.send(f"<iq type='result' id='{ping['id']}' to='{ping['from']}'/>")
        await bob.expect("<iq type='get'><ping xmlns='urn:xmpp:ping'/></iq>")
        await bob.expect_stream_error("connection-timeout")
        await alice.expect(f"<presence type='unavailable' from='{bob.full}'/>")
        for client in (alice, carol):
            await client.expect_nothing()
        living.cancel()


# Peers that take without giving


@test("SECURITY 5", "RULES 4", threads=True)
async def a_client_that_never_reads_is_dropped_and_costs_little(world):
    async with world.own_server({"limits": {"outbox_hard": "512KiB"}}) as server:
        alice, bob = await world.client("alice", server=server), await world.client("bob", server=server)
        await alice.online()
        alice.presence(bob.full)
        bob.presence(alice.full)
        await alice.expect(f"<presence from='{bob.full}'/>")
        before = server.memory()
        body = "b" * 100 * KiB
        for _ in range(400):  # 40 MB, more than any socket buffer
            alice.message(bob.full, body)
            await alice.wire.drain()
            answer = await alice.request("get", "<ping xmlns='urn:xmpp:ping'/>", server.host)
            assert answer["type"] == "result"
            assert server.memory() - before < 64 << 20, "the server hoards what bob does not read"
        await alice.wait_for(f"<presence type='unavailable' from='{bob.full}'/>")


@test("SECURITY 5", "RULES 4", threads=True)
async def a_resource_that_never_reads_ends_alone(world):
    """It is dropped while a message goes to all resources; the others get that message too."""
    async with world.own_server({"limits": {"outbox_hard": "512KiB"}}) as server:
        deaf = await world.client("bob", server=server, online=0)
        desk = await world.login(deaf.account, server=server)
        await desk.online()
        alice = await world.client("alice", server=server)
        bodies = 0
        while (got := await exchange(alice, deaf, desk, server))["type"] != "unavailable":
            bodies += 1
            assert bodies < 400, "40 MB, more than any socket buffer, and still not dropped"
        assert got["from"] == deaf.full, got
        alice.message(desk.bare, "and on it goes")
        await desk.wait_for("<message><body>and on it goes</body></message>")


async def exchange(alice, deaf, desk, server):
    """A big message to the account; what comes of it at the desk: the message, or the deaf resource's end."""
    alice.message(deaf.bare, "b" * 100 * KiB)
    await alice.wire.drain()
    await alice.iq("get", "<ping xmlns='urn:xmpp:ping'/>", server.host)
    while (got := await desk.next()).name != "message" and got["type"] != "unavailable":
        pass
    return got


@test("SECURITY 4", "SECURITY 3", threads=True)
async def hundreds_of_half_open_connections(world):
    before = world.server.memory()
    silent = [await Wire.connect(world.server.direct_port) for _ in range(300)]
    opened = [await Wire.connect(world.server.starttls_port) for _ in range(300)]
    for wire in opened:
        wire.write(f"<stream:stream to='{world.host}' {HEADER}><starttls ".encode())
    for wire in opened:
        assert (await wire.read()).startswith((b"<?xml", b"<stream:stream"))
    alice, bob = await world.client("alice"), await world.client("bob")
    alice.message(bob.full, "undisturbed")
    await bob.expect("<message><body>undisturbed</body></message>")
    assert world.server.memory() - before < 32 << 20
    for wire in silent + opened:
        wire.reset()


@test("SECURITY 4")
async def connections_that_are_not_logged_in_are_limited_per_address(world):
    limits = {"limits": {"trusted": [], "unauthenticated_per_address": 5}}
    async with world.own_server(limits) as server:
        held = [await world.connect("plain", server=server, source="127.0.9.1") for _ in range(5)]
        for stream in held:
            await stream.open()
        sixth = await world.connect("plain", server=server, source="127.0.9.1")
        await expect_end_of_any_kind(sixth)
        elsewhere = await world.connect("plain", server=server, source="127.0.9.2")
        await elsewhere.open()
        held[0].send("</stream:stream>")
        await held[0].expect_close()
        await (await world.connect("plain", server=server, source="127.0.9.1")).open()


@test("SECURITY 4")
async def connections_are_limited_per_address(world):
    async with world.own_server({"limits": {"trusted": [], "connections_per_address": 3}}) as server:
        account = await world.account(server=server)
        for _ in range(3):
            await world.login(account, server=server, source="127.0.9.3")
        fourth = await world.connect("plain", server=server, source="127.0.9.3")
        await expect_end_of_any_kind(fourth)
        await world.login(account, server=server, source="127.0.9.4")


@test("SECURITY 4", threads=True)
async def reconnect_storm(world):
    accounts = [await world.account(f"storm{n}") for n in range(10)]

    async def come_and_go(account, number):
        client = await world.login(account, "same" if number % 2 else None)
        client.send("<presence/>")
        if number % 3:
            client.wire.reset()

    for round in range(5):
        await asyncio.gather(*(come_and_go(a, round + n) for n, a in enumerate(accounts)))
    for account in accounts:
        await (await world.login(account)).online()


@test("SECURITY 17")
async def no_stream_compression(world):
    stream = await world.connect()
    await stream.open()
    assert not stream.features.child("compression"), stream.features
    stream.send("<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress>")
    answer = await stream.next()
    assert answer.name in ("error", "failure"), answer
