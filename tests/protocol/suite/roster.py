"""Rosters (RFC 6121 §2): sets, pushes, versions, shared groups."""
from harness import Element, check_error, test

ROSTER = "jabber:iq:roster"


def item(inner="", **attributes):
    attrs = "".join(f" {name}='{value}'" for name, value in attributes.items())
    return f"<query xmlns='{ROSTER}'><item{attrs}>{inner}</item></query>"


def push(inner="", **attributes):
    return f"<iq type='set' id='*'>{item(inner, **attributes)}</iq>"


async def interested(world, name="alice"):
    client = await world.client(name)
    await client.roster()
    return client


@test("TRAPS 13", "RFC 6121 §2.3")
async def set_push_and_result(world):
    alice = await interested(world)
    id = alice.send_iq("set", item("<group>Friends</group>", jid="bob@other.example", name="Bob"))
    wanted = push("<group>Friends</group>", jid="bob@other.example", name="Bob", subscription="none")
    pushed, result = await alice.expect_all(wanted, f"<iq type='result' id='{id}'/>")
    assert pushed["from"] in (None, alice.bare) and pushed["to"] in (None, alice.full), pushed
    assert len(pushed.child("query", ROSTER).elements) == 1, pushed
    assert not result.elements, result
    await alice.expect_nothing()
    item_now = (await alice.roster())["bob@other.example"]
    assert (item_now["name"], item_now["subscription"]) == ("Bob", "none"), item_now


@test("TRAPS 13", "RFC 6121 §2.1.6", "RULES 3")
async def pushes_go_to_interested_resources_only(world):
    alice = await interested(world)
    second, available, bound = [await world.another(alice) for _ in range(3)]
    await second.roster()
    await available.online()
    await alice.set_item("bob@other.example")
    for client in (alice, second):
        await client.expect(push(jid="bob@other.example", subscription="none"))
        await client.expect_nothing()
    for client in (available, bound):
        await client.expect_nothing(after=alice)


@test("TRAPS 13", "RFC 6121 §2.1.6")
async def answers_to_pushes_are_swallowed(world):
    alice = await interested(world)
    for kind in ("result", "error"):
        await alice.set_item("bob@other.example", kind)
        pushed = await alice.expect(push(jid="bob@other.example"))
        error = (
            "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
        )
        alice.send(f"<iq type='{kind}' id='{pushed['id']}'>{error if kind == 'error' else ''}</iq>")
        await alice.expect_nothing()


@test("TRAPS 13", "SECURITY 21")
async def a_push_from_somebody_else_never_arrives(world):
    alice, mallory = await interested(world), await world.client("mallory")
    for to in (alice.full, alice.bare):
        answer = await mallory.request("set", item(jid="mallory@evil.example", subscription="both"), to)
        assert answer["type"] == "error", answer
    await alice.expect_nothing(after=mallory)
    assert await alice.roster() == {}


@test("TRAPS 13", "RFC 6121 §2.3.3")
async def the_roster_of_another(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    await bob.set_item("secret@other.example")
    await alice.iq_error("set", item(jid="x@y.example"), "forbidden", "auth", bob.bare)
    answer = await alice.request("get", f"<query xmlns='{ROSTER}'/>", bob.bare)
    check_error(answer, "forbidden", "auth")
    assert list(await bob.roster()) == ["secret@other.example"]


BAD_SETS = {
    "no item": (f"<query xmlns='{ROSTER}'/>", "bad-request"),
    "two items": (
        f"<query xmlns='{ROSTER}'><item jid='a@x.example'/><item jid='b@x.example'/></query>",
        "bad-request",
    ),
    "no jid": (item(name="x"), "bad-request"),
    "empty jid": (item(jid=""), "bad-request jid-malformed"),
    "malformed jid": (item(jid="@x.example"), "bad-request jid-malformed"),
    "same group twice": (
        item("<group>A</group><group>B</group><group>A</group>", jid="a@x.example"),
        "bad-request",
    ),
    "empty group": (item("<group/>", jid="a@x.example"), "not-acceptable"),
    "long group": (item(f"<group>{'g' * 2000}</group>", jid="a@x.example"), "not-acceptable"),
    "long name": (item(jid="a@x.example", name="n" * 2000), "not-acceptable"),
    "remove unknown": (item(jid="unknown@x.example", subscription="remove"), "item-not-found"),
}


@test("TRAPS 13", "SECURITY 38", "RFC 6121 §2.3.3", cases=BAD_SETS)
async def bad_sets(world, payload, conditions):
    alice = await interested(world)
    answer = await alice.request("set", payload)
    got = [c.name for c in answer.child("error").elements] if answer["type"] == "error" else [str(answer)]
    assert set(got) & set(conditions.split()), f"expected {conditions}, got {got}"
    await alice.expect_nothing()
    assert await alice.roster() == {}


@test(
    "TRAPS 13",
    "RFC 6121 §2.1.2",
    cases={
        "subscription": {"subscription": "both"},
        "from": {"subscription": "from"},
        "ask": {"ask": "subscribe"},
        "approved": {"approved": "true"},
        "nonsense": {"subscription": "friend"},
    },
)
async def what_the_client_must_not_decide(world, attributes):
    alice, bob = await interested(world), await world.client("bob", online=0)
    await alice.request("set", item(jid=bob.bare, name="Bob", **attributes))
    got = (await alice.roster()).get(bob.bare)
    if got is None:  # refused as a whole, which is fine
        return
    assert got["subscription"] == "none" and not got["ask"] and not got["approved"], got
    await bob.expect_nothing(after=alice)
    await alice.online()
    await bob.expect_nothing(after=alice)


@test("RFC 6121 §2.4")
async def updates_replace_name_and_groups(world):
    alice = await interested(world)
    await alice.set_item("bob@x.example", "Bob", ["A", "B"])
    await alice.set_item("bob@x.example", None, ["C"])
    got = (await alice.roster())["bob@x.example"]
    assert got["name"] in (None, "") and [g.text for g in got.elements] == ["C"], got


@test("RFC 6121 §2.5")
async def remove(world):
    alice = await interested(world)
    await alice.set_item("bob@x.example")
    await alice.expect(push(jid="bob@x.example"))
    await alice.iq("set", item(jid="bob@x.example", subscription="remove"))
    await alice.expect(push(jid="bob@x.example", subscription="remove"))
    assert await alice.roster() == {}


@test("TRAPS 32", "RFC 6121 §2.1.2.4")
async def items_are_kept_under_the_prepared_address(world):
    alice = await interested(world)
    await alice.set_item("BOB@X.EXAMPLE", "1")
    await alice.set_item("bob@x.example", "2")
    await alice.set_item("ЮЛИЯ@ПРИМЕР.example", "3")
    roster = await alice.roster()
    assert {jid: i["name"] for jid, i in roster.items()} == {
        "bob@x.example": "2",
        "юлия@пример.example": "3",
    }, roster


@test("RFC 6121 §2.1", "RULES 3")
async def the_roster_outlives_the_session(world):
    alice = await world.client()
    names = ["plain", "&lt;&amp;&quot;&gt;", "Юлия \U0001F600", "  spaces  "]
    for number, name in enumerate(names):
        await alice.set_item(f"c{number}@x.example", name, [name, "second"])
    await alice.logout()
    again = await world.login(alice.account)
    roster = await again.roster()
    for number, name in enumerate(names):
        meaning = Element.parse(f"<x>{name}</x>").text
        got = roster[f"c{number}@x.example"]
        assert got["name"] == meaning and {g.text for g in got.elements} == {meaning, "second"}, got


@test("DESIGN 4", "SECURITY 5")
async def a_roster_has_an_end(world):
    async with world.own_server({"limits": {"roster_items": 3}}) as server:
        alice = await world.client(server=server)
        for number in range(3):
            await alice.set_item(f"c{number}@x.example")
        answer = await alice.request("set", item(jid="c3@x.example"))
        assert answer["type"] == "error", answer
        await alice.set_item("c2@x.example", "updates still work")
        assert len(await alice.roster()) == 3


@test("RFC 6121 §2.2", "RULES 3")
async def a_hundred_items(world):
    alice = await interested(world)
    alice.send("".join(f"<iq type='set' id='s{n}'>{item(jid=f'c{n}@x.example')}</iq>" for n in range(100)))
    results, pushes = set(), set()
    while len(results) + len(pushes) < 200:
        got = await alice.next()
        if got["type"] == "result":
            results.add(got["id"])
        else:
            pushes.add(got.child("query", ROSTER).child("item")["jid"])
    assert len(pushes) == len(results) == 100 and len(await alice.roster()) == 100


# Versions


async def versioned(client, ver):
    """(version, {jid: item}) of an answer to a versioned get; None for the items when the roster is
    unchanged."""
    answer = await client.iq("get", f"<query xmlns='{ROSTER}' ver='{ver}'/>")
    query = answer.child("query", ROSTER)
    return (query["ver"], {i["jid"]: i for i in query.elements}) if query else (None, None)


@test("TRAPS 14", "RFC 6121 §2.6")
async def versions(world):
    alice = await world.client()
    assert alice.features.child("ver", "urn:xmpp:features:rosterver"), alice.features
    version, items = await versioned(alice, "")
    assert version and items == {}, (version, items)
    assert await versioned(alice, version) == (None, None)
    await alice.set_item("bob@x.example")
    pushed = await alice.expect(push(jid="bob@x.example"))
    new = pushed.child("query", ROSTER)["ver"]
    assert new and new != version, pushed
    assert await versioned(alice, new) == (None, None)
    got, items = await versioned(alice, "never-seen")
    assert got == new and list(items) == ["bob@x.example"]


@test("TRAPS 14", "RFC 6121 §2.6.3")
async def what_changed_meanwhile_is_told(world):
    alice = await world.client()
    await alice.set_item("old@x.example")
    old, _ = await versioned(alice, "")
    other = await world.another(alice)
    await other.set_item("new@x.example", "New")
    await other.iq("set", item(jid="old@x.example", subscription="remove"))
    current, expected = await versioned(other, "")
    third = await world.another(alice)
    known = {"old@x.example"}
    version, items = await versioned(third, old)
    if items is not None:
        known = set(items)
    while version != current:  # the other way: an empty result, then what changed as pushes
        query = (await third.expect(push())).child("query", ROSTER)
        version, changed = query["ver"], query.child("item")
        (known.discard if changed["subscription"] == "remove" else known.add)(changed["jid"])
    assert known == set(expected), (known, expected)


@test("TRAPS 14")
async def every_push_has_the_version_of_the_state_it_leaves(world):
    alice = await interested(world)
    seen = []
    for number in range(5):
        await alice.set_item("bob@x.example", str(number))
        pushed = await alice.expect(push(jid="bob@x.example", name=str(number)))
        seen.append(pushed.child("query", ROSTER)["ver"])
        assert await versioned(alice, seen[-1]) == (None, None)
    assert len(set(seen)) == 5, seen


# Shared groups

GROUPS = "groups.example"
SHARED = {
    "host": [
        {
            "name": GROUPS,
            "group": [
                {"name": "Everybody", "everyone": True},
                {"name": "Crew", "members": [f"skipper@{GROUPS}", f"mate@{GROUPS}"]},
            ],
        }
    ]
}


@test("DESIGN 4", "RFC 6121 §2")
async def shared_groups(world):
    async with world.own_server(SHARED) as server:
        server.host = GROUPS
        skipper, mate, guest = [
            await world.login(await server.account(name), server=server)
            for name in ("skipper", "mate", "guest")
        ]
        roster = await skipper.roster()
        assert set(roster) == {mate.bare, guest.bare}, roster
        for jid, groups in ((mate.bare, {"Everybody", "Crew"}), (guest.bare, {"Everybody"})):
            assert roster[jid]["subscription"] == "both", roster[jid]
            assert {g.text for g in roster[jid].elements} == groups, roster[jid]
        await skipper.online()
        await mate.online()
        await skipper.wait_for(f"<presence from='{mate.full}'/>")
        await mate.wait_for(f"<presence from='{skipper.full}'/>")
        mate.wire.reset()
        await skipper.wait_for(f"<presence type='unavailable' from='{mate.full}'/>")


@test("DESIGN 4")
async def shared_items_cannot_be_removed(world):
    async with world.own_server(SHARED) as server:
        server.host = GROUPS
        skipper, mate = [
            await world.login(await server.account(name), server=server) for name in ("skipper", "mate")
        ]
        await skipper.roster()
        await skipper.request("set", item(jid=mate.bare, subscription="remove"))
        assert mate.bare in await skipper.roster()
