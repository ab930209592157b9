"""An archive that has grown for years: how quickly it answers, and whom the deletion of old messages
disturbs. A few thousand messages; in the long round, where the figures mean something, millions."""
import sqlite3
import time

from harness import test
from harness.archive import MAM, ask
from harness.managed import managed
from harness.timing import described, times_of

PING = "<ping xmlns='urn:xmpp:ping'/>"
STEP = 1_000  # microseconds between two messages


async def grow(server, rows, days):
    """Repeats the messages of the only archive until there are so many, which begin so many days ago. Past
    the server: by its own ways this would take an hour."""
    await server.stop()
    database = sqlite3.connect(server.dir / "data" / "vestnik.db")
    database.execute("PRAGMA synchronous = OFF")
    samples = database.execute(
        "SELECT owner, peer, resource, stanza FROM archive_entry AS entry "
        "JOIN archive_body AS body ON body.id = entry.body ORDER BY entry.id"
    ).fetchall()
    begin = int((time.time() - days * 86400) * 1e6)

    def entry(number):
        owner, peer, resource, _ = samples[number % len(samples)]
        return owner, begin + number * STEP, number + 1, peer, resource, number + 1

    with database:
        database.execute("DELETE FROM archive_entry")
        database.executemany(
            "INSERT INTO archive_body (id, owners, stanza) VALUES (?, 1, ?)",
            ((number + 1, samples[number % len(samples)][3]) for number in range(rows)),
        )
        database.executemany(
            "INSERT INTO archive_entry (owner, id, ordinal, peer, resource, body) VALUES (?, ?, ?, ?, ?, ?)",
            (entry(number) for number in range(rows)),
        )
    database.close()
    await server.start()


async def archive_of(world, server, contacts):
    """An account whose archive has one message to each of these contacts, and no other archive has any."""
    alice = await managed(world, server=server)
    for contact in contacts:
        alice.message(contact, f"a message of about a hundred bytes, most of which are these: {contact:40}")
    await alice.acked()
    return alice.account


@test("DESIGN 5", "XEP-0313 §4")
async def the_last_messages_with_somebody(world):
    contacts = [f"c{number}@x.example" for number in range(20)]
    async with world.own_server() as server:
        account = await archive_of(world, server, contacts)
        await grow(server, world.rounds(20_000, 5_000_000), days=1)
        client = await world.login(account, server=server)

        async def last_fifty():
            page = await ask(client, rsm="<max>50</max><before/>", **{"with": contacts[7]})
            assert len(page.ids) == 50 and {m["to"] for m in page.messages} == {contacts[7]}, page

        async def ping():
            await client.iq("get", PING, server.host)

        print(f"# the last 50 messages with somebody: {described(await times_of(last_fifty, 100))}")
        print(f"# a ping by the same client: {described(await times_of(ping, 100))}")


@test("DESIGN 5", "RULES 9")
async def deleting_disturbs_nobody(world):
    rows = world.rounds(3_000, 1_000_000)
    async with world.own_server() as server:
        account = await archive_of(world, server, ["c@x.example"])
        await grow(server, rows, days=30)
        client = await managed(world, server=server)

        async def ping():
            await client.iq("get", PING, server.host)

        async def store():
            client.message("c@x.example", "x")
            await client.acked()
            client.take_unread()  # there is no such server

        async def measure(retention):
            hosts = [host | {"archive_retention": retention} for host in server.tables["host"]]
            server.write_config({"host": hosts})
            code, said = await server.ctl("reload")  # which begins a round of deletions, or ends it
            assert code == 0, said
            return [await times_of(action, 200) for action in (ping, store)]

        quiet, busy = ([], []), ([], [])
        for _ in range(world.rounds(1, 10)):  # by turns, for the machine has other things to do
            for retention, times in (("0s", quiet), ("10d", busy)):
                for sum, new in zip(times, await measure(retention)):
                    sum.extend(new)
        for name, before, meanwhile in zip(("a ping", "a message on the disk"), quiet, busy):
            print(f"# {name}: {described(before)}; while old messages are deleted: {described(meanwhile)}")
        reader = await world.login(account, server=server)

        async def first():
            answer = await reader.iq("get", f"<metadata xmlns='{MAM}'/>")
            return answer.child("metadata", MAM).child("start")

        was = await first()  # they go: all of them, or, where that would take long, the first ones
        while (now := await first()) and (rows < 10_000 or now["id"] == was["id"]):
            pass
