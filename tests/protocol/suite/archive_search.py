"""Searching archives for words (XEP-0431)."""
from xml.sax.saxutils import escape

from harness import test
from harness.archive import MAM, ask, query

FULL_TEXT = "urn:xmpp:fulltext:0"
FIELD = f"{{{FULL_TEXT}}}fulltext"
SEARCHABLE = {"features": {"archive": {"full_text": True}}}


async def search(client, text, **what):
    return await ask(client, **what, **{FIELD: text})


async def found(client, text, *ids):
    """Waits until a search brings these messages."""
    while [m["id"] for m in (await search(client, text)).messages] != list(ids):
        pass


async def features(client, to):
    info = await client.iq("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", to)
    return {feature["var"] for feature in info.elements[0].all("feature")}


@test("XEP-0431 §2", "XEP-0313 §4.1.5", threads=True)
async def words_are_found(world):
    async with world.own_server(SEARCHABLE) as server:
        alice, bob = [await world.client(name, server=server) for name in ("alice", "bob")]
        account = await world.account("carol", server=server)
        assert FULL_TEXT in await features(alice, alice.bare)
        answer = await alice.iq("get", f"<query xmlns='{MAM}'/>")
        form = answer.child("query", MAM).child("x", "jabber:x:data")
        assert FIELD in {field["var"] for field in form.elements}, form
        texts = ["The quick brown fox", "jumps & <over>", "the LAZY dog", "dogs, naïve"]
        for number, text in enumerate(texts):
            alice.message(bob.full if number % 2 else account.bare, escape(text), id=f"m{number}")
        alice.message(bob.full, payload="<encrypted xmlns='urn:xmpp:omemo:2'/><body>lazy</body>", id="e")
        alice.message(bob.full, payload="<subject>about dogs</subject><body>x</body>", id="s")
        alice.message(bob.full, "last", id="l")
        for id in ("m1", "m3", "e", "s", "l"):
            await bob.expect(f"<message id='{id}'/>")
        carol = await world.login(account, server=server)
        await found(alice, "last", "l")
        await found(bob, "last", "l")
        await found(carol, "dog", "m2")
        for client, text, ids in (
            (alice, "fox brown", ["m0"]),
            (alice, "over", ["m1"]),
            (alice, "lazy", ["m2"]),
            (alice, "NAIVE dogs", ["m3"]),
            (alice, "dogs", ["m3", "s"]),
            (alice, "fox dog", []),
            (alice, '"', []),
            (alice, "fox OR dog", []),
            (bob, "fox", []),
            (bob, "naïve", ["m3"]),
            (carol, "naïve", []),
            (carol, "the", ["m0", "m2"]),
        ):
            page = await search(client, text)
            assert [m["id"] for m in page.messages] == ids and page.complete, (client.bare, text, page)


@test("XEP-0431 §2", "XEP-0059 §2")
async def with_all_other_filters(world):
    async with world.own_server(SEARCHABLE) as server:
        alice, bob, carol = [await world.client(name, server=server) for name in ("alice", "bob", "eve")]
        for number in range(6):
            alice.message((bob if number % 2 else carol).full, "word", id=f"m{number}")
        await found(alice, "word", *[f"m{number}" for number in range(6)])
        ids = (await ask(alice)).ids

        async def names(**what):
            return [m["id"] for m in (await search(alice, "word", **what)).messages]

        assert await names(**{"with": bob.bare}) == ["m1", "m3", "m5"]
        assert await names(rsm="<max>2</max>") == ["m0", "m1"]
        assert await names(rsm=f"<max>2</max><after>{ids[1]}</after>") == ["m2", "m3"]
        assert await names(rsm="<max>2</max><before/>") == ["m4", "m5"]
        assert await names(rsm="<max>2</max><before/>", flip=True) == ["m5", "m4"]
        assert await names(ids=[ids[0], ids[3]]) == ["m0", "m3"]
        assert await names(after_id=ids[3], before_id=ids[5]) == ["m4"]
        everything = await search(alice, "", **{"with": carol.bare})
        assert [m["id"] for m in everything.messages] == ["m0", "m2", "m4"], everything


@test("XEP-0431 §2", "XEP-0424 §5")
async def what_was_taken_back_is_not_found(world):
    async with world.own_server(SEARCHABLE) as server:
        alice, bob = [await world.client(name, server=server) for name in ("alice", "bob")]
        alice.message(bob.full, "treasure", id="m")
        alice.message(bob.full, "treasure", id="n")
        for id in ("m", "n"):
            await bob.expect(f"<message id='{id}'/>")
        for client in (alice, bob):
            await found(client, "treasure", "m", "n")
        alice.message(bob.full, payload="<retract xmlns='urn:xmpp:message-retract:1' id='m'/>", id="r")
        await bob.expect("<message id='r'/>")
        for client in (alice, bob):
            await found(client, "treasure", "n")


@test("XEP-0431 §2", "RULES 3")
async def what_waits_to_be_taken_in_survives_a_kill(world):
    async with world.own_server(SEARCHABLE) as server:
        alice = await world.client("alice", server=server)
        bob = await world.account("bob", server=server)
        for number in range(300):
            alice.message(bob.bare, f"word{number}", id=f"m{number}")
        await ask(alice, rsm="<max>1</max><before/>")  # sees all of them
        await server.kill()
        await server.start()
        alice = await world.login(alice.account, server=server)
        await found(alice, "word299", "m299")
        await found(alice, "word0", "m0")


@test("XEP-0431 §2", "XEP-0313 §4.1.5")
async def off_unless_it_is_wanted(world):
    alice = await world.client("alice")
    assert FULL_TEXT not in await features(alice, alice.bare)
    await alice.iq_error("set", query(**{FIELD: "x"}), "feature-not-implemented")
