"""What was acknowledged survives the death of the process (RULES 3)."""
import asyncio

from harness import Account, test

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


@test("RULES 3", threads=True)
async def killed_at_any_moment(world):
    """Clients write as fast as they can until the process dies; what was answered must be there."""
    async with world.own_server() as server:
        accounts = [await world.account(f"w{n}", server=server) for n in range(4)]
        acknowledged = {account: set() for account in accounts}

        async def write(account, round):
            client = await world.login(account, server=server)
            try:
                for number in range(10000):
                    jid = f"r{round}n{number}@x.example"
                    await client.set_item(jid)
                    acknowledged[account].add(jid)
            except (AssertionError, ConnectionError):
                return

        for round in range(world.rounds(5, 200)):
            writers = [asyncio.create_task(write(account, round)) for account in accounts]
            while min(len(done) for done in acknowledged.values()) < (round + 1) * 20:
                await (await world.login(accounts[0], server=server)).logout()
            await server.kill()
            await asyncio.gather(*writers)
            await server.start()
            for account in accounts:
                kept = set(await (await world.login(account, server=server)).roster())
                assert acknowledged[account] <= kept, sorted(acknowledged[account] - kept)[:5]


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
