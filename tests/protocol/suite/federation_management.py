"""Streams between servers that lose and repeat nothing (XEP-0198): the test plays the other server."""
from harness import SASL, check_error, federated, test
from harness.managed import SM, managed, sm
from harness.server import HOST

FAR, OTHER = "far.example", "other.example"
ROMEO = f"romeo@{FAR}"
FEATURE = f"<sm xmlns='{SM}'/>"


def message(to, body, id=None):
    return f"<message from='{ROMEO}' to='{to}' id='{id or body}' type='chat'><body>{body}</body></message>"


def failed(condition, **attributes):
    inner = f"<{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
    return sm("failed", **attributes).replace("/>", f">{inner}</failed>")


async def enabled(stream):
    stream.send(sm("enable", resume="true"))
    return (await stream.expect(sm("enabled", id="*", resume="true", max="300")))["id"]


# As the side that receives


@test("XEP-0198 §3", "XEP-0198 §4")
async def counts_what_it_handles(world):
    async with federated(world, FAR) as (server, far):
        bob = await world.client("bob", server=server, online=0)
        stream = await far.connected(server)
        assert stream.features.child("sm", SM), stream.features
        await enabled(stream)
        stream.send(sm("r"))
        await stream.expect(sm("a", h="0"))
        for number in range(20):
            stream.send(message(bob.bare, f"n{number}"))
        stream.send(f"<iq type='get' from='{FAR}' to='{HOST}' id='1'/>")
        stream.send(sm("r"))
        got = await stream.expect(sm("a", h="*"))
        while int(got["h"]) < 21:  # what is refused is handled too
            got = await stream.expect(sm("a", h="*"))
        for number in range(20):
            await bob.expect(f"<message id='n{number}'/>")


@test("XEP-0198 §3", "XEP-0198 §5")
async def only_after_proof_and_once(world):
    async with federated(world, FAR) as (server, far):
        stream = await far.secured(server)
        for request in (sm("enable"), sm("resume", previd="1-x", h="0")):
            stream.send(request)
            await stream.expect(failed("unexpected-request"))
        stream.send_auth("EXTERNAL", FAR.encode())
        await stream.expect(f"<success xmlns='{SASL}'/>")
        await stream.open()
        await enabled(stream)
        for request in (sm("enable"), sm("resume", previd="1-x", h="0")):
            stream.send(request)
            await stream.expect(failed("unexpected-request"))
        stream.send(sm("what"))
        await stream.expect_stream_error("unsupported-stanza-type")


@test("XEP-0198 §5", threads=True)
async def is_resumed_with_what_was_handled(world):
    async with federated(world, FAR, OTHER) as (server, far, other):
        bob = await world.client("bob", server=server, online=0)
        stream = await far.connected(server)
        id = await enabled(stream)
        for number in range(5):
            stream.send(message(bob.bare, f"n{number}"))
        await bob.expect("<message id='n0'/>")
        stream.wire.reset()
        # Nobody else may have it, by whatever name.
        for peer, previd in ((other, id), (far, f"{id}x"), (far, "7-none"), (far, "")):
            stranger = await peer.connected(server)
            stranger.send(sm("resume", previd=previd, h="0"))
            await stranger.expect(failed("item-not-found"))
        again = await far.connected(server)
        again.send(sm("resume", previd=id, h="0"))
        handled = int((await again.expect(sm("resumed", previd=id, h="*")))["h"])
        for number in range(handled, 7):
            again.send(message(bob.bare, f"n{number}"))
        for number in range(1, 7):
            await bob.expect(f"<message id='n{number}'/>")
        again.send(sm("r"))
        got = await again.expect(sm("a", h="*"))
        while int(got["h"]) < 7:
            got = await again.expect(sm("a", h="*"))


@test("XEP-0198 §5")
async def a_connection_that_only_seems_alive_is_taken_over(world):
    async with federated(world, FAR) as (server, far):
        stream = await far.connected(server)
        id = await enabled(stream)
        again = await far.connected(server)
        again.send(sm("resume", previd=id, h="0"))
        await again.expect(sm("resumed", previd=id, h="0"))
        await stream.expect_end()
        again.send(sm("r"))
        await again.expect(sm("a", h="0"))


# As the side that sends


async def serve_managed(far, id="s1"):
    stream = await far.accepted(features=FEATURE)
    await stream.expect(sm("enable", resume="true"))
    stream.send(sm("enabled", id=id, resume="true"))
    return stream


@test("XEP-0198 §4", "XEP-0198 §5", threads=True)
async def what_was_not_acknowledged_is_sent_again(world):
    async with federated(world, FAR) as (server, far):
        alice = await world.client("alice", server=server)
        for number in range(4):
            alice.message(ROMEO, f"n{number}", id=f"n{number}")
        stream = await serve_managed(far)
        await stream.take_messages("n0", "n1", "n2", "n3")
        stream.send(sm("a", h="1"))
        stream.wire.reset()
        alice.message(ROMEO, "n4")
        stream = await far.accepted(features=FEATURE)
        await stream.expect(sm("resume", previd="s1", h="0"))
        stream.send(sm("resumed", previd="s1", h="3"))
        await stream.take_messages("n3", "n4")
        await stream.wait_for(sm("r"))
        stream.send(sm("a", h="5"))
        alice.message(ROMEO, "n5")
        await stream.take_messages("n5")


@test("XEP-0198 §5")
async def a_server_that_has_forgotten_gets_it_all(world):
    async with federated(world, FAR) as (server, far):
        alice = await world.client("alice", server=server)
        for number in range(3):
            alice.message(ROMEO, f"n{number}", id=f"n{number}")
        stream = await serve_managed(far)
        await stream.take_messages("n0", "n1", "n2")
        stream.wire.reset()
        stream = await far.accepted(features=FEATURE)
        await stream.expect(sm("resume", previd="s1", h="0"))
        stream.send(failed("item-not-found", h="1"))
        await stream.expect(sm("enable", resume="true"))
        stream.send(sm("enabled"))
        await stream.take_messages("n1", "n2")


@test("XEP-0198 §5", "RULES 3")
async def a_server_that_has_forgotten_and_is_lost_again(world):
    async with federated(world, FAR, s2s={"retry_min": "100ms"}) as (server, far):
        alice = await world.client("alice", server=server)
        for number in range(3):
            alice.message(ROMEO, f"n{number}", id=f"n{number}")
        stream = await serve_managed(far)
        await stream.take_messages("n0", "n1", "n2")
        stream.wire.reset()
        stream = await far.accepted(features=FEATURE)
        await stream.expect(sm("resume", previd="s1", h="0"))
        stream.send(failed("item-not-found", h="1"))
        await stream.expect(sm("enable", resume="true"))
        stream.wire.reset()
        await (await serve_managed(far, "s2")).take_messages("n1", "n2")
        await alice.expect_nothing()


@test("XEP-0198 §3")
async def a_server_that_refuses_to_count(world):
    async with federated(world, FAR) as (server, far):
        alice = await world.client("alice", server=server)
        alice.message(ROMEO, "n0")
        stream = await far.accepted(features=FEATURE)
        await stream.expect(sm("enable"))
        stream.send(failed("feature-not-implemented"))
        await stream.take_messages("n0")


@test("XEP-0198 §6")
async def a_count_that_cannot_be(world):
    async with federated(world, FAR, s2s={"retry_min": "100ms"}) as (server, far):
        alice = await world.client("alice", server=server)
        alice.message(ROMEO, "n0")
        stream = await serve_managed(far)
        await stream.take_messages("n0")
        await stream.expect(sm("r"))
        stream.send(sm("a", h="2"))
        await stream.expect_stream_error("undefined-condition")
        # What was sent is sent again, but not for ever to a server that goes on closing streams.
        for _ in range(2):
            stream = await far.accepted(features=FEATURE)
            await stream.expect(sm("resume", previd="s1"))
            stream.send(sm("resumed", previd="s1", h="0"))
            await stream.take_messages("n0")
            stream.send("</stream:stream>")
        check_error(await alice.expect("<message type='error'/>"), "remote-server-timeout", "wait")


@test("RULES 4")
async def a_server_that_acknowledges_nothing(world):
    limits = {"outbox_stall": world.seconds(1)}
    async with federated(world, FAR, limits=limits) as (server, far):
        alice = await world.client("alice", server=server)
        alice.message(ROMEO, "n0")
        stream = await serve_managed(far)
        await stream.take_messages("n0")
        stream = await far.incoming()  # the first is taken for dead
        await stream.serve_external(features=FEATURE)
        await stream.expect(sm("resume", previd="s1", h="0"))


# The spool (RULES 3)


@test("RULES 3", threads=True)
async def handled_means_acknowledged_or_stored(world):
    async with federated(world, FAR) as (server, far):
        alice = await managed(world, server=server)
        for number in range(3):
            alice.message(ROMEO, f"n{number}", id=f"n{number}")
        stream = await serve_managed(far)
        await stream.take_messages("n0", "n1", "n2")
        await alice.acked()  # by the spool, for nobody else has said so
        await server.kill()
        await server.start()
        stream = await serve_managed(far, "s2")
        for number in range(3):
            await stream.wait_for(f"<message from='{alice.full}' id='n{number}'/>")
        await stream.wait_for(sm("r"))
        stream.send(sm("a", h="3"))
        # A second start finds nothing: behind this message there is none of the first three.
        alice = await world.client("alice", server=server)
        stream.wire.close()
        await server.stop()
        await server.start()
        alice = await world.client("alice", server=server)
        alice.message(ROMEO, "n3")
        await (await serve_managed(far, "s3")).take_messages("n3")


@test("RULES 3", "RULES 9")
async def what_waits_survives_a_stop(world):
    async with federated(world, FAR) as (server, far):
        alice = await world.client("alice", server=server)
        alice.message(ROMEO, "n0")
        held = await far.incoming()  # and nothing is said to it
        alice.message(ROMEO, "n1")
        alice.message(ROMEO, "not this", payload="<no-store xmlns='urn:xmpp:hints'/>")
        alice.presence(f"juliet@{FAR}", "subscribe")
        await alice.iq("get", "<ping xmlns='urn:xmpp:ping'/>")
        await server.stop()
        held.wire.close()
        await server.start()
        stream = await serve_managed(far)
        await stream.take_messages("n0", "n1")
        await stream.wait_for(f"<presence type='subscribe' from='{alice.bare}' to='juliet@{FAR}'/>")
