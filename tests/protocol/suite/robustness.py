"""Every request is answered once, whatever it holds; nothing that comes and goes leaves anything behind."""
import contextlib

from harness import CLIENT, STREAMS, EndOfStream, Wire, test

PAYLOADS = [
    "<query xmlns='jabber:iq:roster'><item/></query>",
    "<query xmlns='jabber:iq:roster'><item jid='a@b'><group><x/></group></item></query>",
    "<query xmlns='jabber:iq:roster'><item jid='a@b' subscription='remove'><group>x</group></item></query>",
    "<query xmlns='jabber:iq:roster'>text<x/><item xmlns='urn:other' jid='a@b'/></query>",
    "<item xmlns='jabber:iq:roster' jid='a@b'/>",
    "<query xmlns='jabber:iq:roster' ver='&#x10FFFF;'/>",
    "<block xmlns='urn:xmpp:blocking'>text<item xmlns='urn:other' jid='a@b'/></block>",
    "<unblock xmlns='urn:xmpp:blocking'><item/><item jid=''/></unblock>",
    "<blocklist xmlns='urn:xmpp:blocking'><item jid='a@b'/></blocklist>",
    "<query xmlns='jabber:iq:private'><a xmlns='urn:a'/><b xmlns='urn:b'/></query>",
    "<query xmlns='jabber:iq:private'><a xmlns=''/></query>",
    "<query xmlns='jabber:iq:private'>&lt;a/&gt;</query>",
    "<vCard xmlns='vcard-temp'>text</vCard>",
    "<vcard xmlns='vcard-temp'/>",
    "<query xmlns='vcard-temp'/>",
    "<query xmlns='jabber:iq:register'><username>root</username></query>",
    "<query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='submit'/></query>",
    "<query xmlns='jabber:iq:register'><password>&#x1F511;</password></query>",
    "<query xmlns='jabber:iq:last' seconds='-1'>x</query>",
    "<query xmlns='jabber:iq:version'><name>x</name></query>",
    "<query xmlns='http://jabber.org/protocol/disco#info' node=''/>",
    "<query xmlns='http://jabber.org/protocol/disco#info' node='a#b'/>",
    "<query xmlns='http://jabber.org/protocol/disco#items' node='&lt;'><item jid='x'/></query>",
    "<time xmlns='urn:xmpp:time'><utc>x</utc></time>",
    "<ping xmlns='urn:xmpp:ping'><x/></ping>",
    "<pong xmlns='urn:xmpp:ping'/>",
    "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource/></bind>",
    "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'>x</session>",
    "<error xmlns='jabber:client'/>",
    "<error><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
    "<query xmlns=''/>",
    "<iq xmlns='jabber:client' type='get' id='inner'><ping xmlns='urn:xmpp:ping'/></iq>",
    "<x xmlns='urn:x'>" + "<y>" * 50 + "</y>" * 50 + "</x>",
]


@test("TRAPS 4", "SECURITY 38", "RFC 6120 §8.2.3", cases={"get": "get", "set": "set"}, threads=True)
async def every_request_is_answered_once(world, kind):
    alice, bob = await world.client("alice", online=0), await world.client("bob")
    nobody = world.stranger()
    addresses = (None, world.host, alice.bare, bob.bare, f"{bob.bare}/absent", nobody.bare, "second.example")
    waiting = set()
    for number, payload in enumerate(PAYLOADS):
        for place, to in enumerate(addresses):
            waiting.add(alice.send_iq(kind, payload, to, id=f"r{number}-{place}"))
    last = alice.send_iq("get", "<x xmlns='urn:x'/>", bob.bare)
    while waiting:
        got = await alice.next()
        if got.name == "iq" and got["type"] in ("result", "error"):
            assert got["id"] in waiting | {last}, f"answered twice: {got}"
            waiting.discard(got["id"])
    await bob.expect_nothing(after=alice)


ATTRIBUTES = [
    "type=''",
    "id=''",
    "to=''",
    "from=''",
    "xml:lang=''",
    "to=' '",
    "type='get'",
    "type='&lt;'",
    "xml:lang='&#9;'",
]


@test("SECURITY 38", cases={kind: kind for kind in ("message", "presence")})
async def senseless_attributes(world, kind):
    """Any answer will do, a stream error too; the server and everybody else go on."""
    bob = await world.client("bob", online=0)
    for attribute in ATTRIBUTES:
        alice = await world.client("alice", online=0)
        alice.send(f"<{kind} {attribute}><body>x</body></{kind}>")
        with contextlib.suppress(EndOfStream):
            await alice.request("get", "<ping xmlns='urn:xmpp:ping'/>", world.host)
        alice.wire.reset()
    await bob.expect_nothing(after=await world.client("carol"))


@test("SECURITY 4", "SECURITY 3")
async def connections_leave_nothing_behind(world):
    async with world.own_server() as server:

        async def come_and_go(times):
            for number in range(times):
                wire = await Wire.connect(server.starttls_port if number % 2 else server.direct_port)
                if number % 2:
                    header = f"<stream:stream to='{server.host}' version='1.0' xmlns='{CLIENT}'"
                    wire.write(f"{header} xmlns:stream='{STREAMS}'>".encode())
                    await wire.read()
                elif number % 4:
                    await wire.start_tls(server.host)
                wire.reset()

        await come_and_go(300)
        before = server.memory()
        await come_and_go(world.rounds(900, 40000))
        assert server.memory() - before < 6 << 20, server.memory() - before
        await world.client(server=server)
        status = await server.status()
        assert status["sessions"]["total"] == 1, status


@test("SECURITY 4")
async def connections_that_are_not_logged_in_are_limited_in_all(world):
    async with world.own_server({"limits": {"unauthenticated_total": 10}}) as server:
        known = await world.login(await world.account(server=server), server=server)
        held = [await world.connect("plain", server=server) for _ in range(10)]
        for stream in held:
            await stream.open()
        more = await world.connect("plain", server=server)
        with contextlib.suppress(EndOfStream):
            while True:
                await more.next()
        await known.expect_nothing()
        held[0].send("</stream:stream>")
        await held[0].expect_close()
        await (await world.connect("plain", server=server)).open()


@test("RULES 5", "SECURITY 4", threads=True)
async def logins_leave_nothing_behind(world):
    async with world.own_server() as server:
        accounts = [await world.account(f"a{n}", server=server) for n in range(10)]

        async def come_and_go(times):
            for number in range(times):
                client = await world.login(accounts[number % 10], server=server)
                await client.online()
                if number % 2:
                    await client.logout()
                else:
                    client.wire.reset()
                world.streams.remove(client)

        await come_and_go(40)
        before = server.memory()
        await come_and_go(world.rounds(120, 10000))
        assert server.memory() - before < 6 << 20, server.memory() - before
