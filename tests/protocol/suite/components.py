"""External components (XEP-0114): what flows to and from them, and what becomes of it when they go."""
import asyncio
import json

from harness import check_error, federated, test
from harness.component import attach, attached, connect, tables
from harness.server import HOST, free_port

GATE, OTHER = f"gate.{HOST}", "gate.example"
BODY = "<body>{}</body>"


@test("XEP-0114 §3", "XEP-0114 §4", threads=True)
async def stanzas_flow_both_ways(world):
    async with attached(world, GATE, OTHER) as (server, *gates):
        alice = await world.client("alice", server=server)
        for gate in gates:
            for number in range(50):
                alice.message(f"bob@{gate.domain}/there", f"text {number}", id=f"n{number}")
            for number in range(50):
                await gate.expect(
                    f"<message from='{alice.full}' to='bob@{gate.domain}/there' id='n{number}'>"
                    f"<body>text {number}</body></message>"
                )
            for number in range(50):
                gate.message("bob", alice.full, f"back {number}")
            for number in range(50):
                body = BODY.format(f"back {number}")
                await alice.expect(f"<message from='bob@{gate.domain}' to='{alice.full}'>{body}</message>")
            id = alice.send_iq("get", "<query xmlns='jabber:iq:version'/>", to=gate.domain)
            request = await gate.expect(
                f"<iq type='get' id='{id}' from='{alice.full}'><query xmlns='jabber:iq:version'/></iq>"
            )
            gate.send(
                f"<iq type='result' id='{request['id']}' from='{gate.domain}' to='{alice.full}'>"
                "<query xmlns='jabber:iq:version'/></iq>"
            )
            await alice.expect(f"<iq type='result' id='{id}' from='{gate.domain}'/>")
            gate.send(
                f"<iq type='get' id='p1' from='{gate.domain}' to='{HOST}'><ping xmlns='urn:xmpp:ping'/></iq>"
            )
            await gate.expect(f"<iq type='result' id='p1' from='{HOST}' to='{gate.domain}'/>")
        # From one component to the other.
        gates[0].message("bob", f"carol@{OTHER}", "across")
        await gates[1].expect(f"<message from='bob@{GATE}'><body>across</body></message>")


@test("XEP-0114 §3", cases={"with its namespace": "jabber:component:accept", "of a client": "jabber:client"})
async def payloads_stay_in_their_namespaces(world, ns):
    async with attached(world, GATE) as (server, gate):
        alice = await world.client("alice", server=server)
        gate.send(
            f"<message from='bob@{GATE}' to='{alice.full}'><body>one</body>"
            f"<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='{ns}'><body>two</body></message>"
            "</forwarded></message>"
        )
        got = await alice.expect(f"<message from='bob@{GATE}'><body>one</body></message>")
        inner = got.child("forwarded", "urn:xmpp:forward:0").children[0]
        assert inner.ns in ("jabber:client", ns), got


@test("XEP-0114 §3")
async def who_may_not_come_in(world):
    async with world.own_server(tables(GATE)) as server:
        stream = await connect(world, server, GATE)
        await stream.greet()
        stream.send_handshake("guess")
        await stream.expect_stream_error("not-authorized")
        stream = await connect(world, server, GATE)
        await stream.greet()
        stream.message("bob", f"alice@{HOST}", "too early")
        await stream.expect_stream_error("not-authorized")
        stream = await connect(world, server, "nobody.example")
        stream.send_header()
        await stream.expect_stream_error("host-unknown")
        stream = await connect(world, server, HOST)
        stream.send_header()
        await stream.expect_stream_error("host-unknown")
        stream = await connect(world, server, GATE)
        stream.send_header(xmlns="jabber:client")
        await stream.expect_stream_error("invalid-namespace")
        stream = await connect(world, server, GATE)
        stream.send("GET / HTTP/1.1\r\n\r\n")
        await stream.expect_stream_error("not-well-formed")
        stream = await connect(world, server, GATE)
        await stream.greet()
        stream.send(f"<handshake>{'a' * 100_000}</handshake>")
        await stream.expect_stream_error("policy-violation")
        await server.logged("component.refused")
        assert server.log_text().count("component.refused") == 1


@test("SECURITY 7", "SECURITY 32")
async def guesses_at_a_secret_are_counted(world):
    limits = {"trusted": [], "auth_failures_per_address": 3}
    async with world.own_server(tables(GATE) | {"limits": limits}) as server:
        for _ in range(4):
            stream = await connect(world, server, GATE, source="127.0.9.7")
            await stream.greet()
            stream.send_handshake("guess")
            await stream.expect_stream_error("not-authorized")
        stream = await connect(world, server, GATE, source="127.0.9.7")
        await stream.greet()
        stream.send_handshake(f"secret of {GATE}")
        error = await stream.expect_stream_error("not-authorized")
        assert "too many" in str(error), error
        await attach(world, server, GATE, source="127.0.9.8")
        world.close()


@test("XEP-0114 §3")
async def who_says_nothing_is_cut_off(world):
    async with world.own_server(tables(GATE, negotiation_timeout="1s")) as server:
        stream = await connect(world, server, GATE)
        await stream.greet()
        await stream.expect_stream_error("connection-timeout")


@test(
    "TRAPS 28",
    "PEER component that claims another's domain",
    cases={
        "another's domain": (f"<message from='bob@{OTHER}' to='alice@{HOST}'/>", "invalid-from"),
        "an account's": (f"<message from='alice@{HOST}' to='alice@{HOST}'/>", "invalid-from"),
        "a domain below": (f"<message from='bob@below.{GATE}' to='alice@{HOST}'/>", "invalid-from"),
        "another's bad address": (f"<message from='bob@{OTHER}' to='@{HOST}'/>", "invalid-from"),
        "no from": (f"<message to='alice@{HOST}'/>", "improper-addressing"),
        "no to": (f"<message from='bob@{GATE}'/>", "improper-addressing"),
        "a second handshake": ("<handshake/>", "unsupported-stanza-type"),
        "a client's stanza": (
            f"<message xmlns='jabber:client' from='bob@{GATE}' to='alice@{HOST}'/>",
            "invalid-namespace",
        ),
        "no XML": ("<message from='bob'", "not-well-formed"),
        "a comment": ("<!-- -->", "restricted-xml"),
        "too much": (f"<message from='bob@{GATE}' to='alice@{HOST}'>{'a' * 700_000}", "policy-violation"),
    },
)
async def stanzas_that_end_the_stream(world, xml, condition):
    async with attached(world, GATE, OTHER) as (_, gate, _other):
        gate.send(xml + ("<" if condition == "not-well-formed" else ""))
        await gate.expect_stream_error(condition)


@test("RFC 6120 §8.2.3", "RFC 6120 §8.3.3.8")
async def stanzas_that_come_back(world):
    async with attached(world, GATE) as (_, gate):
        own = f"bob@{GATE}"
        gate.send(f"<message id='m' from='{own}' to='@{HOST}'><body>x</body></message>")
        await gate.refused("m", "jid-malformed", "modify")
        gate.send(f"<iq id='i' type='get' from='{own}' to='{HOST}'/>")
        await gate.refused("i", "bad-request", "modify")
        gate.send(f"<iq id='t' type='shout' from='{own}' to='{HOST}'><x xmlns='urn:x'/></iq>")
        await gate.refused("t", "bad-request", "modify")
        gate.send(f"<message id='n' from='{own}' to='nobody@{HOST}/x' type='normal'><body>x</body></message>")
        await gate.refused("n", "service-unavailable", "cancel")
        gate.send(f"<message id='f' from='{own}' to='bob@far.example'><body>x</body></message>")
        await gate.refused("f", "remote-server-not-found", "cancel")


@test("XEP-0114 §3", "RULES 3")
async def a_component_that_is_not_there(world):
    async with world.own_server(tables(GATE)) as server:
        alice = await world.client("alice", server=server)
        id = alice.message(f"bob@{GATE}", "hello?")
        check_error(await alice.expect(f"<message id='{id}'/>"), "service-unavailable", "cancel")
        await alice.iq_error("get", "<ping xmlns='urn:xmpp:ping'/>", "service-unavailable", to=GATE)
        gate = await attach(world, server, GATE)
        alice.message(f"bob@{GATE}", "there now")
        await gate.expect("<message><body>there now</body></message>")
        gate.wire.close()
        await server.logged("component.closed")
        id = alice.message(f"bob@{GATE}", "gone")
        check_error(await alice.expect(f"<message id='{id}'/>"), "service-unavailable", "cancel")
        world.close()


@test("RFC 6121 §3", "RFC 6121 §4", threads=True)
async def subscriptions_and_presence_of_its_users(world):
    async with attached(world, GATE) as (server, gate):
        alice = await world.client("alice", server=server)
        bob = f"bob@{GATE}"
        await alice.roster()
        await alice.online()
        alice.presence(bob, "subscribe")
        await alice.expect("<iq type='set'/>")
        await gate.expect(f"<presence type='subscribe' from='{alice.bare}' to='{bob}'/>")
        gate.presence("bob", alice.bare, "subscribed")
        gate.send(f"<presence from='{bob}/irc' to='{alice.bare}'><show>away</show></presence>")
        await alice.wait_for(f"<presence type='subscribed' from='{bob}'/>")
        await alice.wait_for(f"<presence from='{bob}/irc'><show>away</show></presence>")
        assert (await alice.roster())[bob]["subscription"] == "to"
        gate.presence("bob", alice.bare, "subscribe")
        await alice.wait_for(f"<presence type='subscribe' from='{bob}'/>")
        alice.presence(bob, "subscribed")
        await gate.wait_for(f"<presence type='subscribed' from='{alice.bare}' to='{bob}'/>")
        await gate.wait_for(f"<presence from='{alice.full}' to='{bob}'/>")
        # A second resource asks, and is told by the component.
        second = await world.another(alice, online=0, server=server)
        await gate.wait_for(f"<presence type='probe' from='{alice.bare}' to='{bob}'/>")
        gate.send(f"<presence from='{bob}/irc' to='{alice.bare}'><show>away</show></presence>")
        await second.wait_for(f"<presence from='{bob}/irc'><show>away</show></presence>")
        await second.logout()
        await gate.wait_for(f"<presence type='unavailable' from='{second.full}' to='{bob}'/>")
        alice.presence(bob, "unsubscribe")
        await gate.wait_for(f"<presence type='unsubscribe' from='{alice.bare}' to='{bob}'/>")


@test("RFC 6121 §4.5", "RULES 5", cases={"in order": "close", "torn": "tear"})
async def its_users_go_with_it(world, how):
    async with attached(world, GATE) as (server, gate):
        alice, carol = [await world.client(name, server=server) for name in ("alice", "carol")]
        for client in (alice, carol):
            await client.online()
            for user in ("bob", "dave"):
                gate.presence(user, client.full)
                await client.expect(f"<presence from='{user}@{GATE}'/>")
        gate.presence("dave", carol.full, "unavailable")
        await carol.expect(f"<presence from='dave@{GATE}' type='unavailable'/>")
        if how == "close":
            gate.send("</stream:stream>")
            await gate.expect_close()
        else:
            gate.wire.reset()
        gone = [f"<presence from='{user}@{GATE}' type='unavailable'/>" for user in ("bob", "dave")]
        await alice.expect_all(*gone)
        await carol.expect(f"<presence from='bob@{GATE}' type='unavailable'/>")
        await carol.iq("get", "<ping xmlns='urn:xmpp:ping'/>", to=HOST)  # and nothing else came
        world.close()


@test("XEP-0114 §3", "RULES 1", threads=True)
async def several_connections_share_the_load(world):
    async with attached(world, GATE) as (server, first):
        second = await attach(world, server, GATE)
        alice = await world.client("alice", server=server)
        await alice.online()
        first.presence("bob", alice.full)
        await alice.expect(f"<presence from='bob@{GATE}'/>")
        users, per_user = 40, 5
        for number in range(per_user):
            for user in range(users):
                alice.message(f"u{user}@{GATE}", f"{number}")

        async def read(stream, got):
            while True:
                element = await stream.next()
                got.setdefault(element["to"], []).append(element.child("body").text)
                if sum(map(len, ones.values())) + sum(map(len, twos.values())) == users * per_user:
                    return

        ones, twos = {}, {}
        readers = [asyncio.create_task(read(s, g)) for s, g in ((first, ones), (second, twos))]
        await asyncio.wait(readers, return_when=asyncio.FIRST_COMPLETED)
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        assert ones and twos and not ones.keys() & twos.keys(), (ones.keys(), twos.keys())
        for texts in (ones | twos).values():
            assert texts == [str(n) for n in range(per_user)], texts
        # One goes: the other has it all, and nobody's presence ends.
        second.send("</stream:stream>")
        await second.expect_close()
        for user in range(users):
            alice.message(f"u{user}@{GATE}", "failed over")
        for user in range(users):
            await first.expect(f"<message to='u{user}@{GATE}'><body>failed over</body></message>")
        await alice.iq("get", "<ping xmlns='urn:xmpp:ping'/>", to=HOST)
        assert not alice.waiting


@test("RULES 4")
async def connections_are_bounded(world):
    async with attached(world, GATE, settings={"connections": 2}) as (server, _):
        await attach(world, server, GATE)
        third = await connect(world, server, GATE)
        await third.greet()
        third.send_handshake(f"secret of {GATE}")
        await third.expect_stream_error("conflict")


@test("RULES 4", "RULES 3", "PEER stops reading")
async def a_component_that_does_not_read(world):
    limits = {"outbox_stall": "1s", "trusted": ["127.0.0.0/8"]}
    settings = {"queue_bytes": "128KiB"}
    async with attached(world, GATE, settings=settings, limits=limits) as (server, gate):
        alice = await world.client("alice", server=server)
        seen = set()
        while not {"resource-constraint", "remote-server-timeout"} <= seen:
            for _ in range(10):  # how much the kernel takes is its own affair
                alice.message(f"bob@{GATE}", "x" * 60_000)
            ping = alice.send_iq("get", "<ping xmlns='urn:xmpp:ping'/>", to=HOST)
            await alice.wait_for(f"<iq type='result' id='{ping}'/>")
            while alice.waiting:
                error = (await alice.next()).child("error")
                seen |= {child.name for child in error.elements}
        await server.logged("does not read")
        gate.wire.reset()
        world.close()


@test("XEP-0030 §4")
async def components_are_items_of_their_hosts(world):
    async with world.own_server(tables(GATE, OTHER, "below.second.example")) as server:
        alice = await world.client("alice", server=server)
        result = await alice.iq("get", "<query xmlns='http://jabber.org/protocol/disco#items'/>", to=HOST)
        items = [item["jid"] for item in result.children[0].children]
        assert items == [GATE, OTHER, f"conference.{HOST}"], items
        result = await alice.iq(
            "get", "<query xmlns='http://jabber.org/protocol/disco#items'/>", to="second.example"
        )
        items = [item["jid"] for item in result.children[0].children]
        assert items == [OTHER, "below.second.example", "conference.second.example"], items


@test("DESIGN 4")
async def an_operator_sees_and_closes_them(world):
    async with attached(world, GATE) as (server, gate):

        async def ctl(*arguments, code=0):
            got, out = await server.ctl("component", *arguments, "--json")
            assert got == code, (arguments, out, server.ctl_error)
            return json.loads(out)

        (line,) = (await ctl("list"))["components"]
        assert (line["domain"], line["state"], line["address"]) == (GATE, "connected", "127.0.0.1"), line
        assert (await ctl("close", GATE))["connections_closed"] == 1
        await gate.expect_close()
        assert (await ctl("close", GATE, code=1))["error"]["code"] == "not-found"
        assert (await ctl("close", "nobody.example", code=1))["error"]["code"] == "not-found"
        (line,) = (await ctl("list"))["components"]
        assert line["state"] == "not connected", line


@test("DESIGN 4")
async def components_over_tls(world):
    async with world.own_server(tables(GATE, tls_port=free_port())) as server:
        gate = await connect(world, server, GATE, port="tls_port")
        await gate.wire.start_tls(HOST, trust=server.authority.path)
        await gate.log_in(f"secret of {GATE}")
        gate.send(f"<iq type='get' id='1' from='{GATE}' to='{HOST}'><ping xmlns='urn:xmpp:ping'/></iq>")
        await gate.expect(f"<iq type='result' id='1' to='{GATE}'/>")
        plain = await connect(world, server, GATE, port="tls_port")
        plain.send_header()
        await plain.expect_end()
        world.close()


@test("RULES 9")
async def a_reload_ends_what_is_not_allowed_any_more(world):
    async with attached(world, GATE, OTHER) as (server, gate, other):
        server.write_config({"component": [{"name": OTHER, "secret": "another one"}]})
        code, out = await server.ctl("reload")
        assert code == 0, out
        await gate.expect_stream_error("host-gone")
        await other.expect_stream_error("not-authorized")
        again = await connect(world, server, OTHER)
        await again.log_in("another one")
        world.close()


@test("RULES 9")
async def a_stop_ends_their_streams(world):
    async with attached(world, GATE) as (server, gate):
        stopping = asyncio.create_task(server.stop())
        await gate.expect_stream_error("system-shutdown")
        await stopping


@test("RFC 6120 §8.1.1.2", "RFC 6120 §8.1.2.2")
async def other_servers_reach_them(world):
    changes = tables(GATE)
    async with federated(world, "far.example", **changes) as (server, far):
        gate = await attach(world, server, GATE)
        stream = await far.connected(server, host=GATE)
        stream.send(f"<message from='romeo@far.example' to='bob@{GATE}'><body>hi</body></message>")
        await gate.expect(f"<message from='romeo@far.example' to='bob@{GATE}'><body>hi</body></message>")
        gate.message("bob", "romeo@far.example", "ho")
        back = await far.incoming(GATE)
        await back.serve_external()
        await back.expect(f"<message from='bob@{GATE}' to='romeo@far.example'><body>ho</body></message>")
