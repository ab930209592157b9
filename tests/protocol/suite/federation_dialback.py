"""Dialback (XEP-0220), as the server that receives the claim: the test plays the one that makes it."""
from harness import federated, test
from harness.peer import dialback_key
from harness.server import HOST, SECOND

FAR, OTHER = "far.example", "other.example"
DIALBACK = {"policy": "dialback"}


def error(condition):
    return f"<error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"


def message(sender, to):
    return f"<message from='{sender}' to='{to}' type='chat'><body>x</body></message>"


async def proven_by_dialback(peer, server, stream, key="secret-key", host=HOST, answer="valid"):
    """The claim on `stream` is verified, or not, by the peer as the authoritative server."""
    stream.claim(key, to=host)
    asked = await peer.incoming(host)
    await asked.serve_tls()
    await asked.greet("")
    verify = await asked.wait_for(f"<db:verify from='{host}' to='{peer.domain}' id='*'/>")
    assert verify.text == key and verify["id"] == stream.header["id"], verify
    asked.send(f"<db:verify from='{peer.domain}' to='{host}' id='{verify['id']}' type='{answer}'/>")
    return asked


@test("XEP-0220 §2.2.1", "XEP-0220 §2.1.2")
async def dialback(world):
    async with federated(world, FAR, s2s=DIALBACK) as (server, far):
        bob = await world.client("bob", server=server, online=0)
        stream = await far.secured(server)
        assert stream.features.child("dialback").child("errors"), stream.features
        await proven_by_dialback(far, server, stream)
        await stream.expect(f"<db:result from='{HOST}' to='{FAR}' type='valid'/>")
        stream.send(message(f"romeo@{FAR}", bob.full))
        await bob.expect(f"<message from='romeo@{FAR}'/>")


@test("XEP-0220 §2.2.1", "SECURITY 8", "PEER key of another stream")
async def a_key_that_the_domain_does_not_know_ends_the_stream(world):
    async with federated(world, FAR, s2s=DIALBACK) as (server, far):
        stream = await far.secured(server)
        await proven_by_dialback(far, server, stream, "key-of-another-stream", answer="invalid")
        await stream.expect(f"<db:result from='{HOST}' to='{FAR}' type='invalid'/>")
        await stream.expect_close()


@test("XEP-0220 §2.4", "SECURITY 9")
async def an_answer_to_another_question_proves_nothing(world):
    async with federated(world, FAR, OTHER, s2s=DIALBACK) as (server, far, other):
        stream = await far.secured(server)
        stream.claim("key")
        asked = await far.incoming()
        await asked.serve_tls()
        await asked.greet("")
        verify = await asked.wait_for("<db:verify id='*'/>")
        for wrong in (
            f"<db:verify from='{FAR}' to='{HOST}' id='not-{verify['id']}' type='valid'/>",
            f"<db:verify from='{OTHER}' to='{HOST}' id='{verify['id']}' type='valid'/>",
            f"<db:verify from='{FAR}' to='{SECOND}' id='{verify['id']}' type='valid'/>",
            f"<db:result from='{OTHER}' to='{HOST}' type='valid'/>",
        ):
            asked.send(wrong)
        asked.send(f"<db:verify from='{FAR}' to='{HOST}' id='{verify['id']}' type='invalid'/>")
        await stream.expect("<db:result type='invalid'/>")


@test("XEP-0220 §2.4", "PEER domain not offered")
async def claims_that_cannot_be_verified(world):
    async with federated(world, FAR, s2s=DIALBACK) as (server, far):
        stream = await far.secured(server)
        for own, to, condition in (
            (FAR, "nobody.example", "item-not-found"),
            (SECOND, HOST, "not-acceptable"),
            ("nowhere.example", HOST, "remote-server-not-found"),
        ):
            stream.claim("key", own, to)
            await stream.expect(
                f"<db:result from='{to}' to='{own}' type='error'>{error(condition)}</db:result>"
            )
        # None of that was the end of the stream.
        await proven_by_dialback(far, server, stream)
        await stream.expect("<db:result type='valid'/>")


@test("XEP-0220 §2.5", "SECURITY 37")
async def each_pair_is_proven_by_itself(world):
    async with federated(world, FAR, s2s=DIALBACK) as (server, far):
        bob = await world.client("bob", server=server, online=0)
        carol = await world.client("carol", host=SECOND, server=server, online=0)
        stream = await far.secured(server)
        await proven_by_dialback(far, server, stream)
        await stream.expect(f"<db:result from='{HOST}' type='valid'/>")
        await proven_by_dialback(far, server, stream, "second-key", host=SECOND)
        await stream.expect(f"<db:result from='{SECOND}' type='valid'/>")
        stream.send(message(f"romeo@{FAR}", bob.full) + message(f"romeo@{FAR}", carol.full))
        await bob.expect(f"<message from='romeo@{FAR}'/>")
        await carol.expect(f"<message from='romeo@{FAR}'/>")


@test(
    "XEP-0220 §2.5",
    "SECURITY 37",
    "PEER mixed domains",
    "PEER foreign from",
    cases={"another host of ours": (FAR, SECOND), "another domain": (OTHER, HOST)},
)
async def what_one_pair_has_proven_is_no_other_s(world, sender, host):
    async with federated(world, FAR, OTHER, s2s=DIALBACK) as (server, far, other):
        stream = await far.secured(server)
        await proven_by_dialback(far, server, stream)
        await stream.expect(f"<db:result from='{HOST}' to='{FAR}' type='valid'/>")
        stream.send(message(f"romeo@{sender}", f"bob@{host}"))
        await stream.expect_stream_error("invalid-from")


@test("XEP-0220 §2.2.1", "XEP-0220 §2.5", "PEER mixed domains")
async def a_false_claim_beside_a_proven_one(world):
    async with federated(world, FAR, OTHER, s2s=DIALBACK) as (server, far, other):
        bob = await world.client("bob", server=server, online=0)
        stream = await far.secured(server)
        await proven_by_dialback(far, server, stream)
        await stream.expect(f"<db:result from='{HOST}' to='{FAR}' type='valid'/>")
        stream.claim("a key of nobody", own=OTHER)
        asked = await other.incoming()
        await asked.serve_tls()
        await asked.greet("")
        verify = await asked.wait_for(f"<db:verify from='{HOST}' to='{OTHER}' id='*'/>")
        asked.send(f"<db:verify from='{OTHER}' to='{HOST}' id='{verify['id']}' type='invalid'/>")
        await stream.expect(
            f"<db:result from='{HOST}' to='{OTHER}' type='error'>{error('forbidden')}</db:result>"
        )
        # Others rely on the stream: it goes on, for the pair that it has proven.
        stream.send(message(f"romeo@{FAR}", bob.full))
        await bob.expect(f"<message from='romeo@{FAR}'/>")
        stream.send(message(f"romeo@{OTHER}", bob.full))
        await stream.expect_stream_error("invalid-from")


@test("XEP-0220 §2.2.2", "SECURITY 10")
async def questions_about_keys_are_answered_without_proof(world):
    async with federated(world, FAR, s2s=DIALBACK) as (server, far):
        stream = await far.secured(server)
        stream.ask("0" * 64, "some-stream")
        await stream.expect(f"<db:verify from='{HOST}' to='{FAR}' id='some-stream' type='invalid'/>")
        stream.ask(dialback_key("", FAR, HOST, "s"), "s")
        await stream.expect("<db:verify id='s' type='invalid'/>")
        stream.ask("0", "s", to="nobody.example")
        await stream.expect(
            f"<db:verify from='nobody.example' id='s' type='error'>{error('item-not-found')}</db:verify>"
        )


@test(
    "SECURITY 9",
    "XEP-0220 §2.2",
    "PEER unsolicited dialback result",
    cases={
        "result": f"<db:result from='{FAR}' to='{HOST}' type='valid'/>",
        "verify": f"<db:verify from='{FAR}' to='{HOST}' id='1' type='valid'/>",
    },
)
async def answers_that_nobody_asked_for(world, answer):
    async with federated(world, FAR, s2s=DIALBACK) as (server, far):
        stream = await far.secured(server)
        stream.send(answer)
        await stream.expect_stream_error("policy-violation")
