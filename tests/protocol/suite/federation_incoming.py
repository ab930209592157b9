"""What another server may send us, and what it may not: the test plays that server."""
import json
import time

from OpenSSL import SSL

from harness import SERVER, EndOfStream, Wire, check_error, federated, test
from harness.server import HOST, SECOND

FAR, OTHER = "far.example", "other.example"


def error(condition):
    return f"<error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"


def message(sender, to, body="x"):
    return f"<message from='{sender}' to='{to}' type='chat'><body>{body}</body></message>"


# Proof


@test("XEP-0178 §3", "RFC 6120 §13.7", "XEP-0478 §2")
async def external(world):
    async with federated(world, FAR) as (server, far):
        bob = await world.client("bob", server=server, online=0)
        stream = await far.connect(server)
        await stream.secure()
        await stream.authenticate_external()
        limit = stream.features.child("limits", "urn:xmpp:stream-limits:0").child("max-bytes")
        assert limit.text == str(512 * 1024) and not stream.mechanisms, stream.features
        stream.send(message(f"romeo@{FAR}/x", bob.full))
        await bob.expect(f"<message from='romeo@{FAR}/x' to='{bob.full}'><body>x</body></message>")


@test("RFC 6120 §5.3.1", "TRAPS 16")
async def tls_comes_first(world):
    async with federated(world, FAR) as (server, far):
        stream = await far.connect(server)
        features = await stream.open()
        assert features.child("starttls").child("required") and not stream.mechanisms, features
        assert features.child("dialback") is None, features
        stream.claim("key")
        await stream.expect(
            f"<db:result from='{HOST}' to='{FAR}' type='error'>{error('policy-violation')}</db:result>"
        )
        stream.send_auth("EXTERNAL", b"")
        await stream.expect_failure("encryption-required")


@test("XEP-0368 §2")
async def direct_tls(world):
    async with federated(world, FAR) as (server, far):
        bob = await world.client("bob", server=server, online=0)
        wire = await Wire.connect(server.tables["s2s"]["direct_tls_port"])
        stream = far._stream(wire, HOST)
        await wire.start_tls(
            HOST, trust=server.authority.path, alpn=b"xmpp-server", certificate=far.certificate
        )
        await stream.authenticate_external()
        assert stream.features.child("starttls") is None
        stream.send(message(f"romeo@{FAR}", bob.full))
        await bob.expect(f"<message from='romeo@{FAR}'/>")


CERTIFICATES = {
    "the name": dict(names=(FAR,)),
    "a wildcard for one label": dict(names=("*.example",), refused=True),
    "a wildcard deeper": dict(names=(f"*.{FAR}",), refused=True),
    "an SRVName": dict(srv=(FAR,)),
    "an xmppAddr": dict(xmpp=(FAR,)),
    "the common name only": dict(common_name=FAR, names=(OTHER,), refused=True),
    "another host": dict(names=(OTHER,), refused=True),
    "an SRVName of another service": dict(names=(f"_xmpp-client.{FAR}",), refused=True),
    "expired": dict(names=(FAR,), expired=True, refused=True),
    "many names": dict(names=tuple(f"n{n}.example" for n in range(3000)) + (FAR,), refused=True),
}


@test(
    "RFC 6120 §13.7.1",
    "RFC 9525 §6",
    "PEER common name only",
    "PEER expired certificate",
    "PEER certificate of another host",
    "PEER wildcard misuse",
    "PEER flood of names",
    cases={name: (what,) for name, what in CERTIFICATES.items()},
)
async def certificates(world, what):
    async with federated(world, FAR) as (server, far):
        names = dict(what)
        refused = names.pop("refused", False)
        certificate = far.authority.server("tried", *names.pop("names", ()), **names)
        stream = await far.connect(server, certificate=certificate)
        await stream.secure()
        await stream.open()
        assert stream.mechanisms == ([] if refused else ["EXTERNAL"]), stream.features
        stream.send_auth("EXTERNAL", FAR.encode())
        if refused:
            await stream.expect_failure("invalid-mechanism")
            stream.claim("key")
            await stream.expect(f"<db:result type='error'>{error('not-authorized')}</db:result>")
            stream.send(message(f"romeo@{FAR}", f"bob@{HOST}"))
            await stream.expect_stream_error("not-authorized")
        else:
            await stream.expect("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")


@test("RFC 6120 §13.7.2")
async def a_stranger_s_authority_proves_nothing(world):
    async with federated(world, FAR) as (server, far):
        stream = await far.connect(server, certificate=server.authority.server("foreign", FAR))
        await stream.secure()
        await stream.open()
        assert stream.mechanisms == [], stream.features


@test("XEP-0178 §3", "TRAPS 17")
async def external_says_who_the_stream_is(world):
    async with federated(world, FAR) as (server, far):
        stream = await far.secured(server)
        stream.send_auth("EXTERNAL", OTHER.encode())
        await stream.expect_failure("invalid-authzid")
        stream.send_auth("PLAIN", b"x")
        await stream.expect_failure("invalid-mechanism")
        stream.send(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>!</auth>")
        await stream.expect_failure("incorrect-encoding")
        stream.send_auth("EXTERNAL", b"")
        await stream.expect("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")


# Policy


@test("DESIGN 4")
async def blocked_and_allowed_domains(world):
    s2s = {"policy": "blocked", "secure": [FAR]}
    async with federated(world, FAR, OTHER, s2s=s2s) as (server, far, other):
        alice = await world.client("alice", server=server)
        await far.connected(server)
        stream = await other.connect(server)
        stream.send_header()
        await stream.expect_stream_error("policy-violation")
        id = alice.message(f"juliet@{OTHER}")
        check_error(await alice.expect(f"<message id='{id}'/>"), "not-allowed", "cancel")


# Stanzas


@test("RFC 6120 §4.9.3.12", "TRAPS 18", "PEER stanza before proof")
async def nothing_before_proof(world):
    async with federated(world, FAR) as (server, far):
        stream = await far.secured(server)
        stream.send(message(f"romeo@{FAR}", f"bob@{HOST}"))
        await stream.expect_stream_error("not-authorized")


@test(
    "TRAPS 28",
    "RFC 6120 §8.1",
    "SECURITY 37",
    "PEER foreign from",
    cases={
        "another domain's": (f"<message from='a@{OTHER}' to='b@{HOST}'/>", "invalid-from"),
        "a subdomain's": (f"<message from='a@sub.{FAR}' to='b@{HOST}'/>", "invalid-from"),
        "ours": (f"<message from='a@{HOST}' to='b@{HOST}'/>", "invalid-from"),
        "no from": (f"<message to='b@{HOST}'/>", "improper-addressing"),
        "no to": (f"<message from='a@{FAR}'/>", "improper-addressing"),
        "to a stranger": (f"<message from='a@{FAR}' to='b@{OTHER}'/>", "host-unknown"),
        "of clients": (f"<message xmlns='jabber:client' from='a@{FAR}' to='b@{HOST}'/>", "invalid-namespace"),
        "unknown": ("<other/>", "unsupported-stanza-type"),
        "a broken from": (f"<message from='@{FAR}' to='b@{HOST}'/>", "invalid-from"),
    },
)
async def stanzas_that_end_the_stream(world, stanza, condition):
    async with federated(world, FAR) as (server, far):
        stream = await far.connected(server)
        stream.send(stanza)
        await stream.expect_stream_error(condition)


@test("RFC 6120 §8.1.1.1", "RFC 6120 §8.2.3")
async def stanzas_that_are_answered(world):
    async with federated(world, FAR) as (server, far):
        stream = await far.connected(server)
        for stanza, condition in (
            (f"<message from='a@{FAR}' to='b@c@{HOST}' id='1'/>", "jid-malformed"),
            (f"<iq from='a@{FAR}' to='{HOST}' type='get' id='1'/>", "bad-request"),
            (f"<iq from='a@{FAR}' to='{HOST}' type='what' id='1'><x xmlns='urn:x'/></iq>", "bad-request"),
        ):
            stream.send(stanza)
        back = await far.accepted()
        for condition in ("jid-malformed", "bad-request", "bad-request"):
            answer = await back.next()
            assert answer["to"] == f"a@{FAR}" and answer["id"] == "1", answer
            assert answer.child("error", SERVER).child(condition), answer


@test("RFC 6120 §4.8.3", "RULES 7")
async def other_ways_to_write_the_same(world):
    async with federated(world, FAR) as (server, far):
        bob = await world.client("bob", server=server, online=0)
        stream = await far.connect(server)
        await stream.secure()
        await stream.open(xmlns_x="urn:example:x")
        stream.send_auth("EXTERNAL", b"")
        await stream.expect("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
        await stream.open(xmlns_x="urn:example:x")
        stream.send(f"<message from='a@{FAR}' to='{bob.full}'><body>1</body><x:y/></message>")
        await bob.expect("<message><body>1</body><y xmlns='urn:example:x'/></message>")
        stamp = "stamp='2020-01-01T00:00:00Z'"
        stream.send(
            f"<message from='a@{FAR}' to='{bob.full}'><body>2</body>"
            f"<stanza-id xmlns='urn:xmpp:sid:0' id='forged' by='{bob.bare}'/>"
            f"<stanza-id xmlns='urn:xmpp:sid:0' id='theirs' by='a@{FAR}'/>"
            f"<delay xmlns='urn:xmpp:delay' from='{HOST}' {stamp}/></message>"
        )
        got = await bob.expect("<message><body>2</body></message>")
        stamps = {(e["by"], e["id"]) for e in got.all("stanza-id")}
        assert (f"a@{FAR}", "theirs") in stamps and not got.all("delay"), got
        assert all(id != "forged" for _, id in stamps), got


# The stream itself


@test(
    "RFC 6120 §4.7",
    "TRAPS 15",
    cases={
        "an unknown host": (dict(to="nobody.example"), "host-unknown"),
        "no version": (dict(version=None), "unsupported-version"),
        "clients' namespace": (dict(xmlns="jabber:client"), "invalid-namespace"),
        "one of ours": ({"from": HOST}, "invalid-from"),
        "an account": ({"from": f"a@{FAR}"}, "invalid-from"),
    },
)
async def headers(world, attributes, condition):
    async with federated(world, FAR) as (server, far):
        stream = await far.connect(server)
        stream.send_header(**attributes)
        await stream.expect_stream_error(condition)


@test(
    "SECURITY 37",
    "PEER changed header",
    cases={
        "from": ({"from": OTHER}, "invalid-from"),
        "no from": ({"from": None}, "invalid-from"),
        "to": ({"to": SECOND}, "not-authorized"),
    },
)
async def a_restart_changes_nobody(world, attributes, condition):
    async with federated(world, FAR, OTHER) as (server, far, other):
        stream = await far.connect(server)
        await stream.secure()
        stream.restart()
        stream.send_header(**attributes)
        await stream.expect_stream_error(condition)


@test("SECURITY 3")
async def little_before_proof(world):
    async with federated(world, FAR) as (server, far):
        stream = await far.connect(server)
        await stream.open()
        stream.send(f"<db:result from='{FAR}' to='{HOST}'>" + "x" * 9000)
        await stream.expect_stream_error("policy-violation")
    async with federated(world, FAR, s2s={"negotiation_timeout": "1s"}) as (server, far):
        stream = await far.connect(server)
        await stream.open()
        await stream.expect_stream_error("connection-timeout")


@test("RULES 4", cases={"over one stream": 1, "over two streams together": 2})
async def no_faster_than_it_may(world, streams):
    async with federated(world, FAR, limits={"s2s_bytes_per_second": "64KiB"}) as (server, far):
        bob = await world.client("bob", server=server, online=0)
        streams = [await far.connected(server) for _ in range(streams)]
        began = time.monotonic()
        for number in range(40):  # 160 KiB, of which a second's worth may come at once
            streams[number % len(streams)].send(message(f"romeo@{FAR}", bob.full, "x" * 4096))
        for _ in range(40):
            await bob.expect("<message/>")
        assert time.monotonic() - began > 1, "faster than the rate"


@test("SECURITY 3", "RULES 4", "PEER reconnect storm")
async def a_storm_of_connections(world):
    limits = {"trusted": [], "unauthenticated_per_address": 5}
    async with federated(world, FAR, limits=limits) as (server, far):
        streams = [await far.connect(server, source="127.0.9.1") for _ in range(12)]
        for stream in streams[:5]:
            await stream.open()
        for stream in streams[5:]:
            try:
                stream.send_header()
                await stream.expect_end()
            except (EndOfStream, ConnectionError, SSL.Error):
                pass
        elsewhere = await far.connect(server, source="127.0.9.2")
        await elsewhere.secure()
        await elsewhere.authenticate_external()


@test("RULES 4", "PEER reconnect storm")
async def a_server_that_comes_again_and_again(world):
    async with federated(world, FAR) as (server, far):
        bob = await world.client("bob", server=server, online=0)
        for number in range(20):
            stream = await far.connected(server)
            stream.send(message(f"romeo@{FAR}", bob.full, f"text {number}"))
            await bob.expect(f"<message from='romeo@{FAR}'><body>text {number}</body></message>")
            stream.wire.reset()
        await server.logged("s2s.in_closed", 20)
        _, out = await server.ctl("s2s", "list", "--json")
        assert json.loads(out)["streams"] == [], out


@test("RULES 4", "PEER reconnect storm")
async def proven_streams_of_an_address_are_bounded_too(world):
    limits = {"trusted": [], "connections_per_address": 3}
    async with federated(world, FAR, limits=limits) as (server, far):

        async def come(source="127.0.9.3"):
            stream = await far.connect(server, source=source)
            await stream.secure()
            await stream.authenticate_external()
            return stream

        streams = [await come() for _ in range(3)]
        try:
            await come()
            raise AssertionError("a fourth stream")
        except (EndOfStream, ConnectionError, SSL.Error):
            pass
        await come("127.0.9.4")
        streams[0].send("</stream:stream>")
        await streams[0].expect_close()
        await server.logged("s2s.in_closed")
        await come()
