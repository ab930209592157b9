"""What a client was told is in the archives (RULES 3): stream management, crashes, clients that vanish."""
import asyncio

from harness import test
from harness.archive import ask, query, stanza_ids
from harness.managed import managed, managed_login


@test("RULES 3", "XEP-0313 §3", threads=True)
async def acknowledged_is_in_both_archives(world):
    async with world.own_server() as server:
        alice = await managed(world, "alice", server=server)
        present = await world.client("bob", online=0, server=server)
        absent = await world.account("carol", server=server)
        acknowledged = 0
        async with asyncio.timeout(60):
            for number in range(200):
                alice.message((present if number % 2 else absent).bare, f"m{number}")
            while acknowledged < 100:
                alice.ask()
                await alice.read_more()
                acknowledged = (alice.counts or [0])[-1]
        await server.kill()
        await server.start()
        bodies = [f"m{number}" for number in range(acknowledged)]
        alice = await world.login(alice.account, server=server)
        sent = (await ask(alice, rsm="<max>250</max>")).bodies
        assert sent[:acknowledged] == bodies, f"{len(sent)} of {acknowledged}"
        for account, rest in ((present.account, 1), (absent, 0)):
            client = await world.login(account, server=server)
            wanted = bodies[rest::2]
            got = (await ask(client, rsm="<max>250</max>")).bodies
            assert got[: len(wanted)] == wanted, f"{account.local}: {len(got)} of {len(wanted)}"
        # The mark that it waits came with it.
        client = await world.login(absent, server=server)
        client.send("<presence/>")
        for body in wanted:
            await client.wait_for(f"<message><body>{body}</body></message>")


@test("RULES 3", "XEP-0313 §3.5", "XEP-0198 §5", threads=True)
async def what_a_vanished_client_never_took_comes_once_under_its_id(world):
    alice, bob = await world.client("alice"), await managed(world, "bob", online=0)
    await bob.acked()
    bob.acknowledge()
    bob.answers = False
    for number in range(3):
        alice.message(bob.bare, f"m{number}")
        await bob.wait_for(f"<message><body>m{number}</body></message>")
    bob.send("</stream:stream>")
    await bob.expect_close()
    other = await managed_login(world, bob.account)
    page = await ask(other)
    assert page.bodies == ["m0", "m1", "m2"], page.bodies
    again = await world.login(bob.account)
    again.send("<presence/>")
    for number, id in enumerate(page.ids):
        got = await again.wait_for(f"<message><body>m{number}</body></message>")
        assert stanza_ids(got, bob.bare) == [id], got
    assert (await ask(other)).ids == page.ids


@test("RULES 3", "RFC 6121 §13.11", "TRAPS 8")
async def switched_off(world):
    async with world.own_server({"features": {"archive": {"enabled": False}}}) as server:
        alice = await world.client("alice", server=server)
        account = await world.account("bob", server=server)
        for to in (None, account.bare, world.stranger(host=server.host).bare):
            await alice.iq_error("set", query(), "service-unavailable", to=to)
        alice.message(account.bare, "waits", id="w")
        await alice.expect_nothing(of=account.bare)
        bob = await world.login(account, server=server)
        bob.send("<presence/>")
        assert not stanza_ids(await bob.wait_for("<message id='w'/>"))
        alice.message(bob.full, "live", id="l")
        assert not stanza_ids(await bob.wait_for("<message id='l'/>"))
