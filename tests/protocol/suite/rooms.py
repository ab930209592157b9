"""Rooms (XEP-0045): finding, entering and leaving them, and presence in them."""
from harness import check_error, test
from harness.room import CONFIG, DATA, MUC, USER, Room, codes, fields_of, item, occupant_id

INFO = "http://jabber.org/protocol/disco#info"
ITEMS = "http://jabber.org/protocol/disco#items"
RSM = "http://jabber.org/protocol/rsm"
PING = "<ping xmlns='urn:xmpp:ping'/>"


async def features(client, address):
    query = (await client.iq("get", f"<query xmlns='{INFO}'/>", address)).child("query", INFO)
    return query, {feature["var"] for feature in query.all("feature")}


async def rooms_of(client, service, rsm=""):
    query = (await client.iq("get", f"<query xmlns='{ITEMS}'>{rsm}</query>", service)).child("query", ITEMS)
    return query, {one["jid"]: one["name"] for one in query.all("item")}


@test("XEP-0045 §6.1", "XEP-0045 §6.2", "XEP-0045 §6.3", "XEP-0059 §2.6", threads=True)
async def service_and_rooms_are_discovered(world):
    alice = await world.client("alice")
    room, hidden = Room(world), Room(world)
    _, services = await rooms_of(alice, world.host)
    assert room.service in services, services
    query, found = await features(alice, room.service)
    assert (query.child("identity")["category"], query.child("identity")["type"]) == ("conference", "text")
    assert {MUC, INFO, ITEMS, RSM, f"{MUC}#stable_id", "urn:xmpp:occupant-id:0"} <= found, found
    await room.make(alice, "alice", roomname="The Cave")
    await hidden.make(alice, "alice", publicroom="0")
    page = f"<set xmlns='{RSM}'><max>100</max><before>{room.jid}~</before></set>"
    query, rooms = await rooms_of(alice, room.service, page)
    assert rooms.get(room.jid) == "The Cave" and hidden.jid not in rooms, rooms
    assert int(query.child("set", RSM).child("count").text) >= 1, query
    one = f"<set xmlns='{RSM}'><max>1</max><before>{room.jid}~</before></set>"
    query, rooms = await rooms_of(alice, room.service, one)
    assert list(rooms) == [room.jid] == [query.child("set", RSM).child("last").text], query
    await room.configure(alice, publicroom="0")
    await alice.expect("<message type='groupchat'/>")
    assert room.jid not in (await rooms_of(alice, room.service, page))[1]


@test("XEP-0045 §6.4", "XEP-0045 §6.5", "XEP-0045 §7.2.16")
async def a_room_says_how_it_is(world):
    room = Room(world)
    alice, bob = await room.present(
        world,
        "alice",
        "bob",
        roomname="Cave",
        roomdesc="dark",
        membersonly="0",
        moderatedroom="1",
        whois="anyone",
    )
    outsider = await world.client("carol")
    query, found = await features(outsider, room.jid)
    assert query.child("identity")["name"] == "Cave", query
    wanted = {"muc_public", "muc_open", "muc_moderated", "muc_nonanonymous", "muc_unsecured", MUC}
    assert wanted <= found, found
    form = fields_of(query.child("x", DATA))
    assert form["FORM_TYPE"] == [f"{MUC}#roominfo"] and form["muc#roominfo_occupants"] == ["2"], form
    assert form["muc#roominfo_description"] == ["dark"], form
    items = (await bob.iq("get", f"<query xmlns='{ITEMS}'/>", room.jid)).child("query", ITEMS)
    assert {one["jid"] for one in items.elements} == {room.at("alice"), room.at("bob")}, items
    items = (await outsider.iq("get", f"<query xmlns='{ITEMS}'/>", room.jid)).child("query", ITEMS)
    assert not items.elements, items
    absent = Room(world)
    await alice.iq_error("get", f"<query xmlns='{INFO}'/>", "item-not-found", to=absent.jid)


@test("TRAPS 24", "XEP-0045 §7.1", "XEP-0045 §7.2.2", "XEP-0045 §7.2.4", "XEP-0045 §7.2.15", threads=True)
async def entering_shows_who_is_there_then_you_then_the_subject(world):
    room = Room(world)
    alice, bob = await room.present(world, "alice", "bob")
    carol = await world.client("carol")
    entry = await room.enter(carol, "carol", payload="<show>away</show>")
    assert {one["from"] for one in entry.others} == {room.at("alice"), room.at("bob")}, entry
    by_nick = {one["from"]: item(one) for one in entry.others}
    owner = by_nick[room.at("alice")]
    assert (owner["affiliation"], owner["role"], owner["jid"]) == ("owner", "moderator", None), owner
    assert codes(entry.own) == {110}, entry.own
    assert (item(entry.own)["affiliation"], item(entry.own)["role"]) == ("none", "participant")
    assert entry.subject["from"] == room.jid and entry.subject.child("subject").text == "", entry.subject
    # Moderators see real addresses, others do not.
    seen = await alice.expect(f"<presence from='{room.at('carol')}'><show>away</show></presence>")
    assert item(seen)["jid"] == carol.full, seen
    seen = await bob.expect(f"<presence from='{room.at('carol')}'><show>away</show></presence>")
    assert item(seen)["jid"] is None, seen
    await bob.expect_nothing(after=carol)


@test("XEP-0045 §7.2.3", "XEP-0045 §10.2.1")
async def a_non_anonymous_room_says_so(world):
    room = Room(world)
    alice, bob = await room.present(world, "alice", "bob", whois="anyone")
    carol = await world.client("carol")
    entry = await room.enter(carol, "carol")
    assert codes(entry.own) == {100, 110}, entry.own
    assert {item(one)["jid"] for one in entry.others} == {alice.full, bob.full}, entry
    assert item(await bob.expect(f"<presence from='{room.at('carol')}'/>"))["jid"] == carol.full
    await alice.expect("<presence/>")
    await room.configure(alice, whois="moderators")
    for client in (alice, bob, carol):
        assert codes(await client.expect(f"<message type='groupchat' from='{room.jid}'/>")) == {173}


@test("XEP-0045 §7.2.5", "XEP-0045 §7.2.6", "XEP-0045 §7.2.7", "XEP-0045 §7.2.8", "XEP-0045 §7.2.9")
async def who_is_not_let_in(world):
    room = Room(world)
    (alice,) = await room.present(
        world, "alice", passwordprotectedroom="1", roomsecret="open", membersonly="1", maxusers="10"
    )
    bob = await world.client("bob")
    await room.refused(bob, "bob", "registration-required", "auth")
    await room.affiliate(alice, bob.bare, "member")
    await room.refused(bob, "bob", "not-authorized", "auth")
    await room.refused(bob, "bob", "not-authorized", "auth", x="<password>shut</password>")
    await room.refused(bob, "alice", "conflict", "cancel", x="<password>open</password>")
    await room.enter(bob, "bob", x="<password>open</password>")
    carol = await world.client("carol")
    await room.affiliate(alice, carol.bare, "outcast")
    await alice.expect(f"<presence from='{room.at('bob')}'/>")
    await room.refused(carol, "carol", "forbidden", "auth")


@test("XEP-0045 §7.2.1", "XEP-0045 §14.1", "RFC 6120 §8.3.3.8")
async def an_occupant_has_a_visible_name(world):
    room = Room(world)
    (alice,) = await room.present(world, "alice")
    bob = await world.client("bob")
    bob.send(f"<presence to='{room.jid}' id='n'><x xmlns='{MUC}'/></presence>")
    await bob.expect_error("presence", "n", "jid-malformed")
    room.knock(bob, "x" * 300)
    check_error(await bob.expect("<presence type='error'/>"), "not-acceptable")
    bob.send(
        f"<presence to='{room.at('bob')}' id='p'>"
        f"<x xmlns='{MUC}'/><status>{'x' * 9000}</status></presence>"
    )
    await bob.expect_error("presence", "p", "not-acceptable")
    await alice.expect_nothing(after=bob)


@test("XEP-0045 §7.2.10")
async def a_full_room_lets_administrators_in(world):
    room = Room(world)
    alice = await world.client("alice")
    await room.make(alice, "alice", maxusers="1")
    bob = await world.client("bob")
    await room.refused(bob, "bob", "service-unavailable")
    await room.affiliate(alice, bob.bare, "admin")
    await room.enter(bob, "bob")


@test(
    "XEP-0045 §10.1.1",
    "XEP-0045 §10.1.2",
    "XEP-0045 §10.1.3",
    "XEP-0045 §7.2.11",
    "XEP-0045 §7.2.12",
    threads=True,
)
async def a_new_room_is_locked_until_it_is_configured(world):
    room = Room(world)
    alice, bob = await world.client("alice"), await world.client("bob")
    entry = await room.enter(alice, "alice")
    assert codes(entry.own) == {110, 201}, entry.own
    assert (item(entry.own)["affiliation"], item(entry.own)["role"]) == ("owner", "moderator")
    await room.refused(bob, "bob", "item-not-found")
    form = await room.config(alice)
    assert form["FORM_TYPE"] == [CONFIG] and form["muc#roomconfig_roomowners"] == [alice.bare], form
    await room.configure(alice, roomname="Reserved", moderatedroom="true")
    await room.enter(bob, "bob")
    await alice.expect(f"<presence from='{room.at('bob')}'/>")
    form = await room.config(alice)
    assert form["muc#roomconfig_roomname"] == ["Reserved"] and form["muc#roomconfig_moderatedroom"] == [
        "1"
    ], form
    # Cancelled, it is none; an instant one opens by an empty form.
    again = Room(world)
    await again.enter(alice, "alice")
    cancel = f"<query xmlns='{MUC}#owner'><x xmlns='{DATA}' type='cancel'/></query>"
    await alice.iq("set", cancel, again.jid)
    gone = await alice.expect(f"<presence type='unavailable' from='{again.at('alice')}'/>")
    assert gone.child("x", USER).child("destroy"), gone
    await alice.iq_error("get", f"<query xmlns='{INFO}'/>", "item-not-found", to=again.jid)
    await again.make(alice, "alice")
    await again.enter(bob, "bob")


@test("XEP-0045 §7.6", "TRAPS 24", threads=True)
async def nicknames_change(world):
    room = Room(world)
    alice, bob = await room.present(world, "alice", "bob")
    bob.presence(room.at("robert"))
    for client, real in ((alice, bob.full), (bob, bob.full)):
        gone = await client.expect(f"<presence type='unavailable' from='{room.at('bob')}'/>")
        assert 303 in codes(gone) and item(gone)["nick"] == "robert", gone
        here = await client.expect(f"<presence from='{room.at('robert')}'/>")
        assert item(here)["jid"] == real and item(here)["role"] == "participant", here
        assert (110 in codes(here)) == (110 in codes(gone)) == (client is bob), here
    bob.send(f"<presence to='{room.at('alice')}' id='c'/>")
    await bob.expect_error("presence", "c", "conflict", "cancel")
    room.say(bob, "it is me")
    await room.heard(alice, bob, nick="robert", body="it is me")


@test("XEP-0045 §7.7", "XEP-0045 §17.3", "SECURITY 20")
async def presence_is_shown_without_what_only_rooms_say(world):
    room = Room(world)
    alice, bob = await room.present(world, "alice", "bob")
    forged = (
        f"<x xmlns='{USER}'><item affiliation='owner' role='moderator'/><status code='301'/></x>"
        f"<x xmlns='{USER}'/><occupant-id xmlns='urn:xmpp:occupant-id:0' id='f'/>"
        "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='g'/>"
        "<hats xmlns='urn:xmpp:hats:0'><hat title='King'/></hats>"
    )
    bob.send(f"<presence to='{room.at('bob')}'><show>dnd</show><c xmlns='urn:x' a='1'/>{forged}</presence>")
    seen = await alice.expect(
        f"<presence from='{room.at('bob')}'>" f"<show>dnd</show><c xmlns='urn:x' a='1'/></presence>"
    )
    (x,) = seen.all("x", USER)
    assert item(seen)["affiliation"] == "none" and not x.all("status") and not seen.child("hats"), seen
    assert occupant_id(seen) not in ("f", "g"), seen
    own = await bob.expect(f"<presence from='{room.at('bob')}'><show>dnd</show></presence>")
    assert codes(own) == {110} and occupant_id(own) == occupant_id(seen), own


@test("XEP-0045 §7.14", "XEP-0045 §17.3", threads=True)
async def leaving_is_told_to_all(world):
    room = Room(world)
    alice, bob = await room.present(world, "alice", "bob")
    bob.send(f"<presence to='{room.at('bob')}' type='unavailable'><status>bye</status></presence>")
    gone = await alice.expect(
        f"<presence type='unavailable' from='{room.at('bob')}'>" f"<status>bye</status></presence>"
    )
    assert item(gone)["role"] == "none" and codes(gone) == set(), gone
    gone = await bob.expect(f"<presence type='unavailable' from='{room.at('bob')}'/>")
    assert codes(gone) == {110}, gone
    bob.presence(room.at("bob"), "unavailable")  # of somebody who is not there: no answer
    await bob.expect_nothing()
    await alice.expect_nothing(after=bob)
    # The last one takes the room along.
    alice.presence(room.at("alice"), "unavailable")
    await alice.expect(f"<presence type='unavailable' from='{room.at('alice')}'/>")
    await alice.iq_error("get", f"<query xmlns='{INFO}'/>", "item-not-found", to=room.jid)


@test("XEP-0045 §7.14", cases={"closed": "close", "reset": "reset", "unavailable": "away"}, threads=True)
async def the_end_of_a_session_is_told_to_its_rooms(world, how):
    rooms = [Room(world) for _ in range(3)]
    alice, bob = await world.client("alice"), await world.client("bob", online=0)
    for room in rooms:
        await room.make(alice, "alice")
        await room.enter(bob, "bob")
        await alice.expect(f"<presence from='{room.at('bob')}'/>")
    if how == "close":
        bob.send("</stream:stream>")
    elif how == "reset":
        bob.wire.reset()
    else:
        bob.send("<presence type='unavailable'/>")
    await alice.expect_all(*(f"<presence type='unavailable' from='{room.at('bob')}'/>" for room in rooms))


@test("XEP-0045 §7.2.8", "TRAPS 24")
async def one_user_with_two_clients_has_one_name(world):
    room = Room(world)
    alice, bob = await room.present(world, "alice", "bob")
    phone = await world.another(bob)
    entry = await room.enter(phone, "bob")
    assert [one["from"] for one in entry.others] == [room.at("alice")], entry
    for client in (alice, bob):
        while client.waiting:
            await client.next()
    await alice.expect(f"<presence from='{room.at('bob')}'/>")
    room.say(phone, "from the phone")
    await room.heard(alice, phone, nick="bob", body="from the phone")
    await bob.wait_for("<message><body>from the phone</body></message>")
    phone.presence(room.at("bob"), "unavailable")
    await phone.expect(f"<presence type='unavailable' from='{room.at('bob')}'/>")
    room.say(alice, "still there?")
    await bob.wait_for("<message><body>still there?</body></message>")
    await room.heard(alice, nick="alice", body="still there?")
    await phone.expect_nothing(after=alice)


@test("XEP-0045 §17.3", "XEP-0045 §7.2.17", "TRAPS 24")
async def who_has_lost_track_enters_again_or_is_told(world):
    room = Room(world)
    alice, bob = await room.present(world, "alice", "bob")
    entry = await room.enter(bob, "bob")
    assert [one["from"] for one in entry.others] == [room.at("alice")], entry
    carol = await world.client("carol")
    carol.presence(room.at("carol"))
    told = await carol.expect(f"<presence type='unavailable' from='{room.at('carol')}'/>")
    assert codes(told) == {110, 307, 333}, told


@test("XEP-0410 §3", "XEP-0410 §4", "TRAPS 24", threads=True)
async def the_room_answers_self_pings(world):
    room = Room(world)
    alice, bob = await room.present(world, "alice", "bob")
    await bob.iq("get", PING, room.at("bob"))
    await bob.iq("get", PING, room.jid)
    outsider = await world.another(bob)
    await outsider.iq_error("get", PING, "not-acceptable", to=room.at("bob"))
    await outsider.iq_error("get", PING, "item-not-found", to=Room(world).at("bob"))


@test("TRAPS 25", "XEP-0045 §17.4", threads=True)
async def requests_reach_occupants_without_addresses(world):
    room = Room(world)
    alice, bob = await room.present(world, "alice", "bob")
    id = bob.send_iq("get", "<query xmlns='jabber:iq:version'/>", room.at("alice"))
    got = await alice.expect(f"<iq type='get' from='{room.at('bob')}' to='{alice.full}'/>")
    assert got["id"] != id and bob.full not in str(got), got
    alice.send(
        f"<iq type='result' id='{got['id']}' to='{got['from']}'>"
        "<query xmlns='jabber:iq:version'><name>x</name></query></iq>"
    )
    answer = await bob.expect(f"<iq type='result' id='{id}' from='{room.at('alice')}' to='{bob.full}'/>")
    assert alice.full not in str(answer), answer
    await alice.iq("set", "<vCard xmlns='vcard-temp'><FN>Alice</FN></vCard>")
    answer = await bob.iq("get", "<vCard xmlns='vcard-temp'/>", room.at("alice"))
    assert answer.child("vCard", "vcard-temp").child("FN").text == "Alice", answer
    await bob.iq_error("get", PING, "item-not-found", to=room.at("nobody"))
    # An answer that nobody asked for goes nowhere.
    alice.send(f"<iq type='result' id='forged' to='{room.at('bob')}'/>")
    await bob.expect_nothing(after=alice)


@test("XEP-0421 §3", "XEP-0421 §4", "SECURITY 20")
async def occupants_have_an_id_whatever_their_name(world):
    room, other = Room(world), Room(world)
    alice, bob = await room.present(world, "alice", "bob")
    room.say(bob, "one", payload="<occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/>" * 2)
    id = occupant_id(await alice.expect("<message><body>one</body></message>"))
    await room.heard(bob, nick="bob", body="one")
    bob.presence(room.at("bob"), "unavailable")
    assert occupant_id(await alice.expect("<presence type='unavailable'/>")) == id
    await bob.expect("<presence type='unavailable'/>")
    entry = await room.enter(bob, "bobby")
    assert occupant_id(entry.own) == id, entry.own
    await other.make(alice, "alice")
    assert occupant_id((await other.enter(bob, "bob")).own) != id
    assert occupant_id(entry.others[0]) != id
