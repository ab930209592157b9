"""What was acknowledged survives the death of the process (RULES 3)."""
import asyncio
import random
import re

from harness import Account, test
from harness.archive import MAM, ask
from harness.managed import managed_login

PRIVATE = "jabber:iq:private"


@test("RULES 3", "DESIGN 5", threads=True)
async def everything_acknowledged_survives_a_kill(world):
    async with world.own_server() as server:
        alice = await world.client("alice", server=server)
        bob, carol = await world.account("bob", server=server), await world.account("carol", server=server)
        await alice.iq("set", f"<query xmlns='{PRIVATE}'><x xmlns='urn:x'>kept</x></query>")
        await alice.iq("set", "<vCard xmlns='vcard-temp'><FN>Alice</FN></vCard>")
        await alice.iq("set", "<block xmlns='urn:xmpp:blocking'><item jid='foe@x.example'/></block>")
        alice.presence(carol.bare, "subscribe")
        for number in range(30):
            alice.message(bob.bare, "x", id=f"m{number}")
        await alice.set_item("last@x.example", "Last", ["Group"])  # its result comes after all of that
        added = await server.account("late")
        await server.kill()
        await server.start()

        again = await world.login(alice.account, server=server)
        roster = await again.roster()
        assert set(roster) == {"last@x.example", carol.bare}, roster
        assert roster["last@x.example"]["name"] == "Last" and roster[carol.bare]["ask"] == "subscribe", roster
        private = await again.iq("get", f"<query xmlns='{PRIVATE}'><x xmlns='urn:x'/></query>")
        assert private.child("query").elements[0].text == "kept", private
        assert (await again.iq("get", "<vCard xmlns='vcard-temp'/>")).child("vCard").child(
            "FN"
        ).text == "Alice"
        blocked = await again.iq("get", "<blocklist xmlns='urn:xmpp:blocking'/>")
        assert blocked.child("blocklist").child("item")["jid"] == "foe@x.example", blocked
        await world.login(added, server=server)
        reader = await world.login(bob, server=server)
        reader.send("<presence/>")
        for number in range(30):
            await reader.wait_for(f"<message id='m{number}'/>")
        asked = await world.login(carol, server=server)
        await asked.online()
        await asked.wait_for(f"<presence type='subscribe' from='{alice.bare}'/>")


class Roster:
    """Contacts, told by the result."""

    @staticmethod
    async def write(client, number):
        await client.set_item(f"n{number}@x.example")

    @staticmethod
    async def kept(client, numbers):
        return {number for number in numbers if f"n{number}@x.example" in await client.roster()}


class Subscriptions:
    """Requests that are sent, told by the count of stream management."""

    @staticmethod
    async def write(client, number):
        client.presence(f"n{number}@x.example", "subscribe")
        await client.acked()

    @staticmethod
    async def kept(client, numbers):
        asked = {jid for jid, item in (await client.roster()).items() if item["ask"] == "subscribe"}
        return {number for number in numbers if f"n{number}@x.example" in asked}


class Value:
    """A value that is replaced by the next one, told by the result: what `read` gives has its number."""

    def __init__(self, write, read):
        self._write, self._read = write, read

    async def write(self, client, number):
        await client.iq("set", self._write.format(f"n{number}"))

    async def kept(self, client, numbers):
        answer = str(await client.iq("get", self._read))
        newest = max([int(found) for found in re.findall(r"\bn(\d+)\b", answer)], default=-1)
        return {number for number in numbers if number <= newest}


COLUMNS = {
    "roster": Roster(),
    "subscriptions": Subscriptions(),
    "private": Value(
        f"<query xmlns='{PRIVATE}'><x xmlns='urn:x'>{{}}</x></query>",
        f"<query xmlns='{PRIVATE}'><x xmlns='urn:x'/></query>",
    ),
    "vcard": Value("<vCard xmlns='vcard-temp'><FN>{}</FN></vCard>", "<vCard xmlns='vcard-temp'/>"),
    "blocks": Value(
        "<block xmlns='urn:xmpp:blocking'><item jid='{}@x.example'/></block>",
        "<blocklist xmlns='urn:xmpp:blocking'/>",
    ),
    "preferences": Value(
        f"<prefs xmlns='{MAM}' default='always'><always/><never><jid>{{}}@x.example</jid></never></prefs>",
        f"<prefs xmlns='{MAM}'/>",
    ),
}


@test("RULES 3", threads=True)
async def killed_at_any_moment(world):
    """Clients change what is kept for them, as fast as they can, until the process dies: what they were told
    is done must be there. A column for each kind of change."""
    async with world.own_server({"limits": {"roster_items": 100_000}}) as server:
        accounts = {name: await world.account(name, server=server) for name in COLUMNS}
        acknowledged = {name: set() for name in COLUMNS}
        next_number = {name: 0 for name in COLUMNS}

        async def write(name):
            client = await managed_login(world, accounts[name], server=server)
            try:
                while True:
                    number = next_number[name]
                    next_number[name] += 1
                    await COLUMNS[name].write(client, number)
                    acknowledged[name].add(number)
            except (AssertionError, ConnectionError):
                return

        for _ in range(world.rounds(5, 300)):
            goal = {name: len(done) + random.randint(1, 10) for name, done in acknowledged.items()}
            writers = [asyncio.create_task(write(name)) for name in COLUMNS]
            while any(len(acknowledged[name]) < goal[name] for name in COLUMNS):
                await (await world.login(accounts["roster"], server=server)).logout()
            await server.kill()
            await asyncio.gather(*writers)
            await server.start()
            for name, column in COLUMNS.items():
                client = await world.login(accounts[name], server=server)
                lost = acknowledged[name] - await column.kept(client, acknowledged[name])
                assert not lost, f"{name}: {sorted(lost)[:5]}"
                acknowledged[name] = set(sorted(acknowledged[name])[-200:])


@test("RULES 3")
async def changes_of_accounts_survive_a_kill(world):
    async with world.own_server() as server:
        changed, removed, disabled = [
            await server.account(name) for name in ("changed", "removed", "disabled")
        ]
        for arguments, input in (
            (("passwd", changed.bare, "--password-stdin"), "new one\n"),
            (("del", removed.bare), ""),
            (("disable", disabled.bare), ""),
        ):
            code, _ = await server.ctl("user", *arguments, input=input)
            assert code == 0, server.ctl_error
        await server.kill()
        await server.start()
        await world.login(Account("changed", server.host, "new one"), server=server)
        for account in (changed, removed, disabled):
            stream = await world.connect(server=server)
            await stream.open()
            stream.send_auth("PLAIN", f"\0{account.local}\0{account.password}".encode())
            assert (await stream.next()).name == "failure", account


@test("RULES 3", "DESIGN 4")
async def relaxed_durability_serves_all_the_same(world):
    async with world.own_server({"storage": {"durability": "relaxed"}}) as server:
        alice = await world.client(server=server)
        await alice.set_item("bob@x.example")
        await server.stop()
        await server.start()
        assert set(await (await world.login(alice.account, server=server)).roster()) == {"bob@x.example"}


@test("RULES 3", "RULES 6", threads=True)
async def the_number_of_workers_may_change(world):
    async with world.own_server() as server:
        clients = [await world.client(f"c{n}", server=server) for n in range(6)]
        for client in clients:
            await client.set_item(f"of-{client.bare.replace('@', '.')}@x.example")
        for workers in (1, 4, 3):
            await server.stop()
            server.write_config({"server": {"workers": workers}})
            await server.start()
            assert (await server.status())["workers"] == workers
            for client in clients:
                again = await world.login(client.account, server=server)
                assert list(await again.roster()) == [f"of-{client.bare.replace('@', '.')}@x.example"]


async def archived_ids(reader):
    """The ids of all messages in the archive of a client that is not available."""
    ids, after = set(), ""
    while True:
        page = await ask(reader, rsm=f"<max>100</max>{after}")
        ids.update(message["id"] for message in page.messages)
        if page.complete:
            return ids
        after = f"<after>{page.ids[-1]}</after>"


@test("RULES 3", "XEP-0198 §4", threads=True, cases={"archived": True, "not archived": False})
async def what_a_count_acknowledged_survives_a_kill(world, archived):
    """Senders to people who are there, come and go, or are away; the process dies at any moment. What
    it acknowledged is there afterwards, or had been received."""
    changes = {"limits": {"offline_messages": 1_000_000, "offline_bytes": "1GiB"}}  # nobody is refused
    if not archived:
        changes["features"] = {"archive": {"enabled": False}}
    async with world.own_server(changes) as server:
        readers = [await world.account(name, server=server) for name in ("here", "moving", "away")]
        senders = [await world.account(f"sender{n}", server=server) for n in range(3)]
        sent = {reader: 0 for reader in readers}
        acknowledged = {reader: set() for reader in readers}
        received = {reader: set() for reader in readers}

        async def write(sender):
            client = await managed_login(world, sender, server=server)
            texts = {}
            try:
                while True:
                    for reader in readers:
                        sent[reader] += 1
                        client.message(reader.bare, "x", id=f"n{sent[reader]}")
                        texts[client.sent] = (reader, f"n{sent[reader]}")
                    client.ask()
                    count = len(client.counts)
                    await client.until(lambda n=count: len(client.counts) > n)
            except (AssertionError, ConnectionError):
                handled = client.counts[-1] if client.counts else 0
                for number, (reader, id) in texts.items():
                    if number <= handled:
                        acknowledged[reader].add(id)

        async def take(client, reader, count):
            try:
                for _ in range(count):
                    got = await client.next()
                    received[reader].add(got["id"])
            finally:
                received[reader].update(stanza["id"] for stanza in client.take_unread())

        async def read(reader, comes_and_goes):
            try:
                while True:
                    client = await managed_login(world, reader, server=server)
                    client.send("<presence/>")
                    await take(client, reader, 20 if comes_and_goes else 10**9)
                    client.cut()
            except (AssertionError, ConnectionError):
                return

        for _ in range(world.rounds(4, 100)):
            work = [read(readers[0], False), read(readers[1], True), *(write(sender) for sender in senders)]
            tasks = [asyncio.create_task(one) for one in work]
            goal = sent[readers[2]] + random.randint(20, 200)
            while sent[readers[2]] < goal:
                await (await world.login(senders[0], server=server)).logout()
            await server.kill()
            await asyncio.gather(*tasks)
            await server.start()
        assert all(acknowledged.values()), acknowledged
        for reader in readers:
            client = await managed_login(world, reader, server=server)
            missing = acknowledged[reader] - received[reader]
            if archived:  # a client that comes back reads there what it may have missed
                missing -= await archived_ids(client)
            client.send("<presence/>")
            while missing:
                missing.discard((await client.wait_for("<message/>"))["id"])
