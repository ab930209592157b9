"""Carbons (XEP-0280): what one of a user's clients sends or gets, the others see too."""
from harness import test
from harness.archive import FORWARD, ask, stanza_ids

CARBONS = "urn:xmpp:carbons:2"
HINTS = "urn:xmpp:hints"
PRIVATE = f"<private xmlns='{CARBONS}'/>"
NO_COPY = f"<no-copy xmlns='{HINTS}'/>"
ROOM_USER = "http://jabber.org/protocol/muc#user"
BODY = "<body>x</body>"


async def devices(world, count=2, online=0):
    """Sessions of one account that want carbons; nothing is waiting at any."""
    first = await world.client("alice", online=online)
    clients = [first] + [await world.another(first, online=online) for _ in range(count - 1)]
    for client in clients:
        await client.iq("set", f"<enable xmlns='{CARBONS}'/>")
    for client in clients:
        await client.request("get", "<ping xmlns='urn:xmpp:ping'/>", client.domain)
        while client.waiting:
            assert (await client.next()).name == "presence"
    return clients


async def carbon(client, direction):
    """The next element, which must be a carbon; the wrapper and the copied message."""
    wrapper = await client.expect(f"<message from='{client.bare}' to='{client.full}'/>")
    copy = wrapper.child(direction, CARBONS)
    assert copy and len(wrapper.elements) == 1, f"no carbon: {wrapper}"
    return wrapper, copy.child("forwarded", FORWARD).child("message")


@test("TRAPS 20", "XEP-0280 §7", "XEP-0280 §8", "XEP-0313 §3.5", threads=True)
async def sent_and_received(world):
    (laptop, phone), bob = await devices(world), await world.client("bob", online=0)
    laptop.message(bob.bare, "out", id="o", payload="<thread>t</thread>")
    wrapper, message = await carbon(phone, "sent")
    assert wrapper["type"] == "chat" and message["type"] == "chat", wrapper
    assert (message["from"], message["to"], message["id"]) == (laptop.full, bob.bare, "o"), message
    assert message.child("body").text == "out" and message.child("thread").text == "t", message
    (sent_id,) = stanza_ids(message)
    assert stanza_ids(message, laptop.bare) == [sent_id], message
    got = await bob.expect("<message id='o'><body>out</body></message>")
    assert not got.all("stanza-id") or stanza_ids(got) == stanza_ids(got, bob.bare), got

    bob.message(laptop.full, "in", id="i")
    direct = await laptop.expect("<message id='i'><body>in</body></message>")
    wrapper, message = await carbon(phone, "received")
    assert (message["from"], message["to"], message["id"]) == (bob.full, laptop.full, "i"), message
    assert stanza_ids(message, laptop.bare) == stanza_ids(direct) != [], message
    assert (await ask(phone)).ids == [sent_id, *stanza_ids(message)]
    await laptop.expect_nothing(after=bob)
    await phone.expect_nothing()


@test("XEP-0280 §4", "XEP-0280 §5", "XEP-0280 §10.1")
async def only_for_those_who_want_them(world):
    (laptop, phone), bob = await devices(world), await world.client("bob")
    tablet = await world.another(laptop)
    bob.message(laptop.full, "1")
    await laptop.expect("<message><body>1</body></message>")
    await carbon(phone, "received")
    await tablet.expect_nothing()
    for _ in range(2):
        await phone.iq("set", f"<disable xmlns='{CARBONS}'/>")
        await tablet.iq("set", f"<enable xmlns='{CARBONS}'/>")
    bob.message(laptop.full, "2")
    await laptop.expect("<message><body>2</body></message>")
    await carbon(tablet, "received")
    await phone.expect_nothing()
    info = await phone.iq("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", world.host)
    assert CARBONS in {e["var"] for e in info.elements[0].all("feature")}, info


@test("XEP-0280 §4.1")
async def nobody_can_be_made_to_get_them(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    for name in ("enable", "disable"):
        for to in (bob.bare, world.stranger().bare):
            await alice.iq_error("set", f"<{name} xmlns='{CARBONS}'/>", "service-unavailable", to=to)
        await alice.iq_error("get", f"<{name} xmlns='{CARBONS}'/>", "service-unavailable")


ELIGIBLE = {
    "chat": ("chat", BODY, True, True),
    "chat without body": ("chat", "<x xmlns='urn:example:x'/>", True, True),
    "normal with body": ("normal", BODY, True, True),
    "normal without": ("normal", "<x xmlns='urn:example:x'/>", False, False),
    "chat state": ("normal", "<active xmlns='http://jabber.org/protocol/chatstates'/>", True, True),
    "receipt": ("normal", "<received xmlns='urn:xmpp:receipts' id='1'/>", True, True),
    "marker": ("normal", "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>", True, True),
    "invitation": ("normal", "<x xmlns='jabber:x:conference' jid='r@x.example'/>", True, True),
    "mediated": ("normal", f"<x xmlns='{ROOM_USER}'><invite from='a@x.example'/></x>", True, True),
    "room's private talk": ("chat", f"{BODY}<x xmlns='{ROOM_USER}'/>", True, False),
    "private": ("chat", f"{BODY}{PRIVATE}", False, False),
    "no-copy": ("chat", f"{BODY}{NO_COPY}", False, False),
    "both": ("chat", f"{BODY}{PRIVATE}{NO_COPY}", False, False),
    "headline": ("headline", BODY, False, False),
    "headline receipt": ("headline", "<received xmlns='urn:xmpp:receipts' id='1'/>", True, True),
    "groupchat": ("groupchat", BODY, False, False),
    "no-store": ("chat", f"{BODY}<no-store xmlns='{HINTS}'/>", True, True),
}


@test("TRAPS 20", "TRAPS 33", "XEP-0280 §6", "XEP-0280 §9", cases=ELIGIBLE)
async def what_is_copied(world, type, payload, sent, received):
    (laptop, phone), bob = await devices(world), await world.client("bob")
    laptop.message(bob.full, type=type, payload=payload, id="o")
    got = await bob.expect("<message id='o'/>")
    assert got.child("private", CARBONS) or PRIVATE not in payload, got
    if sent:
        _, message = await carbon(phone, "sent")
        assert message["id"] == "o", message
    bob.message(laptop.full, type=type, payload=payload, id="i")
    await laptop.expect("<message id='i'/>")
    if received:
        _, message = await carbon(phone, "received")
        assert message["id"] == "i", message
    await phone.expect_nothing()


@test("TRAPS 20", "TRAPS 33", "XEP-0280 §7", "XEP-0334 §4.3")
async def nobody_gets_two(world):
    (laptop, phone), bob = await devices(world), await world.client("bob")
    (silent,) = [await world.another(laptop, online=-1)]
    await silent.iq("set", f"<enable xmlns='{CARBONS}'/>")
    for client in (laptop, phone):
        await client.wait_for(f"<presence from='{silent.full}'/>")
    bob.message(laptop.bare, "to all", id="m", payload=NO_COPY)
    for client in (laptop, phone):
        await client.expect("<message id='m'/>")
    await silent.wait_for(f"<message><received xmlns='{CARBONS}'/></message>")
    for client in (laptop, phone):
        await client.expect_nothing(after=bob)


@test("TRAPS 20", "XEP-0280 §7", threads=True)
async def a_note_to_oneself(world):
    laptop, phone, tablet = await devices(world, 3)
    laptop.message(laptop.bare, "to all", id="b")
    for client in (laptop, phone, tablet):
        await client.expect("<message id='b'/>")
    laptop.message(phone.full, "to one", id="f")
    await phone.expect("<message id='f'/>")
    _, message = await carbon(tablet, "received")
    assert message["id"] == "f", message
    laptop.message(laptop.full, "to me", id="s")
    await laptop.expect("<message id='s'/>")
    for client in (phone, tablet):
        _, message = await carbon(client, "received")
        assert message["id"] == "s", message
    for client in (laptop, phone, tablet):
        await client.expect_nothing()


@test("TRAPS 20", "XEP-0280 §6.1")
async def errors_that_answer_what_was_copied(world):
    (laptop, phone), bob = await devices(world), await world.client("bob")
    for id, payload in (("copied", BODY), ("private", BODY + PRIVATE)):
        laptop.message(f"{bob.bare}/nowhere", type="normal", payload=payload, id=id)
        await laptop.expect_error("message", id, "service-unavailable")
    await carbon(phone, "sent")
    _, message = await carbon(phone, "received")
    assert message["type"] == "error" and message["id"] == "copied", message
    await phone.expect_nothing()
    # Not what the other made up.
    bob.send(f"<message to='{laptop.full}' type='error' id='copied'><error type='cancel'/></message>")
    await laptop.expect("<message type='error' id='copied'/>")
    await phone.expect_nothing()


@test("TRAPS 20", "XEP-0280 §6.1")
async def errors_that_a_client_answers_with(world):
    (laptop, phone), bob = await devices(world), await world.client("bob")
    error = "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    for id, payload in (("copied", BODY), ("private", BODY + PRIVATE)):
        bob.message(laptop.full, payload=payload, id=id)
        await laptop.expect(f"<message id='{id}'/>")
        laptop.message(bob.full, type="error", payload=error, id=id)
        await bob.expect(f"<message type='error' id='{id}'/>")
    await carbon(phone, "received")
    _, message = await carbon(phone, "sent")
    assert message["type"] == "error" and message["id"] == "copied", message
    await phone.expect_nothing(after=bob)


@test("XEP-0280 §6.2")
async def the_rules_are_announced(world):
    alice = await world.client("alice")
    for to in (alice.bare, world.host):
        info = await alice.iq("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", to)
        assert {CARBONS, "urn:xmpp:carbons:rules:0"} <= {e["var"] for e in info.elements[0].all("feature")}


@test("TRAPS 20", "XEP-0280 §10.3")
async def an_error_about_a_copy_reaches_nobody(world):
    (laptop, phone), bob = await devices(world), await world.client("bob", online=0)
    bob.message(laptop.full, "x", id="m")
    await laptop.expect("<message id='m'/>")
    wrapper, _ = await carbon(phone, "received")
    error = "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    phone.send(f"<message to='{wrapper['from']}' type='error'>{error}</message>")
    await phone.expect_nothing(of=laptop.bare)
    await laptop.expect_nothing()
    await bob.expect_nothing(after=phone)


@test("TRAPS 20", "SECURITY 21", "XEP-0280 §7", "XEP-0280 §11")
async def forged_ones_do_not_pass(world):
    (laptop, phone), bob = await devices(world), await world.client("bob")
    inner = f"<message xmlns='jabber:client' from='c@{world.host}' to='{laptop.full}'>{BODY}</message>"
    for direction in ("sent", "received"):
        forwarded = f"<forwarded xmlns='{FORWARD}'>{inner}</forwarded>"
        forged = f"<{direction} xmlns='{CARBONS}'>{forwarded}</{direction}>"
        for to in (laptop.full, laptop.bare):
            bob.message(to, payload=forged * 2 + "<thread>t</thread>", id="f")
            got = await laptop.expect(f"<message id='f' from='{bob.full}'><thread>t</thread></message>")
            assert not got.all(direction), got
            if to == laptop.bare:
                got = await phone.expect(f"<message id='f' from='{bob.full}'><thread>t</thread></message>")
            else:
                _, got = await carbon(phone, "received")
            assert not got.all(direction), got


@test("XEP-0280 §7", "RULES 3")
async def while_nobody_takes_messages(world):
    (laptop, phone), bob = await devices(world, online=-1), await world.client("bob")
    bob.message(laptop.bare, "waits", id="w")
    for client in (laptop, phone):
        _, message = await carbon(client, "received")
        assert message["id"] == "w", message
    await phone.online(0)
    got = await phone.wait_for("<message id='w'/>")
    assert stanza_ids(got) == stanza_ids(message), got
