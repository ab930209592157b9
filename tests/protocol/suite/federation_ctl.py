"""`vestnikctl s2s`: what an operator sees of other servers."""
import asyncio
import json

from harness import federated, federation, test

FAR, ALPHA, BETA = "far.example", "alpha.example", "beta.example"


async def ctl(server, *arguments, code=0):
    got, out = await server.ctl("s2s", *arguments, "--json")
    assert got == code, f"{arguments}: exit code {got}, not {code}: {out} {server.ctl_error}"
    return json.loads(out)


@test("DESIGN 4")
async def streams_are_listed_and_closed(world):
    async with federation(world, ALPHA, BETA) as (alpha, beta):
        alice, bob = await world.client("alice", server=alpha), await world.client("bob", server=beta)
        alice.message(bob.full, "there")
        await bob.expect("<message><body>there</body></message>")
        (out,) = (await ctl(alpha, "list"))["streams"]
        assert (out["domain"], out["host"], out["direction"]) == (BETA, ALPHA, "both"), out
        assert (out["state"], out["proof"], out["queued_bytes"]) == ("open", "EXTERNAL", 0), out
        (incoming,) = (await ctl(beta, "list"))["streams"]
        assert (incoming["domain"], incoming["direction"]) == (ALPHA, "both"), incoming
        assert "EXTERNAL" in incoming["proof"], incoming
        shown = await ctl(alpha, "show", BETA)
        assert any("EXTERNAL" in step["step"] for step in shown[f"steps from {ALPHA}"]), shown
        assert (await ctl(alpha, "close", BETA))["streams_closed"] == 1
        await alpha.logged("s2s.out_closed")
        assert (await ctl(alpha, "close", BETA, code=1))["error"]["code"] == "not-found"
        assert (await ctl(beta, "close", ALPHA, code=1))["error"]["code"] == "not-found"
        alice.message(bob.full, "again")
        await bob.expect("<message><body>again</body></message>")
        assert (await ctl(beta, "close", ALPHA))["streams_closed"] == 1
        assert (await ctl(alpha, "show", "nobody.example", code=1))["error"]["code"] == "not-found"


@test("DESIGN 4")
async def a_check_says_every_step(world):
    async with federated(world, FAR) as (server, far):
        missing = await ctl(server, "check", "nobody.example")
        assert not missing["connected"] and "dig" in missing["advice"], missing
        assert "DNS" in missing["steps"][-1]["step"], missing
        far.certificate = far.authority.server("tried", "other.example")
        checking = asyncio.create_task(ctl(server, "check", FAR, "--host", server.host))
        stream = await far.incoming()
        await stream.serve_tls()
        await stream.greet("")
        await stream.expect_close()
        wrong = await checking
        assert not wrong["connected"] and "certificate" in wrong["advice"], wrong
        far.certificate = far.authority.server("right", FAR)
        checking = asyncio.create_task(ctl(server, "check", FAR))
        stream = await far.incoming()
        await stream.serve_external()
        right = await checking
        steps = " ".join(step["step"] for step in right["steps"])
        assert right["connected"] and "EXTERNAL" in steps and "TLSv1" in steps and "127.0.0.1" in steps, right
