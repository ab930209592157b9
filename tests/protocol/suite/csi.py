"""Client state indication (XEP-0352): what a client that nobody looks at need not get."""
from harness import test
from harness.managed import managed_login

CSI = "urn:xmpp:csi:0"
PING = "<ping xmlns='urn:xmpp:ping'/>"
COMPOSING = "<composing xmlns='http://jabber.org/protocol/chatstates'/>"
PAUSED = "<paused xmlns='http://jabber.org/protocol/chatstates'/>"


def inactive(client):
    client.send(f"<inactive xmlns='{CSI}'/>")


def active(client):
    client.send(f"<active xmlns='{CSI}'/>")


async def settle(client, peer):
    """Everything the client sent so far has been handled at the peer's session."""
    for _ in range(2):
        await client.request("get", "<nothing xmlns='urn:example:unknown'/>", peer.bare)


async def pair(world):
    """Alice, whose presence and messages the inactive bob gets."""
    alice, bob = await world.friends()
    inactive(bob)
    # His own server has read it when it answers. The answer is worth sending.
    await bob.iq("get", PING, world.host)
    return alice, bob


@test("XEP-0352 §3")
async def announced_after_the_login(world):
    bob = await world.login(await world.account(), bind=False)
    assert bob.features.child("csi", CSI), bob.features
    stream = await world.connect()
    assert not (await stream.open()).child("csi", CSI)


@test("XEP-0352 §5", "TRAPS 1", threads=True)
async def the_newest_presence_and_chat_state_come_when_somebody_looks(world):
    alice, bob = await pair(world)
    for show in ("away", "dnd", "xa"):
        alice.send(f"<presence><show>{show}</show></presence>")
    for state in (COMPOSING, PAUSED, COMPOSING):
        alice.message(bob.full, payload=state)
    alice.send("<presence><show>chat</show></presence>")
    await settle(alice, bob)
    active(bob)
    id = bob.send_iq("get", PING, world.host)
    await bob.expect("<message><composing xmlns='http://jabber.org/protocol/chatstates'/></message>")
    await bob.expect(f"<presence from='{alice.full}'><show>chat</show></presence>")
    await bob.expect(f"<iq id='{id}'/>")  # behind what was held back


@test("XEP-0352 §5", "RULES 1", threads=True)
async def what_matters_takes_the_rest_with_it_in_order(world):
    alice, bob = await pair(world)
    alice.send("<presence><show>away</show></presence>")
    alice.message(bob.full, payload=COMPOSING)
    alice.message(bob.full, "hello", id="text")
    await bob.expect("<presence><show>away</show></presence>")
    await bob.expect("<message><composing xmlns='http://jabber.org/protocol/chatstates'/></message>")
    await bob.expect("<message id='text'/>")
    alice.message(bob.full, payload=COMPOSING)  # still inactive
    alice.send_iq("get", "<q xmlns='urn:example:q'/>", bob.full)
    await bob.expect("<message/>")
    await bob.expect("<iq type='get'/>")


@test("XEP-0352 §5")
async def the_last_of_a_presence_is_that_it_is_gone(world):
    alice, bob = await pair(world)
    alice.send("<presence><show>away</show></presence>")
    alice.send("<presence type='unavailable'/>")
    await settle(alice, bob)
    active(bob)
    await bob.expect(f"<presence type='unavailable' from='{alice.full}'/>")
    await bob.expect_nothing(after=alice)


@test("XEP-0352 §5", "RFC 6121 §3.1.3")
async def requests_to_subscribe_do_not_wait(world):
    alice, bob = await pair(world)
    carol = await world.client("carol", online=0)
    carol.presence(bob.bare, "subscribe")
    await bob.expect(f"<presence type='subscribe' from='{carol.bare}'/>")
    assert alice


@test("XEP-0352 §5", "RULES 4")
async def not_more_is_held_than_a_phone_can_take(world):
    """A stranger's directed presence of ever new resources cannot fill the server's memory."""
    _, bob = await pair(world)
    big = "<status>" + "x" * 30000 + "</status>"
    peers = [await world.client("peer", online=0) for _ in range(4)]
    for peer in peers:
        peer.send(f"<presence to='{bob.full}'>{big}</presence>")
    await bob.expect("<presence/>")  # by then all that was held is released


@test("XEP-0352 §5.2", "XEP-0198 §5", "TRAPS 1", threads=True)
async def active_again_after_a_resumption(world):
    alice, bob = await world.friends()
    phone = await managed_login(world, bob.account, online=0)
    await alice.wait_for(f"<presence from='{phone.full}'/>")
    await phone.wait_for(f"<presence from='{alice.full}'/>")
    inactive(phone)
    await phone.iq("get", PING, world.host)
    phone.cut()
    alice.send("<presence><show>away</show></presence>")
    alice.send("<presence><show>xa</show></presence>")
    await settle(alice, bob)
    phone = await phone.resume(world)
    await phone.wait_for(f"<presence from='{alice.full}'><show>xa</show></presence>")
    alice.send("<presence><show>dnd</show></presence>")
    await phone.wait_for(f"<presence from='{alice.full}'><show>dnd</show></presence>")


@test("XEP-0352 §4", cases={"unknown": "sleepy"})
async def other_elements_of_the_namespace(world, name):
    bob = await world.client()
    bob.send(f"<{name} xmlns='{CSI}'/>")
    await bob.expect_stream_error("unsupported-stanza-type")
