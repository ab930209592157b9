"""Starting, stopping, reloading, administering (DESIGN 4; RULES 9)."""
import asyncio
import json
import signal
import sqlite3
import tomllib

from harness import Account, Wire, test


# vestnikctl


async def ctl_json(server, *arguments, code=0, input=""):
    got, out = await server.ctl(*arguments, "--json", input=input)
    assert got == code, f"{arguments}: exit code {got}, not {code}: {out} {server.ctl_error}"
    return json.loads(out)


@test("DESIGN 4")
async def accounts_by_vestnikctl(world):
    server, account = world.server, world.stranger("ctl")
    await server.add(account)
    refused = await ctl_json(server, "user", "add", account.bare, "--password-stdin", code=1, input="x\n")
    assert refused["error"]["code"] == "exists" and refused["error"]["text"], refused
    assert account.bare in [u["jid"] for u in (await ctl_json(server, "user", "list"))["users"]]
    session = await world.login(account)
    for number in range(5):
        given = f"changed{number}\nsecond line\n"
        await ctl_json(server, "user", "passwd", account.bare, "--password-stdin", input=given)
        await world.login(Account(account.local, account.domain, f"changed{number}"))  # from then on, at once
    await session.expect_nothing()
    await ctl_json(server, "user", "del", account.bare)
    await session.expect_stream_error("not-authorized")
    missing = await ctl_json(server, "user", "del", account.bare, code=1)
    assert missing["error"]["code"] and account.bare not in str(
        await ctl_json(server, "user", "list")
    ), missing


@test("DESIGN 4", "TRAPS 35", cases={"logged in": True, "away": False})
async def removal_by_vestnikctl_ends_subscriptions(world, logged_in):
    alice, bob = await world.friends()
    if not logged_in:
        alice.send("<presence type='unavailable'/>")
        await bob.wait_for(f"<presence type='unavailable' from='{alice.full}'/>")
        await alice.logout()
    await ctl_json(world.server, "user", "del", alice.bare)
    if logged_in:
        await bob.wait_for(f"<presence type='unavailable' from='{alice.full}'/>")
    await bob.wait_for(f"<presence type='unsubscribe' from='{alice.bare}'/>")
    await bob.wait_for(f"<presence type='unsubscribed' from='{alice.bare}'/>")
    assert (await bob.roster())[alice.bare]["subscription"] == "none"


@test("DESIGN 4")
async def sessions_by_vestnikctl(world):
    alice = await world.client(online=4)
    listed = {s["jid"]: s for s in (await ctl_json(world.server, "session", "list"))["sessions"]}
    assert listed[alice.full]["available"] and listed[alice.full]["priority"] == 4, listed[alice.full]
    await ctl_json(world.server, "session", "kick", alice.full)
    assert (await alice.next()).name == "error"
    refused = await ctl_json(world.server, "session", "kick", alice.full, code=1)
    assert refused["error"]["code"], refused


@test("DESIGN 4")
async def status(world):
    alice = await world.client()
    got = await world.server.status()
    assert got["version"] and got["uptime_s"] >= 0 and world.host in got["hosts"] and alice.full, got
    assert got["sessions"]["total"] >= 1 and got["sessions"]["total"] == sum(
        s["sessions"] for s in got["shards"]
    ), got
    assert got["workers"] == len(got["shards"]) and got["memory"]["rss"] > 1 << 20, got
    parts = "tls", "sessions", "accounts", "storage_cache"
    assert all(0 < got["memory"][part] < got["memory"]["rss"] for part in parts), got["memory"]
    assert got["memory"]["client_queues"] >= 0 and got["memory"]["mailboxes"] >= 0, got["memory"]
    assert (
        got["storage"]["state"] == "ok" and got["storage"]["queue"] >= 0 and "commit_ms" in got["storage"]
    ), got


@test("DESIGN 4")
async def announce(world):
    async with world.own_server() as server:
        alice, bound = await world.client("alice", online=0, server=server), await world.client(
            "bob", server=server
        )
        await ctl_json(server, "announce", "The server moves <soon> & fast")
        got = await alice.expect(f"<message from='{server.host}'/>")
        assert got.child("body").text == "The server moves <soon> & fast", got
        await bound.expect_nothing(after=alice)


@test(
    "DESIGN 4",
    cases={
        "no command": ([], 64),
        "unknown command": (["dance"], 64),
        "unknown verb": (["user", "dance"], 64),
        "missing argument": (["user", "add"], 64),
        "unknown option": (["status", "--dance"], 64),
        "malformed address": (["user", "del", "@"], 1),
        "help": (["--help"], 0),
        "help of a verb": (["user", "add", "--help"], 0),
        "server not there": (["--socket", "/nonexistent/control.sock", "status"], 69),
    },
)
async def exit_codes(world, arguments, code):
    process = await asyncio.create_subprocess_exec(
        world.server.ctl_path,
        *([] if "--socket" in arguments else ["--config", str(world.server.config)]),
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await process.communicate()
    assert process.returncode == code, (process.returncode, out, error)
    assert out if code == 0 else error or out, "nothing was said"


@test("DESIGN 4", "SECURITY 32")
async def the_control_socket_is_for_its_owner(world):
    mode = (world.server.dir / "control.sock").resolve().stat().st_mode
    assert not mode & 0o007, oct(mode)


# Stopping


@test(
    "RULES 9", "RFC 6120 §4.9.3.20", threads=True, cases={"SIGTERM": signal.SIGTERM, "SIGINT": signal.SIGINT}
)
async def an_orderly_stop(world, number):
    async with world.own_server() as server:
        clients = [await world.client(f"c{n}", online=0, server=server) for n in range(5)]
        opened, silent = await world.connect(server=server), await Wire.connect(server.starttls_port)
        await opened.open()
        stopping = asyncio.create_task(server.stop(number))
        for client in clients:
            await client.wait_for(
                "<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
            )
            await client.expect_close()
        await opened.expect_stream_error("system-shutdown")
        while await silent.read():
            pass
        await stopping


@test("RULES 9", "DESIGN 4")
async def stop_by_vestnikctl(world):
    async with world.own_server() as server:
        alice = await world.client(server=server)
        code, _ = await server.ctl("stop")
        assert code == 0, server.ctl_error
        await alice.expect_stream_error("system-shutdown")
        await server.stop()
        assert (await server.ctl("status"))[0] == 69


@test("RULES 9", threads=True)
async def a_stop_under_load_loses_nothing_that_was_answered(world):
    """Bob is away; what Alice was told is handled must be there after the restart, whatever the moment of the
    stop."""
    async with world.own_server() as server:
        alice, account = await world.client("alice", server=server), await world.account("bob", server=server)
        pinged = []

        async def write():
            for n in range(100000):
                alice.message(account.bare, "x", id=f"m{n}")
                await alice.wire.drain()
                if n % 10 == 9:
                    await alice.set_item(f"c{n}@x.example")  # its result comes after everything before it
                    pinged.append(n)
                    if n == 199:
                        server.process.send_signal(signal.SIGTERM)

        try:
            await write()
        except (AssertionError, ConnectionError):
            pass  # the shutdown
        await server.stop()
        await server.start()
        bob = await world.login(account, server=server)
        bob.send("<presence/>")
        for n in range(pinged[-1] + 1):
            await bob.wait_for(f"<message id='m{n}'/>")
        again = await world.login(alice.account, server=server)
        assert {f"c{n}@x.example" for n in pinged} <= set(await again.roster())


@test("RULES 9", threads=True)
async def a_stop_in_the_middle_of_logins(world):
    async with world.own_server() as server:
        accounts = [await world.account(f"a{n}", server=server) for n in range(8)]

        async def come(account):
            try:
                while True:
                    (await world.login(account, server=server)).send("<presence/>")
            except Exception:  # the server goes away, at whatever step
                return

        logins = [asyncio.create_task(come(account)) for account in accounts]
        watcher = await world.account("watcher", server=server)
        for _ in range(8):
            await world.login(watcher, server=server)
        await server.stop()
        await asyncio.gather(*logins)


@test("RULES 9")
async def a_second_signal_hastens(world):
    async with world.own_server() as server:
        never_reads = await world.client(server=server)
        for _ in range(200):
            never_reads.message(never_reads.full, "x" * 10000)
        server.process.send_signal(signal.SIGTERM)
        server.process.send_signal(signal.SIGTERM)
        await server.stop()


# Reload


@test("RULES 9", "DESIGN 4")
async def a_reload_applies_new_values(world):
    async with world.own_server() as server:
        alice = await world.client(server=server)
        await alice.set_item("a@x.example")
        server.write_config({"limits": {"roster_items": 1}, "server": {"workers": 3}})
        answer = await ctl_json(server, "reload")
        assert answer["needs_restart"] == ["server.workers"], answer
        refused = await alice.request(
            "set", "<query xmlns='jabber:iq:roster'><item jid='b@x.example'/></query>"
        )
        assert refused["type"] == "error", refused


@test("RULES 9", "DESIGN 4")
async def a_service_manager_that_reads_nothing_holds_nothing_up(world):
    async with world.own_server() as server:
        for _ in range(8):  # more messages than its socket takes
            await ctl_json(server, "reload")
        await server.stop()


@test("RULES 9")
async def a_bad_reload_changes_nothing(world):
    async with world.own_server() as server:
        alice = await world.client(server=server)
        server.write_config({"limits": {"roster_items": 1, "roster_itmes": 5}})
        refused = await ctl_json(server, "reload", code=1)
        text = refused["error"]["text"]
        assert "vestnik.toml" in text and "roster_itmes" in text and "roster_items" in text, text
        for n in range(3):
            await alice.set_item(f"c{n}@x.example")


@test("RULES 9", "RFC 6120 §4.9.3.5", threads=True)
async def a_host_that_goes(world):
    async with world.own_server() as server:
        alice = await world.client("alice", host="second.example", server=server)
        stays = await world.client("stays", server=server)
        server.write_config({"host": [h for h in server.tables["host"] if h["name"] != "second.example"]})
        await ctl_json(server, "reload")
        await alice.expect_stream_error("host-gone")
        await stays.expect_nothing()
        stream = await world.connect(server=server)
        stream.send_header("second.example")
        await stream.expect_stream_error("host-unknown")


@test("RULES 9")
async def a_host_that_comes(world):
    async with world.own_server() as server:
        server.write_config({"host": server.tables["host"] + [{"name": "third.example"}]})
        await ctl_json(server, "reload")
        account = await server.account("newcomer", "third.example")
        await (await world.login(account, server=server)).online()


# Configuration


async def run_server(world, changes, *options):
    """Runs the server with a configuration that should not start; (exit code, what it said)."""
    async with world.own_server(changes, start=False) as server:
        process = await asyncio.create_subprocess_exec(
            server.server_path,
            "--config",
            str(server.config),
            *options,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, error = await process.communicate()
        return process.returncode, out.decode() + error.decode()


@test(
    "DESIGN 4",
    cases={
        "unknown key": ({"c2s": {"starttls_prot": 5222}}, "starttls_port"),
        "unknown table": ({"c2c": {"x": 1}}, "c2c"),
        "unknown feature": ({"features": {"pong": {"enabled": True}}}, "pong"),
        "wrong type": ({"c2s": {"starttls_port": "high"}}, "starttls_port"),
        "out of bounds": ({"c2s": {"starttls_port": 70000}}, "starttls_port"),
        "bad duration": ({"c2s": {"idle_timeout": "5 parsecs"}}, "idle_timeout"),
        "bad host": ({"host": [{"name": "not a domain"}]}, "name"),
        "no host": ({"host": None}, "host"),
        "missing certificate": ({"tls": {"certificate": "/nonexistent.pem"}}, "/nonexistent.pem"),
    },
)
async def bad_configurations(world, changes, named):
    for options in ((), ("--check",)):
        code, said = await run_server(world, changes, *options)
        assert code == 78, (code, said)  # EX_CONFIG
        assert named in said and len(said.splitlines()) <= 4, said


@test("DESIGN 4")
async def file_line_and_suggestion(world):
    code, said = await run_server(world, {"limits": {"rostr_items": 5}}, "--check")
    assert code == 78 and "vestnik.toml" in said and "rostr_items" in said and "roster_items" in said, said
    assert any(part.isdigit() for part in said.replace(":", " ").split()), f"no line number: {said}"


@test("DESIGN 4")
async def a_good_configuration_passes_the_check(world):
    code, said = await run_server(world, {}, "--check")
    assert code == 0, said


@test("DESIGN 4")
async def the_default_configuration_is_one(world):
    code, text = await run_server(world, {}, "--print-default-config")
    assert code == 0 and "[c2s]" in text and "starttls_port" in text, text
    tomllib.loads(text)


@test("DESIGN 4")
async def a_port_in_use_is_said(world):
    async with world.own_server() as server:
        code, said = await run_server(world, {"c2s": {"starttls_port": server.starttls_port}})
        assert code != 0 and str(server.starttls_port) in said, (code, said)


@test("DESIGN 4")
async def secrets_are_not_logged(world):
    async with world.own_server({"log": {"level": "trace"}}) as server:
        account = await server.account("alice", password="very-secret-password-42")
        for mechanism in ("PLAIN", "SCRAM-SHA-256"):
            await world.login(account, mechanism=mechanism, server=server)
        client = await world.login(account, server=server)
        client.message(client.full, "private words of mine")
        await client.expect("<message/>")
        await server.stop()
        log = server.log_text()
        assert "very-secret" not in log and "private words" not in log and "dmVyeS1zZWNyZXQ" not in log


@test("DESIGN 4")
async def logs_as_json(world):
    async with world.own_server({"log": {"format": "json"}}) as server:
        await world.client(server=server)
        await server.stop()
        lines = server.log_text().splitlines()
        assert lines and all(isinstance(json.loads(line), dict) for line in lines)


# Backup


@test("DESIGN 4", "RULES 3")
async def backup(world):
    async with world.own_server() as server:
        alice = await world.client(server=server)
        await alice.set_item("kept@x.example", "Kept")
        file = server.dir / "copy.db"
        await ctl_json(server, "backup", str(file))
        await alice.set_item("later@x.example")
        connection = sqlite3.connect(file)
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        connection.close()
        await server.stop()
        server.write_config({"storage": {"path": str(file)}})
        await server.start()
        again = await world.login(alice.account, server=server)
        assert set(await again.roster()) == {"kept@x.example"}
