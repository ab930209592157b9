"""Disks in trouble (RULES 3): the right errors, nothing acknowledged is lost, and it ends by itself."""
import errno

from harness import check_error, test
from harness.archive import ask
from harness.disk import Failing, FaultyDisk, Limited, mounted, remount
from harness.managed import managed

PING = "<ping xmlns='urn:xmpp:ping'/>"
ACTIVE = "<active xmlns='http://jabber.org/protocol/chatstates'/>"


def roster_set(jid):
    return f"<query xmlns='jabber:iq:roster'><item jid='{jid}'/></query>"


async def everything(world, account, server):
    """The ids of all messages in the account's archive."""
    reader, ids, after = await world.login(account, server=server), [], ""
    while True:
        page = await ask(reader, rsm=f"<max>100</max>{after}")
        ids += [message["id"] for message in page.messages]
        if page.complete:
            return ids
        after = f"<after>{page.ids[-1]}</after>"


async def queued(world, account, server, count):
    """The ids of the account's first offline messages."""
    client = await world.login(account, server=server)
    client.send("<presence/>")
    return [(await client.wait_for("<message/>"))["id"] for _ in range(count)]


async def refused(client, id, condition):
    check_error(await client.wait_for(f"<message type='error' id='{id}'/>"), condition)


@test(
    "RULES 3",
    "XEP-0198 §4",
    cases={
        "full": Failing(errno.ENOSPC),
        "read-only": Failing(errno.EROFS),
        "broken": Failing(errno.EIO),
        "file size limit": Limited(),
    },
)
async def writes_fail(world, trouble):
    async with world.own_server(start=False) as server:
        await server.start(environment=await trouble.prepare(server))
        alice = await managed(world, server=server)
        bob = await world.client("bob", online=0, server=server)
        away = await world.account("carol", server=server)
        early = [f"early{number}" for number in range(10)]
        for id in early:
            alice.message(away.bare, "x", id=id)
        await alice.acked()

        trouble.begin(server)
        alice.message(away.bare, "x", id="first")
        await refused(alice, "first", trouble.condition)
        await server.logged("storage.degraded")
        (line,) = [line for line in server.log_text().splitlines() if "storage.degraded" in line]
        assert "vestnik.db" in line and "error" in line, line
        assert (await server.status())["storage"]["state"] == "degraded"
        alice.message(bob.full, "x", id="second")  # is not delivered either
        await refused(alice, "second", trouble.condition)
        await alice.iq_error("set", roster_set("x@x.example"), trouble.condition)
        await alice.iq("get", PING, server.host)
        alice.message(bob.full, payload=ACTIVE, id="state")
        await bob.expect("<message id='state'/>")
        await alice.acked()  # refused is handled

        trouble.end(server)
        await server.logged("storage.recovered")
        assert (await server.status())["storage"]["state"] == "ok"
        alice.message(bob.full, "x", id="to bob")
        await bob.expect("<message id='to bob'/>")
        alice.message(away.bare, "x", id="late")
        await alice.iq("set", roster_set("y@x.example"))
        await alice.acked()
        await server.kill()
        await server.start()
        assert await everything(world, alice.account, server) == [*early, "to bob", "late"]
        assert await everything(world, away, server) == [*early, "late"]
        assert await queued(world, away, server, len(early) + 1) == [*early, "late"]
        again = await world.login(alice.account, server=server)
        assert list(await again.roster()) == ["y@x.example"]


@test("RULES 3", "XEP-0198 §4")
async def syncs_take_seconds(world):
    """Nobody waits for the disk but those who asked whether it has what they sent."""
    async with world.own_server(start=False) as server:
        disk = await FaultyDisk.under(server)
        await server.start(environment=disk.environment)
        alice = await managed(world, server=server)
        bob = await world.client("bob", online=0, server=server)
        away = await world.account("carol", server=server)
        await alice.acked()
        disk.behave(sync_ms=2000)
        ids = [f"m{number}" for number in range(20)]
        for id in ids:
            alice.message(away.bare if id.endswith("0") else bob.full, "x", id=id)
        alice.ask()
        for id in ids:
            if not id.endswith("0"):
                await bob.expect(f"<message id='{id}'/>")
        await alice.iq("get", PING, server.host)
        assert alice.unacked, "acknowledged before the disk had it"
        await alice.until(lambda: not alice.unacked)
        assert (await server.status())["storage"]["state"] == "ok"
        await server.kill()
        await server.start()
        assert await everything(world, alice.account, server) == ids
        assert await queued(world, away, server, 2) == ["m0", "m10"]


@test("RULES 3")
async def no_space_is_left(world):
    """A file system that is really full, and then grows."""
    async with world.own_server(start=False) as server:
        data = server.dir / "data"
        async with mounted(data, "-t", "tmpfs", "-o", "size=4m", "tmpfs"):
            await server.start()
            alice, away = await managed(world, server=server), await world.account("bob", server=server)
            kept, number = [], 0
            while not any("storage.degraded" in line for line in server.log_text().splitlines()):
                alice.message(away.bare, "x" * 20_000, id=f"m{number}")
                await alice.acked()
                number += 1
            bounced = {stanza["id"] for stanza in alice.take_unread() if stanza["type"] == "error"}
            kept = [f"m{n}" for n in range(number) if f"m{n}" not in bounced]
            assert bounced and len(kept) > 10, (bounced, kept)
            alice.message(away.bare, "x", id="full")
            await refused(alice, "full", "resource-constraint")
            await remount(data, "size=64m")
            await server.logged("storage.recovered")
            alice.message(away.bare, "x", id="late")
            await alice.acked()
            await server.kill()
            await server.start()
            for account in (alice.account, away):  # one of them may have what the other has not
                ids = [id for id in await everything(world, account, server) if id not in bounced]
                assert ids == [*kept, "late"], (account, kept, ids)
            await server.stop()


@test("RULES 3", "DESIGN 4")
async def started_on_a_read_only_folder(world):
    async with world.own_server(start=False) as server:
        data = server.dir / "data"
        async with mounted(data, "-t", "tmpfs", "tmpfs"):
            await server.start()
            account = await world.account(server=server)
            await server.stop()
            await remount(data, "ro")
            try:
                await server.start()
                raise RuntimeError("the server started")
            except AssertionError:
                assert server.process.returncode == 74, server.log_tail()  # EX_IOERR
            assert str(data / "vestnik.db") in server.log_tail(1), server.log_tail()
            await remount(data, "rw")
            await server.start()
            await world.login(account, server=server)
            await server.stop()
