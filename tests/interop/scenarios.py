"""What clients do with each other: the same for every pair of them."""
from clients.go_sendxmpp import GoSendxmpp
from clients.libstrophe import Libstrophe
from clients.mcabber import Mcabber
from clients.profanity import Profanity
from clients.slixmpp import (
    Eventful,
    Pocketed,
    Registering,
    Resuming,
    Slixmpp,
    SlixmppDirect,
    Sociable,
    Synchronized,
)
from clients.xmppjs import XmppJs, XmppJsDirect, XmppJsMobile, XmppJsWeb
from harness.server import REGISTER

SCENARIOS = []  # (name, classes of the clients, domain of their accounts or None, function)


def scenario(*pairs, domain=None):
    """Registers an async function of clients, once for every tuple of classes."""

    def register(function):
        for classes in pairs:
            names = "-".join(c.__name__.lower() for c in classes)
            SCENARIOS.append((f"interop.{function.__name__}[{names}]", classes, domain, function))
        return function

    return register


@scenario(
    (Slixmpp, SlixmppDirect),
    (Profanity, Slixmpp),
    (Slixmpp, Mcabber),
    (Mcabber, Profanity),
    (Libstrophe, Slixmpp),
    (Slixmpp, XmppJs),
    (XmppJsDirect, Libstrophe),
    (Profanity, XmppJs),
    (XmppJsWeb, Slixmpp),
)
async def friendship(alice, bob):
    """Two people become contacts, talk, and one of them is away for a while."""
    await alice.start()
    await bob.start()
    await alice.request(bob.jid)
    await bob.allow(alice.jid)
    await alice.sees_online(bob.jid)
    await bob.request(alice.jid)
    await alice.allow(bob.jid)
    await bob.sees_online(alice.jid)
    await talk(alice, bob)

    await bob.leave()
    await alice.sees_offline(bob.jid)
    await alice.say(bob.jid, "read this when you are back")
    await bob.start()
    await bob.hears(alice.jid, "read this when you are back")
    await alice.sees_online(bob.jid)
    await bob.sees_online(alice.jid)
    await bob.say(alice.jid, "done")
    await alice.hears(bob.jid, "done")
    await bob.leave()
    await alice.sees_offline(bob.jid)
    await alice.leave()


@scenario((GoSendxmpp, Slixmpp), (GoSendxmpp, GoSendxmpp))
async def conversation(alice, bob):
    """Two people that are no contacts talk."""
    await alice.start()
    await bob.start()
    await talk(alice, bob)
    await alice.leave()
    await bob.leave()


@scenario((Synchronized, Synchronized), (XmppJsMobile, Synchronized), (Synchronized, XmppJsMobile))
async def two_devices(alice, bob):
    """A conversation as the second device of one side sees it: live, and later from the archive."""
    phone = alice.another()
    try:
        for client in (alice, phone, bob):
            await client.start()
        await alice.say(bob.jid, "out")
        await phone.until(f"sent {alice.jid} {bob.jid} out")
        await bob.hears(alice.jid, "out")
        await bob.say(alice.full, "in")
        await alice.hears(bob.jid, "in")
        await phone.until(f"received {bob.jid} {alice.jid} in")
        await phone.leave()
        for number in range(9):
            await bob.say(alice.jid, f"number {number}")
            await alice.hears(bob.jid, f"number {number}")
        await phone.start()
        texts = ["out", "in", *(f"number {n}" for n in range(9))]
        assert (got := await phone.history(bob.jid)) == texts, got
        assert (got := await phone.history(bob.jid, reverse=True)) == texts[::-1], got
        assert (got := await bob.history(alice.jid)) == texts, got
        assert (got := await bob.history(bob.jid)) == [], got
        for client in (alice, phone, bob):
            await client.leave()
    finally:
        await phone.end()


@scenario((Synchronized, Synchronized))
async def second_thoughts(alice, bob):
    """A message is taken back; others are not recorded at all."""
    for client in (alice, bob):
        await client.start()
    await alice.say(bob.jid, "for you", id="right")
    await alice.say(bob.jid, "not for you", id="wrong")
    await alice.retract(bob.jid, "wrong", "forget it")
    await bob.hears(alice.jid, "forget it")
    for client, peer in ((alice, bob), (bob, alice)):
        while (got := await client.history(peer.jid)) != ["for you", "", "forget it"]:
            assert got == ["for you", "not for you", "forget it"], got
    await alice.prefer("never")
    await alice.say(bob.jid, "off the record")
    await bob.hears(alice.jid, "off the record")
    assert len(await alice.history(bob.jid)) == 3
    assert (await bob.history(alice.jid))[-1] == "off the record"
    for client in (alice, bob):
        await client.leave()


@scenario((Slixmpp, Pocketed), (Slixmpp, XmppJsMobile))
async def in_the_pocket(alice, bob):
    """Nobody looks at a phone: it is spared what does not matter until something does."""
    await alice.start()
    await bob.start()
    await bob.look_away()
    await alice.types(bob.jid, "composing")
    await alice.types(bob.jid, "paused")
    await alice.say(bob.jid, "look at me")
    await bob.hears(alice.jid, "look at me")
    states = {fact for fact in bob.facts if fact.startswith("state ")}
    assert states == {f"state {alice.jid} paused"}, states  # of several the last, in front of the message
    await bob.look()
    await alice.types(bob.jid, "composing")
    await bob.until(f"state {alice.jid} composing")
    for client in (alice, bob):
        await client.leave()


@scenario((Slixmpp, Resuming), (Slixmpp, XmppJsMobile))
async def tunnels(alice, bob):
    """One of two contacts loses the network again and again; neither notices more than a delay."""
    await alice.start()
    await bob.start()
    for number in range(3):
        await alice.say(bob.jid, f"before {number}")
        await bob.lose_network()
        await alice.say(bob.jid, f"in the tunnel {number}")
        await bob.find_network()
        await bob.hears(alice.jid, f"before {number}")
        await bob.hears(alice.jid, f"in the tunnel {number}")
        await bob.say(alice.jid, f"back {number}")
        await alice.hears(bob.jid, f"back {number}")
    await bob.leave()
    await alice.leave()


@scenario((Sociable, Sociable))
async def in_a_room(alice, bob):
    """A room is made, configured, talked in; one is shown the door and comes back to what was said."""
    room = f"{alice.account.local}s-place@conference.{alice.account.domain}"
    for client in (alice, bob):
        await client.start()
    assert await alice.enter(room, "host") == (set(), [], "")
    await alice.configure(room, roomname="A place", persistentroom=True)
    assert await bob.enter(room, "guest") == ({"host"}, [], "")
    await alice.until("in guest")
    for client, text in ((alice, "Fish & <chips>?"), (bob, "до встречи")):
        await client.tell(room, text)
        for listener in (alice, bob):
            await listener.hears(room, text)
    await alice.name_subject(room, "food")
    await alice.put_out(room, "guest")
    await bob.until("out guest")
    await alice.until("out guest")
    assert await bob.enter(room, "guest") == ({"host"}, ["Fish & <chips>?", "до встречи"], "food")
    for client in (alice, bob):
        await client.leave()


async def talk(alice, bob):
    """Each says something that is easily broken on its way, and the other gets it as it was."""
    for speaker, listener in ((alice, bob), (bob, alice)):
        for text in ("Fish & <chips>?", "\"Yes\" – it's 'ready' ]]>", "до встречи, 再见"):
            await speaker.say(listener.jid, f"{speaker.account.local}: {text}")
            await listener.hears(speaker.jid, f"{speaker.account.local}: {text}")


@scenario((Eventful, Eventful))
async def faces(alice, bob):
    """Two contacts see each other's picture and name, whoever comes later."""
    phone = bob.another()
    try:
        for client in (alice, bob):
            await client.start()
        await alice.notes()
        await alice.request(bob.jid)
        await bob.allow(alice.jid)
        await bob.request(alice.jid)
        await alice.allow(bob.jid)
        await bob.sees_online(alice.jid)
        for picture in (b"\x89PNG one", b"\x89PNG two" * 10_000):
            seen = await alice.show(picture)
            await bob.until(seen)
            await alice.until(seen)  # its own clients hear of it too
        await alice.be_called("Al & <co>")
        await bob.until(f"nick {alice.jid} Al & <co>")
        await alice.leave()
        await phone.start()
        await phone.until(seen)
        await phone.until(f"nick {alice.jid} Al & <co>")
        nodes = await phone.nodes_of(alice.jid)
        assert {"urn:xmpp:avatar:data", "urn:xmpp:avatar:metadata"} <= nodes, nodes
        await alice.start()
        await bob.be_called("Bob")
        await alice.until(f"nick {bob.jid} Bob")
        for client in (alice, bob, phone):
            await client.leave()
    finally:
        await phone.end()


@scenario((Registering,), domain=REGISTER)
async def registration(alice):
    """An account is made by its user, used, given back, and gone."""
    await alice.start()
    assert "registered" in alice.facts
    await alice.say(alice.jid, "a note")
    await alice.hears(alice.jid, "a note")
    await alice.cancel()
    stranger = Slixmpp(alice.server, alice.account, alice.folder)
    try:
        await stranger.is_refused()
    finally:
        await stranger.end()
