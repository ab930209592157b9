"""Nodes of accounts and what is in them (XEP-0060 §6.5, §7, §8; XEP-0163 §3, §5)."""
from harness import pep, test
from harness.pep import ERRORS, EVENT, OWNER, PUBSUB, entry, items, pubsub, refused

NODE = "urn:example:tune"
RSM = "http://jabber.org/protocol/rsm"


# Publishing


@test("XEP-0163 §3", "XEP-0060 §7.1", "TRAPS 26")
async def publishing_makes_the_node(world):
    alice = await world.client()
    id = await pep.publish(alice, NODE, "one")
    assert id and await items(alice, NODE) == [(id, "one")]
    assert await items(alice, NODE, to=alice.bare) == [(id, "one")]
    config = await pep.config_of(alice, NODE)
    for field, value in {
        "access_model": "presence",
        "send_last_published_item": "on_sub_and_presence",
        "deliver_payloads": "1",
        "persist_items": "1",
        "max_items": "1",
        "notification_type": "headline",
    }.items():
        assert config[field] == [value], (field, config)


@test("XEP-0060 §7.1.2", "XEP-0163 §3")
async def a_node_keeps_the_newest_items(world):
    alice = await world.client()
    await pep.publish(alice, NODE, "one", "a")
    await pep.publish(alice, NODE, "two", "b")
    assert await items(alice, NODE) == [("b", "two")]
    await pep.configure(alice, NODE, max_items=3)
    for id in "cde":
        await pep.publish(alice, NODE, id, id)
    assert [id for id, _ in await items(alice, NODE)] == ["c", "d", "e"]
    await pep.publish(alice, NODE, "again", "c")
    assert await items(alice, NODE) == [("d", "d"), ("e", "e"), ("c", "again")]
    await pep.configure(alice, NODE, max_items=1)
    assert await items(alice, NODE) == [("c", "again")]


@test("XEP-0060 §7.1.5", "XEP-0163 §3", "TRAPS 26")
async def preconditions(world):
    alice = await world.client()
    await pep.publish(
        alice, NODE, "one", "a", access_model="whitelist", persist_items="true", max_items="max"
    )
    assert (await pep.config_of(alice, NODE))["access_model"] == ["whitelist"]
    await pep.publish(alice, NODE, "two", "b", access_model="whitelist")
    wrong = pep.publication(NODE, entry("x"), "c", access_model="open")
    await refused(alice, wrong, "conflict", "precondition-not-met")
    unknown = pep.publication(NODE, entry("x"), "c", no_such_option="1")
    await refused(alice, unknown, "conflict", "precondition-not-met")
    assert await items(alice, NODE) == [("a", "one"), ("b", "two")]
    await refused(
        alice,
        pep.publication("urn:x:new", entry("x"), no_such_option="1"),
        "conflict",
        "precondition-not-met",
    )
    await refused(alice, pep.wish("urn:x:new"), "item-not-found", kind="get")


@test(
    "XEP-0060 §7.1.3",
    cases={
        "no node": (f"<publish><item>{entry('x')}</item></publish>", "bad-request", "nodeid-required"),
        "no item": (f"<publish node='{NODE}'/>", "bad-request", "item-required"),
        "no payload": (f"<publish node='{NODE}'><item id='a'/></publish>", "bad-request", "payload-required"),
        "two payloads": (
            f"<publish node='{NODE}'><item id='a'>{entry('x')}{entry('y')}</item></publish>",
            "bad-request",
            "invalid-payload",
        ),
        "two items": (
            f"<publish node='{NODE}'><item>{entry('x')}</item><item>{entry('y')}</item></publish>",
            "bad-request",
            None,
        ),
        "a long id": (
            f"<publish node='{NODE}'><item id='{'a' * 1024}'>{entry('x')}</item></publish>",
            "bad-request",
            None,
        ),
        "a long node": (
            f"<publish node='{'n' * 1024}'><item id='a'>{entry('x')}</item></publish>",
            "bad-request",
            "nodeid-required",
        ),
    },
)
async def what_cannot_be_published(world, verb, condition, reason):
    alice = await world.client()
    await refused(alice, pubsub(verb), condition, reason)
    await refused(alice, pep.wish(NODE), "item-not-found", kind="get")


@test("XEP-0060 §7.1.3.3", "XEP-0060 §4.3")
async def kinds_of_nodes(world):
    """A node for notifications takes no item; one of a type takes no other payload."""
    alice = await world.client()
    await pep.create(alice, "urn:x:bell", persist_items=0, deliver_payloads=0)
    await refused(alice, pep.publication("urn:x:bell", entry("x"), "a"), "bad-request", "item-forbidden")
    await alice.iq("set", pubsub("<publish node='urn:x:bell'/>"))
    await pep.create(alice, "urn:x:typed", type="urn:example:other")
    await refused(alice, pep.publication("urn:x:typed", entry("x"), "a"), "bad-request", "invalid-payload")
    await alice.iq("set", pep.publication("urn:x:typed", "<a xmlns='urn:example:other'/>", "a"))
    await pep.create(alice, "urn:x:transient", persist_items=0)
    await pep.publish(alice, "urn:x:transient", "x", "a")
    assert await items(alice, "urn:x:transient") == []
    retract = pubsub("<retract node='urn:x:transient'><item id='a'/></retract>")
    await refused(alice, retract, "feature-not-implemented", "unsupported")


@test("XEP-0060 §7.1", "XEP-0060 §6.5")
async def payloads_come_back_as_they_were(world):
    alice = await world.client()
    inner = "é &lt; <b:d/><e xmlns='urn:example:e'>  </e>"
    payload = f"<a xmlns='urn:example:a' xmlns:b='urn:example:b' b:c='&lt;&apos;&amp;'>{inner}</a>"
    await alice.iq("set", pep.publication(NODE, payload, "&lt;id&gt;"))
    answer = await alice.iq("get", pep.wish(NODE))
    (item,) = answer.child("pubsub", PUBSUB).child("items").all("item")
    assert item["id"] == "<id>", item
    got = item.child("a", "urn:example:a")
    assert got["{urn:example:b}c"] == "<'&" and got.child("d", "urn:example:b"), item
    assert got.child("e", "urn:example:e").text == "  " and got.children[0] == "é < ", item


# Removing


@test("XEP-0060 §7.2", "XEP-0060 §8.5", "XEP-0060 §8.4")
async def removing(world):
    alice = await world.client()
    await pep.create(alice, NODE, max_items="max")
    for id in "abc":
        await pep.publish(alice, NODE, id, id)
    await alice.iq("set", pubsub(f"<retract node='{NODE}'><item id='b'/></retract>"))
    assert await items(alice, NODE) == [("a", "a"), ("c", "c")]
    gone = pubsub(f"<retract node='{NODE}'><item id='b'/></retract>")
    await refused(alice, gone, "item-not-found")
    await refused(alice, pubsub(f"<retract node='{NODE}'/>"), "bad-request", "item-required")
    await refused(alice, pubsub("<retract><item id='a'/></retract>"), "bad-request", "nodeid-required")
    await alice.iq("set", pubsub(f"<purge node='{NODE}'/>", OWNER))
    assert await items(alice, NODE) == []
    await alice.iq("set", pubsub(f"<delete node='{NODE}'/>", OWNER))
    for kind, payload in (
        ("get", pep.wish(NODE)),
        ("set", pubsub(f"<purge node='{NODE}'/>", OWNER)),
        ("set", pubsub(f"<delete node='{NODE}'/>", OWNER)),
        ("get", pubsub(f"<configure node='{NODE}'/>", OWNER)),
        ("set", gone),
    ):
        await refused(alice, payload, "item-not-found", kind=kind)


# Retrieving


@test("XEP-0060 §6.5")
async def some_of_the_items(world):
    alice = await world.client()
    await pep.create(alice, NODE, max_items="max")
    for id in "abcde":
        await pep.publish(alice, NODE, id, id)
    assert [id for id, _ in await items(alice, NODE, number=2)] == ["d", "e"]
    assert await items(alice, NODE, ids=["d", "nowhere", "a"]) == [("d", "d"), ("a", "a")]
    assert await items(alice, NODE, ids=["nowhere"]) == []
    await refused(alice, pep.wish(NODE, number="x"), "bad-request", kind="get")
    await refused(alice, pep.wish(NODE, number="0"), "bad-request", kind="get")
    await refused(alice, pep.wish(NODE, number="99999999999"), "bad-request", kind="get")


def page(**parts):
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in parts.items())
    return f"<set xmlns='{RSM}'>{inner}</set>"


@test("XEP-0060 §6.5.4", "XEP-0059 §2", "SECURITY 22")
async def pages(world):
    alice = await world.client()
    await pep.create(alice, NODE, max_items="max")
    for id in "abcde":
        await pep.publish(alice, NODE, id, id)
    answer = await alice.iq("get", pep.wish(NODE, page=page(max=2)))
    assert [id for id, _ in pep.items_in(answer)] == ["a", "b"]
    bounds = answer.child("pubsub", PUBSUB).child("set", RSM)
    assert (bounds.child("first").text, bounds.child("last").text) == ("a", "b"), answer
    assert bounds.child("count").text == "5", answer
    for wanted, parts in (("cd", {"max": 2, "after": "b"}), ("e", {"max": 2, "after": "d"})):
        answer = await alice.iq("get", pep.wish(NODE, page=page(**parts)))
        assert [id for id, _ in pep.items_in(answer)] == list(wanted)
    for wanted, parts in (("de", {"max": 2, "before": ""}), ("bc", {"max": 2, "before": "d"})):
        answer = await alice.iq("get", pep.wish(NODE, page=page(**parts)))
        assert [id for id, _ in pep.items_in(answer)] == list(wanted)
    for condition, parts in (
        ("item-not-found", {"after": "nowhere"}),
        ("item-not-found", {"before": "' or 1=1 --"}),
        ("bad-request", {"max": "x"}),
    ):
        await refused(alice, pep.wish(NODE, page=page(**parts)), condition, kind="get")


# Nodes


@test("XEP-0060 §8.1", "XEP-0163 §5")
async def creating(world):
    alice = await world.client()
    await pep.create(alice, NODE)
    await refused(alice, pubsub(f"<create node='{NODE}'/>"), "conflict")
    await pep.create(alice, "urn:x:open", access_model="open", title="Öffentlich", max_items="max")
    config = await pep.config_of(alice, "urn:x:open")
    assert (config["access_model"], config["title"], config["max_items"]) == (
        ["open"],
        ["Öffentlich"],
        ["max"],
    )
    answer = await alice.iq("set", pubsub("<create/>"))
    made = answer.child("pubsub", PUBSUB).child("create")["node"]
    assert made and await items(alice, made) == []
    bad = pubsub(
        f"<create node='urn:x:bad'/><configure>{pep.form(pep.CONFIG, {'access_model': 'secret'})}</configure>"
    )
    await refused(alice, bad, "not-acceptable", "unsupported-access-model")
    await refused(alice, pep.wish("urn:x:bad"), "item-not-found", kind="get")


@test("XEP-0060 §8.2", "XEP-0060 §8.3")
async def configuring(world):
    alice = await world.client()
    await pep.create(alice, NODE)
    answer = await alice.iq("get", pubsub("<default/>", OWNER))
    assert answer.child("pubsub", OWNER).child("default").child("x")["type"] == "form", answer
    await pep.configure(alice, NODE, title="a", roster_groups_allowed=["Friends", "Family"], item_expire="60")
    config = await pep.config_of(alice, NODE)
    assert (config["title"], config["roster_groups_allowed"]) == (["a"], ["Friends", "Family"]), config
    cancel = pubsub(
        f"<configure node='{NODE}'>{pep.form(pep.CONFIG, {'title': 'b'}, 'cancel')}</configure>", OWNER
    )
    await alice.iq("set", cancel)
    assert (await pep.config_of(alice, NODE))["title"] == ["a"]
    for fields in (
        {"persist_items": "yes"},
        {"max_items": "0"},
        {"max_items": "1000000"},
        {"title": "x" * 1025},
    ):
        payload = pubsub(f"<configure node='{NODE}'>{pep.form(pep.CONFIG, fields)}</configure>", OWNER)
        answer = await alice.request("set", payload)
        assert answer["type"] == "error" and answer.child("error").child("not-acceptable"), answer
    foreign = pubsub(f"<configure node='{NODE}'>{pep.form('urn:x', {'title': 'b'})}</configure>", OWNER)
    await refused(alice, foreign, "bad-request")
    assert (await pep.config_of(alice, NODE))["title"] == ["a"]


@test(
    "XEP-0060 §12",
    cases={"none": "", "unknown": "<dance/>", "of another namespace": "<items xmlns='urn:x'/>"},
)
async def nothing_is_asked_for(world, verb):
    alice = await world.client()
    for ns in (PUBSUB, OWNER):
        for kind in ("get", "set"):
            await refused(alice, pubsub(verb, ns), "bad-request", kind=kind)


@test("XEP-0060 §6.3")
async def subscriptions_have_no_options(world):
    alice = await world.client()
    await pep.create(alice, NODE)
    options = pubsub(f"<options node='{NODE}' jid='{alice.bare}'/>")
    answer = await refused(alice, options, "feature-not-implemented", "unsupported", kind="get")
    assert answer.child("error").child("unsupported", ERRORS)["feature"] == "subscription-options", answer


# Limits


@test("SECURITY 5")
async def limits(world):
    limits = {"features": {"pubsub": {"nodes": 2, "items": 3, "bytes": "2KiB"}}}
    async with world.own_server(limits) as server:
        alice = await world.client(server=server)
        await pep.create(alice, "one", max_items="max")
        await pep.publish(alice, "two", "x", "a")
        await refused(alice, pubsub("<create node='three'/>"), "resource-constraint")
        await refused(alice, pep.publication("three", entry("x")), "resource-constraint")
        for id in "abcd":
            await pep.publish(alice, "one", id, id)
        assert [id for id, _ in await items(alice, "one")] == ["b", "c", "d"]
        four = pubsub(f"<configure node='one'>{pep.form(pep.CONFIG, {'max_items': 4})}</configure>", OWNER)
        await refused(alice, four, "not-acceptable", "max-items-exceeded")
        await refused(alice, pep.publication("one", entry("x" * 2048), "e"), "resource-constraint")
        await alice.iq("set", pubsub("<delete node='two'/>", OWNER))
        await pep.create(alice, "three")


@test("RULES 3")
async def nodes_outlive_the_server(world):
    async with world.own_server() as server:
        alice = await world.client(server=server)
        await pep.publish(alice, NODE, "kept", "a", access_model="open", max_items="max")
        await server.kill()
        await server.start()
        alice = await world.login(alice.account, server=server)
        assert await items(alice, NODE) == [("a", "kept")]
        assert (await pep.config_of(alice, NODE))["access_model"] == ["open"]


@test("XEP-0077 §3.2")
async def nodes_go_with_their_account(world):
    """Who has the name afterwards has none of them."""
    async with world.own_server() as server:
        alice = await world.client(server=server)
        await pep.publish(alice, NODE, "secret", access_model="open")
        bob = await world.client("bob", server=server)
        assert len(await items(bob, NODE, to=alice.bare)) == 1
        await server.ctl("user", "del", alice.bare)
        await refused(bob, pep.wish(NODE), "service-unavailable", kind="get", to=alice.bare)
        await server.add(alice.account)
        alice = await world.login(alice.account, server=server)
        await refused(alice, pep.wish(NODE), "item-not-found", kind="get")


@test("XEP-0060 §7.1.2.1")
async def an_event_is_no_request(world):
    """What looks like an event is a message like others."""
    alice, bob = await world.friends()
    alice.message(bob.full, "hear", payload=f"<event xmlns='{EVENT}'><items node='{NODE}'/></event>")
    await bob.expect(f"<message from='{alice.full}'><event xmlns='{EVENT}'/></message>")
