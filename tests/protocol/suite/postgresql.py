"""The same promises with the data in PostgreSQL (RULES 3), and what happens when that goes away."""
import asyncio
import json
import signal

from harness import check_error, pep, test
from harness.archive import archived_ids
from harness.managed import managed_login
from harness.postgresql import PASSWORD, Cluster, on_postgresql

PING = "<ping xmlns='urn:xmpp:ping'/>"


@test("RULES 3", "DESIGN 4")
async def all_that_is_kept_survives_a_kill(world):
    async with on_postgresql(world) as (cluster, server):
        alice, bob = await world.friends(server=server)
        carol = await world.account("carol", server=server)
        writer = await managed_login(world, alice.account, server=server)
        for number in range(20):
            writer.message(bob.bare, "live", id=f"live{number}")
            writer.message(carol.bare, "kept", id=f"kept{number}")
        for number in range(20):
            await bob.wait_for(f"<message id='live{number}'/>")
        await alice.iq("set", "<vCard xmlns='vcard-temp'><FN>Alice</FN></vCard>")
        await alice.iq("set", "<block xmlns='urn:xmpp:blocking'><item jid='foe@x.example'/></block>")
        await alice.set_item("last@x.example", "Last", ["Group"])
        await writer.acked()
        await server.kill()
        await server.start()

        again = await world.login(alice.account, server=server)
        roster = await again.roster()
        assert roster[bob.bare]["subscription"] == "both", roster
        assert roster["last@x.example"]["name"] == "Last", roster
        card = await again.iq("get", "<vCard xmlns='vcard-temp'/>")
        assert card.child("vCard").child("FN").text == "Alice", card
        blocked = await again.iq("get", "<blocklist xmlns='urn:xmpp:blocking'/>")
        assert blocked.child("blocklist").child("item")["jid"] == "foe@x.example", blocked
        sent = [f"{kind}{number}" for number in range(20) for kind in ("live", "kept")]
        assert await archived_ids(again) == sent
        reader = await world.login(carol, server=server)
        reader.send("<presence/>")
        for number in range(20):
            await reader.wait_for(f"<message id='kept{number}'/>")
        assert await archived_ids(await world.login(bob.account, server=server)) == sent[::2]
        assert PASSWORD not in server.log_text()


@test("RULES 3", "XEP-0060 §6.5", "XEP-0060 §7", "XEP-0163 §4.3")
async def nodes_and_what_hangs_on_them(world):
    node = "urn:example:node"
    async with on_postgresql(world) as (cluster, server):
        alice, bob = await world.friends(server=server)
        await pep.publish(alice, node, "a", "a", max_items="3", access_model="authorize")
        for id in "bcd":
            await pep.publish(alice, node, id, id)
        await pep.publish(alice, node, "again", "c")
        await alice.iq("set", pep.pubsub(f"<retract node='{node}'><item id='b'/></retract>"))
        await bob.iq("set", pep.pubsub(f"<subscribe node='{node}' jid='{bob.bare}'/>"), alice.bare)
        await pep.publish(alice, "urn:example:other", "last", "z")
        await server.kill()
        await server.start()

        alice, bob = [await world.login(one.account, server=server) for one in (alice, bob)]
        assert await pep.items(alice, node) == [("d", "d"), ("c", "again")]
        assert await pep.items(alice, node, number=1) == [("c", "again")]
        assert (await pep.config_of(alice, node))["max_items"] == ["3"]
        answer = await bob.iq("get", pep.pubsub("<subscriptions/>"), alice.bare)
        (own,) = answer.child("pubsub", pep.PUBSUB).child("subscriptions").all("subscription")
        assert (own["node"], own["subscription"]) == (node, "pending"), answer
        await pep.watch(bob, "urn:example:other")
        await bob.wait_for(pep.news(alice.bare, "urn:example:other", "last", "z"))
        await alice.iq("set", pep.pubsub(f"<delete node='{node}'/>", pep.OWNER))
        await pep.refused(alice, pep.wish(node), "item-not-found", kind="get")


@test("RULES 3", "XEP-0198 §4", threads=True)
async def nothing_acknowledged_is_lost_when_the_database_dies(world):
    """It is ended, in order and not, while clients send; nobody helps the server to get over it."""
    async with on_postgresql(world) as (cluster, server):
        readers = [await world.account(name, server=server) for name in ("here", "away")]
        here = await managed_login(world, readers[0], server=server)
        here.send("<presence/>")
        senders = [await world.account(f"sender{n}", server=server) for n in range(3)]
        acknowledged = {reader: set() for reader in readers}
        refused, stopping = set(), asyncio.Event()

        async def write(number, account):
            client = await managed_login(world, account, server=server)
            count = 0
            while not stopping.is_set():
                batch = {reader: f"n{number}-{count}-{at}" for at, reader in enumerate(readers)}
                count += 1
                for reader, id in batch.items():
                    client.message(reader.bare, "x", id=id)
                await client.acked()
                refused.update(error["id"] for error in client.take_unread() if error["type"] == "error")
                for reader, id in batch.items():
                    acknowledged[reader].add(id)

        async def enough(more):
            goal = len(acknowledged[readers[1]]) + more
            while len(acknowledged[readers[1]]) < goal:
                assert not any(task.done() for task in tasks), [t.exception() for t in tasks if t.done()]
                await here.read_more()

        tasks = [asyncio.create_task(write(number, account)) for number, account in enumerate(senders)]
        for round in range(world.rounds(4, 40)):
            await enough(40)
            await cluster.stop(signal.SIGQUIT if round % 2 else signal.SIGINT)
            await cluster.start()
        await enough(40)
        stopping.set()
        await asyncio.gather(*tasks)

        for reader in readers:
            ids = await archived_ids(await world.login(reader, server=server))
            assert len(ids) == len(set(ids)), "twice in the archive"
            missing = acknowledged[reader] - refused - set(ids)
            assert not missing, sorted(missing)[:5]
        assert (await server.status())["storage"]["state"] == "ok"


@test("RULES 3", "DESIGN 4")
async def without_the_database_requests_are_refused_and_the_rest_goes_on(world):
    async with on_postgresql(world) as (cluster, server):
        alice, bob = await world.friends(server=server)
        carol = await world.account("carol", server=server)
        await cluster.stop()
        check_error(await alice.request("set", "<vCard xmlns='vcard-temp'/>"), "internal-server-error")
        await server.logged("storage.degraded")
        status = json.loads((await server.ctl("status", "--json"))[1])["storage"]
        assert status["state"] == "degraded" and PASSWORD not in status["error"], status

        stream = await world.connect(server=server)
        await stream.open()
        stream.send_auth("PLAIN", f"\0{carol.local}\0{carol.password}".encode())
        failure = await stream.next()
        assert failure.name == "failure" and failure.child("temporary-auth-failure"), failure
        alice.message(bob.bare, "to be stored", id="m1")
        check_error(await alice.next(), "internal-server-error")
        await alice.iq("get", PING)
        alice.message(bob.bare, "not to be stored", id="m2", payload="<no-store xmlns='urn:xmpp:hints'/>")
        await bob.expect("<message id='m2'/>")

        await cluster.start()
        await server.logged("storage.recovered")
        await world.login(carol, server=server)
        alice.message(bob.bare, "to be stored", id="m3")
        await bob.expect("<message id='m3'/>")
        await alice.iq("set", "<vCard xmlns='vcard-temp'/>")
        assert PASSWORD not in server.log_text()


@test("DESIGN 4")
async def a_database_that_cannot_be_had_is_said_without_the_password(world):
    url = f"postgresql://vestnik:{PASSWORD}@/chat?host=/nonexistent"
    async with world.own_server({"storage": {"path": url}, "log": {"level": "info"}}, start=False) as server:
        try:
            await server.start()
        except AssertionError as error:
            text = str(error)
        assert "(74)" in text and "postgresql://vestnik@" in text, text
        assert PASSWORD not in text, text


@test("RULES 3", "DESIGN 4")
async def everything_moves_to_postgresql_and_back(world):
    async with Cluster() as cluster, world.own_server() as server:
        url, back = await cluster.new_url(), server.dir / "back.db"
        alice, bob = await world.friends(server=server)
        alice.message(bob.bare, "kept", id="kept")
        await bob.expect("<message id='kept'/>")
        for source, target in ((server.dir / "data" / "vestnik.db", url), (url, back)):
            await server.stop()
            code, out = await server.ctl("storage", "copy", str(source), str(target), "--json")
            assert code == 0, server.ctl_error
            rows = {line["table"]: line["rows"] for line in json.loads(out)["copied"]}
            assert rows["account"] >= 2 and rows["archive_entry"] == 2 and rows["archive_body"] == 1, rows
            server.write_config({"storage": {"path": str(target)}})
            await server.start()
            again = await world.login(alice.account, server=server)
            assert (await again.roster())[bob.bare]["subscription"] == "both"
            assert await archived_ids(again) == ["kept"]
        code, _ = await server.ctl("storage", "copy", str(back), url)
        assert code == 1 and "in use" in server.ctl_error, server.ctl_error
        assert PASSWORD not in server.ctl_error, server.ctl_error


@test("DESIGN 4")
async def one_server_uses_a_database_and_another_is_refused(world):
    async with on_postgresql(world) as (_cluster, server):
        url = server.tables["storage"]["path"]
        code, _ = await server.ctl("storage", "migrate", url)
        assert code == 1 and "in use by another Vestnik" in server.ctl_error, server.ctl_error
        await server.stop()
        assert await server.ctl("storage", "migrate", url) == (0, "storage: ready\n"), server.ctl_error
