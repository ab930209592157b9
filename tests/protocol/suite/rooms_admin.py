"""Rooms (XEP-0045): what moderators, administrators and owners do."""
from harness import test
from harness.room import ADMIN, DATA, OWNER, USER, Room, codes, item


def why(stanza):
    reason = item(stanza).child("reason")
    return reason.text if reason else None


@test("XEP-0045 §8.2", threads=True)
async def moderators_kick(world):
    room = Room(world)
    alice, bob, carol = await room.present(world, "alice", "bob", "carol")
    await room.give_role(alice, "carol", "none", "Avaunt!")
    for client in (alice, bob, carol):
        gone = await client.expect(f"<presence type='unavailable' from='{room.at('carol')}'/>")
        assert codes(gone) == ({110, 307} if client is carol else {307}), gone
        assert (item(gone)["role"], why(gone), item(gone).child("actor")["nick"]) == (
            "none",
            "Avaunt!",
            "alice",
        ), gone
    await carol.expect_error("message", room.say(carol, "but"), "not-acceptable")
    await bob.iq_error("set", room.change("nick='alice' role='none'"), "forbidden", to=room.jid)
    await alice.iq_error("set", room.change("nick='carol' role='none'"), "item-not-found", to=room.jid)
    await alice.iq_error(
        "set", room.change("nick='bob' role='none' affiliation='none'"), "bad-request", to=room.jid
    )
    await alice.iq_error("set", room.change("nick='bob' role='king'"), "bad-request", to=room.jid)
    await room.enter(carol, "carol")  # kicked is not banned


@test("XEP-0045 §8.3", "XEP-0045 §8.4", "XEP-0045 §8.5", "XEP-0045 §9.6", "XEP-0045 §9.7")
async def voice_and_moderators(world):
    room = Room(world)
    alice, bob, carol = await room.present(world, "alice", "bob", "carol", moderatedroom="1")
    everybody = (alice, bob, carol)

    async def becomes(nick, role):
        for client in everybody:
            assert item(await client.expect(f"<presence from='{room.at(nick)}'/>"))["role"] == role

    await room.give_role(alice, "bob", "participant")
    await becomes("bob", "participant")
    await room.give_role(alice, "bob", "moderator")
    await becomes("bob", "moderator")
    await room.give_role(bob, "carol", "participant")
    await becomes("carol", "participant")
    voiced = await room.listed(bob, "role='participant'")
    assert set(voiced) == {carol.full} and voiced[carol.full]["nick"] == "carol", voiced
    await room.give_role(bob, "carol", "visitor")
    await becomes("carol", "visitor")
    # A mere moderator makes no moderators and takes nothing from administrators.
    await bob.iq_error("set", room.change("nick='carol' role='moderator'"), "forbidden", to=room.jid)
    for role in ("visitor", "participant", "none"):
        await bob.iq_error("set", room.change(f"nick='alice' role='{role}'"), "not-allowed", to=room.jid)
    await bob.iq_error("get", room.list("role='moderator'"), "forbidden", to=room.jid)
    await carol.iq_error("get", room.list("role='participant'"), "forbidden", to=room.jid)
    assert set(await room.listed(alice, "role='moderator'")) == {alice.full, bob.full}
    await room.give_role(alice, "bob", "participant")
    await becomes("bob", "participant")


@test("XEP-0045 §9.1", "XEP-0045 §9.2", threads=True)
async def administrators_ban(world):
    room = Room(world)
    alice, bob, carol = await room.present(world, "alice", "bob", "carol")
    await room.affiliate(alice, bob.bare, "admin")
    for client in (alice, bob, carol):
        changed = item(await client.expect(f"<presence from='{room.at('bob')}'/>"))
        assert (changed["affiliation"], changed["role"]) == ("admin", "moderator"), changed
    await room.affiliate(bob, carol.bare, "outcast", "Treason")
    for client in (alice, bob, carol):
        gone = await client.expect(f"<presence type='unavailable' from='{room.at('carol')}'/>")
        assert codes(gone) - {110} == {301} and why(gone) == "Treason", gone
        assert item(gone)["affiliation"] == "outcast" and item(gone)["role"] == "none", gone
    await room.refused(carol, "carol", "forbidden")
    banned = await room.listed(bob, "affiliation='outcast'")
    assert set(banned) == {carol.bare} and banned[carol.bare].child("reason").text == "Treason", banned
    await bob.iq_error(
        "set", room.change(f"jid='{alice.bare}' affiliation='outcast'"), "not-allowed", to=room.jid
    )
    await bob.iq_error(
        "set", room.change(f"jid='{carol.bare}' affiliation='admin'"), "forbidden", to=room.jid
    )
    await bob.iq_error("set", room.change("jid='a@@b' affiliation='outcast'"), "jid-malformed", to=room.jid)
    await room.affiliate(bob, carol.bare, "none")
    await room.enter(carol, "carol")
    for client in (alice, bob):
        await client.expect(f"<presence from='{room.at('carol')}'/>")
    await carol.iq_error("get", room.list("affiliation='outcast'"), "forbidden", to=room.jid)
    # A whole domain, except those who are something here themselves.
    await room.affiliate(alice, world.host, "outcast")
    for client in (alice, bob):
        await client.expect(f"<presence type='unavailable' from='{room.at('carol')}'/>")


@test("XEP-0045 §9.3", "XEP-0045 §9.4", "XEP-0045 §9.5", "XEP-0045 §7.11", "SECURITY 24")
async def members(world):
    room = Room(world)
    alice, bob = await room.present(world, "alice", "bob", whois="anyone")
    carol = await world.client("carol")
    await room.affiliate(alice, bob.bare, "member")
    for client in (alice, bob):
        assert item(await client.expect(f"<presence from='{room.at('bob')}'/>"))["affiliation"] == "member"
    await alice.iq("set", room.change(f"jid='{carol.bare}' affiliation='member' nick='witch'"), room.jid)
    members = await room.listed(bob, "affiliation='member'")
    assert set(members) == {bob.bare, carol.bare} and members[carol.bare]["nick"] == "witch", members
    await carol.iq_error("get", room.list("affiliation='member'"), "forbidden", to=room.jid)
    await room.configure(alice, membersonly="1", whois="moderators")
    for client in (alice, bob):
        assert codes(await client.expect("<message type='groupchat'/>")) == {104, 173}
    # Where addresses are not shown, lists do not show them either.
    await bob.iq_error("get", room.list("affiliation='member'"), "forbidden", to=room.jid)
    await room.affiliate(alice, bob.bare, "none")
    for client in (alice, bob):
        gone = await client.expect(f"<presence type='unavailable' from='{room.at('bob')}'/>")
        assert codes(gone) - {110} == {321}, gone
    await room.refused(bob, "bob", "registration-required")
    dave = await world.client("dave")
    await room.affiliate(alice, dave.bare, "member")
    await room.refused(dave, "witch", "conflict")
    node = "<query xmlns='http://jabber.org/protocol/disco#info' node='x-roomuser-item'/>"
    query = (await carol.iq("get", node, room.jid)).elements[0]
    assert query.child("identity")["name"] == "witch", query


@test(
    "XEP-0045 §10.3", "XEP-0045 §10.4", "XEP-0045 §10.5", "XEP-0045 §10.6", "XEP-0045 §10.7", "XEP-0045 §10.8"
)
async def owners_and_administrators(world):
    room = Room(world)
    alice, bob = await room.present(world, "alice", "bob")
    await alice.iq_error(
        "set", room.change(f"jid='{alice.bare}' affiliation='none'"), "conflict", to=room.jid
    )
    await room.affiliate(alice, bob.bare, "owner")
    for client in (alice, bob):
        assert item(await client.expect(f"<presence from='{room.at('bob')}'/>"))["affiliation"] == "owner"
    assert set(await room.listed(bob, "affiliation='owner'")) == {alice.bare, bob.bare}
    await room.affiliate(bob, alice.bare, "admin")
    for client in (alice, bob):
        assert item(await client.expect(f"<presence from='{room.at('alice')}'/>"))["affiliation"] == "admin"
    assert set(await room.listed(bob, "affiliation='admin'")) == {alice.bare}
    await alice.iq_error("get", f"<query xmlns='{OWNER}'/>", "forbidden", to=room.jid)
    await alice.iq_error("set", room.form(roomname="mine"), "forbidden", to=room.jid)
    # The form has the lists too.
    await room.configure(bob, roomowners=[bob.bare, alice.bare], roomadmins=[])
    for client in (alice, bob):
        assert item(await client.expect(f"<presence from='{room.at('alice')}'/>"))["affiliation"] == "owner"
    await bob.iq_error("set", room.form(roomowners=[]), "not-acceptable", to=room.jid)
    # All of a request or nothing.
    both = f"<item jid='{alice.bare}' affiliation='none'/><item jid='{bob.bare}' affiliation='none'/>"
    await bob.iq_error("set", f"<query xmlns='{ADMIN}'>{both}</query>", "conflict", to=room.jid)
    assert set(await room.listed(bob, "affiliation='owner'")) == {alice.bare, bob.bare}


@test("XEP-0045 §10.2", "XEP-0045 §10.2.1")
async def configuration_has_bounds(world):
    room = Room(world)
    (alice,) = await room.present(world, "alice")
    before = await room.config(alice)
    for fields, condition in (
        ({"whois": "nobody"}, "bad-request"),
        ({"membersonly": "perhaps"}, "bad-request"),
        ({"maxusers": "many"}, "bad-request"),
        ({"maxusers": "4000000000"}, "not-acceptable"),
        ({"muc#maxhistoryfetch": "100000"}, "not-acceptable"),
        ({"roomname": "x" * 2000}, "not-acceptable"),
        ({"passwordprotectedroom": "1", "roomsecret": ""}, "not-acceptable"),
        ({"presencebroadcast": ["none"]}, "bad-request"),
        ({"roomowners": ["@"]}, "jid-malformed"),
    ):
        await alice.iq_error("set", room.form(**fields), condition, to=room.jid)
    wrong = (
        f"<query xmlns='{OWNER}'><x xmlns='{DATA}' type='submit'>"
        f"<field var='FORM_TYPE'><value>x</value></field></x></query>"
    )
    await alice.iq_error("set", wrong, "bad-request", to=room.jid)
    await alice.iq_error("set", f"<query xmlns='{OWNER}'/>", "bad-request", to=room.jid)
    assert await room.config(alice) == before
    await room.configure(alice, presencebroadcast=["moderator"])
    await alice.expect("<message type='groupchat'/>")
    bob = await world.client("bob")
    assert item((await room.enter(bob, "bob")).own)["role"] == "participant"
    await alice.expect_nothing(after=bob)


@test("XEP-0045 §10.9", threads=True)
async def rooms_are_destroyed(world):
    room, venue = Room(world), Room(world)
    alice, bob = await room.present(world, "alice", "bob")
    destroy = f"<query xmlns='{OWNER}'><destroy jid='{venue.jid}'><reason>Macbeth</reason></destroy></query>"
    await bob.iq_error("set", destroy, "forbidden", to=room.jid)
    bad = f"<query xmlns='{OWNER}'><destroy jid='@'/></query>"
    await alice.iq_error("set", bad, "jid-malformed", to=room.jid)
    await alice.iq("set", destroy, room.jid)
    for client, nick in ((alice, "alice"), (bob, "bob")):
        gone = await client.expect(f"<presence type='unavailable' from='{room.at(nick)}'/>")
        destroyed = gone.child("x", USER).child("destroy")
        assert destroyed["jid"] == venue.jid and destroyed.child("reason").text == "Macbeth", gone
        assert item(gone)["role"] == "none", gone
    await bob.expect_error("message", room.say(bob, "still here?"), "item-not-found")
    assert codes((await room.enter(bob, "bob")).own) == {110, 201}


@test("XEP-0045 §10.1.1", cases={"administrators": "admins", "local users": "local"})
async def who_may_make_rooms(world, who):
    async with world.own_server({"features": {"muc": {"creation": who}}}) as server:
        alice = await world.client("alice", server=server)
        room = Room(world)
        if who == "admins":
            await room.refused(alice, "alice", "not-allowed", "cancel")
            alice = await world.login(await server.account("admin", None, "sesame-open"), server=server)
        await room.make(alice, "alice")


@test("XEP-0045 §7.2.2", "XEP-0045 §6.4")
async def large_rooms_are_quiet(world):
    async with world.own_server({"features": {"muc": {"quiet_above": 3}}}) as server:
        room = Room(world)
        clients = [await world.client(name, server=server) for name in ("a", "b", "c", "d", "e")]
        await room.make(clients[0], "a")
        for client, nick in list(zip(clients, "abcde"))[1:3]:
            await room.enter(client, nick)
        for client in clients[:3]:
            while (await client.request("get", "<ping xmlns='urn:xmpp:ping'/>", room.jid)) and client.waiting:
                await client.next()
        for client, nick in list(zip(clients, "abcde"))[3:]:
            entry = await room.enter(client, nick)
            assert [one["from"] for one in entry.others] == [room.at(n) for n in "abc"], entry
        await clients[1].expect_nothing(after=clients[4])
        room.say(clients[4], "hello")
        await room.heard(*clients, nick="e", body="hello")
        # Who was shown is seen leaving, and voice changes are told to all.
        clients[1].presence(room.at("b"), "unavailable")
        await clients[4].expect(f"<presence type='unavailable' from='{room.at('b')}'/>")
        await room.give_role(clients[0], "d", "moderator")
        assert item(await clients[4].expect(f"<presence from='{room.at('d')}'/>"))["role"] == "moderator"
        clients[4].presence(room.at("e"), "unavailable")
        await clients[4].expect("<presence type='unavailable'/>")
