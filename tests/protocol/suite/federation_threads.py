"""More than one thread for other servers (`s2s.workers`): each has its share of the domains."""
import json

from harness import federated, test
from harness.managed import managed
from harness.peer import dialback_key
from harness.server import HOST

DOMAINS = tuple(f"far{n}.example" for n in range(6))
THREE = {"workers": 3}


def message(sender, to, body="x"):
    return f"<message from='{sender}' to='{to}' type='chat'><body>{body}</body></message>"


@test("RULES 6", "RULES 1", threads=True)
async def both_directions_of_every_domain(world):
    async with federated(world, *DOMAINS, s2s=THREE) as (server, *peers):
        alice = await world.client("alice", server=server, online=0)
        for peer in peers:
            stream = await peer.connected(server)
            for number in range(20):
                stream.send(message(f"romeo@{peer.domain}", alice.full, str(number)))
            for number in range(20):
                await alice.expect(f"<message from='romeo@{peer.domain}'><body>{number}</body></message>")
            for number in range(20):
                alice.message(f"romeo@{peer.domain}", str(number))
            back = await peer.accepted()
            for number in range(20):
                await back.expect(f"<message from='{alice.full}'><body>{number}</body></message>")
        _, out = await server.ctl("s2s", "list", "--json")
        found = sorted((one["domain"], one["direction"]) for one in json.loads(out)["streams"])
        assert found == sorted((domain, way) for domain in DOMAINS for way in ("in", "out")), found
        for domain in DOMAINS:
            code, out = await server.ctl("s2s", "show", domain, "--json")
            assert code == 0 and json.loads(out)[f"from {HOST}"] == "open", out
            code, out = await server.ctl("s2s", "close", domain, "--json")
            assert code == 0 and json.loads(out)["streams_closed"] == 2, out


@test("RULES 6", "XEP-0220 §2.5", threads=True)
async def further_domains_of_a_stream(world):
    """They may be another thread's; keys and answers are still right."""
    s2s = THREE | {"policy": "dialback"}
    async with federated(world, *DOMAINS, s2s=s2s) as (server, *peers):
        alice = await world.client("alice", server=server, online=0)
        stream = await peers[0].secured(server)
        for peer in peers:
            key = dialback_key("theirs", HOST, peer.domain, stream.header["id"])
            stream.claim(key, own=peer.domain)
            asked = await peer.incoming()
            await asked.serve_tls()
            await asked.greet("")
            verify = await asked.wait_for(f"<db:verify from='{HOST}' to='{peer.domain}' id='*'/>")
            assert verify.text == key, verify
            asked.send(f"<db:verify from='{peer.domain}' to='{HOST}' id='{verify['id']}' type='valid'/>")
            await stream.expect(f"<db:result from='{HOST}' to='{peer.domain}' type='valid'/>")
            stream.send(message(f"romeo@{peer.domain}", alice.full))
            await alice.expect(f"<message from='romeo@{peer.domain}'/>")


@test("RULES 3", "RULES 6")
async def what_waits_on_the_disk_finds_its_thread(world):
    """Whatever their number was when it was written."""
    async with federated(world, *DOMAINS, s2s={"workers": 2}) as (server, *peers):
        alice = await managed(world, "alice", server=server)
        for number in range(5):
            for peer in peers:
                alice.message(f"romeo@{peer.domain}", str(number))
        silent = [await peer.incoming() for peer in peers]  # nobody there says anything
        await alice.acked()
        await server.kill()
        for stream in silent:
            stream.wire.close()
        server.write_config({"s2s": THREE})
        await server.start()
        for peer in peers:
            stream = await peer.accepted()
            for number in range(5):
                await stream.expect(f"<message><body>{number}</body></message>")
