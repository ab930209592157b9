"""What clients say that they want to hear of (XEP-0115, XEP-0163 §4.2), and how far it is believed; contacts
on other servers; reloads."""
from harness import STANZA_ERRORS, federation, pep, test
from harness.pep import hears_nothing, news, quiet
from harness.suite import befriend

NODE, OTHER = "urn:example:mood", "urn:example:nick"
ALPHA, BETA = "alpha.example", "beta.example"


# Capabilities


@test("XEP-0115 §5.4", "SECURITY 23", threads=True)
async def a_hash_that_does_not_match_is_not_believed(world):
    alice, bob = await world.friends()
    liar, honest = await world.another(bob), await world.another(bob)
    claimed, told = pep.Caps(OTHER), pep.Caps(NODE)
    await liar.online(0, claimed.presence())
    await pep.publish(alice, NODE, "happy")
    question = await liar.wait_for(claimed.question(liar.bare))
    lie = told.info(question.child("query")["node"])
    liar.send(f"<iq type='result' id='{question['id']}' to='{liar.bare}'>{lie}</iq>")
    await quiet(liar)
    # Nor does anybody else suffer from it who claims the same.
    await honest.online(0, claimed.presence())
    await pep.answer(honest, claimed)
    await quiet(liar, honest)
    await pep.publish(alice, NODE, "sad")
    await hears_nothing(alice, liar, honest)
    await pep.publish(alice, OTHER, "Al")
    await honest.expect(news(alice.bare, OTHER, "Al"))


@test("XEP-0115 §5.4", "SECURITY 23")
async def who_is_silent_keeps_nobody_waiting(world):
    alice, bob = await world.friends()
    await pep.publish(alice, NODE, "happy")
    silent, other = await world.another(bob), await world.another(bob)
    caps = pep.Caps(NODE)
    await silent.online(0, caps.presence())
    question = await silent.wait_for(caps.question(silent.bare))
    await other.online(0, caps.presence())
    await pep.answer(other, caps)
    for client in (other, silent):
        await client.wait_for(news(alice.bare, NODE, "happy"))
    silent.send(f"<iq type='error' id='{question['id']}' to='{silent.bare}'/>")
    await quiet(silent)


@test("XEP-0115 §5.4", "SECURITY 23")
async def only_the_one_who_was_asked_can_answer(world):
    alice, bob = await world.friends()
    caps = pep.Caps(NODE)
    await bob.online(0, caps.presence())
    question = await bob.wait_for(caps.question(bob.bare))
    info = caps.info(question.child("query")["node"])
    alice.send(f"<iq type='result' id='{question['id']}' to='{bob.bare}'>{info}</iq>")
    await alice.fence(bob)
    await pep.publish(alice, NODE, "happy")
    await quiet(bob)
    bob.send(f"<iq type='result' id='{question['id']}' to='{bob.bare}'>{info}</iq>")
    await bob.wait_for(news(alice.bare, NODE, "happy"))


@test("XEP-0115 §5", cases={"another hash": {"hash": "md5"}, "no hash": {"ver": "1.0"}})
async def what_cannot_be_verified_is_not_asked_for(world, claim):
    alice, bob = await world.friends()
    await bob.online(0, pep.Caps(NODE).presence(**claim))
    await pep.publish(alice, NODE, "happy")
    await hears_nothing(alice, bob)


# Other servers


@test("XEP-0163 §4.3", "XEP-0163 §4.3.4", "XEP-0115 §5", threads=True)
async def contacts_on_another_server(world):
    async with federation(world, ALPHA, BETA) as (alpha, beta):
        alice, bob = await world.client("alice", server=alpha), await world.client("bob", server=beta)
        for client in (alice, bob):
            await client.roster()
            await client.online()
        await befriend(alice, bob)
        await pep.publish(alice, NODE, "happy", "a")
        caps = pep.Caps(NODE)
        await bob.online(0, caps.presence())
        await pep.answer(bob, caps)  # to its own server
        await pep.answer(bob, caps, alice.bare)  # and to Alice's
        got = await bob.wait_for(news(alice.bare, NODE, "happy", "a"))
        assert got["to"] == bob.full and got.child("delay", "urn:xmpp:delay"), got
        await pep.publish(alice, NODE, "sad", "b")
        await bob.wait_for(news(alice.bare, NODE, "sad", "b"))
        await pep.publish(alice, OTHER, "Al")
        assert await pep.items(bob, NODE, to=alice.bare) == [("b", "sad")]
        await quiet(bob)
        # Who sends events back does not get more of them until it shows itself again.
        bob.send(
            f"<message type='error' to='{alice.bare}'><error type='cancel'><service-unavailable "
            f"xmlns='{STANZA_ERRORS}'/></error></message>"
        )
        await bob.fence(alice)
        await pep.publish(alice, NODE, "silent", "s")
        await hears_nothing(alice, bob)
        await bob.online(0, caps.presence())
        await bob.wait_for(news(alice.bare, NODE, "silent", "s"))
        bob.send("<presence type='unavailable'/>")
        await alice.wait_for(f"<presence from='{bob.full}' type='unavailable'/>")
        await quiet(bob)
        await pep.publish(alice, NODE, "calm", "c")
        await hears_nothing(alice, bob)


# Configuration


@test("RULES 9")
async def a_reload_forgets_no_wishes(world):
    async with world.own_server() as server:
        alice, bob = await world.friends(server=server)
        await pep.watch(bob, NODE)
        await quiet(bob)
        code, out = await server.ctl("reload")
        assert code == 0, out
        await pep.publish(alice, NODE, "happy")
        await bob.expect(news(alice.bare, NODE, "happy"))


@test("XEP-0163 §6.1")
async def switched_off(world):
    """Nothing is announced, answered or asked."""
    async with world.own_server({"features": {"pubsub": {"enabled": False}}}) as server:
        alice = await world.client(server=server)
        await alice.online(0, pep.Caps(NODE).presence())
        answer = await alice.iq("get", f"<query xmlns='{pep.INFO}'/>", alice.bare)
        assert not [i for i in answer.child("query").all("identity") if i["category"] == "pubsub"], answer
        assert not [
            f for f in answer.child("query").all("feature") if f["var"].startswith(pep.PUBSUB)
        ], answer
        for kind, payload in (("set", pep.publication(NODE, pep.entry("x"))), ("get", pep.wish(NODE))):
            await alice.iq_error(kind, payload, "service-unavailable")
        await quiet(alice)
