"""The process dies at any moment under a load of messages (RULES 3): what it acknowledged is there."""
import asyncio
import random

from harness import test
from harness.archive import archived_ids, stanza_ids
from harness.managed import managed_login
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
    received."""

    def __init__(self, account):
        self.account = account
        self.sent = 0
        self.acknowledged = set()
        self.received = {}  # archive's ids of each
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
        self.received[stanza["id"]] = ids

    async def read(self, client, count):
        """Takes so many stanzas, and whatever has come with them."""
        try:
            for _ in range(count):
                self.take(await client.next())
        finally:
            for stanza in client.take_unread():
                self.take(stanza)


async def write(world, server, sender, recipients):
    """Messages to each in turn, without a pause, until the server dies."""
    client = await managed_login(world, sender, server=server)
    sent = {}  # by the number in the stream
    try:
        while True:
            for recipient in recipients:
                id = recipient.next_id()
                client.message(recipient.account.bare, "x", id=id)
                sent[client.sent] = (recipient, id)
            client.ask()
            count = len(client.counts)
            await client.until(lambda n=count: len(client.counts) > n)
    except ENDED:
        handled = client.counts[-1] if client.counts else 0
        for number, (recipient, id) in sent.items():
            if number <= handled:
                recipient.acknowledged.add(id)


async def be_there(world, server, recipient, stanzas):
    """Comes, takes so many stanzas, loses the network and comes again, until the server dies."""
    try:
        while True:
            client = await managed_login(world, recipient.account, server=server)
            client.send("<presence/>")
            await recipient.read(client, stanzas)
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
            work += [be_there(world, server, here, 10**9), be_there(world, server, moving, 20)]
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
