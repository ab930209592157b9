"""What was acknowledged survives the death of the process (RULES 3)."""
import asyncio
import random
import re

from harness import Account, test
from harness.archive import MAM
from harness.managed import managed_login
from harness.postgresql import BACKENDS, stored_in

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


@test("RULES 3", threads=True, cases={name: name for name in BACKENDS})
async def killed_at_any_moment(world, backend):
    """Clients change what is kept for them, as fast as they can, until the process dies: what they were told
    is done must be there. A column for each kind of change."""
    async with stored_in(world, backend, {"limits": {"roster_items": 100_000}}) as server:
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
