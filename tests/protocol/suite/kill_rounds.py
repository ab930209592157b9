"""The process dies at any moment under a load of messages (RULES 3): what it acknowledged is there."""
import asyncio
import random

from harness import test
from harness.archive import archived_ids, stanza_ids
from harness.managed import managed, managed_login
from harness.postgresql import BACKENDS, stored_in

PATIENT = {"limits": {"offline_messages": 1_000_000, "offline_bytes": "1GiB"}}  # nobody is refused
WITHOUT_ARCHIVE = PATIENT | {"features": {"archive": {"enabled": False}}}
VARIANTS = {
    f"{archive}, {backend}": (changes, backend)
    for archive, changes in (("archived", PATIENT), ("not archived", WITHOUT_ARCHIVE))
    for backend in BACKENDS
}
ENDED = (AssertionError, ConnectionError)  # what a client sees of a killed server


class Recipient:
    """Somebody who gets messages, over all connections: which were sent, acknowledged to their senders,
    received, and acknowledged in turn."""

    def __init__(self, account):
        self.account = account
        self.sent = 0
        self.acknowledged = set()
        self.received = {}  # archive's ids of each
        self.present = set()  # received on the present connection
        self.settled = set()  # received, and the store knows: these must not come again
        self.repeated = 0

    def next_id(self):
        self.sent += 1
        return f"n{self.sent}"

    def take(self, stanza):
        if stanza.name != "message":
            return
        assert stanza["type"] != "error", stanza
        ids = stanza_ids(stanza, self.account.bare)
        if stanza["id"] in self.received:
            self.repeated += 1
            assert self.received[stanza["id"]] == ids, f"comes again under another id: {stanza}"
        assert stanza["id"] not in self.settled, f"comes again after it was acknowledged: {stanza}"
        self.received[stanza["id"]] = ids
        self.present.add(stanza["id"])

    async def read(self, client, count):
        """Takes so many stanzas, and whatever has come with them."""
        try:
            for _ in range(count):
                self.take(await client.next())
        finally:
            self.take_all(client)

    def take_all(self, client):
        for stanza in client.take_unread():
            self.take(stanza)

    async def settle(self, client):
        """Acknowledges what has come. The store knows it by the time that it has a later change."""
        self.take_all(client)
        known = set(self.present)
        client.acknowledge()
        try:
            await store_something(client)
        finally:
            self.take_all(client)  # what came meanwhile was acknowledged when the server asked
        self.settled |= known


async def store_something(client):
    await client.iq("set", "<query xmlns='jabber:iq:private'><x xmlns='urn:x'/></query>")


async def write(world, server, sender, recipients):
    """Messages to each in turn, without a pause, until the server dies."""
    sent, counts = {}, []  # by the number in the stream; of those handled
    try:
        client = await managed_login(world, sender, server=server)
        counts = client.counts
        while True:
            for recipient in recipients:
                id = recipient.next_id()
                client.message(recipient.account.bare, "x", id=id)
                sent[client.sent] = (recipient, id)
            client.ask()
            count = len(counts)
            await client.until(lambda n=count: len(counts) > n)
    except ENDED:
        for number, (recipient, id) in sent.items():
            if counts and number <= counts[-1]:
                recipient.acknowledged.add(id)


async def be_there(world, server, recipient, stanzas):
    """Comes, takes so many stanzas and then some more that it says nothing about, loses the network and comes
    again, until the server dies."""
    try:
        while True:
            client = await managed_login(world, recipient.account, server=server)
            recipient.present = set()
            client.send("<presence/>")
            await recipient.read(client, stanzas)
            await recipient.settle(client)
            client.answers = False
            await recipient.read(client, 5)
            client.cut()
    except ENDED:
        return


async def what_waits(client):
    """Becomes available; the stanzas that this brings, which are all there before the next answer."""
    client.send("<presence/>")
    id, got = client.send_iq("get", "<ping xmlns='urn:xmpp:ping'/>", client.domain), []
    while (stanza := await client.next())["id"] != id:
        got.append(stanza)
    return got


async def nothing_is_missing(world, server, recipient, archived):
    """All that was acknowledged has been received, or is in the archive, once, where a client that comes back
    looks for it, or waits. What waits comes once."""
    client = await world.login(recipient.account, server=server)
    ids = await archived_ids(client) if archived else []
    assert len(ids) == len(set(ids)), f"{recipient.account.local}: twice in the archive"
    for stanza in await what_waits(client):
        recipient.take(stanza)
    missing = recipient.acknowledged - set(recipient.received) - set(ids)
    assert not missing, f"{recipient.account.local}: {sorted(missing)[:5]}"
    await client.logout()
    again = await what_waits(await world.login(recipient.account, server=server))
    assert [stanza.name for stanza in again] == ["presence"], again[:3]


@test("RULES 3", "XEP-0198 §4", "DESIGN 5", threads=True, cases=VARIANTS)
async def what_a_count_acknowledged_is_there(world, changes, backend):
    """Senders to people who are there, come and go, or are away."""
    rounds = world.rounds(4 if backend == "SQLite" else 2, 200)
    async with stored_in(world, backend, changes) as server:
        here, moving, away = recipients = [
            Recipient(await world.account(name, server=server)) for name in ("here", "moving", "away")
        ]
        senders = [await world.account(f"sender{n}", server=server) for n in range(3)]
        for _ in range(rounds):
            work = [write(world, server, sender, recipients) for sender in senders]
            work += [be_there(world, server, here, 200), be_there(world, server, moving, 20)]
            tasks = [asyncio.create_task(one) for one in work]
            goal = away.sent + random.randint(20, 200)
            while away.sent < goal:
                await (await world.login(senders[0], server=server)).logout()
            await server.kill()
            await asyncio.gather(*tasks)
            await server.start()
        for recipient in recipients:
            assert recipient.acknowledged, recipient.account
            await nothing_is_missing(world, server, recipient, changes is PATIENT)
        count = sum(len(recipient.acknowledged) for recipient in recipients)
        repeated = sum(recipient.repeated for recipient in recipients)
        print(f"# {rounds} kills, {count} messages acknowledged, none lost; {repeated} came twice")


@test("RULES 3", "XEP-0198 §4", cases=VARIANTS)
async def what_comes_again_is_what_was_not_acknowledged(world, changes, backend):
    """And, where there is an archive, nothing: it has all of it."""
    async with stored_in(world, backend, changes) as server:
        alice = await managed(world, "alice", server=server)
        bob = await managed(world, "bob", online=0, server=server)
        bob.answers = False
        for number in range(20):
            alice.message(bob.bare, "x", id=f"n{number}")
        got = {f"n{number}": await bob.expect(f"<message id='n{number}'/>") for number in range(20)}
        await alice.acked()
        bob.acknowledge(bob.handled - 8)
        await store_something(bob)
        await server.kill()
        await server.start()
        again = await world.login(bob.account, server=server)
        archived = await archived_ids(again) if changes is PATIENT else []
        waiting = {stanza["id"]: stanza for stanza in await what_waits(again) if stanza.name == "message"}
        if changes is PATIENT:
            assert not waiting, waiting
            assert set(archived) == set(got), archived
        else:
            assert list(waiting) == [f"n{number}" for number in range(12, 20)], waiting
