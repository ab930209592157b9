"""Two servers of ours whose connections break and whose processes die: nothing acknowledged is lost, nothing
is repeated that need not be (XEP-0198, RULES 3)."""
import asyncio
import contextlib
import random

from harness import EndOfStream, federation, test
from harness.archive import archived_ids
from harness.cable import Cable
from harness.managed import managed
from harness.stream import Patience

ALPHA, BETA = "alpha.example", "beta.example"
QUICK = {"retry_min": "100ms", "retry_max": "100ms"}


class Inbox:
    """The ids of the messages that come to a client, or to several in turn."""

    def __init__(self):
        self.ids = []
        self._news = asyncio.Event()

    async def read(self, client):
        """Until the connection ends."""
        with contextlib.suppress(EndOfStream, ConnectionError):
            while True:
                got = await client.event_at_any_time()
                if getattr(got, "name", "") == "message":  # not the end of the stream
                    assert got["type"] != "error", got
                    self.ids.append(got["id"])
                    self._news.set()

    async def has(self, ids):
        """When all of these have come."""
        while missing := ids - set(self.ids):
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), 3 * Patience.seconds())
            except TimeoutError:
                some = sorted(missing)[:9]
                raise AssertionError(f"{len(missing)} of {len(ids)} did not come: {some}") from None


async def write(client, to, ids, every_ten=lambda: None):
    """One message for each id, as fast as they are taken."""
    with contextlib.suppress(ConnectionError):
        for number, id in enumerate(ids, 1):
            client.message(to, "x", id=id)
            if number % 10 == 0:
                every_ten()
            await client.wire.drain()
            await asyncio.sleep(0)  # others get their turn


async def ended(tasks):
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@test(
    "XEP-0198 §5",
    "XEP-0288 §2",
    "RULES 4",
    cases={"one connection": True, "one for each direction": False},
    threads=True,
)
async def cuts_under_load_lose_and_repeat_nothing(world, bidirectional):
    s2s = QUICK | {"bidirectional": bidirectional}
    async with federation(world, ALPHA, BETA, s2s=s2s, network=True) as (alpha, beta):
        alice = await world.client("alice", server=alpha, online=0)
        bob = await world.client("bob", server=beta, online=0)
        pairs = ((alice, bob), (bob, alice))
        for sender, receiver in pairs:
            sender.message(receiver.bare, "first", id="first")
            await receiver.expect("<message id='first'/>")
        inboxes, tasks, ids = [], [], []
        for _, receiver in pairs:
            inboxes.append(Inbox())
            tasks.append(asyncio.create_task(inboxes[-1].read(receiver)))

        async def write_both(number):
            new = [f"n{len(ids) + n}" for n in range(number)]
            ids.extend(new)
            await asyncio.gather(*(write(sender, receiver.bare, new) for sender, receiver in pairs))

        for _ in range(world.rounds(4, 200)):
            await write_both(50)
            await beta.network.freeze(write_both(50))  # the ways to one server, with what comes from it
            for server in (alpha, beta):
                server.network.cut()
            await write_both(20)
            for inbox in inboxes:  # no more waits than a queue may hold
                await inbox.has(set(ids))
                assert inbox.ids == ids
        await ended(tasks)


@test(
    "XEP-0198 §5",
    "XEP-0288 §2",
    "RULES 4",
    cases={"one connection": True, "one for each direction": False},
)
async def a_pulled_cable_loses_and_repeats_nothing(world, bidirectional):
    s2s = QUICK | {"bidirectional": bidirectional}
    limits = {"outbox_stall": world.seconds(1), "trusted": ["127.0.0.0/8", "198.18.0.0/15"]}
    async with (
        Cable().laid() as cable,
        federation(world, ALPHA, BETA, s2s=s2s, cable=cable, limits=limits) as (alpha, beta),
    ):
        alice = await world.client("alice", server=alpha, online=0)
        bob = await world.client("bob", server=beta, online=0)
        pairs = ((alice, bob), (bob, alice))
        for sender, receiver in pairs:
            sender.message(receiver.bare, "first", id="first")
            await receiver.expect("<message id='first'/>")
        inboxes, tasks, ids = [], [], []
        for _, receiver in pairs:
            inboxes.append(Inbox())
            tasks.append(asyncio.create_task(inboxes[-1].read(receiver)))

        async def write_both(number):
            new = [f"n{len(ids) + n}" for n in range(number)]
            ids.extend(new)
            await asyncio.gather(*(write(sender, receiver.bare, new) for sender, receiver in pairs))

        for round in range(world.rounds(1, 10)):
            await write_both(50)
            await asyncio.gather(write_both(50), cable.pull())
            for server in (alpha, beta):  # both notice, by themselves
                await server.logged("acknowledges nothing", round + 1)
            await cable.plug_in()
            await write_both(20)
            for inbox in inboxes:
                await inbox.has(set(ids))
                assert inbox.ids == ids
        await ended(tasks)


@test("RULES 3", threads=True, cases={"of the sender": True, "of the receiver": False})
async def kills_lose_nothing_acknowledged(world, of_the_sender):
    """Somebody writes to a person on another server while one of the two servers dies. Says how much was
    acknowledged, how much came twice and what only the archive has: the client of a server that died may not
    have got what was on its way to it."""
    async with federation(world, ALPHA, BETA, s2s=QUICK) as (alpha, beta):
        account, inbox = await world.account("bob", server=beta), Inbox()
        acknowledged = set()
        for round in range(world.rounds(2, 200)):
            alice = await managed(world, "alice", server=alpha)
            bob = await world.login(account, server=beta)
            await bob.online()
            ids, end = [f"r{round}n{n}" for n in range(400)], f"end of {round}"
            alice.message(account.bare, "x", id=ids[0])
            await alice.acked()
            tasks = [asyncio.create_task(inbox.read(bob)), asyncio.create_task(alice.listen())]
            tasks.append(asyncio.create_task(write(alice, account.bare, ids[1:], alice.ask)))
            await alice.heard(random.randrange(20, 200))
            died = alpha if of_the_sender else beta
            await died.kill()
            await died.start()
            last = alice
            if not of_the_sender:
                alice.ask()
                await alice.heard(len(ids))
                bob = await world.login(account, server=beta)
                await bob.online()
                tasks.append(asyncio.create_task(inbox.read(bob)))
            else:
                await tasks[1]
                last = await world.login(alice.account, server=alpha)
            refused = [stanza for stanza in alice.take_unread() if stanza["type"] == "error"]
            assert not refused, refused[:3]
            acknowledged |= set(ids[: alice.counts[-1]])
            last.message(account.bare, "x", id=end)  # behind all of them
            await inbox.has({end})
            await ended(tasks)
            await bob.logout()
        archived = set(await archived_ids(await world.login(account, server=beta)))
        lost = acknowledged - archived
        assert not lost, f"{len(lost)} of {len(acknowledged)} are not in the archive: {sorted(lost)[:9]}"
        repeated, missed = len(inbox.ids) - len(set(inbox.ids)), len(acknowledged - set(inbox.ids))
        print(
            f"# {len(acknowledged)} messages acknowledged, {repeated} came twice, with their ids; "
            f"{missed} came to the archive only"
        )
