"""Message archives (XEP-0313, XEP-0059, XEP-0359): what is kept, and how it is found again."""
import asyncio
import datetime

from harness import check_error, test
from harness.managed import managed
from harness.server import HOST
from harness.archive import FORWARD, MAM, ask, form, query, stanza_ids

HINTS = "urn:xmpp:hints"
DELAY = "urn:xmpp:delay"
BODY = "<body>x</body>"


async def talk(alice, bob, count, start=0):
    """Messages from Alice that Bob has got; their ids in Bob's archive."""
    ids = []
    for number in range(start, start + count):
        alice.message(bob.full, f"m{number}")
    for number in range(start, start + count):
        ids += stanza_ids(await bob.expect(f"<message><body>m{number}</body></message>"), bob.bare)
    return ids


def stamp_of(result):
    stamp = result.child("forwarded", FORWARD).child("delay", DELAY)["stamp"]
    return datetime.datetime.fromisoformat(stamp)


@test("TRAPS 21", "TRAPS 22", "XEP-0313 §3.5", "XEP-0359 §3", threads=True)
async def both_sides_have_it_under_the_id_of_the_live_copy(world):
    alice, bob = await world.client("alice", online=0), await world.client("bob", online=0)
    before = datetime.datetime.now(datetime.timezone.utc)
    alice.message(bob.bare, "hello", id="h", payload="<thread>t</thread>")
    live = await bob.expect("<message id='h'><body>hello</body></message>")
    assert stanza_ids(live) == stanza_ids(live, bob.bare) and len(stanza_ids(live)) == 1, live
    at_alice, at_bob = await ask(alice), await ask(bob)
    assert at_bob.ids == stanza_ids(live) and at_alice.ids != at_bob.ids, live
    for page, owner in ((at_alice, alice), (at_bob, bob)):
        assert page.complete, page
        (message,) = page.messages
        assert (message["from"], message["to"], message["id"]) == (alice.full, bob.bare, "h"), message
        assert message.child("thread").text == "t" and stanza_ids(message) == page.ids, message
        assert stanza_ids(message, owner.bare) == page.ids, message
        stamp = stamp_of(page.results[0])
        assert stamp.utcoffset() == datetime.timedelta(0), stamp
        assert abs((stamp - before).total_seconds()) < 120, stamp


@test(
    "TRAPS 21",
    "TRAPS 33",
    "XEP-0313 §6.1",
    "XEP-0334",
    "XEP-0424 §5",
    cases={
        "chat": ("chat", BODY, True),
        "normal": ("normal", BODY, True),
        "encrypted": ("chat", "<encrypted xmlns='urn:xmpp:omemo:2'/>", True),
        "hint store": ("chat", f"<x xmlns='urn:example:x'/><store xmlns='{HINTS}'/>", True),
        "chat state": ("chat", "<active xmlns='http://jabber.org/protocol/chatstates'/>", False),
        "receipt": ("chat", "<received xmlns='urn:xmpp:receipts' id='1'/>", False),
        "retraction": ("chat", "<retract xmlns='urn:xmpp:message-retract:1' id='1'/>", True),
        "no-store": ("chat", f"{BODY}<no-store xmlns='{HINTS}'/>", False),
        "no-permanent-store": ("chat", f"{BODY}<no-permanent-store xmlns='{HINTS}'/>", False),
        "no-store beats store": ("chat", f"<store xmlns='{HINTS}'/><no-store xmlns='{HINTS}'/>", False),
        "headline": ("headline", BODY, False),
        "error": ("error", f"{BODY}<store xmlns='{HINTS}'/>", False),
        "groupchat": ("groupchat", BODY, False),
    },
)
async def what_is_archived(world, type, payload, kept):
    alice, bob = await world.client("alice"), await world.client("bob")
    alice.message(bob.full, type=type, payload=payload, id="m")
    await bob.expect("<message id='m'/>")
    for client in (alice, bob):
        assert [m["id"] for m in (await ask(client)).messages] == ["m"] * kept, client


@test("XEP-0313 §6.1")
async def what_is_refused_is_in_the_sender_s_archive_only(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    alice.message(f"{bob.bare}/nowhere", "x", type="normal", id="m")
    await alice.expect_error("message", "m", "service-unavailable")
    assert len((await ask(alice)).ids) == 1
    assert (await ask(bob)).ids == []


@test("TRAPS 21", "XEP-0059 §2", "XEP-0313 §4.3", threads=True)
async def pages_in_both_directions(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    ids = await talk(alice, bob, 12)

    async def page(rsm, **what):
        return await ask(bob, rsm=f"<max>5</max>{rsm}", **what)

    first = await page("")
    assert (first.ids, first.complete) == (ids[:5], False)
    second = await page(f"<after>{first.ids[-1]}</after>")
    assert (second.ids, second.complete) == (ids[5:10], False)
    third = await page(f"<after>{second.ids[-1]}</after>")
    assert (third.ids, third.complete) == (ids[10:], True)
    last = await page("<before/>")
    assert (last.ids, last.complete) == (ids[7:], False)
    middle = await page(f"<before>{last.ids[0]}</before>")
    assert (middle.ids, middle.complete) == (ids[2:7], False)
    rest = await page(f"<before>{middle.ids[0]}</before>")
    assert (rest.ids, rest.complete) == (ids[:2], True)
    assert (await page("<before/>", flip=True)).ids == ids[:6:-1]
    assert (await page("", flip=True)).ids == ids[4::-1]
    between = await page(f"<after>{ids[3]}</after><before>{ids[6]}</before>")
    assert (between.ids, between.complete) == (ids[4:6], True)
    beyond = await page(f"<after>{ids[-1]}</after>")
    assert (beyond.ids, beyond.complete) == ([], True)
    exact = await ask(bob, rsm="<max>12</max>")
    assert (exact.ids, exact.complete) == (ids, True)
    assert (await ask(bob, rsm="<max>0</max>")).ids == []


@test("XEP-0313 §4.3.1", "SECURITY 31")
async def pages_are_bounded(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    ids = await talk(alice, bob, 260)
    assert (await ask(bob)).ids == ids[:50]
    for absurd in (100000, 99999999999999999999):
        page = await ask(bob, rsm=f"<max>{absurd}</max>")
        assert (page.ids, page.complete) == (ids[:250], False)


@test("XEP-0313 §4.3.1", "SECURITY 31")
async def a_page_of_large_messages_ends_early(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    large = "x" * 200_000
    for number in range(6):
        alice.message(bob.full, large, id=str(number))
        await bob.expect(f"<message id='{number}'/>")
    got, page = [], await ask(bob)
    assert 1 <= len(page.ids) < 6 and not page.complete, page.ids
    got += page.messages
    while not page.complete:
        page = await ask(bob, rsm=f"<after>{page.ids[-1]}</after>")
        got += page.messages
    assert [m["id"] for m in got] == [str(n) for n in range(6)], [m["id"] for m in got]


@test("TRAPS 21", "XEP-0313 §4.1")
async def filters(world):
    alice, bob, carol = [await world.client(name) for name in ("alice", "bob", "carol")]
    phone = await world.another(alice)
    await talk(alice, bob, 2)
    await talk(carol, bob, 1, 2)
    await talk(phone, bob, 1, 3)
    bob.message(carol.bare, "m4")
    bob.message(bob.full, "m5")
    await bob.expect("<message><body>m5</body></message>")
    everything = await ask(bob)
    assert everything.bodies == [f"m{n}" for n in range(6)], everything.bodies
    ids, stamps = everything.ids, [stamp_of(result) for result in everything.results]

    async def found(**fields):
        return [int(body[1:]) for body in (await ask(bob, **fields)).bodies]

    assert await found(**{"with": alice.bare}) == [0, 1, 3]
    assert await found(**{"with": alice.bare.upper()}) == [0, 1, 3]
    assert await found(**{"with": alice.full}) == [0, 1]
    assert await found(**{"with": f"{alice.bare}/nowhere"}) == []
    assert await found(**{"with": carol.bare}) == [2, 4]
    assert await found(**{"with": bob.bare}) == [5]
    assert await found(**{"with": "nobody@example.net"}) == []
    assert await found(after_id=ids[1], before_id=ids[4]) == [2, 3]
    assert await found(ids=[ids[4], ids[0], ids[4]]) == [0, 4]
    assert await found(**{"ids": ids, "with": carol.bare}) == [2, 4]
    assert await found(ids=ids, rsm=f"<max>2</max><after>{ids[1]}</after>") == [2, 3]
    assert await found(ids=ids, rsm="<max>2</max><before/>") == [4, 5]
    assert await found(include_groupchat="false") == list(range(6))
    iso = [stamp.isoformat().replace("+00:00", "Z") for stamp in stamps]
    assert await found(start=iso[2], end=iso[2]) == [n for n in range(6) if stamps[n] == stamps[2]]
    assert await found(start=iso[3]) == [n for n in range(6) if stamps[n] >= stamps[3]]
    assert await found(end=iso[1]) == [n for n in range(6) if stamps[n] <= stamps[1]]
    assert await found(start="1000-01-01T00:00:00Z", end="9999-12-31T23:59:59Z") == list(range(6))
    assert await found(start=iso[5], end="2000-01-01T00:00:00Z") == []
    local = stamps[0].astimezone(datetime.timezone(datetime.timedelta(hours=-5))).isoformat()
    assert await found(start=local) == list(range(6))


@test(
    "TRAPS 21",
    "XEP-0313 §4.1.3",
    "XEP-0313 §4.1.5",
    "SECURITY 31",
    cases={
        "unknown field": ({"fields": {"color": "red"}}, "feature-not-implemented"),
        "start": ({"fields": {"start": "yesterday"}}, "bad-request"),
        "end": ({"fields": {"end": "2020-01-01"}}, "bad-request"),
        "with": ({"fields": {"with": "@"}}, "jid-malformed"),
        "after-id": ({"fields": {"after_id": "bogus"}}, "item-not-found"),
        "before-id": ({"fields": {"before_id": "A" * 22}}, "item-not-found"),
        "empty before-id": ({"fields": {"before_id": ""}}, "item-not-found"),
        "ids": ({"fields": {"ids": ["bogus"]}}, "item-not-found"),
        "too many ids": ({"fields": {"ids": ["x"] * 1001}}, "policy-violation"),
        "after": ({"rsm": "<after>bogus</after>"}, "item-not-found"),
        "empty after": ({"rsm": "<after/>"}, "item-not-found"),
        "before": ({"rsm": "<before>bogus</before>"}, "item-not-found"),
        "max": ({"rsm": "<max>many</max>"}, "bad-request"),
        "negative max": ({"rsm": "<max>-1</max>"}, "bad-request"),
        "index": ({"rsm": "<max>1</max><index>0</index>"}, "feature-not-implemented"),
    },
)
async def bad_queries(world, what, condition):
    alice = await world.client("alice")
    await alice.iq_error("set", query(what.get("rsm"), **what.get("fields", {})), condition)


@test("XEP-0313 §4.1", "XEP-0082", "SECURITY 31")
async def dates_that_are_none(world):
    alice = await world.client("alice")
    for date in [
        *("", "0", "-9999-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "2023-02-29T00:00:00Z"),
        *("2023-13-01T00:00:00Z", "2023-01-01T00:60:00Z", "2023-01-01T00:00:00", "2023-01-01T00:00:00.Z"),
        *("2023-01-01T00:00:00+99:00", "2023-01-01T00:00:00Z" * 1000),
    ]:
        for field in ("start", "end"):
            await alice.iq_error("set", query(**{field: date}), "bad-request")
    for date in ("0000-01-01T00:00:00Z", f"9999-12-31T23:59:59.{'9' * 1000}-14:00"):
        assert (await ask(alice, start=date, end=date)).complete


@test("XEP-0313 §4.1", cases={"other form": {"form_type": "urn:x"}, "not submitted": {"type": "form"}})
async def bad_forms(world, what):
    alice = await world.client("alice")
    await alice.iq_error("set", f"<query xmlns='{MAM}'>{form({}, **what)}</query>", "bad-request")
    await alice.iq_error(
        "set", f"<query xmlns='{MAM}'><x xmlns='jabber:x:data' type='submit'/></query>", "bad-request"
    )


@test("TRAPS 21", "XEP-0313 §4.1.3", "RULES 9")
async def another_archive_s_id_is_unknown(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    await talk(alice, bob, 1)
    (foreign,) = (await ask(alice)).ids
    for what in ({"after_id": foreign}, {"ids": [foreign]}, {"rsm": f"<before>{foreign}</before>"}):
        await bob.iq_error("set", query(**what), "item-not-found")


@test("XEP-0313 §3", "XEP-0359 §5")
async def ids_tell_nothing(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    ids = await talk(alice, bob, 40)
    assert len(set(ids)) == 40 and sorted(ids) != ids
    # Neighbours have nothing in common but chance.
    alike = [sum(a == b for a, b in zip(one, other)) for one, other in zip(ids, ids[1:])]
    assert all(len(id) == 22 for id in ids) and max(alike) <= 6, ids


@test("TRAPS 21", "XEP-0313 §8.1", "RFC 6121 §13.11")
async def nobody_else_s(world):
    alice, bob, nobody = await world.client("alice"), await world.client("bob"), world.stranger()
    for payload, kind in (
        (query(), "set"),
        (f"<query xmlns='{MAM}'/>", "get"),
        (f"<metadata xmlns='{MAM}'/>", "get"),
        (f"<prefs xmlns='{MAM}'/>", "get"),
        (f"<prefs xmlns='{MAM}' default='never'/>", "set"),
    ):
        for owner in (bob, nobody):
            await alice.iq_error(kind, payload, "forbidden", to=owner.bare)
    await alice.iq_error("set", query(), "service-unavailable", to=world.host)
    assert (await ask(alice, to=alice.bare)).complete


@test("XEP-0313 §4.1.5", "XEP-0313 §7")
async def what_it_can_do(world):
    alice = await world.client("alice")
    answer = await alice.iq("get", f"<query xmlns='{MAM}'/>")
    fields = answer.child("query", MAM).child("x", "jabber:x:data").elements
    names = {"FORM_TYPE", "with", "start", "end", "before-id", "after-id", "ids", "include-groupchat"}
    assert {field["var"] for field in fields} == names, answer
    (ids,) = [field for field in fields if field["var"] == "ids"]
    assert ids.child("validate", "http://jabber.org/protocol/xdata-validate").child("open"), ids
    for to, wanted in (
        (alice.bare, {MAM, f"{MAM}#extended", f"{MAM}#groupchat-field", "urn:xmpp:sid:0"}),
        (alice.bare, {"urn:xmpp:message-retract:1", "urn:xmpp:message-retract:1#tombstone"}),
        (world.host, {"urn:xmpp:sid:0", "urn:xmpp:message-retract:1"}),
    ):
        info = await alice.iq("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", to)
        assert wanted <= {e["var"] for e in info.elements[0].all("feature")}, info


@test("XEP-0313 §5")
async def metadata(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    answer = await bob.iq("get", f"<metadata xmlns='{MAM}'/>")
    assert answer.child("metadata", MAM).elements == [], answer
    ids = await talk(alice, bob, 3)
    page = await ask(bob)
    answer = (await bob.iq("get", f"<metadata xmlns='{MAM}'/>")).child("metadata", MAM)
    for name, place in (("start", 0), ("end", -1)):
        end = answer.child(name)
        assert end["id"] == ids[place], answer
        assert datetime.datetime.fromisoformat(end["timestamp"]) == stamp_of(page.results[place]), answer


@test("TRAPS 22", "SECURITY 20", "XEP-0359 §3")
async def spoofed_ids_are_taken_out_all_of_them(world):
    alice, bob = await world.client("alice"), await world.client("bob")

    def spoofed(*by):
        return "".join(f"<stanza-id xmlns='urn:xmpp:sid:0' id='fake' by='{who}'/>" for who in by)

    forged = (bob.bare, alice.bare, bob.bare, bob.full, bob.bare.upper(), world.host)
    payload = spoofed(*forged, "room@example.net")
    alice.message(bob.full, "kept", payload=payload, id="m")
    live = await bob.expect("<message id='m'><body>kept</body></message>")
    (true_id,) = stanza_ids(live, bob.bare)
    assert sorted(stanza_ids(live)) == sorted([true_id, "fake"]), live
    assert stanza_ids(live, "room@example.net") == ["fake"], live
    for client in (alice, bob):
        page = await ask(client)
        (message,) = page.messages
        assert stanza_ids(message, client.bare) == page.ids, message
        assert sorted(stanza_ids(message)) == sorted([*page.ids, "fake"]), message
    # Also where nothing is archived.
    alice.message(bob.full, "x", payload=f"{payload}<no-store xmlns='{HINTS}'/>", id="n")
    assert stanza_ids(await bob.expect("<message id='n'/>")) == ["fake"]


@test("SECURITY 21", "XEP-0313 §8.2")
async def forged_results_do_not_pass(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    inner = f"<message xmlns='jabber:client' from='carol@{world.host}' to='{bob.bare}'>{BODY}</message>"
    result = f"<result xmlns='{MAM}' id='1'><forwarded xmlns='{FORWARD}'>{inner}</forwarded></result>"
    alice.message(bob.full, "seen", payload=result * 2, id="m")
    got = await bob.expect("<message id='m'><body>seen</body></message>")
    assert not got.all("result"), got


@test("TRAPS 21", "XEP-0313 §6.1")
async def a_note_to_oneself_is_archived_once(world):
    alice = await world.client("alice", online=0)
    phone = await world.another(alice, online=0)
    await alice.wait_for(f"<presence from='{phone.full}'/>")
    for number, to in enumerate((alice.bare, phone.full)):
        alice.message(to, f"note {number}", id=f"n{number}")
        copy = await phone.wait_for(f"<message id='n{number}'/>")
        page = await ask(phone, **{"with": alice.bare}) if not phone.waiting else None
        phone_ids = stanza_ids(copy, alice.bare)
        assert len(phone_ids) == 1 and (page is None or page.ids[number] == phone_ids[0]), copy
    await alice.wait_for("<message id='n0'/>")
    other = await world.another(alice)
    assert (await ask(other)).bodies == ["note 0", "note 1"]


@test("RULES 3", "XEP-0313 §4", threads=True)
async def a_query_sees_what_was_sent_before_it(world):
    alice, bob = await world.client("alice"), await world.client("bob")
    for number in range(world.rounds(20, 500)):
        alice.message(bob.bare, f"m{number}")
        page = await ask(alice, rsm="<max>1</max><before/>")
        assert page.bodies == [f"m{number}"], page.bodies


@test("RULES 4", "SECURITY 31", threads=True, cases={"plain": False, "stream management": True})
async def a_flood_of_queries(world, with_acks):
    alice = await world.client("alice")
    bob = await managed(world, "bob") if with_acks else await world.client("bob")
    await talk(alice, bob, 50)
    count = 200
    for number in range(count):
        bob.send_iq("set", query(query_id=f"q{number}"), id=f"q{number}")
    seen, answered = {}, []
    while len(answered) < count:
        got = await bob.next()
        if got.name == "message":
            result = got.child("result", MAM)
            assert result["queryid"] not in answered, got  # results come before the answer
            seen[result["queryid"]] = seen.get(result["queryid"], 0) + 1
        else:
            answered.append(got["id"])
            if got["type"] == "result":
                assert seen[got["id"]] == 50, got
            else:
                check_error(got, "resource-constraint", "wait")
                assert got["id"] not in seen, got
    assert len(seen) >= 16, seen
    assert (await ask(bob)).complete


@test("RULES 4", "XEP-0198 §4")
async def a_client_that_loses_count_gets_its_pages_all_the_same(world):
    """xmpp.js may forget a stanza or two at the beginning, and then never acknowledges the last ones. This
    client acknowledges none."""
    alice, bob = await world.client("alice"), await managed(world, "bob")
    ids = await talk(alice, bob, 60)
    bob.answers = False
    got, after = [], ""
    while len(got) < 60:
        page = await ask(bob, rsm=f"<max>10</max>{after}")
        got += page.ids
        after = f"<after>{got[-1]}</after>"
    assert got == ids and page.complete, page


@test("XEP-0313 §3", "DESIGN --dir")
async def it_outlives_the_process(world):
    async with world.own_server() as server:
        alice, bob = await world.client("alice", server=server), await world.client("bob", server=server)
        ids = await talk(alice, bob, 3)
        await bob.iq("set", f"<prefs xmlns='{MAM}' default='roster'/>")
        await server.stop()
        await server.start()
        bob = await world.login(bob.account, server=server)
        page = await ask(bob, rsm=f"<after>{ids[0]}</after>")
        assert (page.ids, page.bodies) == (ids[1:], ["m1", "m2"])
        prefs = (await bob.iq("get", f"<prefs xmlns='{MAM}'/>")).child("prefs", MAM)
        assert prefs["default"] == "roster"
        await bob.iq("set", f"<prefs xmlns='{MAM}' default='always'/>")
        alice = await world.login(alice.account, server=server)
        later = await talk(alice, bob, 2, 3)
        assert (await ask(bob)).ids == ids + later


@test("XEP-0313 §3.2")
async def it_is_cut_to_its_quota(world):
    async with world.own_server({"host": [{"name": HOST, "archive_messages": 100}]}) as server:
        alice, bob = await world.client("alice", server=server), await world.client("bob", server=server)
        ids = await talk(alice, bob, 512)
        page = await ask(bob, rsm="<max>250</max>")
        assert page.ids == ids[-100:], f"{len(page.ids)} are left"
        await bob.iq_error("set", query(after_id=ids[0]), "item-not-found")


@test("XEP-0313 §3.2")
async def old_messages_go(world):
    async with world.own_server() as server:
        alice, bob = await world.client("alice", server=server), await world.client("bob", server=server)
        await talk(alice, bob, 150)
        await server.stop()
        server.write_config({"host": [{"name": HOST, "archive_retention": "1ms"}]})
        await server.start()
        bob = await world.login(bob.account, server=server)
        async with asyncio.timeout(30):
            while (await bob.iq("get", f"<metadata xmlns='{MAM}'/>")).child("metadata", MAM).elements:
                pass
