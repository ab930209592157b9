"""Messages for those who are away (XEP-0160, XEP-0203)."""
import asyncio
import datetime

from harness import check_error, test
from harness.archive import MAM, ask, stanza_ids
from harness.managed import managed_login

CHAT_STATE = "<composing xmlns='http://jabber.org/protocol/chatstates'/>"
DELAY = "urn:xmpp:delay"


async def first_presence(client, priority=0):
    """Initial presence; everything that it brings before the next answer of the server, presence left out."""
    client.send(f"<presence><priority>{priority}</priority></presence>")
    await client.fence(client)
    got = []
    while client.waiting:
        got.append(await client.next())
    return [stanza for stanza in got if stanza.name != "presence"]


@test("TRAPS 8", "XEP-0160", "XEP-0203", threads=True)
async def in_order_with_stamps_and_once(world):
    alice, carol, account = (
        await world.client("alice"),
        await world.client("carol"),
        await world.account("bob"),
    )
    before = datetime.datetime.now(datetime.timezone.utc)
    for number in range(20):
        alice.message(account.bare, f"a{number}", "chat" if number % 2 else "normal", id=f"a{number}")
        carol.message(account.bare, f"c{number}", id=f"c{number}")
    for client in (alice, carol):
        await client.request("get", "<ping xmlns='urn:xmpp:ping'/>", world.host)
    bob = await world.login(account)
    await bob.expect_nothing()  # not at bind
    got = await first_presence(bob)
    assert [m["id"] for m in got if m["from"] == alice.full] == [f"a{n}" for n in range(20)], got
    assert [m["id"] for m in got if m["from"] == carol.full] == [f"c{n}" for n in range(20)], got
    for message in got:
        delay = message.child("delay", DELAY)
        stamp = datetime.datetime.fromisoformat(delay["stamp"])
        assert delay["from"] == world.host and message["to"] == account.bare, message
        assert (
            stamp.utcoffset() == datetime.timedelta(0) and abs((stamp - before).total_seconds()) < 120
        ), delay
    assert await first_presence(await world.login(account)) == []


@test("TRAPS 8", "RFC 6121 §8.5.2.2.1")
async def not_to_a_negative_priority_but_at_the_first_better_one(world):
    alice, account = await world.client("alice"), await world.account("bob")
    alice.message(account.bare, "waiting", id="w")
    await alice.request("get", "<ping xmlns='urn:xmpp:ping'/>", world.host)
    bob = await world.login(account)
    assert await first_presence(bob, -1) == []
    assert [m["id"] for m in await first_presence(bob, 1)] == ["w"]


@test("TRAPS 8", "RULES 3", threads=True)
async def before_live_traffic(world):
    alice, account = await world.client("alice"), await world.account("bob")
    for number in range(30):
        alice.message(account.bare, "x", id=str(number))
    bob = await world.login(account)
    bob.send("<presence/>")
    for number in range(30, 60):
        alice.message(account.bare, "x", id=str(number))
    ids = []
    while len(ids) < 60:
        got = await bob.next()
        if got.name == "message":
            ids.append(int(got["id"]))
    assert ids == sorted(ids), ids


@test("TRAPS 8", "RULES 1", "RULES 3", threads=True)
async def nothing_is_lost_while_somebody_comes_and_goes(world):
    alice, bob = await world.client("alice"), await world.client("bob", online=0)
    count = world.rounds(300, 50000)

    async def write():
        for number in range(count):
            alice.message(bob.bare, "x", id=str(number))
            await alice.fence(alice)

    async def come_and_go():
        while not writing.done():
            await bob.online(-1)
            await bob.online(0)

    writing = asyncio.create_task(write())
    await come_and_go()
    await writing
    for number in range(count):
        while (got := await bob.next()).name != "message":
            pass
        assert got["id"] == str(number), f"number {number} expected, {got} came"
    await bob.expect_nothing(after=alice)


@test(
    "TRAPS 8",
    "XEP-0160 §3",
    cases={
        "chat state": ("chat", CHAT_STATE),
        "chat state and thread": ("chat", f"{CHAT_STATE}<thread>t</thread>"),
        "headline": ("headline", "<body>x</body>"),
    },
)
async def what_is_not_kept(world, type, payload):
    alice, account = await world.client("alice"), await world.account("bob")
    alice.message(account.bare, type=type, payload=payload)
    await alice.expect_nothing(of=account.bare)
    assert await first_presence(await world.login(account)) == []


@test(
    "TRAPS 8",
    "TRAPS 9",
    "SECURITY 31",
    cases={
        "nothing": ("chat", ""),
        "receipt": ("chat", "<received xmlns='urn:xmpp:receipts' id='1'/>"),
        "body": ("normal", "<body>x</body>"),
        "no-store": ("chat", "<body>x</body><no-store xmlns='urn:xmpp:hints'/>"),
        "headline": ("headline", "<body>x</body>"),
        "groupchat": ("groupchat", "<body>x</body>"),
        "chat state": ("chat", CHAT_STATE),
    },
)
async def absent_and_missing_accounts_answer_alike(world, type, payload):
    """Whether a message is kept, refused or dropped must not tell whether the account exists."""
    alice, bob = await world.client("alice"), await world.account("bob")
    answers = []
    for to in (bob.bare, world.stranger().bare):
        alice.message(to, type=type, payload=payload, id="s")
        last = alice.send_iq("get", "<nothing xmlns='urn:example:unknown'/>", to)
        answers.append([])
        while (got := await alice.next())["id"] != last:
            answers[-1].append(str(got.child("error")))
    assert answers[0] == answers[1], answers


@test("TRAPS 8", "RFC 6120 §8.4")
async def the_whole_stanza_is_kept(world):
    alice, account = await world.client("alice"), await world.account("bob")
    alice.send(
        f"<message to='{account.bare}' type='chat' id='i&lt;' xml:lang='uk' xmlns:p='urn:p' p:a='1'>"
        "<subject>s&amp;</subject><thread>t</thread><body>привіт</body><body xml:lang='de'>hallo</body>"
        "<p:x><p:y/></p:x><active xmlns='http://jabber.org/protocol/chatstates'/></message>"
    )
    await alice.request("get", "<ping xmlns='urn:xmpp:ping'/>", world.host)
    (got,) = await first_presence(await world.login(account))
    assert (got["id"], got["xml:lang"], got["{urn:p}a"], got["from"]) == ("i<", "uk", "1", alice.full), got
    assert got.child("subject").text == "s&" and [b.text for b in got.all("body")] == ["привіт", "hallo"], got
    assert got.child("x", "urn:p").child("y", "urn:p") and len(got.all("delay", DELAY)) == 1, got


@test("SECURITY 20", "XEP-0203 §5")
async def forged_stamps_of_the_server(world):
    alice, bob, account = await world.client("alice"), await world.client("bob"), await world.account("away")
    forged = f"<delay xmlns='{DELAY}' from='{world.host}' stamp='2002-09-10T23:08:25Z'/>"
    honest = f"<delay xmlns='{DELAY}' from='elsewhere.example' stamp='2003-09-10T23:08:25Z'/>"
    for to in (bob.full, account.bare):
        alice.message(to, "old news", payload=forged + honest + forged)
    await alice.request("get", "<ping xmlns='urn:xmpp:ping'/>", world.host)
    live = await bob.expect("<message/>")
    (kept,) = await first_presence(await world.login(account))
    for message, ours in ((live, 0), (kept, 1)):
        stamps = [d["stamp"][:4] for d in message.all("delay", DELAY) if d["from"] == world.host]
        assert len(stamps) == ours and "2002" not in stamps, message
        assert "elsewhere.example" in [d["from"] for d in message.all("delay", DELAY)], message


@test(
    "TRAPS 8", "XEP-0160 §2", cases={"messages": {"offline_messages": 3}, "bytes": {"offline_bytes": "4KiB"}}
)
async def a_full_store_refuses(world, limits):
    async with world.own_server({"limits": limits}) as server:
        alice, account = await world.client("alice", server=server), await world.account("bob", server=server)
        for number in range(3):
            alice.message(account.bare, "x" * 1000, id=str(number))
            await alice.expect_nothing(of=account.bare)
        for number in range(3, 6):  # by bytes, the fourth may still fit
            alice.message(account.bare, "x" * 1000, id=str(number))
        answer = await alice.wait_for("<message type='error' id='5'/>")
        check_error(answer, "service-unavailable")
        got = await first_presence(await world.login(account, server=server))
        assert [m["id"] for m in got] in (["0", "1", "2"], ["0", "1", "2", "3"]), got


@test("TRAPS 8")
async def only_the_first_resource_gets_them(world):
    alice, account = await world.client("alice"), await world.account("bob")
    alice.message(account.bare, "once", id="once")
    await alice.request("get", "<ping xmlns='urn:xmpp:ping'/>", world.host)
    first, second = [await world.login(account) for _ in range(2)]
    assert [m["id"] for m in await first_presence(first)] == ["once"]
    assert await first_presence(second) == []


@test("XEP-0160 §4")
async def the_feature_is_advertised(world):
    alice = await world.client()
    answer = await alice.iq("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", world.host)
    assert "msgoffline" in [f["var"] for f in answer.child("query").all("feature")], answer


async def away(world, count, payload=""):
    """An account for which messages wait, and who sent them."""
    alice, account = await world.client("alice"), await world.account("bob")
    for number in range(count):
        alice.message(account.bare, f"m{number}", payload=payload)
    await alice.expect_nothing(of=account.bare)
    return alice, account


@test("RULES 3", "TRAPS 8", "XEP-0313 §3.5", threads=True)
async def they_have_the_ids_of_the_archive(world):
    _, account = await away(world, 3)
    bob = await world.login(account)
    got = await first_presence(bob)
    page = await ask(bob)
    assert [stanza_ids(message, bob.bare) for message in got] == [[id] for id in page.ids], got
    assert [m.child("body").text for m in got] == page.bodies == ["m0", "m1", "m2"]


@test("RULES 3", "XEP-0313 §6.1.1")
async def what_the_archive_has_served_does_not_come_again(world):
    _, account = await away(world, 6)
    bob = await world.login(account)
    page = await ask(bob, rsm="<max>2</max>")
    await ask(bob, rsm=f"<max>2</max><after>{page.ids[-1]}</after>")
    got = await first_presence(bob)
    assert [m.child("body").text for m in got] == ["m4", "m5"], got
    assert await first_presence(await world.login(account)) == []


@test(
    "RULES 3",
    cases={
        "another's messages": {"with": "carol@example.net"},
        "some by id": {"ids": True},
        "the last page": {"rsm": "<max>1</max><before/>"},
    },
)
async def what_it_has_not_served_does(world, what):
    _, account = await away(world, 3)
    bob = await world.login(account)
    if "ids" in what:
        what = {"ids": (await ask(await world.login(account))).ids}
    page = await ask(bob, **what)
    got = await first_presence(bob)
    served = ["m2"] if "rsm" in what else []
    assert page.bodies == served or "ids" in what, page.bodies
    assert [m.child("body").text for m in got] == [f"m{n}" for n in range(3) if f"m{n}" not in served], got


@test("RULES 3", "TRAPS 33", cases={"hint": True, "preference": False})
async def without_the_archive(world, by_hint):
    account = await world.account("bob")
    if not by_hint:
        setter = await world.login(account)
        await setter.iq("set", f"<prefs xmlns='{MAM}' default='never'/>")
    hint = "<no-permanent-store xmlns='urn:xmpp:hints'/>" if by_hint else ""
    alice = await world.client("alice")
    for number in range(2):
        alice.message(account.bare, f"m{number}", payload=hint)
    await alice.expect_nothing(of=account.bare)
    bob = await world.login(account)
    got = await first_presence(bob)
    assert [(m.child("body").text, stanza_ids(m)) for m in got] == [("m0", []), ("m1", [])], got
    assert (await ask(bob)).ids == []


@test("TRAPS 8", "XEP-0280 §7", "RULES 3", threads=True)
async def other_clients_need_not_wait_for_the_backlog(world):
    alice, account = await away(world, 60)
    phone = await managed_login(world, account)
    phone.answers = False  # so that the backlog stays where it is after its first page
    phone.send("<presence/>")
    for number in range(50):
        await phone.wait_for(f"<message><body>m{number}</body></message>")
    laptop = await world.login(account)
    await laptop.iq("set", "<enable xmlns='urn:xmpp:carbons:2'/>")
    await laptop.online()
    alice.message(account.bare, "live", id="live")
    copy = await laptop.wait_for("<message><received xmlns='urn:xmpp:carbons:2'/></message>")
    copied = copy.elements[0].elements[0].child("message")
    phone.answers = True
    phone.acknowledge()
    for number in range(50, 60):
        await phone.wait_for(f"<message><body>m{number}</body></message>")
    got = await phone.wait_for("<message id='live'/>")
    assert stanza_ids(got) == stanza_ids(copied) and copied["id"] == "live", copy
