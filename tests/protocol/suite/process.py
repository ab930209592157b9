"""The process and its surroundings: command line, sockets, logs, systemd (DESIGN 4)."""
import asyncio
import os
import re
import signal

from harness import Wire, test


async def run(world, *options):
    """The server with these options; (exit code, output, error output)."""
    process = await asyncio.create_subprocess_exec(
        world.server.server_path, *options, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, error = await process.communicate()
    return process.returncode, out.decode(), error.decode()


@test("DESIGN 4", cases={"version": "--version", "help": "--help"})
async def options_that_only_tell(world, option):
    code, out, _ = await run(world, option)
    assert code == 0 and "vestnik" in out.lower(), (code, out)


@test(
    "DESIGN 4", cases={"unknown": ["--dance"], "no value": ["--config"], "bad number": ["--workers", "many"]}
)
async def wrong_usage(world, options):
    code, _, error = await run(world, *options)
    assert code == 64 and error, (code, error)  # EX_USAGE


@test("DESIGN 4")
async def a_missing_configuration(world):
    code, _, error = await run(world, "--config", "/nonexistent/vestnik.toml")
    assert code in (66, 78) and "/nonexistent/vestnik.toml" in error and error.count("\n") == 1, (code, error)


@test("DESIGN 4")
async def overrides_on_the_command_line(world):
    async with world.own_server(start=False) as server:
        await server.start("--workers", "3", "--set", "limits.roster_items=1", "--set", 'log.level="warn"')
        assert (await server.status())["workers"] == 3
        alice = await world.client(server=server)
        await alice.set_item("a@x.example")
        answer = await alice.request(
            "set", "<query xmlns='jabber:iq:roster'><item jid='b@x.example'/></query>"
        )
        assert answer["type"] == "error", answer


@test(
    "SEED addresses",
    "DESIGN 4",
    "RFC 6120 §3.2",
    cases={
        "named": (["127.0.0.1", "::1"], ["127.0.0.1", "::1"]),
        "any": (["0.0.0.0", "::"], ["127.0.0.1", "::1"]),
    },
)
async def both_kinds_of_addresses(world, listen, reached):
    async with world.own_server({"c2s": {"listen": listen}}) as server:
        for address in reached:
            for port in (server.starttls_port, server.direct_port):
                wire = await Wire.connect(port, host=address)
                if port == server.direct_port:
                    await wire.start_tls(server.host, trust=server.authority.path)
                wire.write(b"<?xml version='1.0'?>")
                wire.reset()


@test("DESIGN 4", cases={"starttls": "starttls_port", "direct": "direct_tls_port"})
async def a_port_can_be_off(world, key):
    async with world.own_server({"c2s": {key: 0}}) as server:
        await (
            await world.login(
                await server.account("a"),
                server=server,
                security="direct" if key == "starttls_port" else "starttls",
            )
        ).online()


@test("DESIGN 4")
async def the_pid_file(world):
    async with world.own_server() as server:
        file = server.dir / "vestnik.pid"
        assert file.read_text().strip() == str(server.process.pid)
        await server.stop()
        assert not file.exists()


@test("DESIGN 4", "RULES 9")
async def logs_are_reopened_on_hangup(world):
    async with world.own_server(start=False) as server:
        log, old = server.dir / "vestnik.log", server.dir / "vestnik.log.1"
        server.write_config({"log": {"file": str(log), "level": "debug"}})
        await server.start()
        await world.client("before", server=server)
        os.rename(log, old)
        server.process.send_signal(signal.SIGHUP)
        while not log.exists():
            assert server.running
            await server.status()
        after = await world.client("after", server=server)
        await server.stop()
        assert after.account.local in log.read_text() and after.account.local not in old.read_text()


@test("DESIGN 4")
async def systemd_is_told(world):
    async with world.own_server(start=False) as server:
        await server.start(environment={"WATCHDOG_USEC": "1000000"})  # returns at READY=1
        for _ in range(2):
            await server.told("WATCHDOG=1")
        stopping = asyncio.create_task(server.stop())
        await server.told("STOPPING=1")
        await stopping


@test("DESIGN 4", "SECURITY 38")
async def rubbish_on_the_control_socket(world):
    path = str((world.server.dir / "control.sock").resolve())
    for data in (
        b"\n",
        b"{}\n",
        b"null\n",
        b"[1,2]\n",
        b'{"command":"dance"}\n',
        b'{"command":7,"arguments":[]}\n',
        b"\xff\xfe\n",
        b"{" * 100000 + b"\n",
        b"x" * 100000,
        b'{"command":"user add","arguments":{"jid":7}}\n',
    ):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(data)
        writer.write_eof()
        answer = await reader.read()
        assert not answer or b'"error"' in answer, (data[:40], answer)
        writer.close()
    assert (await world.server.status())["uptime_s"] >= 0


@test("DESIGN 4")
async def vestnikctl_by_socket(world):
    path = str(world.server.dir / "control.sock")
    process = await asyncio.create_subprocess_exec(
        world.server.ctl_path, "--socket", path, "status", stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0 and re.search(r"version", out.decode()), out
