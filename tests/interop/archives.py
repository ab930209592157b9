"""Archives that can be searched, on either back-end, in the hands of slixmpp."""
from clients.slixmpp import Searching
from harness.postgresql import Cluster
from harness.server import Server
from transports import transport


async def search(binaries, stack, storage):
    """Two people talk; each finds what was said by its words, by whom, and nothing of others."""
    server = Server(binaries, {"features": {"archive": {"full_text": True}}, "storage": storage})
    stack.push_async_callback(server.cleanup)
    await server.start()
    try:
        people = []
        for name in ("alice", "bob", "carol"):
            client = Searching(server, await server.account(name), server.dir)
            stack.push_async_callback(client.end)
            await client.start()
            people.append(client)
        alice, bob, carol = people
        for text in ("The quick brown fox", "a lazy dog & <friends>", "Müllers Füchse"):
            await alice.say(bob.jid, text)
            await bob.hears(alice.jid, text)
        await carol.say(alice.jid, "a fox of my own")
        await alice.hears(carol.jid, "a fox of my own")
        while await alice.search(words="fox") != ["The quick brown fox", "a fox of my own"]:
            pass  # words can be found a moment after the message
        assert await alice.search(words="FOX", **{"with": bob.jid}) == ["The quick brown fox"]
        assert await bob.search(words="dog friends") == ["a lazy dog & <friends>"]
        assert await bob.search(words="muller fuchse") == []
        assert await bob.search(words="mullers fuchse") == ["Müllers Füchse"]
        assert await carol.search(words="quick") == []
        for client in people:
            await client.leave()
        await server.stop()
    except Exception as error:
        raise AssertionError(f"{error}\n{server.log_tail(40)}") from error


@transport()
async def search_on_sqlite(binaries, stack):
    await search(binaries, stack, {})


@transport()
async def search_on_postgresql(binaries, stack):
    cluster = await stack.enter_async_context(Cluster())
    await search(binaries, stack, {"path": await cluster.new_url()})
