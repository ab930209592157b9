"""XMPP over WebSocket (RFC 7395): the same streams as over TCP, in messages. What other suites try with
`security="wss"` is not repeated here."""
import asyncio
import json

from harness import test
from harness.managed import asleep, managed_login
from harness.web import (
    BINARY,
    CLOSE,
    FRAMING,
    PING,
    PONG,
    TEXT,
    WebWire,
    connect,
    frame,
    handshake,
    read_answer,
    request,
)

CLOSE_CODES = {1000: b"\x03\xe8", 1001: b"\x03\xe9", 1002: b"\x03\xea", 1003: b"\x03\xeb"}


async def upgrade(world, fields, tls=True, server=None):
    """The answer to a handshake with these fields."""
    server = server or world.server
    wire = await connect(server, tls)
    wire.write(request("GET", "/ws", fields, host=server.host))
    answer, _ = await read_answer(wire)
    wire.close()
    return answer


async def sessions(server):
    code, out = await server.ctl("session", "list", "--json")
    assert code == 0, server.ctl_error
    return json.loads(out)["sessions"]


async def end_of(wire):
    """The code that the server closes a WebSocket with, which must end then."""
    while True:
        opcode, payload = await wire.read_frame()
        if opcode == CLOSE:
            end = await wire.read_frame()
            assert end == (None, b""), end
            return int.from_bytes(payload[:2], "big")
        assert opcode == TEXT, (opcode, payload)


@test("RFC 7395 §3", threads=True, cases={"wss": "wss", "ws": "ws"})
async def login_and_messages(world, security):
    """Between a WebSocket and TCP, both ways, and from WebSocket to WebSocket."""
    alice = await world.login(await world.account("alice"), security=security)
    bob = await world.client("bob", online=0)
    carol = await world.login(await world.account("carol"), security=security)
    for client in (alice, carol):
        await client.online()
    for sender, receiver in ((alice, bob), (bob, alice), (alice, carol)):
        id = sender.message(receiver.full, "Привет & <ты>".replace("&", "&amp;").replace("<", "&lt;"))
        got = await receiver.wait_for(f"<message id='{id}' from='{sender.full}'/>")
        assert got.child("body").text == "Привет & <ты>", got
        assert got.child("body").ns == "jabber:client", got
    alice.send("</stream:stream>")
    await alice.expect_close()


@test("RFC 7395 §3.3", cases={"PLAIN": "PLAIN", "SCRAM-SHA-1": "SCRAM-SHA-1", "PLUS": "SCRAM-SHA-256-PLUS"})
async def mechanisms(world, mechanism):
    """Channel binding too: the TLS is ours."""
    client = await world.login(await world.account(), mechanism=mechanism, security="wss")
    assert not client.features.child("starttls", "urn:ietf:params:xml:ns:xmpp-tls"), client.features
    await client.online()


@test(
    "RFC 7395 §3.9",
    "TRAPS 19",
    threads=True,
    cases={"to TCP": ("wss", "direct"), "from TCP": ("direct", "wss")},
)
async def a_session_moves_between_websocket_and_tcp(world, first, then):
    alice = await world.client("alice")
    bob = await managed_login(world, await world.account("bob"), security=first, online=0)
    bob.answers = False
    alice.message(bob.full, "one", id="one")
    await bob.wait_for("<message id='one'/>")  # which it counts, so that it does not come again
    await asleep(bob, world.server)
    alice.message(bob.full, "two", id="two")
    bob = await bob.resume(world, security=then)
    await bob.expect("<message id='two'/>")


@test("RFC 7395 §3.6.1", "TRAPS 19")
async def a_page_that_is_left_may_come_back(world):
    """A close frame without <close/> ends no session."""
    bob = await managed_login(world, await world.account("bob"), security="wss", online=0)
    bob.wire.write_bytes(frame(CLOSE, CLOSE_CODES[1001]))
    assert await end_of(bob.wire) == 1001
    alice = await world.client("alice")
    alice.message(bob.full, "meanwhile", id="meanwhile")
    bob = await bob.resume(world, security="wss")
    await bob.wait_for("<message id='meanwhile'/>")


@test("RFC 7395 §3.6")
async def close_is_answered_with_close(world):
    alice, bob = await world.friends()
    third = await world.login(bob.account, security="wss")
    await third.online()
    await alice.wait_for(f"<presence from='{third.full}'/>")
    third.send("</stream:stream>")
    while (message := await third.wire.read_frame())[1] != f"<close xmlns='{FRAMING}'/>".encode():
        assert message[0] == TEXT, message
    assert await end_of(third.wire) == 1000
    await alice.wait_for(f"<presence type='unavailable' from='{third.full}'/>")


@test("RFC 6455 §5.4", "RFC 6455 §5.5")
async def fragments_and_pings(world):
    client = await world.login(await world.account(), security="wss")
    await client.online()
    text = f"<message xmlns='jabber:client' to='{client.full}' id='f'><body>whole</body></message>".encode()
    pieces = [text[:10], text[10:11], text[11:]]
    for number, piece in enumerate(pieces):
        client.wire.write_bytes(frame(TEXT if number == 0 else 0, piece, fin=piece is pieces[-1]))
        client.wire.write_bytes(frame(PING, b"between"))
    came = [await client.wire.read_frame() for _ in range(4)]
    assert sorted(opcode for opcode, _ in came) == [TEXT, PONG, PONG, PONG], came
    for opcode, payload in came:
        assert payload == b"between" if opcode == PONG else b"id='f'" in payload, came


@test(
    "RFC 6455 §5.1",
    "SECURITY 2",
    cases={
        "binary": (frame(BINARY, b"<presence/>"), 1003),
        "not masked": (frame(TEXT, b"<presence/>", masked=False), 1002),
        "reserved bit": (bytes([0xC1]) + frame(TEXT, b"x")[1:], 1002),
        "fragmented ping": (frame(PING, b"x", fin=False), 1002),
        "long ping": (frame(PING, b"x" * 126), 1002),
        "no beginning": (frame(0, b"x"), 1002),
    },
)
async def bytes_that_are_no_frames(world, data, code):
    client = await world.login(await world.account(), security="wss")
    client.wire.write_bytes(data)
    assert await end_of(client.wire) == code
    again = await world.login(client.account)  # and nobody else is troubled
    await again.online()


@test(
    "RFC 7395 §3.4",
    "SECURITY 2",
    cases={
        "no header": ("<presence xmlns='jabber:client'/>", "bad-format"),
        "TCP's header": ("<stream:stream xmlns:stream='http://etherx.jabber.org/streams'/>", "bad-format"),
        "entities": ("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "restricted-xml"),
        "comment": ("<!-- x -->", "restricted-xml"),
        "text": ("hello", "not-well-formed"),
        "not well-formed": ("<a></b>", "not-well-formed"),
        "other host": (f"<open xmlns='{FRAMING}' to='elsewhere.example' version='1.0'/>", "host-unknown"),
        "no version": (f"<open xmlns='{FRAMING}' to='vestnik.example'/>", "unsupported-version"),
    },
)
async def beginnings_that_are_none(world, text, condition):
    stream = await world.connect("wss")
    stream.wire.write_bytes(frame(TEXT, text.encode()))
    await stream.expect_stream_error(condition)


@test("RFC 7395 §3.4")
async def a_stream_is_opened_once(world):
    stream = await world.connect("wss")
    await stream.open()
    stream.send_header()
    await stream.expect_stream_error("bad-format")


@test("SECURITY 2", "RULES 4")
async def a_message_without_end_is_bounded(world):
    """The frame may be announced as long as it likes; the element in it may not be."""
    stream = await world.connect("wss")
    await stream.open()
    head = bytes([0x81, 0xFF]) + (1 << 40).to_bytes(8, "big") + bytes(4)
    stream.wire.write_bytes(head + b"<message>" + b"a" * 10_000)
    await stream.expect_stream_error("policy-violation")


@test("SECURITY 4", "RULES 4")
async def a_flood_of_pings_is_bounded(world):
    """Whoever reads no pongs is cut off like anybody who does not read."""
    async with world.own_server({"limits": {"outbox_hard": "512KiB"}}) as server:
        client = await world.login(await server.account("a"), security="ws", server=server)
        before = server.memory()
        ping = frame(PING, b"x" * 125) * 1000
        try:
            for _ in range(400):
                client.wire.write_bytes(ping)
                await asyncio.wait_for(client.wire.drain(), 5)
        except (ConnectionError, TimeoutError):
            pass
        await server.logged("stream.outbox_full")
        assert server.memory() - before < 16 << 20, (before, server.memory())


HANDSHAKES = {
    "no key": (handshake(Sec_WebSocket_Key=None), 400),
    "short key": (handshake(Sec_WebSocket_Key="c2hvcnQ="), 400),
    "other version": (handshake(Sec_WebSocket_Version="8"), 426),
    "no subprotocol": (handshake(Sec_WebSocket_Protocol=None), 400),
    "other subprotocol": (handshake(Sec_WebSocket_Protocol="mqtt"), 400),
    "no upgrade": (handshake(Upgrade=None, Connection="keep-alive"), 426),
}


@test("RFC 6455 §4.2", cases=HANDSHAKES)
async def handshakes_that_are_refused(world, fields, status):
    answer = await upgrade(world, fields)
    assert answer.status == status, answer
    assert status != 426 or answer.fields["sec-websocket-version"] == "13", answer


@test("RFC 6455 §4.2")
async def one_of_several_subprotocols(world):
    wire = await WebWire.connect(
        world.server, fields=handshake(Sec_WebSocket_Protocol="soap, xmpp"), trust=world.server.authority.path
    )
    wire.close()


@test("SECURITY 26")
async def only_the_pages_that_are_let_in(world):
    changes = {"http": {"origins": ["https://chat.example"]}}
    async with world.own_server(changes) as server:
        own = f"https://{server.host}"
        for origin, status in (
            ("https://chat.example", 101),
            (own, 101),
            (None, 101),
            ("https://evil.example", 403),
            ("null", 403),
            (f"https://evil.{server.host}", 403),
            (f"https://evil.example/{own}", 403),
        ):
            answer = await upgrade(world, handshake(Origin=origin), server=server)
            assert answer.status == status, (origin, answer)


@test("RFC 7395 §5", "SECURITY 14")
async def no_passwords_in_the_clear(world):
    """Without TLS only from this machine or a proxy that says it has TLS."""
    async with world.own_server({"http": {"proxies": []}}) as server:
        assert (await upgrade(world, handshake(), tls=False, server=server)).status == 403
        assert (await upgrade(world, handshake(), server=server)).status == 101
    for protocol, status in (("https", 101), ("http", 403)):
        fields = handshake(X_Forwarded_For="192.0.2.1", X_Forwarded_Proto=protocol)
        assert (await upgrade(world, fields, tls=False)).status == status, protocol


@test("SECURITY 32")
async def who_is_behind_a_proxy_is_who_counts(world):
    async with world.own_server({"limits": {"unauthenticated_per_address": 2}}) as server:
        kept = []
        first, second = "192.0.2.1", "192.0.2.2"
        for address, status in ((first, 101), (first, 101), (first, 429), (second, 101)):
            wire = await connect(server, tls=False)
            forwarded = {"X-Forwarded-For": f"198.51.100.7, {address}", "X-Forwarded-Proto": "https"}
            wire.write(request("GET", "/ws", handshake() | forwarded, host=server.host))
            answer, _ = await read_answer(wire)
            assert answer.status == status, (address, answer)
            kept.append(wire)
        for wire in kept:
            wire.close()
        account = await server.account("a")
        fields = handshake(X_Forwarded_For="192.0.2.9")
        client = await world.connect("ws", account=account, server=server, fields=fields)
        await client.open()
        await client.authenticate(account.local, account.password)
        await client.bind()
        listed = await sessions(server)
        assert [(s["address"], s["transport"]) for s in listed] == [("192.0.2.9", "ws")], listed


@test("RFC 7590", "SECURITY 32")
async def nobody_else_is_believed(world):
    """What a stranger says of itself in X-Forwarded-For is nothing."""
    async with world.own_server({"http": {"proxies": ["192.0.2.0/24"]}}) as server:
        account = await server.account("a")
        client = await world.connect(
            "wss", account=account, server=server, fields=handshake(X_Forwarded_For="192.0.2.9")
        )
        await client.open()
        await client.authenticate(account.local, account.password)
        await client.bind()
        assert [s["address"] for s in await sessions(server)] == ["127.0.0.1"]


@test("DESIGN 4")
async def status_counts_websockets(world):
    async with world.own_server() as server:
        await world.login(await server.account("a"), security="wss", server=server)
        await world.login(await server.account("b"), server=server)
        count = (await server.status())["sessions"]
        assert (count["ws"], count["c2s"], count["total"]) == (1, 1, 2), count


@test("RULES 9")
async def a_stop_tells_websockets(world):
    async with world.own_server() as server:
        client = await world.login(await server.account("a"), security="wss", server=server)
        stop = asyncio.create_task(server.stop())
        await client.expect_stream_error("system-shutdown")
        client.wire.close()
        await stop
