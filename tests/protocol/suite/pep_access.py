"""Who may see and do what at an account's nodes (XEP-0060 §4.1, §4.5, §6, §8; XEP-0163 §4, §6)."""
from harness import pep, test
from harness.pep import INFO, ITEMS, OWNER, PUBSUB, entry, items, pubsub, refused

NODE = "urn:example:geoloc"


async def met(world):
    """Alice, a contact of hers who may see her presence, and somebody she does not know."""
    alice, bob = await world.friends()
    return alice, bob, await world.client("carol", online=0)


async def info(client, to, node=None):
    named = f" node='{node}'" if node else ""
    return (await client.iq("get", f"<query xmlns='{INFO}'{named}/>", to)).child("query", INFO)


async def nodes_of(client, to):
    answer = await client.iq("get", f"<query xmlns='{ITEMS}'/>", to)
    return sorted(item["node"] for item in answer.child("query", ITEMS).all("item"))


# Models of access


@test(
    "XEP-0060 §4.5",
    "XEP-0060 §6.5.9",
    "TRAPS 26",
    cases={
        "presence": ("presence", True, None),
        "open": ("open", True, None),
        "whitelist": ("whitelist", False, ("not-allowed", "closed-node")),
        "roster": ("roster", False, ("not-authorized", "not-in-roster-group")),
        "authorize": ("authorize", False, ("not-authorized", "not-subscribed")),
    },
    threads=True,
)
async def a_contact(world, model, lets_in, refusal):
    alice, bob, _ = await met(world)
    await pep.publish(alice, NODE, "here", "a", access_model=model)
    if lets_in:
        assert await items(bob, NODE, to=alice.bare) == [("a", "here")]
        await bob.iq("set", pubsub(f"<subscribe node='{NODE}' jid='{bob.bare}'/>"), alice.bare)
    else:
        await refused(bob, pep.wish(NODE), *refusal, kind="get", to=alice.bare)
    assert await items(alice, NODE) == [("a", "here")]
    assert await nodes_of(bob, alice.bare) == ([NODE] if lets_in else [])
    assert await nodes_of(alice, None) == [NODE]


@test("XEP-0060 §4.5", "XEP-0163 §7.1")
async def a_roster_group(world):
    alice, bob, _ = await met(world)
    await pep.publish(alice, NODE, "here", "a", access_model="roster", roster_groups_allowed="Friends")
    await refused(bob, pep.wish(NODE), "not-authorized", "not-in-roster-group", kind="get", to=alice.bare)
    await alice.set_item(bob.bare, groups=["Others", "Friends"])
    assert await items(bob, NODE, to=alice.bare) == [("a", "here")]
    await alice.set_item(bob.bare, groups=["Others"])
    await refused(bob, pep.wish(NODE), "not-authorized", "not-in-roster-group", kind="get", to=alice.bare)


@test("RFC 6121 §13.11", "XEP-0060 §6.5.9", threads=True)
async def strangers_cannot_tell_whether_an_account_exists(world):
    alice, _, carol = await met(world)
    for model in ("presence", "whitelist", "roster", "authorize"):
        await pep.publish(alice, f"{NODE}:{model}", "here", "a", access_model=model)
    nobody = world.stranger().bare
    requests = [
        ("get", f"<query xmlns='{INFO}'/>"),
        ("get", f"<query xmlns='{ITEMS}'/>"),
        ("get", pubsub("<subscriptions/>", OWNER)),
        ("get", pubsub("<default/>", OWNER)),
        ("set", pubsub("")),
        ("set", pubsub("<publish/>")),
    ]
    for node in [NODE] + [f"{NODE}:{model}" for model in ("presence", "whitelist", "roster")]:
        requests += [
            ("get", f"<query xmlns='{INFO}' node='{node}'/>"),
            ("get", f"<query xmlns='{ITEMS}' node='{node}'/>"),
            ("get", pep.wish(node)),
            ("get", pep.wish(node, number="x")),
            ("set", pep.publication(node, entry("x"))),
            ("set", pubsub(f"<retract node='{node}'><item id='a'/></retract>")),
            ("set", pubsub(f"<create node='{node}'/>")),
            ("set", pubsub(f"<subscribe node='{node}' jid='{carol.bare}'/>")),
            ("set", pubsub(f"<unsubscribe node='{node}' jid='{carol.bare}'/>")),
            ("set", pubsub(f"<delete node='{node}'/>", OWNER)),
            ("set", pubsub(f"<purge node='{node}'/>", OWNER)),
            ("get", pubsub(f"<configure node='{node}'/>", OWNER)),
            ("get", pubsub(f"<affiliations node='{node}'/>", OWNER)),
        ]
    for kind, payload in requests:
        seen = [
            [
                str(child)
                for child in (await carol.iq_error(kind, payload, "service-unavailable", to=to)).elements
            ]
            for to in (alice.bare, nobody)
        ]
        assert seen[0] == seen[1], f"{payload}: {seen}"


@test("XEP-0163 §6.2", "XEP-0222 §4", "XEP-0060 §5.2", threads=True)
async def strangers_see_what_is_open(world):
    alice, _, carol = await met(world)
    await pep.publish(alice, NODE, "here", "a", access_model="open")
    await pep.publish(alice, f"{NODE}:mine", "hidden", "a")
    assert await nodes_of(carol, alice.bare) == [NODE]
    assert await items(carol, NODE, to=alice.bare) == [("a", "here")]
    assert (await info(carol, alice.bare, NODE)).child("identity")["type"] == "leaf"
    answer = await carol.iq("get", f"<query xmlns='{ITEMS}' node='{NODE}'/>", alice.bare)
    assert [i["name"] for i in answer.child("query").all("item")] == ["a"], answer


# Affiliations


async def affiliate(alice, node, *changes):
    inner = "".join(f"<affiliation jid='{jid}' affiliation='{affiliation}'/>" for jid, affiliation in changes)
    await alice.iq("set", pubsub(f"<affiliations node='{node}'>{inner}</affiliations>", OWNER))


async def affiliations(alice, node):
    answer = await alice.iq("get", pubsub(f"<affiliations node='{node}'/>", OWNER))
    found = answer.child("pubsub", OWNER).child("affiliations").all("affiliation")
    return {one["jid"]: one["affiliation"] for one in found}


@test("XEP-0060 §8.9", "XEP-0060 §5.7", "XEP-0060 §4.1")
async def affiliations_decide(world):
    alice, bob, carol = await met(world)
    await pep.publish(alice, NODE, "here", "a", access_model="whitelist", max_items="max")
    await affiliate(alice, NODE, (carol.bare, "member"), (bob.full, "publisher"))
    assert await affiliations(alice, NODE) == {
        alice.bare: "owner",
        bob.bare: "publisher",
        carol.bare: "member",
    }
    assert await items(carol, NODE, to=alice.bare) == [("a", "here")]
    await refused(carol, pep.publication(NODE, entry("x")), "service-unavailable", to=alice.bare)
    await pep.publish(bob, NODE, "bob's", "b", to=alice.bare)
    await refused(bob, pubsub(f"<retract node='{NODE}'><item id='a'/></retract>"), "forbidden", to=alice.bare)
    await bob.iq("set", pubsub(f"<retract node='{NODE}'><item id='b'/></retract>"), alice.bare)
    for payload in (f"<delete node='{NODE}'/>", f"<purge node='{NODE}'/>"):
        await refused(bob, pubsub(payload, OWNER), "forbidden", to=alice.bare)
    answer = await bob.iq("get", pubsub("<affiliations/>"), alice.bare)
    (own,) = answer.child("pubsub", PUBSUB).child("affiliations").all("affiliation")
    assert (own["node"], own["affiliation"]) == (NODE, "publisher"), answer
    await affiliate(alice, NODE, (carol.bare, "none"), (bob.bare, "outcast"))
    await refused(carol, pep.wish(NODE), "service-unavailable", kind="get", to=alice.bare)
    await pep.configure(alice, NODE, access_model="open")
    await refused(bob, pep.wish(NODE), "forbidden", kind="get", to=alice.bare)
    assert await items(carol, NODE, to=alice.bare) == [("a", "here")]


@test("XEP-0060 §8.9.2", "XEP-0163 §2.2")
async def the_account_stays_the_one_owner(world):
    alice, bob, _ = await met(world)
    await pep.create(alice, NODE)
    for jid, affiliation in ((alice.bare, "none"), (bob.bare, "owner")):
        change = f"<affiliation jid='{bob.bare}' affiliation='member'/>"
        change += f"<affiliation jid='{jid}' affiliation='{affiliation}'/>"
        payload = pubsub(f"<affiliations node='{NODE}'>{change}</affiliations>", OWNER)
        await refused(alice, payload, "not-acceptable")
    for change in ("<affiliation jid='@' affiliation='none'/>", f"<affiliation jid='{bob.bare}'/>"):
        payload = pubsub(f"<affiliations node='{NODE}'>{change}</affiliations>", OWNER)
        await refused(alice, payload, "bad-request")
    assert await affiliations(alice, NODE) == {alice.bare: "owner"}


# Subscriptions


async def subscriptions(alice, node):
    answer = await alice.iq("get", pubsub(f"<subscriptions node='{node}'/>", OWNER))
    found = answer.child("pubsub", OWNER).child("subscriptions").all("subscription")
    return {one["jid"]: one["subscription"] for one in found}


@test("XEP-0060 §6.1", "XEP-0060 §6.2", "XEP-0060 §5.6")
async def subscribing(world):
    alice, bob, _ = await met(world)
    await pep.create(alice, NODE)
    for jid in (bob.bare, bob.full):
        answer = await bob.iq("set", pubsub(f"<subscribe node='{NODE}' jid='{jid}'/>"), alice.bare)
        made = answer.child("pubsub", PUBSUB).child("subscription")
        assert (made["jid"], made["subscription"]) == (jid, "subscribed"), answer
    assert await subscriptions(alice, NODE) == {bob.bare: "subscribed", bob.full: "subscribed"}
    answer = await bob.iq("get", pubsub("<subscriptions/>"), alice.bare)
    own = answer.child("pubsub", PUBSUB).child("subscriptions").all("subscription")
    assert sorted(one["jid"] for one in own) == sorted([bob.bare, bob.full]), answer
    await bob.iq("set", pubsub(f"<unsubscribe node='{NODE}' jid='{bob.full}'/>"), alice.bare)
    again = pubsub(f"<unsubscribe node='{NODE}' jid='{bob.full}'/>")
    await refused(bob, again, "unexpected-request", "not-subscribed", to=alice.bare)
    assert await subscriptions(alice, NODE) == {bob.bare: "subscribed"}
    for jid in (alice.bare, f"{bob.bare}/elsewhere", "@", ""):
        for verb in ("subscribe", "unsubscribe"):
            payload = pubsub(f"<{verb} node='{NODE}' jid='{jid}'/>")
            await refused(bob, payload, "bad-request", "invalid-jid", to=alice.bare)
    payload = pubsub(f"<subscribe node='urn:x:none' jid='{bob.bare}'/>")
    await refused(bob, payload, "item-not-found", to=alice.bare)


@test("XEP-0060 §8.6", "XEP-0060 §8.8", "XEP-0060 §6.1.4")
async def subscriptions_that_the_owner_decides_on(world):
    alice, bob, _ = await met(world)
    await pep.publish(alice, NODE, "here", "a", access_model="authorize")
    ask = pubsub(f"<subscribe node='{NODE}' jid='{bob.bare}'/>")
    answer = await bob.iq("set", ask, alice.bare)
    assert answer.child("pubsub", PUBSUB).child("subscription")["subscription"] == "pending", answer
    request = await alice.expect(
        f"<message from='{alice.bare}'><x xmlns='{pep.DATA}' type='form'/></message>"
    )
    values = {f["var"]: f.child("value").text for f in request.child("x").all("field")}
    assert values["pubsub#node"] == NODE and values["pubsub#subscriber_jid"] == bob.bare, request
    await refused(bob, ask, "not-authorized", "pending-subscription", to=alice.bare)
    await refused(bob, pep.wish(NODE), "not-authorized", "not-subscribed", kind="get", to=alice.bare)
    allow = {"node": NODE, "subscriber_jid": bob.bare, "allow": "1"}
    form = pep.form("http://jabber.org/protocol/pubsub#subscribe_authorization", allow)
    alice.send(f"<message to='{alice.bare}' id='ok'>{form}</message>")
    subscribed = f"<subscription node='{NODE}' jid='{bob.bare}' subscription='subscribed'/>"
    await bob.expect(pep.event(alice.bare, subscribed))
    await bob.expect(pep.news(alice.bare, NODE, "here", "a"))
    assert await items(bob, NODE, to=alice.bare) == [("a", "here")]
    await alice.expect_nothing()
    ended = f"<subscription jid='{bob.bare}' subscription='none'/>"
    await alice.iq("set", pubsub(f"<subscriptions node='{NODE}'>{ended}</subscriptions>", OWNER))
    await bob.expect(pep.event(alice.bare, f"<subscription jid='{bob.bare}' subscription='none'/>"))
    await refused(bob, pep.wish(NODE), "not-authorized", "not-subscribed", kind="get", to=alice.bare)


# Discovery


@test("XEP-0163 §6.1", "XEP-0163 §6.2", "XEP-0060 §5.1", "TRAPS 26")
async def the_account_says_that_it_is_a_service(world):
    alice, bob, _ = await met(world)
    for client, to in ((alice, None), (alice, alice.bare), (bob, alice.bare)):
        query = await info(client, to)
        identities = [(i["category"], i["type"]) for i in query.all("identity")]
        assert {("account", "registered"), ("pubsub", "pep")} <= set(identities), query
        features = {f["var"] for f in query.all("feature")}
        assert PUBSUB in features, query
        for name in ("access-presence", "auto-create", "auto-subscribe", "filtered-notifications"):
            assert f"{PUBSUB}#{name}" in features, query


@test("XEP-0060 §5.3", "XEP-0060 §5.4", "XEP-0060 §5.5")
async def nodes_are_described(world):
    alice, bob, _ = await met(world)
    await pep.publish(alice, NODE, "here", "a", access_model="presence")
    await pep.configure(alice, NODE, title="Where I am", max_items=5)
    await pep.publish(alice, NODE, "there", "b")
    query = await info(bob, alice.bare, NODE)
    identity = query.child("identity")
    assert (identity["category"], identity["type"]) == ("pubsub", "leaf"), query
    fields = {f["var"]: [v.text for v in f.all("value")] for f in query.child("x", pep.DATA).all("field")}
    assert fields["FORM_TYPE"] == [f"{PUBSUB}#meta-data"] and fields["pubsub#title"] == ["Where I am"], query
    assert fields["pubsub#owner"] == [alice.bare], query
    answer = await bob.iq("get", f"<query xmlns='{ITEMS}' node='{NODE}'/>", alice.bare)
    assert [i["name"] for i in answer.child("query").all("item")] == ["a", "b"], answer
    await bob.iq_error("get", f"<query xmlns='{INFO}' node='urn:x:none'/>", "item-not-found", to=alice.bare)
    await bob.iq_error("get", f"<query xmlns='{ITEMS}' node='urn:x:none'/>", "item-not-found", to=alice.bare)


@test("XEP-0191 §5", "XEP-0163 §4.3.3")
async def blocked_ones_see_nothing(world):
    alice, bob, _ = await met(world)
    await pep.publish(alice, NODE, "here", "a", access_model="open")
    await alice.iq("set", f"<block xmlns='urn:xmpp:blocking'><item jid='{bob.bare}'/></block>")
    await refused(bob, pep.wish(NODE), "service-unavailable", kind="get", to=alice.bare)
    await bob.iq_error("get", f"<query xmlns='{INFO}'/>", "service-unavailable", to=alice.bare)
