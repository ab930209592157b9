"""Who hears of what happens at an account's nodes (XEP-0163 §4, XEP-0060 §7 and §8)."""
from harness import pep, test
from harness.pep import OWNER, event, hears_nothing, news, pubsub, quiet, watching_friends

NODE, OTHER = "urn:example:mood", "urn:example:nick"


# Notifications


@test("XEP-0163 §4.3", "TRAPS 26", "XEP-0060 §7.1.2", threads=True)
async def a_contact_hears_what_it_wants_to(world):
    alice, bob = await watching_friends(world, NODE)
    id = await pep.publish(alice, NODE, "happy")
    got = await bob.expect(news(alice.bare, NODE, "happy", id))
    assert got["to"] == bob.full and got["id"], got
    assert not got.child("delay"), got
    await pep.publish(alice, OTHER, "Al")
    await hears_nothing(alice, bob)


@test("XEP-0163 §4.1", "XEP-0163 §4.3.2", threads=True)
async def all_resources_that_want_to_and_no_others(world):
    alice, bob = await watching_friends(world, NODE)
    phone, tablet, asleep = [await world.another(bob) for _ in range(3)]
    await pep.watch(phone, NODE, priority=-1)
    await pep.watch(tablet, OTHER)
    await pep.watch(asleep, NODE)
    asleep.send("<presence type='unavailable'/>")
    await asleep.wait_for(f"<presence from='{asleep.full}' type='unavailable'/>")
    await quiet(alice, bob, phone, tablet, asleep)
    await pep.publish(alice, NODE, "happy")
    for client in (bob, phone):
        got = await client.expect(news(alice.bare, NODE, "happy"))
        assert got["to"] == client.full, got
    await hears_nothing(alice, tablet, asleep)


@test("XEP-0163 §2.3", "XEP-0163 §4.3.2", threads=True)
async def the_own_resources(world):
    desk = await world.client()
    await pep.watch(desk, NODE)
    phone = await world.another(desk, online=0)
    await quiet(desk, phone)
    await pep.publish(phone, NODE, "happy", "a", access_model="whitelist")
    await desk.expect(news(desk.bare, NODE, "happy", "a"))
    await pep.publish(desk, NODE, "sad", "b")
    await desk.expect(news(desk.bare, NODE, "sad", "b"))
    await hears_nothing(desk, phone)


@test(
    "XEP-0163 §4.3",
    "XEP-0060 §4.5",
    cases={"whitelist": "whitelist", "roster": "roster", "authorize": "authorize"},
)
async def who_may_not_read_does_not_hear(world, model):
    alice, bob = await watching_friends(world, NODE)
    await pep.publish(alice, NODE, "happy", access_model=model)
    await hears_nothing(alice, bob)
    await pep.configure(alice, NODE, access_model="presence")
    await pep.publish(alice, NODE, "sad")
    await bob.expect(news(alice.bare, NODE, "sad"))


@test("XEP-0163 §2.3", "XEP-0060 §4.5", "RFC 6121 §13.11", threads=True)
async def who_does_not_see_presence_does_not_hear(world):
    alice, carol = await world.client("alice", online=0), await world.client("carol")
    await pep.watch(carol, NODE)
    await pep.publish(alice, NODE, "happy", access_model="open")
    await hears_nothing(alice, carol)
    await carol.iq("set", pubsub(f"<subscribe node='{NODE}' jid='{carol.bare}'/>"), alice.bare)
    await carol.expect(news(alice.bare, NODE, "happy"))
    await pep.publish(alice, NODE, "sad")
    got = await carol.expect(news(alice.bare, NODE, "sad"))
    assert got["to"] == carol.full, got


@test("XEP-0163 §4.3.2", "XEP-0060 §6.1")
async def subscribers_without_wishes(world):
    """Who has subscribed without saying what its clients want hears it at its bare address; a full address
    hears it once."""
    alice, bob = await world.friends()
    await pep.create(alice, NODE)
    await bob.iq("set", pubsub(f"<subscribe node='{NODE}' jid='{bob.bare}'/>"), alice.bare)
    await pep.publish(alice, NODE, "one")
    assert (await bob.expect(news(alice.bare, NODE, "one")))["to"] == bob.bare
    await bob.iq("set", pubsub(f"<unsubscribe node='{NODE}' jid='{bob.bare}'/>"), alice.bare)
    await pep.watch(bob, NODE)
    await bob.wait_for(news(alice.bare, NODE, "one"))
    await bob.iq("set", pubsub(f"<subscribe node='{NODE}' jid='{bob.full}'/>"), alice.bare)
    await bob.wait_for(news(alice.bare, NODE, "one"))
    await quiet(bob)
    await pep.publish(alice, NODE, "two")
    assert (await bob.expect(news(alice.bare, NODE, "two")))["to"] == bob.full
    await hears_nothing(alice, bob)


@test("XEP-0060 §7.2", "XEP-0060 §8.2.5.4", "XEP-0060 §8.4.2", "XEP-0060 §8.5.2")
async def other_events(world):
    alice, bob = await watching_friends(world, NODE)
    await pep.create(alice, NODE, max_items="max", notify_config=1)
    for id in "abc":
        await pep.publish(alice, NODE, id, id)
        await bob.expect(news(alice.bare, NODE, id, id))
    await alice.iq("set", pubsub(f"<retract node='{NODE}'><item id='a'/></retract>"))
    await bob.expect(event(alice.bare, f"<items node='{NODE}'><retract id='a'/></items>"))
    await alice.iq("set", pubsub(f"<retract node='{NODE}' notify='false'><item id='b'/></retract>"))
    await pep.configure(alice, NODE, title="Mood", notify_retract=0)
    got = await bob.expect(
        event(alice.bare, f"<configuration node='{NODE}'><x xmlns='{pep.DATA}'/></configuration>")
    )
    assert got.child("event").child("configuration").child("x")["type"] == "result", got
    await alice.iq("set", pubsub(f"<purge node='{NODE}'/>", OWNER))
    await pep.publish(alice, NODE, "d", "d")
    await bob.expect(news(alice.bare, NODE, "d", "d"))
    await alice.iq("set", pubsub(f"<retract node='{NODE}' notify='1'><item id='d'/></retract>"))
    await bob.expect(event(alice.bare, f"<items node='{NODE}'><retract id='d'/></items>"))
    await alice.iq("set", pubsub(f"<delete node='{NODE}'><redirect uri='xmpp:a@b.example'/></delete>", OWNER))
    await bob.expect(event(alice.bare, f"<delete node='{NODE}'><redirect uri='xmpp:a@b.example'/></delete>"))


@test("XEP-0060 §4.3", "XEP-0060 §7.1.2", "XEP-0060 §16.4.4")
async def kinds_of_notifications(world):
    alice, bob = await watching_friends(world, NODE)
    await pep.create(alice, NODE, deliver_payloads=0)
    await pep.publish(alice, NODE, "happy", "a")
    got = await bob.expect(event(alice.bare, f"<items node='{NODE}'><item id='a'/></items>"))
    assert not got.child("event").child("items").child("item").elements, got
    await pep.configure(alice, NODE, deliver_payloads=1, notification_type="normal")
    await pep.publish(alice, NODE, "sad", "b")
    got = await bob.expect(f"<message from='{alice.bare}'><event xmlns='{pep.EVENT}'/></message>")
    assert got["type"] in (None, "normal"), got
    await pep.configure(alice, NODE, deliver_notifications=0)
    await pep.publish(alice, NODE, "calm", "c")
    await hears_nothing(alice, bob)


@test("TRAPS 26", "XEP-0163 §4.3.1", "XEP-0313 §5.1.1", "XEP-0280 §6.1")
async def notifications_are_not_kept(world):
    """Neither for those who are not there nor in archives, nor are they copied."""
    alice, bob = await watching_friends(world, NODE)
    phone = await world.another(bob)
    await phone.iq("set", "<enable xmlns='urn:xmpp:carbons:2'/>")
    await pep.publish(alice, NODE, "happy")
    await bob.expect(news(alice.bare, NODE, "happy"))
    await hears_nothing(alice, phone)
    answer = await bob.iq("set", "<query xmlns='urn:xmpp:mam:2' queryid='q'/>")
    assert answer.child("fin", "urn:xmpp:mam:2")["complete"] == "true", answer
    assert not bob.waiting, bob.waiting
    for client in (bob, phone):
        await client.logout()
    await pep.publish(alice, NODE, "sad")
    again = await world.login(bob.account)
    await again.online()
    await quiet(again)


@test("XEP-0191 §5", "XEP-0163 §4.3.3")
async def blocked_contacts_do_not_hear(world):
    alice, bob = await watching_friends(world, NODE)
    await alice.iq("set", f"<block xmlns='urn:xmpp:blocking'><item jid='{bob.bare}'/></block>")
    await quiet(bob)
    await pep.publish(alice, NODE, "happy")
    await alice.iq("set", f"<unblock xmlns='urn:xmpp:blocking'><item jid='{bob.bare}'/></unblock>")
    await quiet(bob)
    await pep.publish(alice, NODE, "sad")
    await bob.expect(news(alice.bare, NODE, "sad"))


# Last items


@test("XEP-0163 §4.3.4", "TRAPS 26", cases={"alice is there": True, "alice is away": False}, threads=True)
async def who_becomes_available_is_sent_the_last_item(world, present):
    alice, bob = await world.friends()
    await pep.publish(alice, NODE, "happy", "a")
    await pep.publish(alice, NODE, "sad", "b")
    await pep.publish(alice, OTHER, "Al")
    if not present:
        await alice.logout()
    phone = await world.another(bob)
    await pep.watch(phone, NODE)
    got = await phone.wait_for(news(alice.bare, NODE, "sad", "b"))
    assert got["to"] == phone.full and got.child("delay", "urn:xmpp:delay")["stamp"], got
    await quiet(phone)
    phone.send("<presence type='unavailable'/>")
    await quiet(phone)


@test("XEP-0163 §4.3.3", "XEP-0115 §5", threads=True)
async def once_for_each_time_that_it_becomes_available(world):
    alice, bob = await world.friends()
    await pep.publish(alice, NODE, "happy")
    phone = await world.another(bob)
    caps = await pep.watch(phone, NODE)
    await phone.wait_for(news(alice.bare, NODE, "happy"))
    await quiet(phone)
    phone.send(f"<presence><show>away</show>{caps.presence()}</presence>")
    await quiet(phone)  # later presence asks nothing and brings nothing
    phone.send("<presence type='unavailable'/>")
    await quiet(phone)
    await phone.online(0, caps.presence())  # proven before: it is not asked again
    await phone.wait_for(news(alice.bare, NODE, "happy"))
    await quiet(phone)


@test("XEP-0163 §4.2", "XEP-0115 §5")
async def new_wishes(world):
    """A client that changes its mind is sent what it has not wanted before."""
    alice, bob = await world.friends()
    await pep.publish(alice, NODE, "happy")
    await pep.publish(alice, OTHER, "Al")
    await pep.watch(bob, NODE)
    await bob.wait_for(news(alice.bare, NODE, "happy"))
    await pep.watch(bob, NODE, OTHER)
    await bob.wait_for(news(alice.bare, OTHER, "Al"))
    await quiet(bob)
    await bob.online()
    await pep.publish(alice, NODE, "sad")
    await hears_nothing(alice, bob)


@test("XEP-0163 §4.3.4", "XEP-0060 §16.4.4", cases={"never": "never", "on_sub": "on_sub"})
async def nodes_that_do_not_send_their_last_item(world, when):
    alice, bob = await world.friends()
    await pep.publish(alice, NODE, "happy", send_last_published_item=when)
    await pep.publish(alice, OTHER, "Al")
    await pep.watch(bob, NODE, OTHER)
    await bob.wait_for(news(alice.bare, OTHER, "Al"))
    await quiet(bob)


@test("XEP-0163 §4.3.4", "SECURITY 5")
async def a_large_last_item_is_announced_only(world):
    """Contacts cannot flood who logs in; what is published while somebody listens comes whole."""
    alice, bob = await world.friends()
    await pep.publish(alice, NODE, "x" * 20_000, "a")
    await pep.watch(bob, NODE)
    got = await bob.wait_for(event(alice.bare, f"<items node='{NODE}'><item id='a'/></items>"))
    assert not got.child("event").child("items").child("item").elements, "the payload came unasked"
    await pep.publish(alice, NODE, "y" * 20_000, "b")
    await bob.expect(news(alice.bare, NODE, "y" * 20_000, "b"))


@test("XEP-0163 §4.3.4", "XEP-0163 §7.1", threads=True)
async def a_new_contact_is_sent_the_last_item(world):
    alice, bob = await world.client("alice", online=0), await world.client("bob")
    await pep.publish(alice, NODE, "happy")
    await pep.watch(bob, NODE)
    await quiet(bob)
    bob.presence(alice.bare, "subscribe")
    await alice.wait_for(f"<presence type='subscribe' from='{bob.bare}'/>")
    alice.presence(bob.bare, "subscribed")
    await bob.wait_for(news(alice.bare, NODE, "happy"))
    await pep.publish(alice, NODE, "sad")
    await bob.wait_for(news(alice.bare, NODE, "sad"))
    alice.presence(bob.bare, "unsubscribed")
    await bob.wait_for(f"<presence type='unavailable' from='{alice.full}'/>")
    await quiet(bob)
    await pep.publish(alice, NODE, "calm")
    await hears_nothing(alice, bob)


@test("XEP-0163 §4.3.4", "XEP-0060 §8.5", "XEP-0060 §7.2")
async def the_last_item_is_the_one_there_is(world):
    """What was known of it is not sent when it is gone."""
    alice, bob = await world.friends()
    await pep.create(alice, NODE, max_items=3)
    for id in "ab":
        await pep.publish(alice, NODE, id, id)
    phone = await world.another(bob)
    caps = await pep.watch(phone, NODE)
    await phone.wait_for(news(alice.bare, NODE, "b", "b"))
    for change, last in (
        (pubsub(f"<retract node='{NODE}' notify='0'><item id='b'/></retract>"), "a"),
        (pep.publication(NODE, pep.entry("c"), "c"), "c"),
        (pubsub(f"<delete node='{NODE}'/>", OWNER), None),
    ):
        phone.send("<presence type='unavailable'/>")
        await phone.wait_for(f"<presence from='{phone.full}' type='unavailable'/>")
        await alice.iq("set", change)
        await alice.fence(phone)
        await phone.online(0, caps.presence())
        if last:
            await phone.wait_for(news(alice.bare, NODE, last, last))
        await quiet(phone)
