"""Rooms (XEP-0045): messages to all and to one, subjects, history, invitations, requests for voice."""
from harness import check_error, federated, test
from harness.room import DATA, MUC, USER, Room, codes, fields_of, item, occupant_id

SID = "urn:xmpp:sid:0"
DELAY = "urn:xmpp:delay"
NO_STORE = "<no-store xmlns='urn:xmpp:hints'/>"


@test("XEP-0045 §7.4", "XEP-0359 §3", "SECURITY 20", threads=True)
async def all_hear_the_same(world):
    room = Room(world)
    everybody = alice, bob, carol = await room.present(world, "alice", "bob", "carol")
    forged = (
        f"<stanza-id xmlns='{SID}' by='{room.jid}' id='forged'/>"
        f"<stanza-id xmlns='{SID}' by='x@elsewhere.example' id='k'/>"
        f"<x xmlns='{USER}'><status code='172'/></x>"
        f"<delay xmlns='{DELAY}' from='{room.jid}' stamp='2002-10-10T00:00:00Z'/>"
    )
    id = room.say(bob, "a &lt; b", id="same", payload=f"<thread>t</thread>{forged}")
    ids = set()
    for client in everybody:
        got = await client.expect(
            f"<message type='groupchat' from='{room.at('bob')}' to='{client.full}' id='{id}'>"
            "<body>a &lt; b</body><thread>t</thread></message>"
        )
        stamps = {one["by"]: one["id"] for one in got.all("stanza-id")}
        assert len(got.all("stanza-id")) == 2 and stamps["x@elsewhere.example"] == "k", got
        assert not got.child("x") and not got.child("delay"), got
        ids.add(stamps[room.jid])
    assert len(ids) == 1 and "forged" not in ids, ids


@test("XEP-0045 §7.1", "TRAPS 24", "TRAPS 3", threads=True)
async def all_hear_in_the_same_order(world):
    room = Room(world)
    everybody = await room.present(world, "alice", "bob", "carol", "dave")
    for number in range(40):
        for client in everybody:
            room.say(client, f"{client.account.local} {number}", payload=NO_STORE)
    heard = []
    for client in everybody:
        bodies = [(await client.expect("<message type='groupchat'/>")).child("body").text for _ in range(160)]
        heard.append(bodies)
    assert all(bodies == heard[0] for bodies in heard)
    for client in everybody:
        own = [body for body in heard[0] if body.startswith(client.account.local)]
        assert own == [f"{client.account.local} {number}" for number in range(40)], own


@test("XEP-0045 §7.4", "XEP-0045 §7.5", "XEP-0045 §17.2")
async def who_may_not_speak(world):
    room = Room(world)
    alice, bob = await room.present(world, "alice", "bob", moderatedroom="1")
    outsider = await world.client("carol")
    await bob.expect_error("message", room.say(bob, "no voice"), "forbidden", "auth")
    await outsider.expect_error("message", room.say(outsider, "not here"), "not-acceptable", "modify")
    await outsider.expect_error(
        "message", outsider.message(room.at("bob"), "psst"), "not-acceptable", "modify"
    )
    await bob.expect_error("message", bob.message(room.at("nobody"), "psst"), "item-not-found", "cancel")
    id = bob.message(room.at("alice"), "psst", type="groupchat")
    await bob.expect_error("message", id, "bad-request", "modify")
    await bob.expect_error("message", bob.message(room.jid, "typed wrongly"), "bad-request", "modify")
    await bob.expect_error("message", bob.message(Room(world).jid, "x", type="groupchat"), "item-not-found")
    await alice.expect_nothing(after=bob)


@test("XEP-0045 §7.5", "TRAPS 25", "TRAPS 20", threads=True)
async def private_messages(world):
    room = Room(world)
    alice, bob, carol = await room.present(world, "alice", "bob", "carol")
    id = bob.message(room.at("carol"), "psst", payload=f"<x xmlns='{USER}'/>")
    got = await carol.expect(
        f"<message type='chat' from='{room.at('bob')}' to='{carol.full}' id='{id}'>"
        f"<body>psst</body></message>"
    )
    assert len(got.all("x", USER)) == 1 and occupant_id(got) and bob.full not in str(got), got
    await alice.expect_nothing(after=bob)
    for allowed, sender in (("moderators", alice), ("none", alice)):
        await room.configure(alice, allowpm=allowed)
        for client in (alice, bob, carol):
            assert codes(await client.expect("<message type='groupchat'/>")) == {104}
        await bob.expect_error("message", bob.message(room.at("carol"), "psst"), "forbidden")
        sender.message(room.at("carol"), "listen")
        await carol.expect(f"<message from='{room.at('alice')}'><body>listen</body></message>")


@test("XEP-0045 §7.3", "XEP-0045 §8.1", "XEP-0045 §7.2.15", threads=True)
async def subjects(world):
    room = Room(world)
    alice, bob = await room.present(world, "alice", "bob")
    id = bob.message(room.jid, type="groupchat", payload="<subject>mine</subject>")
    await bob.expect_error("message", id, "forbidden", "auth")
    alice.message(room.jid, type="groupchat", payload="<subject>Fire &amp; cauldron</subject>")
    for client in (alice, bob):
        got = await client.expect(
            f"<message type='groupchat' from='{room.at('alice')}'>"
            f"<subject>Fire &amp; cauldron</subject></message>"
        )
        assert not got.child("delay"), got
    # With a body it is a message with a title, and no subject.
    room.say(bob, "text", payload="<subject>title</subject>")
    await room.heard(alice, bob, nick="bob", body="text")
    carol = await world.client("carol")
    carol_sees = await room.enter(carol, "carol", x="<history maxstanzas='0'/>")
    assert carol_sees.subject["from"] == room.at("alice"), carol_sees.subject
    assert carol_sees.subject.child("subject").text == "Fire & cauldron", carol_sees.subject
    assert carol_sees.subject.child("delay", DELAY), carol_sees.subject
    for client in (alice, bob):
        await client.expect(f"<presence from='{room.at('carol')}'/>")
    await room.configure(alice, changesubject="1")
    for client in (alice, bob):
        await client.expect("<message type='groupchat'/>")
    bob.message(room.jid, type="groupchat", payload="<subject/>")
    await alice.expect(f"<message type='groupchat' from='{room.at('bob')}'><subject/></message>")
    id = alice.message(room.jid, type="groupchat", payload=f"<subject>{'x' * 9000}</subject>")
    await alice.expect_error("message", id, "not-acceptable")


@test("XEP-0045 §7.2.13", "XEP-0045 §7.2.14")
async def history(world):
    room = Room(world)
    alice, bob = await room.present(world, "alice", "bob", **{"muc#maxhistoryfetch": "5"})
    for number in range(7):
        room.say(bob, f"text {number}")
        await room.heard(alice, bob, nick="bob", body=f"text {number}")
    room.say(bob, "gone with the wind", payload=NO_STORE)
    await room.heard(alice, bob, nick="bob", body="gone with the wind")
    bob.message(
        room.jid, type="groupchat", payload="<composing xmlns='http://jabber.org/protocol/chatstates'/>"
    )
    carol = await world.client("carol")

    async def shown(wish=""):
        entry = await room.enter(carol, "carol", x=wish)
        carol.presence(room.at("carol"), "unavailable")
        await carol.expect("<presence type='unavailable'/>")
        for message in entry.history:
            assert (
                message["from"] == room.at("bob") and message.child("delay", DELAY)["from"] == room.jid
            ), message
            assert message.child("stanza-id", SID)["by"] == room.jid, message
        return [message.child("body").text for message in entry.history]

    last = [f"text {number}" for number in range(2, 7)]
    assert await shown() == last
    assert await shown("<history maxstanzas='2'/>") == last[-2:]
    assert await shown("<history maxstanzas='0'/>") == []
    assert await shown("<history maxchars='0'/>") == []
    assert await shown("<history seconds='600'/>") == last
    assert await shown("<history since='2100-01-01T00:00:00Z'/>") == []
    assert await shown("<history since='1970-01-01T00:00:00Z' maxstanzas='3'/>") == last[-3:]
    assert await shown("<history maxstanzas='many' since='yesterday'/>") == last


@test("XEP-0045 §7.8.2", "XEP-0249 §2", "TRAPS 20")
async def invitations_and_refusals(world):
    room = Room(world)
    alice, bob = await room.present(
        world, "alice", "bob", passwordprotectedroom="0", roomsecret="cauldron", membersonly="0"
    )
    carol = await world.client("carol", online=0)
    invite = f"<x xmlns='{USER}'><invite to='{carol.bare}'><reason>come</reason></invite></x>"
    bob.send(f"<message to='{room.jid}' id='i'>{invite}</message>")
    got = await carol.expect(f"<message from='{room.jid}'/>")
    asked = got.child("x", USER).child("invite")
    assert asked["from"] == room.at("bob") and asked.child("reason").text == "come", got
    assert got.child("x", "jabber:x:conference")["jid"] == room.jid, got
    carol.send(
        f"<message to='{room.jid}'><x xmlns='{USER}'>"
        f"<decline to='{room.at('bob')}'><reason>no</reason></decline></x></message>"
    )
    got = await bob.expect(f"<message from='{room.jid}'/>")
    refusal = got.child("x", USER).child("decline")
    assert refusal["from"] == carol.bare and refusal.child("reason").text == "no", got
    carol.send(f"<message to='{room.jid}' id='o'>{invite}</message>")
    await carol.expect_error("message", "o", "not-acceptable")
    # In a room for members the invited are members.
    await room.configure(alice, membersonly="1")
    got = await bob.expect(f"<presence type='unavailable' from='{room.at('bob')}'/>")
    assert codes(got) == {110, 322}, got
    alice.send(f"<message to='{room.jid}'>{invite}</message>")
    await carol.expect(f"<message from='{room.jid}'/>")
    assert item((await room.enter(carol, "carol")).own)["affiliation"] == "member"


@test("XEP-0045 §7.13", "XEP-0045 §8.6")
async def voice_is_asked_for_and_given(world):
    room = Room(world)
    alice, bob, carol = await room.present(world, "alice", "bob", "carol", moderatedroom="1")
    form = (
        f"<field var='FORM_TYPE'><value>{MUC}#request</value></field>"
        f"<field var='muc#role'><value>participant</value></field>"
    )
    bob.send(f"<message to='{room.jid}'><x xmlns='{DATA}' type='submit'>{form}</x></message>")
    asked = await alice.expect(f"<message from='{room.jid}'/>")
    fields = fields_of(asked.child("x", DATA))
    assert fields["muc#roomnick"] == ["bob"] and fields["muc#jid"] == [bob.full], asked
    grant = (
        f"<field var='muc#roomnick'><value>bob</value></field>"
        f"<field var='muc#request_allow'><value>1</value></field>"
    )
    carol.send(f"<message to='{room.jid}' id='n'><x xmlns='{DATA}' type='submit'>{form}{grant}</x></message>")
    await carol.expect_error("message", "n", "forbidden")
    alice.send(f"<message to='{room.jid}'><x xmlns='{DATA}' type='submit'>{form}{grant}</x></message>")
    for client in (alice, bob, carol):
        assert item(await client.expect(f"<presence from='{room.at('bob')}'/>"))["role"] == "participant"
    room.say(bob, "thanks")
    await room.heard(alice, bob, carol, nick="bob", body="thanks")


@test("XEP-0045 §17.2", "SECURITY 12")
async def one_occupant_cannot_flood_a_room(world):
    muc = {"features": {"muc": {"message_rate": 1, "presence_rate": 1, "message_bytes": "1KiB"}}}
    async with world.own_server(muc) as server:
        room = Room(world)
        alice, bob = await world.client("alice", server=server), await world.client("bob", server=server)
        await room.make(alice, "alice")
        await room.enter(bob, "bob")
        await alice.expect("<presence/>")
        for _ in range(30):
            room.say(bob, "flood")
        refused = [await bob.expect("<message/>") for _ in range(30)]
        errors = [one for one in refused if one["type"] == "error"]
        assert 20 <= len(errors) < 30, len(errors)
        check_error(errors[0], "resource-constraint", "wait")
        for _ in range(30 - len(errors)):
            await room.heard(alice, nick="bob", body="flood")
        await alice.expect_nothing(after=bob)
        await alice.expect_error("message", room.say(alice, "x" * 2000), "policy-violation")
        for _ in range(30):
            bob.send(f"<presence to='{room.at('bob')}' id='p'/>")
        answers = [await bob.expect("<presence/>") for _ in range(30)]
        assert sum(one["type"] == "error" for one in answers) >= 20


@test(
    "XEP-0045 §17.2",
    "TRAPS 24",
    cases={
        "in the clear of doubt": ("remote-server-timeout", True),
        "of the client": ("service-unavailable", False),
    },
)
async def ghosts_leave(world, condition, leaves):
    async with federated(world, "peer.example") as (server, peer):
        room = Room(world)
        alice = await world.client("alice", server=server)
        await room.make(alice, "alice")
        stream = await peer.connected(server, host=room.service)
        ghost = "ghost@peer.example/x"
        stream.send(f"<presence from='{ghost}' to='{room.at('ghost')}'><x xmlns='{MUC}'/></presence>")
        await alice.expect(f"<presence from='{room.at('ghost')}'/>")
        answer = await peer.incoming(room.service)
        await answer.serve_external()
        while not (got := await answer.next()).child("subject"):
            pass
        room.say(alice, "boo")
        await room.heard(alice, nick="alice", body="boo")
        await answer.expect(f"<message to='{ghost}' from='{room.at('alice')}'><body>boo</body></message>")
        error = f"<error type='wait'><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
        stream.send(f"<message type='error' from='{ghost}' to='{room.at('alice')}'>{error}</message>")
        if leaves:
            gone = await alice.expect(f"<presence type='unavailable' from='{room.at('ghost')}'/>")
            assert codes(gone) == {307, 333}, gone
        else:
            stream.send(
                f"<message type='groupchat' from='{ghost}' to='{room.jid}'>" f"<body>here</body></message>"
            )
            await room.heard(alice, nick="ghost", body="here")
