"""Presence and requests that must be refused, bounded or answered with less."""

from harness import test

ROSTER = "jabber:iq:roster"


@test("RFC 6121 §4.7.2.3", cases={p or "empty": p for p in ("128", "-129", "high", "1.5", "")})
async def a_malformed_priority_is_refused(world, priority):
    alice, bob = await world.friends()
    alice.send(f"<presence id='p'><priority>{priority}</priority></presence>")
    await alice.expect_error("presence", "p", "bad-request", "modify")
    await bob.expect_nothing(after=alice)


@test("RFC 6121 §4.6.6", "TRAPS 11")
async def who_got_directed_presence_may_ask_for_no_more_than_that(world):
    alice, carol = await world.client("alice"), await world.client("carol", online=0)
    alice.send("<presence><show>away</show><status>secret</status></presence>")
    alice.presence(carol.full)
    await carol.wait_for(f"<presence from='{alice.full}'/>")
    for to in (alice.full, alice.bare):
        carol.presence(to, "probe")
        got = await carol.wait_for(f"<presence from='{alice.full}'/>")
        assert got["type"] is None and not got.elements, got
    alice.presence(carol.full, "unavailable")
    await carol.wait_for(f"<presence from='{alice.full}' type='unavailable'/>")
    carol.presence(alice.full, "probe")
    await carol.fence(alice)
    await carol.expect_nothing(after=alice)


@test("SECURITY 5", "RFC 6121 §4.6")
async def directed_presence_has_an_end(world):
    async with world.own_server({"limits": {"roster_items": 3}}) as server:
        alice = await world.client("alice", server=server, online=0)
        for number in range(4):
            alice.send(f"<presence id='p{number}' to='nobody{number}@{server.host}'/>")
        await alice.expect_error("presence", "p3", "resource-constraint", "wait")
        alice.presence(f"nobody0@{server.host}", "unavailable")
        alice.send(f"<presence id='p4' to='nobody4@{server.host}'/>")
        await alice.expect_nothing()


@test("SECURITY 5", "RFC 6121 §3.1.3")
async def requests_that_wait_have_an_end(world):
    async with world.own_server({"limits": {"roster_items": 3}}) as server:
        account = await server.account("popular")
        for number in range(5):
            fan = await world.client(f"fan{number}", server=server, online=0)
            fan.presence(account.bare, "subscribe")
            await fan.roster()
            await fan.expect_nothing(of=account.bare)
            await fan.logout()
        popular = await world.login(account, server=server)
        await popular.online()
        asked = 0
        popular.message(popular.full, "fence", id="fence")
        while (got := await popular.next())["id"] != "fence":
            asked += got["type"] == "subscribe"
        assert asked == 3, asked


@test("SECURITY 5", "RFC 6121 §3.1.2")
async def a_request_needs_room_in_the_roster(world):
    async with world.own_server({"limits": {"roster_items": 1}}) as server:
        alice = await world.client("alice", server=server, online=0)
        bob = await world.client("bob", server=server, online=0)
        await alice.set_item("one@x.example")
        alice.send(f"<presence type='subscribe' id='s' to='{bob.bare}'/>")
        await alice.expect_error("presence", "s", "resource-constraint", "wait")
        await bob.expect_nothing(after=alice)
        assert list(await alice.roster()) == ["one@x.example"]


@test("TRAPS 12", "RFC 6121 §3.1.3")
async def a_huge_request_is_kept_without_its_content(world):
    alice, bob = await world.client("alice"), await world.client("bob", online=0)
    padding = "x" * 20_000
    alice.send(f"<presence type='subscribe' to='{bob.bare}'><status>{padding}</status></presence>")
    await bob.wait_for(
        f"<presence type='subscribe' from='{alice.bare}'><status>{padding}</status></presence>"
    )
    await bob.logout()
    again = await world.login(bob.account)
    await again.online()
    got = await again.wait_for(f"<presence type='subscribe' from='{alice.bare}'/>")
    assert not got.elements, "20,000 bytes a request, a thousand requests, at every login"


@test("TRAPS 13", "RFC 6121 §2.3")
async def a_set_that_changes_nothing_is_pushed_too(world):
    alice = await world.client("alice")
    await alice.roster()
    for _ in range(2):
        await alice.set_item("bob@x.example", "Bob")
        await alice.wait_for(
            f"<iq type='set'><query xmlns='{ROSTER}'><item jid='bob@x.example' name='Bob'/></query></iq>"
        )
    await alice.expect_nothing()
