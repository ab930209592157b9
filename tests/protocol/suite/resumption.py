"""Stream management: coming back to a session whose connection is gone (XEP-0198 §5)."""
import asyncio
import random

from harness import EndOfStream, test
from harness.managed import SM, asleep, failed, managed, managed_login

PING = "<ping xmlns='urn:xmpp:ping'/>"


@test(
    "TRAPS 19",
    "XEP-0198 §5",
    threads=True,
    cases={"direct": "direct", "starttls": "starttls", "WebSocket": "wss"},
)
async def nothing_is_lost_and_nothing_doubled(world, security):
    """Whichever listener and thread the client comes back on."""
    alice, bob = await world.client("alice"), await managed(world, "bob", online=0)
    bob.answers = False
    alice.message(bob.full, "seen", id="seen")
    await bob.wait_for("<message id='seen'/>")
    alice.message(bob.full, "unseen", id="unseen")
    await alice.request("get", PING, world.host)
    await asleep(bob, world.server)
    for number in range(5):
        alice.message(bob.bare if number % 2 else bob.full, "asleep", id=str(number))
    bob = await bob.resume(world, security=security)
    for id in ("unseen", "0", "1", "2", "3", "4"):
        got = await bob.expect(f"<message id='{id}'/>")
        assert not got.child("delay"), got  # it arrives when it was meant to
    bob.acknowledge()
    bob.message(alice.full, "back", id="back")
    await alice.expect(f"<message id='back' from='{bob.full}'/>")
    await bob.acked()


@test("TRAPS 19", "TRAPS 11", "XEP-0198 §5")
async def presence_is_as_if_it_had_never_gone(world):
    alice, bob = await world.friends()
    bob2 = await managed_login(world, bob.account, online=3)
    await alice.wait_for(f"<presence from='{bob2.full}'/>")
    await asleep(bob2, world.server)
    again = await bob2.resume(world)
    await alice.expect_nothing(after=again)
    alice.send("<presence><show>away</show></presence>")
    await again.wait_for(f"<presence from='{alice.full}'><show>away</show></presence>")
    again.send("<presence type='unavailable'/>")
    await alice.wait_for(f"<presence type='unavailable' from='{bob2.full}'/>")


@test("XEP-0198 §5", "TRAPS 19")
async def what_the_server_handled_is_not_sent_twice(world):
    alice, bob = await managed(world), await world.client("bob", online=0)
    for number in range(10):
        alice.message(bob.full, "x", id=str(number))
    alice.cut()
    alice = await alice.resume(world)  # sends again what the server has not counted
    alice.message(bob.full, "x", id="10")
    for number in range(11):
        await bob.expect(f"<message id='{number}'/>")
    await alice.acked()


@test("XEP-0198 §5", "SECURITY 35")
async def only_the_own_account_can_resume(world):
    alice, mallory = await managed(world), await managed(world, "mallory")
    alice.cut()
    thief, _ = await mallory.cannot_resume(world, id=alice.id)
    await thief.bind()  # and goes on as if nothing had been
    again = await alice.resume(world)
    await again.iq("get", PING, world.host)


@test(
    "XEP-0198 §5",
    "SECURITY 35",
    cases={
        "unknown": ("previd='nothing' h='0'", "item-not-found"),
        "no id": ("h='0'", "bad-request"),
        "empty id": ("previd='' h='0'", "bad-request"),
        "no count": ("previd='nothing'", "bad-request"),
        "negative count": ("previd='nothing' h='-1'", "bad-request"),
    },
)
async def resumptions_that_cannot_be(world, attributes, condition):
    alice = await world.login(await world.account(), bind=False)
    alice.send(f"<resume xmlns='{SM}' {attributes}/>")
    await alice.expect(failed(condition))
    await alice.bind()


@test("XEP-0198 §5")
async def a_stream_that_was_not_to_be_resumed_is_not(world):
    alice, bob = await world.client("alice"), await managed(world, "bob", online=0, resume=None)
    bob.answers = False
    alice.message(bob.full, "x", id="x")
    await bob.wait_for("<message id='x'/>")
    bob.cut()
    again = await world.login(bob.account)
    again.send("<presence/>")
    await again.wait_for("<message id='x'/>")


@test("XEP-0198 §5", "TRAPS 11", threads=True)
async def the_time_is_up(world):
    """Presence goes, messages go offline, and who comes too late is told how far it had got."""
    async with world.own_server({"c2s": {"resume_timeout": world.seconds(2)}}) as server:
        alice = await world.client("alice", online=0, server=server)
        bob = await managed(world, "bob", online=0, server=server)
        bob.presence(alice.full)
        await alice.expect(f"<presence from='{bob.full}'/>")
        await bob.acked()
        bob.cut()
        alice.message(bob.full, "x", id="x")
        await alice.expect(f"<presence type='unavailable' from='{bob.full}'/>")
        again, answer = await bob.cannot_resume(world, server=server)
        assert answer["h"] == str(bob.sent), answer
        await again.bind()
        again.send("<presence/>")
        late = await again.wait_for("<message id='x'/>")
        assert late.child("delay", "urn:xmpp:delay"), late


@test("TRAPS 19", "XEP-0198 §5", threads=True)
async def the_old_connection_ends_with_a_conflict(world):
    alice = await managed(world, online=0)
    bob = await world.client("bob", online=0)
    bob.presence(alice.full)
    await alice.wait_for(f"<presence from='{bob.full}'/>")
    again = await alice.resume(world)
    while (got := await alice.next()).name != "error":
        pass
    assert got.child("conflict"), got
    again.message(bob.full, "still here", id="x")
    await bob.expect("<message id='x'/>")


@test("SECURITY 35", "XEP-0198 §5", threads=True)
async def resumed_by_two_at_once(world):
    """One of them has the session in the end, the other an error; never both, never none."""
    bob = await world.client("bob", online=0)
    for _ in range(world.rounds(5, 100)):
        alice = await managed(world, "alice", online=0)
        if random.random() < 0.5:
            alice.cut()
        rivals = [await alice.reconnect(world) for _ in range(3)]
        for rival in rivals:
            rival.ask_to_resume()
        outcomes = await asyncio.gather(*[last_word(rival) for rival in rivals])
        assert sorted(outcomes).count("resumed") == 1, outcomes
        winner = rivals[outcomes.index("resumed")]
        winner.message(bob.full, "x", id="won")
        await bob.expect(f"<message id='won' from='{alice.full}'/>")
        winner.cut()


async def last_word(rival):
    """`resumed` if the rival still has the session after all have tried, `failed` or `conflict` else."""
    word = (await rival.next()).name
    if word == "failed":
        return word
    try:
        rival.send_iq("get", PING, rival.domain)
        while (got := await rival.next()).name != "error":
            if got.name == "iq":
                # Nobody else is left to take it: the others were asked to try before.
                return await settled(rival)
        return "conflict"
    except EndOfStream:
        return "conflict"


async def settled(rival):
    for _ in range(3):
        rival.send_iq("get", PING, rival.domain)
        while (got := await rival.next()).name != "iq":
            if got.name == "error":
                return "conflict"
    return "resumed"


@test("TRAPS 19", "XEP-0198 §5", "SECURITY 35", cases={"too high": 3, "backwards": -1})
async def an_impossible_count_at_the_resumption(world, difference):
    alice, bob = await world.client(), await managed(world, "bob", online=0)
    alice.message(bob.full, "x", id="x")
    await bob.wait_for("<message id='x'/>")
    bob.acknowledge()
    await bob.iq("get", PING, world.host)
    bob.acknowledge()
    await asleep(bob, world.server)
    again = await bob.reconnect(world)
    again.ask_to_resume(handled=(bob.handled + difference) % 2**32)
    error = await again.expect_stream_error("undefined-condition")
    assert error.child("handled-count-too-high", SM), error
    await (await bob.resume(world)).iq("get", PING, world.host)  # the session was not harmed


@test("XEP-0198 §7", "TRAPS 19")
async def a_closed_stream_cannot_be_resumed(world):
    alice, bob = await world.friends()
    bob2 = await managed_login(world, bob.account, online=0)
    await alice.wait_for(f"<presence from='{bob2.full}'/>")
    await bob2.logout()
    await alice.wait_for(f"<presence type='unavailable' from='{bob2.full}'/>")
    await bob2.cannot_resume(world)


@test("XEP-0198 §5", "RFC 6120 §7.7")
async def binding_the_same_resource_ends_the_sleeping_session(world):
    alice = await world.client("alice", online=0)
    bob = await managed(world, "bob", resource="phone", online=0)
    await asleep(bob, world.server)
    alice.message(bob.full, "x", id="x")
    alice.message(bob.bare, "y", id="y")
    again = await managed_login(world, bob.account, resource="phone")
    again.send("<presence/>")
    for id in ("x", "y"):
        await again.wait_for(f"<message id='{id}'/>")
    await bob.cannot_resume(world)


@test("XEP-0198 §5", "RULES 4")
async def sleeping_sessions_make_room(world):
    async with world.own_server({"c2s": {"max_resources": 3}}) as server:
        account = await world.account(server=server)
        sleepers = [await managed_login(world, account, server=server) for _ in range(3)]
        for sleeper in sleepers:
            await asleep(sleeper, server)
        sessions = (await server.status())["sessions"]
        assert (sessions["total"], sessions["c2s"], sessions["sleeping"]) == (3, 0, 3), sessions
        await world.login(account, server=server)  # in the place of the first
        await sleepers[0].cannot_resume(world, server=server)
        await sleepers[2].resume(world, server=server)


@test("RULES 9", "XEP-0198 §4", threads=True)
async def sleeping_messages_survive_a_stop(world):
    async with world.own_server() as server:
        alice = await world.client("alice", server=server)
        bob = await managed(world, "bob", online=0, server=server)
        await asleep(bob, server)
        for number in range(20):
            alice.message(bob.full if number % 2 else bob.bare, "x", id=str(number))
        await alice.request("get", PING, server.host)
        await server.stop()
        await server.start()
        again = await world.login(bob.account, server=server)
        again.send("<presence/>")
        for number in range(20):
            assert (await again.wait_for("<message/>"))["id"] == str(number)


@test("TRAPS 8", "XEP-0198 §5", threads=True)
async def offline_messages_stay_until_they_are_acknowledged(world):
    """Cut off in the middle of the hand-out, again and again: each arrives, in order, none is lost."""
    alice, account = await world.client("alice"), await world.account("bob")
    for number in range(200):
        alice.message(account.bare, "x", id=str(number))
    await alice.request("get", PING, world.host)
    seen, bob = [], None
    while len(seen) < 200:
        bob = await managed_login(world, account, resume=None)
        bob.answers = False
        bob.send("<presence/>")
        for _ in range(random.randint(1, 120)):
            if len(seen) == 200:
                break
            bob.acknowledge(bob.handled - bob.unread)
            while (got := await bob.next()).name != "message":
                pass
            number = int(got["id"])
            assert number <= len(seen), (number, len(seen))
            if number == len(seen):
                seen.append(number)
        bob.cut()
    assert seen == list(range(200))


@test("TRAPS 19", "XEP-0198 §5", "SECURITY 35", "RULES 1", threads=True)
async def random_disconnects_under_load(world):
    """Both ends lose their connections all the time: every message arrives once and in order."""
    alice, bob = await managed(world, "alice", online=0), await managed(world, "bob", online=0)
    count = world.rounds(400, 20000)

    async def come_back(client):
        while True:
            again = await client.reconnect(world)
            again.ask_to_resume()
            answer = await again.next()
            assert answer.name == "resumed", answer
            again.resumed(answer)
            return again

    async def talk(client, peer):
        seen = sent = 0
        while seen < count or client.unacked:
            try:
                if sent < count:
                    for _ in range(random.randint(1, 20)):
                        if sent < count:
                            client.message(peer.full, "x", id=str(sent))
                            sent += 1
                client.ask()
                if random.random() < 0.1:
                    client.cut()
                    client = await come_back(client)
                    continue
                if seen < count:
                    got = await client.next()
                    while got.name != "message":
                        got = await client.next()
                    assert got["id"] == str(seen), f"number {seen} expected, {got} came"
                    seen += 1
                else:
                    await client.until(lambda c=client: not c.unacked)
            except EndOfStream:
                client = await come_back(client)
        await client.expect_nothing()

    await asyncio.gather(talk(alice, bob), talk(bob, alice))


@test(
    "RULES 3",
    "XEP-0198 §4",
    threads=True,
    cases={"stored": "", "no-store": "<no-store xmlns='urn:xmpp:hints'/>"},
)
async def a_silent_recipient_holds_no_sender_up(world, hint):
    """Acknowledged although the recipient sleeps: stored as a precaution, or not to be stored at all."""
    async with world.own_server({"features": {"archive": {"enabled": False}}}) as server:
        alice = await managed(world, server=server)
        bob = await managed(world, "bob", online=0, server=server)
        await asleep(bob, server)
        for number in range(5):
            alice.message(bob.full, "x", id=str(number), payload=hint)
        await alice.acked()
        bob = await bob.resume(world, server=server)
        for number in range(5):
            await bob.wait_for(f"<message id='{number}'/>")
        await bob.expect_nothing()  # nor from the store
        await bob.online(1)
        await bob.expect_nothing()


@test("XEP-0198 §5", "RULES 3", threads=True)
async def resumed_while_the_store_is_at_work(world):
    """`<resumed/>` waits for what the old connection brought, so that nothing is sent twice."""
    alice = await managed(world, online=0)
    await alice.roster()
    added = 0
    for _ in range(10):
        before = alice.sent
        for _ in range(20):
            alice.send_iq("set", f"<query xmlns='jabber:iq:roster'><item jid='c{added}@x.example'/></query>")
            added += 1
        await alice.request("get", PING, world.host)
        assert alice.sent == before + 21
        again = await alice.resume(world)
        assert not again.unacked, again.unacked
        alice = again
    assert len(await alice.roster()) == added
