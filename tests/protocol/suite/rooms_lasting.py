"""Rooms that outlive their occupants and the server (XEP-0045, muc#roomconfig_persistentroom)."""
import asyncio

from harness import test
from harness.disk import FaultyDisk
from harness.room import OWNER, Room, codes, item
from harness.server import SECOND

INFO = "<query xmlns='http://jabber.org/protocol/disco#info'/>"
ITEMS = "http://jabber.org/protocol/disco#items"
RSM = "http://jabber.org/protocol/rsm"


async def leave(room, *clients):
    for client in clients:
        nick = client.account.local.partition("-")[0]
        client.presence(room.at(nick), "unavailable")
        await client.wait_for(f"<presence type='unavailable' from='{room.at(nick)}'/>")


async def listed(client, service, wish):
    rsm = f"<set xmlns='{RSM}'>{wish}</set>"
    answer = await client.iq("get", f"<query xmlns='{ITEMS}'>{rsm}</query>", service)
    query = answer.child("query", ITEMS)
    return [one["jid"] for one in query.all("item")], int(query.child("set", RSM).child("count").text)


@test("XEP-0045 §10.1.3", "XEP-0045 §4.2", "SECURITY 25", threads=True)
async def a_lasting_room_waits_for_its_occupants(world):
    room = Room(world)
    alice, bob = await room.present(
        world, "alice", "bob", persistentroom="1", roomname="Cave", moderatedroom="1"
    )
    await room.affiliate(alice, bob.bare, "member")
    await bob.wait_for(f"<presence from='{room.at('bob')}'/>")
    await leave(room, bob, alice)
    query = (await bob.iq("get", INFO, room.jid)).elements[0]
    assert {"muc_persistent", "muc_moderated"} <= {one["var"] for one in query.all("feature")}, query
    while bob.waiting:
        await bob.next()
    entry = await room.enter(bob, "bob")
    assert codes(entry.own) == {110} and item(entry.own)["affiliation"] == "member", entry.own
    # No longer lasting, it ends with its last occupant.
    while alice.waiting:
        await alice.next()
    await room.enter(alice, "alice")
    await room.configure(alice, persistentroom="0")
    await bob.wait_for("<message type='groupchat'/>")
    await leave(room, alice, bob)
    await bob.iq_error("get", INFO, "item-not-found", to=room.jid)


@test("XEP-0045 §10.1.3", "XEP-0045 §8.1", "RULES 3")
async def rooms_survive_a_restart(world):
    async with world.own_server() as server:
        room, other, brief = (Room(world) for _ in range(3))
        alice = await world.client("alice", server=server)
        await room.make(
            alice,
            "alice",
            persistentroom="1",
            roomname="a &lt; b",
            passwordprotectedroom="1",
            roomsecret="s",
            maxusers="50",
        )
        await room.affiliate(alice, "foe.example", "outcast", "why not")
        await alice.iq(
            "set", room.change("jid='witch@x.example' affiliation='member' nick='witch'"), room.jid
        )
        alice.message(room.jid, type="groupchat", payload="<subject>Fire</subject>")
        await alice.expect("<message type='groupchat'><subject>Fire</subject></message>")
        before = await room.config(alice)
        await other.make(alice, "alice", persistentroom="1")
        await alice.iq("set", f"<query xmlns='{OWNER}'><destroy/></query>", other.jid)
        await alice.expect("<presence type='unavailable'/>")
        await brief.make(alice, "alice")
        await server.stop()
        await server.start()
        alice = await world.another(alice, server=server)
        await alice.iq_error("get", INFO, "item-not-found", to=other.jid)
        await alice.iq_error("get", INFO, "item-not-found", to=brief.jid)
        bob = await world.client("bob", server=server)
        # What comes while the room is being loaded keeps its order.
        room.knock(bob, "bob", x="<password>s</password>")
        bob.message(room.jid, "first words", type="groupchat")
        got = await bob.expect(f"<presence from='{room.at('bob')}'/>")
        assert codes(got) == {110}, got
        subject = await bob.expect("<message type='groupchat'><subject>Fire</subject></message>")
        assert subject["from"] == room.at("alice") and subject.child("delay", "urn:xmpp:delay"), subject
        await room.heard(bob, nick="bob", body="first words")
        assert await room.config(alice) == before
        banned = await room.listed(alice, "affiliation='outcast'")
        assert banned["foe.example"].child("reason").text == "why not", banned
        assert (await room.listed(alice, "affiliation='member'"))["witch@x.example"]["nick"] == "witch"
        await bob.iq_error("get", room.list("affiliation='outcast'"), "forbidden", to=room.jid)
        await room.affiliate(alice, "foe.example", "none")
        await alice.iq("set", room.form(roomname="later"), room.jid)
        await server.stop()
        await server.start()
        alice = await world.another(alice, server=server)
        assert await room.listed(alice, "affiliation='outcast'") == {}
        assert (await room.config(alice))["muc#roomconfig_roomname"] == ["later"]


@test("XEP-0045 §6.3", "XEP-0059 §2.2", "XEP-0059 §2.5")
async def lists_have_stored_rooms_and_others(world):
    async with world.own_server() as server:
        alice = await world.client("alice", server=server)
        rooms = sorted((Room(world, name) for name in "abcdef"), key=lambda room: room.jid)
        for number, room in enumerate(rooms):
            await room.make(alice, "alice", persistentroom=str(number % 2), roomname=f"no. {number}")
        all = [room.jid for room in rooms]
        service = rooms[0].service
        assert await listed(alice, service, "<max>100</max>") == (all, 6)
        assert await listed(alice, service, "<max>2</max>") == (all[:2], 6)
        assert await listed(alice, service, f"<max>2</max><after>{all[1]}</after>") == (all[2:4], 6)
        assert await listed(alice, service, "<max>2</max><before/>") == (all[-2:], 6)
        assert await listed(alice, service, f"<max>3</max><before>{all[4]}</before>") == (all[1:4], 6)
        assert await listed(alice, service, "<max>0</max>") == ([], 6)
        assert await listed(alice, f"conference.{SECOND}", "<max>9</max>") == ([], 0)


@test("RULES 3")
async def a_room_has_one_founder(world):
    """Of those who found one room at the same time one owns it and the others wait."""
    room = Room(world)
    clients = await asyncio.gather(*(world.client(name) for name in ("a", "b", "c", "d")))
    for client, nick in zip(clients, "abcd"):
        room.knock(client, nick)
    answers = [await client.expect("<presence/>") for client in clients]
    owners = [one for one in answers if one["type"] is None and 201 in codes(one)]
    assert len(owners) == 1 and sum(one["type"] == "error" for one in answers) == 3, answers


@test("RULES 3", "RULES 1")
async def changes_are_told_when_they_are_stored(world):
    """And what is said behind them, behind them."""
    async with world.own_server({"server": {"workers": 1}}, start=False) as server:
        disk = await FaultyDisk.under(server)
        await server.start(environment=disk.environment)
        room = Room(world)
        alice, bob = [await world.client(name, server=server) for name in ("alice", "bob")]
        await room.make(alice, "alice", persistentroom="1")
        await room.enter(bob, "bob")
        await alice.expect(f"<presence from='{room.at('bob')}'/>")
        disk.behave(sync_ms=1000)
        asked = alice.send_iq("set", room.change(f"jid='{bob.bare}' affiliation='admin'"), room.jid)
        room.say(alice, "behind")
        for client in (bob, alice):
            await client.expect_nothing(after=alice)
        for client in (bob, alice):
            changed = await client.expect(f"<presence from='{room.at('bob')}'/>")
            assert item(changed)["affiliation"] == "admin", changed
            await room.heard(client, nick="alice", body="behind")
        await alice.expect(f"<iq type='result' id='{asked}'/>")
