"""Streams that carry stanzas both ways (XEP-0288): the test plays the other server, or two of ours meet."""
import json

from harness import SASL, federated, federation, test
from harness.managed import SM, sm
from harness.peer import EXTERNAL
from harness.server import HOST

FAR, OTHER = "far.example", "other.example"
ROMEO = f"romeo@{FAR}"
FEATURE = "<bidi xmlns='urn:xmpp:features:bidi'/>"
MANAGED = f"<sm xmlns='{SM}'/>"
BIDI = "<bidi xmlns='urn:xmpp:bidi'/>"


def message(to, body="x", sender=ROMEO):
    return f"<message from='{sender}' to='{to}' id='{body}' type='chat'><body>{body}</body></message>"


async def theirs(server, far):
    """A stream to the server under test, proven by EXTERNAL, that asked for both directions."""
    stream = await far.secured(server)
    assert stream.features.child("bidi", "urn:xmpp:features:bidi"), stream.features
    stream.send(BIDI)
    stream.send_auth("EXTERNAL", FAR.encode())
    await stream.expect(f"<success xmlns='{SASL}'/>")
    await stream.open()
    assert stream.features.child("bidi", "urn:xmpp:features:bidi") is None, stream.features
    return stream


async def ours(far, features=""):
    """A stream of the server under test that asked for both directions."""
    stream = await far.incoming()
    await stream.serve_tls()
    await stream.greet(EXTERNAL + FEATURE)
    await stream.expect(BIDI)
    await stream.take_external(features)
    return stream


async def take_enable(stream, id):
    await stream.expect(sm("enable", resume="true"))
    stream.send(sm("enabled", id=id, resume="true"))


@test("XEP-0288 §2", threads=True)
async def stanzas_come_back_on_a_stream_that_asks_for_it(world):
    async with federated(world, FAR) as (server, far):
        bob = await world.client("bob", server=server, online=0)
        stream = await theirs(server, far)
        stream.send(message(bob.full))
        await bob.expect(f"<message from='{ROMEO}'/>")
        for number in range(20):
            bob.message(ROMEO, f"n{number}")
        await stream.take_messages(*(f"n{number}" for number in range(20)))
        stream.send("</stream:stream>")
        await stream.expect_close()
        # What comes when it is gone goes over one of ours.
        bob.message(ROMEO, "later")
        own = await far.accepted()
        await own.expect(f"<message from='{bob.full}'><body>later</body></message>")


@test("XEP-0288 §2")
async def nothing_comes_back_where_nobody_asked(world):
    async with federated(world, FAR) as (server, far):
        bob = await world.client("bob", server=server, online=0)
        stream = await far.connected(server)
        stream.send(message(bob.full))
        await bob.expect(f"<message from='{ROMEO}'/>")
        bob.message(ROMEO, "there")
        await (await far.accepted()).take_messages("there")


@test("XEP-0288 §2")
async def may_be_turned_off(world):
    async with federated(world, FAR, s2s={"bidirectional": False}) as (server, far):
        stream = await far.secured(server)
        assert stream.features.child("bidi", "urn:xmpp:features:bidi") is None, stream.features
        stream.send(BIDI)
        await stream.expect_stream_error("invalid-namespace")
        bob = await world.client("bob", server=server, online=0)
        bob.message(ROMEO, "there")
        stream = await far.incoming()
        await stream.serve_tls()
        await stream.greet(EXTERNAL + FEATURE)
        await stream.take_external()
        await stream.take_messages("there")


@test("XEP-0288 §2", "XEP-0220 §2.2")
async def with_dialback_keys_are_verified_elsewhere(world):
    async with federated(world, FAR, s2s={"policy": "dialback"}) as (server, far):
        bob = await world.client("bob", server=server, online=0)
        stream = await far.secured(server)
        stream.send(BIDI)
        stream.claim("key")
        asked = await far.incoming()
        await asked.serve_tls()
        await asked.greet(FEATURE)
        verify = await asked.expect(f"<db:verify from='{HOST}' to='{FAR}' id='*'/>")
        asked.send(f"<db:verify from='{FAR}' to='{HOST}' id='{verify['id']}' type='valid'/>")
        await asked.expect_close()  # it was made for that question only
        await stream.expect(f"<db:result from='{HOST}' to='{FAR}' type='valid'/>")
        stream.send(message(bob.full))
        await bob.expect(f"<message from='{ROMEO}'/>")
        bob.message(ROMEO, "there")
        await stream.take_messages("there")


@test(
    "XEP-0288 §2",
    cases={
        "after the proof": ("connected", BIDI, "invalid-namespace"),
        "before TLS": ("plain", BIDI, "invalid-namespace"),
        "another element": ("secured", "<what xmlns='urn:xmpp:other'/>", "invalid-namespace"),
    },
)
async def only_between_tls_and_proof(world, state, xml, condition):
    async with federated(world, FAR) as (server, far):
        if state == "plain":
            stream = await far.connect(server)
            await stream.open()
        else:
            stream = await getattr(far, state)(server)
        stream.send(xml)
        await stream.expect_stream_error(condition)


@test("XEP-0288 §2", threads=True)
async def our_streams_take_stanzas_of_a_server_that_knows_how(world):
    async with federated(world, FAR) as (server, far):
        bob = await world.client("bob", server=server, online=0)
        bob.message(ROMEO, "there")
        stream = await ours(far)
        await stream.take_messages("there")
        for number in range(20):
            stream.send(message(bob.full, f"n{number}"))
        for number in range(20):
            await bob.expect(f"<message from='{ROMEO}' id='n{number}'/>")
        stream.send(f"<iq type='get' from='{FAR}' to='{HOST}' id='1'><ping xmlns='urn:xmpp:ping'/></iq>")
        await stream.expect(f"<iq type='result' from='{HOST}' to='{FAR}' id='1'/>")


@test(
    "XEP-0288 §2",
    "SECURITY 37",
    cases={
        "another domain's": (message(f"b@{HOST}", sender=f"a@{OTHER}"), "invalid-from"),
        "to another host": (message("b@second.example"), "invalid-from"),
        "to a stranger": (message(f"b@{OTHER}"), "host-unknown"),
        "without a sender": (f"<message to='b@{HOST}'/>", "improper-addressing"),
        "an answer to no question": (
            f"<db:what xmlns:db='jabber:server:dialback' from='{FAR}' to='{HOST}'/>",
            "unsupported-stanza-type",
        ),
    },
)
async def what_may_not_come_on_our_streams(world, stanza, condition):
    async with federated(world, FAR) as (server, far):
        bob = await world.client("bob", server=server, online=0)
        bob.message(ROMEO, "there")
        stream = await ours(far)
        await stream.take_messages("there")
        stream.send(stanza)
        await stream.expect_stream_error(condition)


@test("XEP-0288 §2", "XEP-0220 §2.4")
async def further_domains_are_refused_on_our_streams(world):
    async with federated(world, FAR) as (server, far):
        bob = await world.client("bob", server=server, online=0)
        bob.message(ROMEO, "there")
        stream = await ours(far)
        await stream.take_messages("there")
        stream.send(f"<db:result from='rooms.{FAR}' to='{HOST}'>key</db:result>")
        await stream.expect(f"<db:result from='{HOST}' to='rooms.{FAR}' type='error'/>")
        stream.send(f"<db:verify from='{OTHER}' to='{HOST}' id='1'>key</db:verify>")
        await stream.expect(f"<db:verify from='{HOST}' to='{OTHER}' id='1' type='invalid'/>")


# Both directions are counted (XEP-0198)


@test("XEP-0288 §2", "XEP-0198 §5", threads=True)
async def their_stream_is_resumed_in_both_directions(world):
    async with federated(world, FAR) as (server, far):
        bob = await world.client("bob", server=server, online=0)
        stream = await theirs(server, far)
        stream.send(sm("enable", resume="true"))
        id = (await stream.expect(sm("enabled", id="*", resume="true")))["id"]
        stream.send(message(bob.full, "hello"))
        await bob.expect("<message id='hello'/>")
        for number in range(4):
            bob.message(ROMEO, f"n{number}")
        await stream.take_messages("n0", "n1", "n2", "n3")
        stream.send(sm("a", h="1"))
        stream.wire.reset()
        bob.message(ROMEO, "n4")
        stream = await theirs(server, far)
        stream.send(sm("resume", previd=id, h="3"))
        await stream.expect(sm("resumed", previd=id, h="1"))
        await stream.take_messages("n3", "n4")
        await stream.expect(sm("r"))
        stream.send(sm("a", h="9"))
        await stream.expect_stream_error("undefined-condition")


@test("XEP-0288 §2", "XEP-0198 §3")
async def what_came_back_before_the_counting_is_not_counted(world):
    async with federated(world, FAR) as (server, far):
        bob = await world.client("bob", server=server, online=0)
        stream = await theirs(server, far)
        stream.send(message(bob.full, "hello"))
        await bob.expect("<message id='hello'/>")
        bob.message(ROMEO, "n0")
        await stream.take_messages("n0")
        stream.send(sm("enable"))
        await stream.expect(sm("enabled"))
        bob.message(ROMEO, "n1")
        await stream.take_messages("n1")
        await stream.expect(sm("r"))
        stream.send(sm("a", h="2"))
        await stream.expect_stream_error("undefined-condition")


@test("XEP-0288 §2", "XEP-0198 §5", threads=True)
async def our_stream_is_resumed_in_both_directions(world):
    async with federated(world, FAR) as (server, far):
        bob = await world.client("bob", server=server, online=0)
        bob.message(ROMEO, "there")
        stream = await ours(far, MANAGED)
        await take_enable(stream, "s1")
        await stream.take_messages("there")
        await stream.expect(sm("r"))
        stream.send(sm("a", h="1"))
        for number in range(3):
            stream.send(message(bob.full, f"n{number}"))
        stream.send(sm("r"))
        await stream.wait_for(sm("a", h="3"))
        stream.wire.reset()
        # Nothing of ours is under way, but the other side must learn what has come.
        stream = await ours(far, MANAGED)
        await stream.expect(sm("resume", previd="s1", h="3"))
        stream.send(sm("resumed", previd="s1", h="1"))
        stream.send(message(bob.full, "n3"))
        for number in range(4):
            await bob.expect(f"<message id='n{number}'/>")
        stream.send(sm("r"))
        await stream.wait_for(sm("a", h="4"))


@test("XEP-0288 §2", "XEP-0198 §5")
async def what_came_back_is_forgotten_with_their_stream(world):
    async with federated(world, FAR) as (server, far):
        bob = await world.client("bob", server=server, online=0)
        bob.message(ROMEO, "there")
        stream = await ours(far, MANAGED)
        await take_enable(stream, "s1")
        await stream.take_messages("there")
        stream.send(message(bob.full, "n0"))
        await bob.expect("<message id='n0'/>")
        stream.wire.reset()
        stream = await ours(far, MANAGED)
        await stream.expect(sm("resume", previd="s1", h="1"))
        why = "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
        stream.send(sm("failed").replace("/>", f">{why}</failed>"))
        await take_enable(stream, "s2")
        await stream.take_messages("there")
        stream.send(message(bob.full, "n1"))
        stream.send(sm("r"))
        await stream.wait_for(sm("a", h="1"))


# Two of ours


async def streams(server):
    _, out = await server.ctl("s2s", "list", "--json")
    return [(line["direction"], line["state"], line["proof"]) for line in json.loads(out)["streams"]]


@test("XEP-0288 §2", cases={"EXTERNAL": True, "dialback": False}, threads=True)
async def two_servers_share_one_connection(world, certificates):
    policy = {} if certificates else {"policy": "dialback"}
    proof = "EXTERNAL" if certificates else "dialback"
    async with federation(world, "one.example", "two.example", certificates=certificates, s2s=policy) as (
        one,
        two,
    ):
        alice = await world.client("alice", server=one, online=0)
        bob = await world.client("bob", server=two, online=0)
        for number in range(5):
            alice.message(bob.full, f"a{number}")
            await bob.expect(f"<message from='{alice.full}'><body>a{number}</body></message>")
            bob.message(alice.full, f"b{number}")
            await alice.expect(f"<message from='{bob.full}'><body>b{number}</body></message>")
        assert await streams(one) == [("both", "open", proof)], await streams(one)
        [(direction, state, how)] = await streams(two)
        assert (direction, state) == ("both", "open") and proof in how, how
