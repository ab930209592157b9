"""Presence subscriptions (RFC 6121 §3): every row of the state tables of appendix A, and what goes with
them."""
from harness import test

ROSTER = "jabber:iq:roster"
# Alice's state towards Bob: how it comes about, as (who, what) in turn; Bob's is its mirror image.
SETUPS = {
    "none": [],
    "none+out": ["a subscribe"],
    "none+in": ["b subscribe"],
    "none+out+in": ["a subscribe", "b subscribe"],
    "to": ["a subscribe", "b subscribed"],
    "to+in": ["a subscribe", "b subscribed", "b subscribe"],
    "from": ["b subscribe", "a subscribed"],
    "from+out": ["b subscribe", "a subscribed", "a subscribe"],
    "both": ["a subscribe", "b subscribed", "b subscribe", "a subscribed"],
}
# What Alice then sends, in each state: her new state and whether Bob's clients see it. The routing of the
# outbound tables
# A.2 and the delivery of the inbound tables A.3 are one, since both live here.
TRANSITIONS = {
    "subscribe": {
        "none": ("none+out", True),
        "none+out": ("none+out", False),
        "none+in": ("none+out+in", True),
        "none+out+in": ("none+out+in", False),
        "to": ("to", False),
        "to+in": ("to+in", False),
        "from": ("from+out", True),
        "from+out": ("from+out", False),
        "both": ("both", False),
    },
    "unsubscribe": {
        "none": ("none", False),
        "none+out": ("none", True),
        "none+in": ("none+in", False),
        "none+out+in": ("none+in", True),
        "to": ("none", True),
        "to+in": ("none+in", True),
        "from": ("from", False),
        "from+out": ("from", True),
        "both": ("from", True),
    },
    "subscribed": {
        "none": ("none", False),
        "none+out": ("none+out", False),
        "none+in": ("from", True),
        "none+out+in": ("from+out", True),
        "to": ("to", False),
        "to+in": ("both", True),
        "from": ("from", False),
        "from+out": ("from+out", False),
        "both": ("both", False),
    },
    "unsubscribed": {
        "none": ("none", False),
        "none+out": ("none+out", False),
        "none+in": ("none", True),
        "none+out+in": ("none+out", True),
        "to": ("to", False),
        "to+in": ("to", True),
        "from": ("none", True),
        "from+out": ("none+out", True),
        "both": ("to", True),
    },
}
MIRROR = {
    "none": "none",
    "none+out": "none+in",
    "none+in": "none+out",
    "none+out+in": "none+out+in",
    "to": "from",
    "to+in": "from+out",
    "from": "to",
    "from+out": "to+in",
    "both": "both",
}
KINDS = tuple(TRANSITIONS)


def visible(state):
    """What the roster shows of a state: (subscription, ask). A pending request of the other side is never
    shown."""
    return state.partition("+")[0], "subscribe" if "+out" in state else None


async def shown(client, peer):
    item = (await client.roster()).get(peer.bare)
    return (item["subscription"], item["ask"]) if item else ("none", None)


async def settle(one, two):
    """Waits until everything that the first sent has had its effects at the second and back; returns what
    came to each."""
    await one.fence(two)
    await two.fence(one)
    got = []
    for client in (one, two):
        got.append([])
        while client.waiting:
            got[-1].append(await client.next())
    return got


def requests(stanzas):
    return [s["type"] for s in stanzas if s.name == "presence" and s["type"] in KINDS]


async def in_state(world, state):
    """Alice and Bob, both available, in that state; nothing is waiting."""
    alice, bob = await world.client("alice", online=0), await world.client("bob", online=0)
    for step in SETUPS[state]:
        who, kind = step.split()
        sender, receiver = (alice, bob) if who == "a" else (bob, alice)
        sender.presence(receiver.bare, kind)
        await settle(sender, receiver)
    assert (await shown(alice, bob), await shown(bob, alice)) == (visible(state), visible(MIRROR[state]))
    return alice, bob


@test(
    "TRAPS 12",
    "RFC 6121 §A",
    "RFC 6121 §3",
    cases={
        f"{state} {kind}": (state, kind, *row[state]) for kind, row in TRANSITIONS.items() for state in SETUPS
    },
)
async def transition(world, state, kind, new_state, delivered):
    alice, bob = await in_state(world, state)
    alice.presence(bob.bare, kind)
    at_alice, at_bob = await settle(alice, bob)
    assert requests(at_bob) == ([kind] if delivered else []), at_bob
    assert not requests(at_alice), at_alice
    for stanza in at_bob:
        if stanza["type"] in KINDS:
            assert stanza["from"] == alice.bare and stanza["to"] in (bob.bare, bob.full), stanza
    assert await shown(alice, bob) == visible(new_state), (await alice.roster(), at_alice)
    assert await shown(bob, alice) == visible(MIRROR[new_state]), (await bob.roster(), at_bob)


@test("TRAPS 12", "TRAPS 13", "RFC 6121 §3.1")
async def pushes_of_a_full_round(world):
    """One push for each change and interested resource; `befriend` checks every stanza."""
    alice, bob = await world.friends()
    await alice.expect_nothing(after=bob)
    await bob.expect_nothing(after=alice)


@test("TRAPS 2", "TRAPS 12", "RFC 6121 §3.1.2")
async def requests_go_between_bare_addresses(world):
    alice, bob = await world.client("alice", online=0), await world.client("bob", online=0)
    alice.send(f"<presence to='{bob.full}' type='subscribe' from='{alice.full}'/>")
    got = await bob.expect(f"<presence type='subscribe' from='{alice.bare}'/>")
    assert got["to"] in (bob.bare, None), got
    assert list(await alice.roster()) == [bob.bare]


@test("TRAPS 10", "TRAPS 12", "RFC 6121 §3.1.3")
async def a_request_waits_for_its_answer(world):
    alice, account = await world.client("alice"), await world.account("bob")
    alice.send(
        f"<presence to='{account.bare}' type='subscribe'><status>It is me</status>"
        "<nick xmlns='http://jabber.org/protocol/nick'>Al</nick></presence>"
    )
    request = (
        f"<presence type='subscribe' from='{alice.bare}'><status>It is me</status>"
        "<nick xmlns='http://jabber.org/protocol/nick'>Al</nick></presence>"
    )
    await alice.request("get", "<ping xmlns='urn:xmpp:ping'/>", world.host)
    for _ in range(2):  # at each login until answered
        bob = await world.login(account)
        assert await bob.roster() == {}, "a pending request is no roster item"
        await bob.expect_nothing()  # a bound resource is not told
        await bob.online()
        await bob.wait_for(request)
        while bob.waiting:
            await bob.next()
        await bob.online()  # later presence is not initial presence
        await bob.expect_nothing(after=alice)
        await bob.logout()
    bob = await world.login(account)
    await bob.online()
    await bob.wait_for(request)
    bob.presence(alice.bare, "unsubscribed")
    await settle(bob, alice)
    await bob.logout()
    bob = await world.login(account)
    await bob.online()
    await bob.expect_nothing(after=alice)


@test("TRAPS 12", "RFC 6121 §3.1.3")
async def every_available_resource_is_asked(world):
    alice, bob = await world.client("alice"), await world.client("bob", online=0)
    second, bound = await world.another(bob, online=-1), await world.another(bob)
    await bob.wait_for(f"<presence from='{second.full}'/>")
    alice.presence(bob.bare, "subscribe")
    for client in (bob, second):
        await client.wait_for(f"<presence type='subscribe' from='{alice.bare}'/>")
    await bound.expect_nothing(after=alice)


@test("TRAPS 12", "RFC 6121 §3.1.3")
async def an_approved_subscriber_who_asks_again_is_answered_by_the_server(world):
    alice, bob = await in_state(world, "to")
    await alice.iq("set", f"<query xmlns='{ROSTER}'><item jid='{bob.bare}' subscription='remove'/></query>")
    await settle(alice, bob)
    alice.presence(bob.bare, "subscribe")  # bob's server saw the unsubscribe of the removal: he is asked anew
    _, at_bob = await settle(alice, bob)
    assert requests(at_bob) == ["subscribe"], at_bob


@test("TRAPS 12", "RFC 6121 §3.1.5", threads=True)
async def approval_brings_the_presence_of_all_resources(world):
    alice, bob = await world.client("alice", online=0), await world.client("bob", online=1)
    second = await world.another(bob, online=-1)
    await alice.roster()  # an approval goes to interested resources
    alice.presence(bob.bare, "subscribe")
    await bob.wait_for(f"<presence type='subscribe' from='{alice.bare}'/>")
    bob.presence(alice.bare, "subscribed")
    await alice.wait_for(f"<presence type='subscribed' from='{bob.bare}'/>")
    await alice.wait_for(f"<presence from='{bob.full}'><priority>1</priority></presence>")
    await alice.wait_for(f"<presence from='{second.full}'><priority>-1</priority></presence>")


@test(
    "TRAPS 12",
    "RFC 6121 §3.2.2",
    "RFC 6121 §3.3.3",
    cases={"cancelled": ("bob", "unsubscribed"), "given up": ("alice", "unsubscribe")},
    threads=True,
)
async def the_end_of_a_subscription_makes_unavailable(world, who, kind):
    alice, bob = await world.friends()
    second = await world.another(bob, online=0)
    await alice.expect(f"<presence from='{second.full}'/>")
    if who == "bob":
        bob.presence(alice.bare, kind)
    else:
        alice.presence(bob.bare, kind)
    for client in (bob, second):
        await alice.wait_for(f"<presence type='unavailable' from='{client.full}'/>")
    await settle(bob, alice)
    await bob.online(5)
    at_bob, at_alice = await settle(bob, alice)
    assert not at_alice, at_alice


@test("RFC 6121 §2.5.2", "TRAPS 12", threads=True)
async def removal_ends_both_subscriptions(world):
    alice, bob = await world.friends()
    await alice.iq("set", f"<query xmlns='{ROSTER}'><item jid='{bob.bare}' subscription='remove'/></query>")
    await bob.wait_for(f"<presence type='unsubscribe' from='{alice.bare}'/>")
    await bob.wait_for(f"<presence type='unsubscribed' from='{alice.bare}'/>")
    await bob.wait_for(f"<presence type='unavailable' from='{alice.full}'/>")
    await alice.wait_for(f"<presence type='unavailable' from='{bob.full}'/>")
    await settle(alice, bob)
    assert await alice.roster() == {}
    assert await shown(bob, alice) == ("none", None)


@test("RFC 6121 §3.4")
async def approval_in_advance(world):
    alice, bob = await world.client("alice", online=0), await world.client("bob", online=0)
    await alice.roster()
    await bob.roster()
    assert bob.features.child("sub", "urn:xmpp:features:pre-approval"), bob.features
    bob.presence(alice.bare, "subscribed")
    await bob.expect(
        f"<iq type='set'><query xmlns='{ROSTER}'>"
        f"<item jid='{alice.bare}' subscription='none' approved='true'/></query></iq>"
    )
    await alice.expect_nothing(after=bob)
    alice.presence(bob.bare, "subscribe")
    await alice.wait_for(f"<presence type='subscribed' from='{bob.bare}'/>")
    await alice.wait_for(f"<presence from='{bob.full}'/>")
    _, at_bob = await settle(alice, bob)
    assert not requests(at_bob), at_bob
    assert await shown(bob, alice) == ("from", None)
    assert await shown(alice, bob) == ("to", None)


@test("RFC 6121 §3.4.2")
async def approval_in_advance_can_be_taken_back(world):
    alice, bob = await world.client("alice", online=0), await world.client("bob", online=0)
    bob.presence(alice.bare, "subscribed")
    assert (await bob.roster())[alice.bare]["approved"] == "true"
    bob.presence(alice.bare, "unsubscribed")
    await settle(bob, alice)
    item = (await bob.roster()).get(alice.bare)
    assert item is None or not item["approved"], item
    alice.presence(bob.bare, "subscribe")
    await bob.wait_for(f"<presence type='subscribe' from='{alice.bare}'/>")


@test("SECURITY 31", "TRAPS 9")
async def a_request_to_nobody_looks_like_one_to_somebody_away(world):
    alice = await world.client("alice", online=0)
    away, nobody = await world.account("away"), world.stranger()
    for jid in (away.bare, nobody.bare):
        alice.presence(jid, "subscribe")
        await alice.expect_nothing(of=jid)
    roster = await alice.roster()
    assert (roster[away.bare]["subscription"], roster[away.bare]["ask"]) == ("none", "subscribe")
    assert (roster[nobody.bare]["subscription"], roster[nobody.bare]["ask"]) == ("none", "subscribe")


@test("SECURITY 31", "TRAPS 9", "RFC 6121 §4.3.2", threads=True)
async def a_probe_of_nobody_looks_like_one_of_somebody_away(world):
    alice = await world.client("alice", online=0)
    await alice.roster()
    for jid in ((await world.account("away")).bare, world.stranger().bare):
        alice.presence(jid, "subscribe")
        await alice.wait_for(
            f"<iq type='set'><query xmlns='{ROSTER}'><item jid='{jid}' ask='subscribe'/></query></iq>"
        )
        alice.presence(jid, "probe")
        await alice.wait_for(f"<presence type='unsubscribed' from='{jid}' to='{alice.bare}'/>")
        assert (await alice.roster())[jid]["ask"] is None


@test("RFC 6121 §3.1.2")
async def a_request_to_oneself_changes_nothing(world):
    alice = await world.client("alice", online=0)
    for kind in KINDS:
        alice.presence(alice.bare, kind)
    id = alice.send_iq("get", "<ping xmlns='urn:xmpp:ping'/>", world.host)
    while (got := await alice.next())["id"] != id:
        assert got["type"] == "error", got
    assert await alice.roster() == {}
