"""Stream management: enabling, counting, acknowledging both ways (XEP-0198 §3, §4, §6)."""
import asyncio

from harness import CLIENT, STANZA_ERRORS, Element, check_error, test
from harness.managed import SM, Managed, managed, managed_login

PING = "<ping xmlns='urn:xmpp:ping'/>"


def failed(condition):
    return Element("failed", SM, children=[Element(condition, STANZA_ERRORS)])


@test("TRAPS 19", "XEP-0198 §2", "XEP-0198 §3")
async def offered_after_the_login_and_enabled_after_binding(world):
    alice = await world.login(await world.account(), bind=False, kind=Managed)
    assert alice.features.child("sm", SM), alice.features
    stranger = await world.connect()
    assert not (await stranger.open()).child("sm", SM)
    alice.send(f"<enable xmlns='{SM}' resume='true'/>")
    await alice.expect(failed("unexpected-request"))
    await alice.bind()
    enabled = await alice.enable()
    assert enabled["resume"] == "true" and len(enabled["id"]) >= 16 and enabled["max"] == "300", enabled
    assert enabled["location"] is None, enabled
    alice.send(f"<resume xmlns='{SM}' previd='{alice.id}' h='0'/>")
    await alice.expect(failed("unexpected-request"))
    await alice.iq("get", PING, world.host)


@test("TRAPS 19", "XEP-0198 §3", cases={"enable": "enable", "resume": "resume previd='x' h='0'"})
async def refused_before_the_login(world, request):
    stream = await world.connect()
    await stream.open()
    stream.send(f"<{request} xmlns='{SM}'/>")
    await stream.expect(failed("unexpected-request"))
    assert stream.mechanisms  # and goes on


@test("XEP-0198 §3")
async def without_a_wish_to_resume_there_is_no_id(world):
    alice = await world.login(await world.account(), kind=Managed)
    enabled = await alice.enable(resume=None)
    assert not enabled.attrs, enabled
    short = await managed(world, "bob", max="7")
    answer = await world.login(await world.account(), kind=Managed)
    assert short.id and (await answer.enable(max="7"))["max"] == "7"


@test("XEP-0198 §3")
async def enabled_once_only(world):
    alice = await managed(world)
    alice.send(f"<enable xmlns='{SM}'/>")
    await alice.expect_stream_error("policy-violation")


@test("XEP-0198 §4", cases={"r": "<r xmlns='urn:xmpp:sm:3'/>", "a": "<a xmlns='urn:xmpp:sm:3' h='0'/>"})
async def nothing_to_acknowledge_before_it_is_enabled(world, element):
    alice = await world.client()
    alice.send(element)
    await alice.expect_stream_error("policy-violation")


@test("TRAPS 19", "XEP-0198 §4", "RULES 3", threads=True)
async def every_stanza_is_counted_and_nothing_else(world):
    alice = await managed(world)
    bob = await world.client("bob", online=0)
    alice.ask()
    await alice.until(lambda: alice.counts == [0])
    alice.message(bob.full, "one")
    alice.send("<presence/>")
    alice.send_iq("get", PING, world.host)
    alice.send("  \n")
    alice.send("<iq type='get' id='no-child'/>")  # refused, and handled by that
    alice.send("<message to='@'><body>malformed</body></message>")
    alice.presence("not a jid@@", "subscribe")
    alice.ask()
    await alice.until(lambda: alice.counts == [0, 6])
    assert not alice.unacked


@test("XEP-0198 §4", "RULES 3", threads=True)
async def what_is_written_is_acknowledged_after_its_answer(world):
    """The commit comes before both (RULES 3); the answer is on its way before the stanza counts."""
    alice, away = await managed(world), await world.account("away")
    alice.answers = False
    for number in range(20):
        id = alice.send_iq(
            "set", f"<query xmlns='jabber:iq:roster'><item jid='c{number}@x.example'/></query>"
        )
        alice.message(away.bare, "offline")
        alice.ask()
        await alice.until(lambda n=number: alice.counts and alice.counts[-1] == 2 * (n + 1))
        await alice.expect(f"<iq type='result' id='{id}'/>")
    assert alice.counts == sorted(alice.counts), alice.counts


@test("TRAPS 19", "XEP-0198 §4", threads=True)
async def requests_are_answered_in_a_flood(world):
    alice, bob = await managed(world), await world.client("bob", online=0)
    for number in range(500):
        alice.message(bob.full, "x", id=str(number))
        alice.ask()
    for number in range(500):
        await bob.expect(f"<message id='{number}'/>")
    await alice.until(lambda: not alice.unacked)
    assert alice.counts == sorted(alice.counts) and alice.counts[-1] == 500, alice.counts


@test("XEP-0198 §4", threads=True)
async def the_server_asks_for_messages_at_once(world):
    alice, bob = await world.client(), await managed(world, "bob", online=0)
    bob.answers = False
    await bob.until(lambda: bob.asked == 1)  # for its own presence, after a while
    bob.acknowledge()
    alice.message(bob.full, "one")
    await bob.until(lambda: bob.asked == 2)
    for number in range(30):  # not asked again while the first request waits
        alice.message(bob.full, "more", id=str(number))
    await alice.fence(bob)
    assert bob.asked == 2
    bob.acknowledge(bob.handled - 10)
    await bob.until(lambda: bob.asked == 3)  # for the rest


@test(
    "TRAPS 19",
    "XEP-0198 §6",
    "SECURITY 35",
    cases={"too high": 1, "far too high": 1000, "backwards": -1, "far backwards": -(2**31)},
)
async def impossible_counts_end_the_stream(world, difference):
    alice, bob = await world.client("alice"), await managed(world, "bob", online=0)
    for number in range(3):
        alice.message(bob.full, "x", id=str(number))
        await bob.expect(f"<message id='{number}'/>")
    bob.acknowledge()
    bob.answers = False
    alice.message(bob.full, "x", id="last")
    await bob.expect("<message id='last'/>")
    sent = bob.handled
    claimed = (sent + difference if difference > 0 else sent - 1 + difference) % 2**32
    bob.acknowledge(claimed)
    error = await bob.expect_stream_error("undefined-condition")
    detail = error.child("handled-count-too-high", SM)
    assert (detail["h"], detail["send-count"]) == (str(claimed), str(sent)), detail


@test(
    "XEP-0198 §4",
    "SECURITY 35",
    cases={"none": "", "empty": "h=''", "text": "h='x'", "negative": "h='-1'", "huge": "h='4294967296'"},
)
async def acknowledgements_without_a_count_end_the_stream(world, attribute):
    alice = await managed(world)
    alice.send(f"<a xmlns='{SM}' {attribute}/>")
    await alice.expect_stream_error("bad-format")


@test("XEP-0198 §4", "RFC 6120 §8.3", threads=True)
async def what_an_ended_session_did_not_acknowledge_goes_elsewhere(world):
    """To the account's other resource, with a stamp; without one back to the sender or into the store."""
    alice, bob = await world.client("alice", online=0), await managed(world, "bob", online=0)
    bob.answers = False
    alice.message(bob.full, "chat", id="chat", payload="<x xmlns='urn:x'/>")
    alice.message(bob.full, "group", "groupchat", id="groupchat")
    alice.message(bob.full, "head", "headline", id="headline")
    request = alice.send_iq("get", "<q xmlns='urn:example:q'/>", bob.full)
    for id in ("chat", "groupchat", "headline", request):
        await bob.wait_for(Element("iq" if id == request else "message", CLIENT, {"id": id}))
    other = await world.another(bob, online=0)
    await other.wait_for(f"<presence from='{bob.full}'/>")
    bob.send("</stream:stream>")
    moved = await other.wait_for("<message id='chat'/>")
    stamps = moved.all("delay", "urn:xmpp:delay")
    assert len(stamps) == 1 and stamps[0]["from"] == world.host and moved.child("x", "urn:x"), moved
    await other.wait_for(f"<presence type='unavailable' from='{bob.full}'/>")
    await other.expect_nothing(after=alice)
    check_error(await alice.expect("<message type='error' id='groupchat'/>"), "service-unavailable")
    check_error(await alice.expect(f"<iq type='error' id='{request}'/>"), "service-unavailable")
    await alice.expect_nothing()


@test("XEP-0198 §4", "TRAPS 8", threads=True)
async def unacknowledged_messages_are_kept_offline_in_order(world):
    alice, bob = await world.client("alice"), await managed(world, "bob", online=0)
    bob.answers = False
    await bob.until(lambda: bob.asked == 1)
    for number in range(30):
        alice.message(bob.bare if number % 2 else bob.full, "x", id=str(number))
    await bob.wait_for("<message id='29'/>")
    bob.acknowledge(bob.handled - 20)  # the last twenty are not
    bob.send("</stream:stream>")
    await bob.wire.read()
    bob.cut()
    again = await managed_login(world, bob.account, online=None)
    again.send("<presence/>")
    for number in range(10, 30):
        got = await again.wait_for("<message/>")
        assert got["id"] == str(number) and len(got.all("delay", "urn:xmpp:delay")) == 1, got
    await again.acked()
    await asyncio.gather(again.logout())
    last = await world.login(bob.account)
    await last.online()
    await last.expect_nothing(after=alice)


@test("XEP-0198 §4", "RULES 3", threads=True)
async def messages_that_another_resource_took_are_not_sent_again(world):
    alice, bob = await world.client("alice"), await managed(world, "bob", online=0)
    other = await world.another(bob, online=0)
    await other.wait_for(f"<presence from='{bob.full}'/>")
    bob.answers = False
    for number in range(5):
        alice.message(bob.bare, "x", id=str(number))
        await other.wait_for(f"<message id='{number}'/>")
        await bob.wait_for(f"<message id='{number}'/>")
    bob.send("</stream:stream>")
    await other.wait_for(f"<presence type='unavailable' from='{bob.full}'/>")
    await other.expect_nothing(after=alice)


@test("RULES 4", "SECURITY 35", threads=True, cases={"awake": True, "asleep": False})
async def the_unacknowledged_are_bounded(world, awake):
    async with world.own_server({"limits": {"unacked_stanzas": 50, "offline_messages": 40}}) as server:
        alice = await world.client("alice", server=server)
        bob = await managed(world, "bob", online=0, server=server)
        bob.answers = False
        if not awake:
            bob.cut()
        for number in range(70):
            alice.message(bob.bare, "x", id=str(number))
        if awake:
            while (got := await bob.next()).name != "error":
                pass
            assert got.child("policy-violation"), got
        refused = [int((await alice.wait_for("<message type='error'/>"))["id"]) for _ in range(30)]
        assert refused == list(range(40, 70)), refused
        again = await world.login(bob.account, server=server)
        again.send("<presence/>")
        for number in range(40):
            assert (await again.wait_for("<message/>"))["id"] == str(number)
