"""Blocking (XEP-0191)."""
from harness import check_error, test
from harness.server import SECOND

BLOCKING = "urn:xmpp:blocking"
ERRORS = "urn:xmpp:blocking:errors"


def items(*jids):
    return "".join(f"<item jid='{jid}'/>" for jid in jids)


async def block(client, *jids):
    return await client.iq("set", f"<block xmlns='{BLOCKING}'>{items(*jids)}</block>")


async def unblock(client, *jids):
    return await client.iq("set", f"<unblock xmlns='{BLOCKING}'>{items(*jids)}</unblock>")


async def block_list(client):
    answer = await client.iq("get", f"<blocklist xmlns='{BLOCKING}'/>")
    return sorted(i["jid"] for i in answer.child("blocklist", BLOCKING).elements)


@test("XEP-0191 §3.2")
async def the_list(world):
    alice = await world.client()
    assert await block_list(alice) == []
    await block(alice, "b@x.example", "A@X.EXAMPLE")
    await block(alice, "c.example", "b@x.example")
    assert await block_list(alice) == ["a@x.example", "b@x.example", "c.example"]
    await unblock(alice, "b@x.example")
    assert await block_list(alice) == ["a@x.example", "c.example"]
    again = await world.login(alice.account)
    assert await block_list(again) == ["a@x.example", "c.example"]
    await unblock(again)
    assert await block_list(alice) == []


@test("TRAPS 23", "XEP-0191 §3.3")
async def pushes_go_to_those_who_fetched_the_list(world):
    alice = await world.client(online=0)
    reader, other = await world.another(alice), await world.another(alice)
    await block_list(reader)
    await block(alice, "a@x.example", "b@x.example")
    push = await reader.expect(
        f"<iq type='set' id='*'><block xmlns='{BLOCKING}'>{items('a@x.example', 'b@x.example')}"
        "</block></iq>"
    )
    assert push["from"] in (None, alice.bare), push
    reader.send(f"<iq type='result' id='{push['id']}'/>")
    await unblock(alice, "a@x.example")
    await reader.expect(f"<iq type='set'><unblock xmlns='{BLOCKING}'>{items('a@x.example')}</unblock></iq>")
    await unblock(alice)
    push = await reader.expect(f"<iq type='set'><unblock xmlns='{BLOCKING}'/></iq>")
    assert not push.child("unblock").elements, push
    await reader.expect_nothing()
    for client in (alice, other):
        await client.expect_nothing()


@test(
    "XEP-0191 §3.3",
    cases={
        "nothing": (f"<block xmlns='{BLOCKING}'/>", "bad-request"),
        "no address": (f"<block xmlns='{BLOCKING}'><item/></block>", "bad-request"),
        "malformed": (f"<block xmlns='{BLOCKING}'><item jid='@@'/></block>", "jid-malformed"),
        "one of two malformed": (
            f"<block xmlns='{BLOCKING}'><item jid='a@x.example'/><item jid='/'/></block>",
            "jid-malformed",
        ),
    },
)
async def bad_requests(world, payload, condition):
    alice = await world.client()
    answer = await alice.request("set", payload)
    got = [c.name for c in answer.child("error").elements] if answer["type"] == "error" else [str(answer)]
    assert set(got) & {condition, "bad-request"}, got
    assert await block_list(alice) == []


@test("SECURITY 13", "XEP-0191 §3.2")
async def the_list_of_another(world):
    alice, mallory = await world.client("alice"), await world.client("mallory")
    await block(alice, "a@x.example")
    for kind, payload in (
        ("get", f"<blocklist xmlns='{BLOCKING}'/>"),
        ("set", f"<unblock xmlns='{BLOCKING}'/>"),
        ("set", f"<block xmlns='{BLOCKING}'>{items('b@x.example')}</block>"),
    ):
        answer = await mallory.request(kind, payload, alice.bare)
        assert answer["type"] == "error", answer
    assert await block_list(alice) == ["a@x.example"]


@test("TRAPS 23", "XEP-0191 §3.3", threads=True)
async def what_a_blocked_contact_sends(world):
    alice, bob = await world.friends()
    await block(alice, bob.bare)
    await bob.expect(f"<presence type='unavailable' from='{alice.full}'/>")
    for to in (alice.bare, alice.full):
        for type in ("chat", "normal", "groupchat"):
            id = bob.message(to, "hello?", type)
            await bob.expect_error("message", id, "service-unavailable", "cancel")
        for type in ("get", "set"):
            await bob.iq_error(type, "<x xmlns='urn:x'/>", "service-unavailable", "cancel", to)
        bob.message(to, "no answer", "error")
        for type in ("result", "error"):
            bob.send(f"<iq to='{to}' type='{type}' id='z'/>")
        for type in (None, "unavailable", "subscribe", "subscribed", "probe", "error"):
            bob.presence(to, type)
    await bob.expect_nothing(of=alice.bare)
    id = alice.send_iq("get", "<ping xmlns='urn:xmpp:ping'/>", world.host)
    assert (await alice.next())["id"] == id
    await alice.logout()
    again = await world.login(alice.account)
    again.send("<presence/>")
    await again.expect(f"<presence from='{again.full}'/>")
    await again.expect_nothing()  # neither kept messages nor bob's presence
    await bob.expect_nothing(after=await world.client("carol"))


@test("TRAPS 23", "XEP-0191 §3.3")
async def what_one_sends_to_a_blocked_contact(world):
    alice, bob = await world.friends()
    await block(alice, bob.bare)
    await bob.expect(f"<presence type='unavailable' from='{alice.full}'/>")
    for to in (bob.bare, bob.full):
        for text in (
            f"<message to='{to}' id='s'><body>x</body></message>",
            f"<presence to='{to}' id='s'/>",
            f"<iq to='{to}' id='s' type='get'><x xmlns='urn:x'/></iq>",
        ):
            alice.send(text)
            kind = text[1:].partition(" ")[0]
            answer = await alice.expect(f"<{kind} id='s' type='error' from='{to}'/>")
            check_error(answer, "not-acceptable", "cancel")
            assert answer.child("error").child("blocked", ERRORS), answer
    alice.send("<presence><show>away</show></presence>")
    await alice.wait_for(f"<presence from='{alice.full}'/>")
    await bob.expect_nothing(after=await world.client("carol"))


@test("TRAPS 23", "XEP-0191 §3.3", "XEP-0191 §3.4", threads=True)
async def unavailable_on_block_and_presence_on_unblock(world):
    alice, bob = await world.friends()
    stranger = await world.client("stranger", online=0)
    await block(alice, bob.bare, stranger.bare)
    await bob.expect(f"<presence type='unavailable' from='{alice.full}'/>")
    alice.send("<presence><show>dnd</show></presence>")
    await unblock(alice)
    await bob.expect(f"<presence from='{alice.full}'><show>dnd</show></presence>")
    bob.message(alice.full, "again")
    await alice.wait_for("<message><body>again</body></message>")
    await stranger.expect_nothing(after=alice)


@test("TRAPS 23", "XEP-0191 §5", threads=True)
async def matching(world):
    alice = await world.client("alice", online=0)
    desk = await world.client("bob", "desk")
    phone, far = await world.another(desk, "phone"), await world.client("far", host=SECOND)

    async def blocked(client):
        id = client.message(alice.full, "?")
        await client.request(
            "get", "<nothing xmlns='urn:example:unknown'/>", alice.bare
        )  # comes after the error
        if client.waiting:
            await client.expect_error("message", id, "service-unavailable")
            return True
        await alice.expect(f"<message id='{id}'/>")
        return False

    for entry, expected in (
        (desk.full, (True, False, False)),
        (desk.bare, (True, True, False)),
        (SECOND, (False, False, True)),
        (f"{SECOND}/x", (False, False, False)),
    ):
        await block(alice, entry)
        got = tuple([await blocked(client) for client in (desk, phone, far)])
        assert got == expected, f"{entry} blocks {got}, not {expected}"
        await unblock(alice, entry)


@test("TRAPS 23", "XEP-0191 §6")
async def own_resources_are_never_blocked(world):
    alice = await world.client(online=0)
    other = await world.another(alice, online=0)
    await alice.expect(f"<presence from='{other.full}'/>")
    await other.wait_for(f"<presence from='{alice.full}'/>")
    await alice.request("set", f"<block xmlns='{BLOCKING}'>{items(alice.bare)}</block>")
    for to in (other.full, alice.bare):
        alice.message(to, "to myself", id="s")
        await other.wait_for("<message id='s'><body>to myself</body></message>")


@test("DESIGN 4")
async def a_list_has_an_end(world):
    async with world.own_server({"limits": {"blocklist_items": 3}}) as server:
        alice = await world.client(server=server)
        await block(alice, "a.example", "b.example", "c.example")
        answer = await alice.request("set", f"<block xmlns='{BLOCKING}'>{items('d.example')}</block>")
        assert answer["type"] == "error" and await block_list(alice) == [
            "a.example",
            "b.example",
            "c.example",
        ], answer
