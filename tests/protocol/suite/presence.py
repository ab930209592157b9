"""Presence (RFC 6121 §4): broadcasts, probes, directed presence, and the end of every session."""
import asyncio

from harness import test

AWAY = "<show>away</show><status>at sea</status><c xmlns='urn:example:c' v='1'/>"


def unavailable(client):
    return f"<presence type='unavailable' from='{client.full}'/>"


def available(client, inner=""):
    return f"<presence from='{client.full}'>{inner}</presence>"


async def away_account(world, alice):
    """An account that Alice has a mutual subscription with and that has no session now."""
    bob = await world.client("bob", online=0)
    for one, two in ((alice, bob), (bob, alice)):
        one.presence(two.bare, "subscribe")
        await two.wait_for(f"<presence type='subscribe' from='{one.bare}'/>")
        two.presence(one.bare, "subscribed")
    await alice.wait_for(available(bob))
    await bob.wait_for(available(alice))
    await bob.logout()
    await alice.wait_for(unavailable(bob))
    while alice.waiting:
        await alice.next()
    return bob.account


@test("TRAPS 10", "RFC 6121 §4.2", threads=True)
async def initial_presence(world):
    alice = await world.client("alice", online=0)
    account = await away_account(world, alice)
    bob = await world.login(account)
    bob.send(f"<presence>{AWAY}</presence>")
    await alice.expect(available(bob, AWAY))
    await bob.expect_all(available(alice), available(bob, AWAY))
    await bob.expect_nothing(after=alice)


@test("TRAPS 10", "RFC 6121 §4.4", threads=True)
async def later_presence_is_broadcast_but_asks_nobody(world):
    alice, bob = await world.friends()
    bob.send(f"<presence>{AWAY}</presence>")
    await alice.expect(available(bob, AWAY))
    await bob.expect(available(bob, AWAY))
    await bob.expect_nothing(after=alice)


@test("TRAPS 10", "RFC 6121 §4.2.2", threads=True)
async def resources_of_one_account_see_each_other(world):
    desk = await world.client(online=3)
    desk.send(f"<presence><priority>3</priority>{AWAY}</presence>")
    await desk.expect(available(desk, AWAY))
    phone = await world.another(desk)
    phone.send("<presence><priority>-1</priority></presence>")
    await phone.expect_all(available(phone), available(desk, AWAY))
    await desk.expect(available(phone, "<priority>-1</priority>"))
    phone.send("<presence type='unavailable'><status>bye</status></presence>")
    await desk.expect(f"<presence type='unavailable' from='{phone.full}'><status>bye</status></presence>")
    await desk.expect_nothing()


@test("TRAPS 10", "RFC 6121 §4.2.2", cases={"from": "from", "to": "to"}, threads=True)
async def one_sided_subscriptions(world, side):
    """Presence goes to those who may see it and comes from those one may see."""
    seer, seen = await world.client("seer", online=0), await world.client("seen", online=0)
    await seer.roster()
    seer.presence(seen.bare, "subscribe")
    await seen.wait_for(f"<presence type='subscribe' from='{seer.bare}'/>")
    seen.presence(seer.bare, "subscribed")
    await seer.wait_for(available(seen))
    comes, stays = (seen, seer) if side == "from" else (seer, seen)
    await comes.logout()
    again = await world.login(comes.account)
    again.send("<presence/>")
    if side == "from":
        await seer.wait_for(unavailable(seen))
        await seer.wait_for(available(again))
        await again.expect(available(again))
    else:
        await again.expect_all(available(again), available(seen))
    await again.expect_nothing(after=stays)
    if side == "to":
        while seen.waiting:
            assert (await seen.next())["from"] != again.full


@test("TRAPS 11", "RFC 6121 §4.3.2", threads=True)
async def a_newcomer_gets_the_last_presence_of_every_resource(world):
    alice = await world.client("alice", online=0)
    account = await away_account(world, alice)
    phone = await world.another(alice, online=-3)
    alice.send(f"<presence id='last' xml:lang='fr'>{AWAY}<priority>7</priority></presence>")
    await alice.wait_for(available(alice, AWAY))
    bob = await world.login(account)
    bob.send("<presence/>")
    got = await bob.wait_for(available(alice, AWAY + "<priority>7</priority>"))
    assert got["xml:lang"] == "fr" and got["to"] in (bob.full, bob.bare), got
    await bob.wait_for(available(phone, "<priority>-3</priority>"))


@test("TRAPS 11", "RFC 6121 §4.3", threads=True)
async def probes_of_a_client(world):
    alice, bob = await world.friends()
    bob.send(f"<presence>{AWAY}</presence>")
    await alice.expect(available(bob, AWAY))
    for to in (bob.bare, bob.full):
        alice.presence(to, "probe")
        await alice.expect(available(bob, AWAY))
    stranger = await world.client("stranger", online=0)
    for to in (bob.bare, bob.full):
        stranger.presence(to, "probe")
    await bob.wait_for(available(bob, AWAY))
    await bob.expect_nothing(after=stranger)
    await stranger.fence(stranger)
    while stranger.waiting:
        got = await stranger.next()
        assert got["from"] != bob.full and got["type"] in ("unsubscribed", "error"), got


# Ends of sessions


async def by_stanza(client):
    client.send("<presence type='unavailable'/>")


async def by_closing(client):
    client.send("</stream:stream>")


async def by_reset(client):
    client.wire.reset()


async def by_half_close(client):
    client.wire.finish()


async def by_error(client):
    client.send("<not well-formed")
    client.send("<<<")


ENDS = {
    "unavailable": by_stanza,
    "closing tag": by_closing,
    "reset": by_reset,
    "end of TCP": by_half_close,
    "stream error": by_error,
}


@test("TRAPS 11", "RFC 6121 §4.5", cases=ENDS, threads=True)
async def subscribers_and_own_resources_learn_of_the_end(world, end):
    alice, bob = await world.friends()
    desk = await world.another(alice, online=0)
    await alice.expect(available(desk))
    await bob.expect(available(desk))
    await end(alice)
    await bob.expect(unavailable(alice))
    await desk.wait_for(unavailable(alice))
    await bob.expect_nothing(after=desk)


@test("TRAPS 11", "RFC 6121 §4.6.3", cases=ENDS, threads=True)
async def receivers_of_directed_presence_learn_of_the_end_once(world, end):
    alice, bob = await world.friends()
    carol, dave = await world.client("carol", online=0), await world.client("dave")
    for to in (carol.bare, dave.full, bob.full):
        alice.presence(to)
    for client in (carol, dave, bob):
        await client.expect(available(alice))
    await end(alice)
    for client in (carol, dave, bob):
        await client.expect(unavailable(alice))
        await client.expect_nothing(after=carol)


@test("TRAPS 11", "RFC 6121 §4.6.3", cases=ENDS)
async def directed_presence_of_a_session_that_was_never_available(world, end):
    alice, carol = await world.client("alice"), await world.client("carol")
    alice.presence(carol.full)
    await carol.expect(available(alice))
    await end(alice)
    await carol.expect(unavailable(alice))


@test("TRAPS 11", "RFC 6121 §4.6.3")
async def directed_unavailable_is_said_once(world):
    alice, carol = await world.client("alice", online=0), await world.client("carol")
    alice.presence(carol.full)
    alice.presence(carol.full, "unavailable")
    await carol.expect(available(alice))
    await carol.expect(unavailable(alice))
    await alice.logout()
    await carol.expect_nothing(after=await world.client("dave"))


@test("TRAPS 11", "RFC 6121 §4.6.3")
async def directed_presence_does_not_outlive_unavailable(world):
    alice, carol = await world.client("alice", online=0), await world.client("carol")
    alice.presence(carol.full)
    alice.send("<presence type='unavailable'/>")
    await carol.expect(available(alice))
    await carol.expect(unavailable(alice))
    await alice.online()
    alice.send("<presence><show>dnd</show></presence>")
    await alice.logout()
    await carol.expect_nothing(after=await world.client("dave"))


@test("TRAPS 11", "RFC 6121 §4.6.2")
async def broadcasts_do_not_go_where_presence_was_directed(world):
    alice, carol = await world.client("alice", online=0), await world.client("carol", online=0)
    alice.presence(carol.bare)
    await carol.expect(available(alice))
    alice.send("<presence><show>away</show></presence>")
    await carol.expect_nothing(after=alice)


@test("RFC 6121 §4.5.2")
async def unavailable_twice_is_said_once(world):
    alice, bob = await world.friends()
    for _ in range(3):
        alice.send("<presence type='unavailable'/>")
    await bob.expect(unavailable(alice))
    await bob.expect_nothing(after=alice)


@test("RFC 6121 §4.5.2", "TRAPS 10")
async def coming_back_is_initial_presence_again(world):
    alice, bob = await world.friends()
    alice.send("<presence type='unavailable'/>")
    await bob.expect(unavailable(alice))
    await bob.expect_nothing(after=alice)
    bob.send(f"<presence>{AWAY}</presence>")
    await bob.expect(available(bob, AWAY))
    alice.send("<presence/>")
    while True:
        got = await alice.next()
        if got["from"] == bob.full:
            break
    assert got.child("show").text == "away", got
    await bob.expect(available(alice))


@test("TRAPS 11", threads=True)
async def a_kicked_session_becomes_unavailable(world):
    alice, bob = await world.friends()
    code, _ = await world.server.ctl("session", "kick", alice.full)
    assert code == 0, world.server.ctl_error
    while (await bob.next())["type"] != "unavailable":
        pass
    error = await alice.next()
    assert error.name == "error", error


@test("RFC 6120 §8.3.1", "RFC 6121 §4.7.1", cases={"nonsense": "asleep", "empty": ""})
async def unknown_presence_types(world, type):
    alice, bob = await world.friends()
    alice.send(f"<presence type='{type}' id='s'/>")
    await alice.expect_error("presence", "s", "bad-request", "modify")
    await bob.expect_nothing(after=alice)


@test("RULES 5", "TRAPS 10", threads=True)
async def many_contacts(world):
    """One broadcast reaches every subscriber, on whatever thread, exactly once."""
    star = await world.client("star", online=0)
    fans = [await world.client(f"fan{n}", online=0) for n in range(12)]
    for fan in fans:
        await fan.roster()
        fan.presence(star.bare, "subscribe")
        await star.wait_for(f"<presence type='subscribe' from='{fan.bare}'/>")
        star.presence(fan.bare, "subscribed")
        await fan.wait_for(available(star))
        while fan.waiting:
            await fan.next()
    for number in range(20):
        star.send(f"<presence><status>{number}</status></presence>")
    star.wire.finish()

    async def watch(fan):
        for number in range(20):
            await fan.wait_for(available(star, f"<status>{number}</status>"))
        await fan.wait_for(unavailable(star))
        await fan.expect_nothing()

    for fan in fans:
        while fan.waiting:
            await fan.next()
    await asyncio.gather(*(watch(fan) for fan in fans))


@test("RULES 5", "TRAPS 11", threads=True)
async def sessions_that_come_and_go_leave_the_right_picture(world):
    alice, bob = await world.friends()
    for number in range(10):
        ghost = await world.another(bob, f"ghost{number}", online=number)
        if number % 2:
            ghost.wire.reset()
        else:
            await ghost.logout()
    count = {}
    while sum(kinds[-1:] == ["unavailable"] for kinds in count.values()) < 10:
        got = await alice.next()
        count.setdefault(got["from"], []).append(got["type"])
    assert all(kinds == [None, "unavailable"] for kinds in count.values()), count
