"""An account for which very many messages wait: a few thousand, in the long round as many as can be
configured."""
import sqlite3

from harness import check_error, test
from harness.managed import managed, managed_login
from harness.timing import described, times_of

PING = "<ping xmlns='urn:xmpp:ping'/>"
NOT_ARCHIVED = "<no-permanent-store xmlns='urn:xmpp:hints'/>"
PAGE = 50  # messages that are handed out at a time
MIB = 1 << 20
ALL = 64 * MIB  # of text, at least: several times what kernels keep for a client that does not read


async def pile_up(server, rows):
    """Repeats the only message that waits until there are so many. Past the server: by its own ways this
    would take long."""
    await server.stop()
    database = sqlite3.connect(server.dir / "data" / "vestnik.db")
    with database:
        owner, received, size, stanza = database.execute(
            "SELECT owner, received_at, bytes, stanza FROM offline_message"
        ).fetchone()
        database.execute("DELETE FROM offline_message")
        database.executemany(
            "INSERT INTO offline_message (owner, id, received_at, bytes, stanza) VALUES (?, ?, ?, ?, ?)",
            ((owner, n, received, size, stanza.replace("'n0'", f"'n{n}'")) for n in range(1, rows + 1)),
        )
        database.execute(
            "UPDATE offline_queue SET last_id = ?, messages = ?, bytes = ?", (rows, rows, rows * size)
        )
    database.close()
    await server.start()


@test("SECURITY 5", "XEP-0160 §2", "RULES 4", threads=True)
async def millions_wait(world):
    """They cost their owner a page at a time, whether he reads or not, and others nothing."""
    rows = world.rounds(5_000, 1_000_000)
    limits = {"offline_messages": rows, "offline_bytes": "1GiB"}
    async with world.own_server({"limits": limits}) as server:
        alice = await world.client("alice", server=server)
        account = await world.account("bob", server=server)
        alice.message(account.bare, "x" * (ALL // rows), id="n0", payload=NOT_ARCHIVED)
        await alice.iq("get", PING)
        await pile_up(server, rows)
        alice = await managed(world, server=server)

        async def ping():
            await alice.iq("get", PING)

        async def store():
            alice.message("c@x.example", "x")
            await alice.acked()

        alice.message(account.bare, "one too many", id="more", payload=NOT_ARCHIVED)
        check_error(await alice.wait_for("<message id='more'/>"), "service-unavailable")
        before = server.memory()

        silent = await managed_login(world, account, server=server)
        silent.answers = False
        silent.send("<presence/>")
        for number in range(1, PAGE + 1):
            await silent.wait_for(f"<message id='n{number}'/>")
        await silent.wait_for(f"<presence from='{silent.full}'/>")
        await silent.expect_nothing()  # before it has acknowledged these
        await silent.logout()

        deaf = await world.login(account, server=server)
        deaf.send("<presence/>")
        print(f"# a ping while a client does not read: {described(await times_of(ping, 500))}")
        assert server.memory() < before + ALL // 2, (before, server.memory())
        deaf.wire.reset()

        reader = await world.login(account, server=server)
        reader.send("<presence/>")
        first = int((await reader.wait_for("<message/>"))["id"][1:])
        assert first <= rows // 2, first  # what the kernel took for the deaf one counts as received
        for number in range(first + 1, first + 1_000):
            assert (await reader.wait_for("<message/>"))["id"] == f"n{number}"
        reader.wire.reset()
        assert server.memory() < before + ALL // 2, (before, server.memory())

        code, _ = await server.ctl("user", "del", account.bare)
        assert code == 0, server.ctl_error
        print(f"# a message on the disk after the account is gone: {described(await times_of(store, 20))}")
