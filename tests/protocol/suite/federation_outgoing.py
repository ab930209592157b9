"""How another server is found, connected to and trusted, and what becomes of stanzas when it cannot be: the
test plays that server, or has it missing."""
import asyncio

from harness import check_error, federated, test
from harness.names import SRV, NameServer
from harness.peer import EXTERNAL
from harness.server import HOST, free_port

FAR, OTHER = "far.example", "other.example"
DIALBACK = {"policy": "dialback"}
ROMEO = f"romeo@{FAR}"


async def error_text(client, id, condition, type):
    """The error that answers this message; its text."""
    answer = await client.expect(f"<message id='{id}'/>")
    check_error(answer, condition, type)
    return answer.child("error").child("text").text


async def one_arrives(client, stream, body="x"):
    await stream.expect(f"<message from='{client.full}' to='{ROMEO}'><body>{body}</body></message>")


# Proof and trust


@test("XEP-0178 §3", "RFC 6120 §10.1")
async def external_and_order(world):
    async with federated(world, FAR) as (server, far):
        alice = await world.client("alice", server=server)
        for number in range(100):
            alice.message(ROMEO, f"text {number}")
        stream = await far.accepted()
        for number in range(100):
            await one_arrives(alice, stream, f"text {number}")


@test("XEP-0220 §2.1.1", "XEP-0185 §2", "PEER key of another stream")
async def dialback(world):
    async with federated(world, FAR) as (server, far):
        alice = await world.client("alice", server=server)
        alice.message(ROMEO, "x")
        stream = await far.incoming()
        key = await stream.serve_dialback()
        await one_arrives(alice, stream)
        # The key is good for that stream only, and for these two.
        asking = await far.secured(server)
        for id, own, valid in (
            (stream.id, FAR, "valid"),
            ("other", FAR, "invalid"),
            (stream.id, OTHER, "invalid"),
        ):
            asking.ask(key, id, own)
            await asking.expect(f"<db:verify from='{HOST}' to='{own}' id='{id}' type='{valid}'/>")


@test("XEP-0178 §3")
async def dialback_where_external_is_refused(world):
    async with federated(world, FAR) as (server, far):
        alice = await world.client("alice", server=server)
        alice.message(ROMEO, "x")
        stream = await far.incoming()
        await stream.serve_tls()
        await stream.greet(EXTERNAL)
        await stream.expect("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'/>")
        stream.send("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>")
        await stream.expect(f"<db:result from='{HOST}' to='{FAR}'/>")
        stream.send(f"<db:result from='{FAR}' to='{HOST}' type='valid'/>")
        await one_arrives(alice, stream)


@test(
    "RFC 6120 §13.7",
    "PEER common name only",
    "PEER expired certificate",
    "PEER certificate of another host",
    "PEER wildcard misuse",
    "PEER flood of names",
    cases={
        "another name": (dict(names=(OTHER,)), OTHER),
        "the common name only": (dict(names=(OTHER,), common_name=FAR), OTHER),
        "expired": (dict(names=(FAR,), expired=True), "expired"),
        "a wildcard for one label": (dict(names=("*.example",)), "*.example"),
        "a wildcard deeper": (dict(names=(f"*.{FAR}",)), f"*.{FAR}"),
        "the name of another service": (dict(names=(f"_xmpp-client.{FAR}",)), f"_xmpp-client.{FAR}"),
        "many names": (dict(names=tuple(f"n{n}.example" for n in range(3000)) + (FAR,)), "names"),
    },
)
async def a_wrong_certificate_gets_nothing(world, what, words):
    async with federated(world, FAR) as (server, far):
        alice = await world.client("alice", server=server)
        id = alice.message(ROMEO, "x")
        stream = await far.incoming()
        names = dict(what)
        await stream.serve_tls(far.authority.server("tried", *names.pop("names"), **names))
        await stream.greet(EXTERNAL)
        await stream.expect_close()
        text = await error_text(alice, id, "remote-server-timeout", "wait")
        assert words in text and FAR in text and "127.0.0.1" in text, text


@test("RFC 6120 §13.7.2", "PEER certificate of another host")
async def a_stranger_s_authority_gets_nothing(world):
    async with federated(world, FAR) as (server, far):
        alice = await world.client("alice", server=server)
        id = alice.message(ROMEO, "x")
        stream = await far.incoming()
        await stream.serve_tls(server.authority.server("foreign", FAR))
        await stream.greet(EXTERNAL)
        await stream.expect_close()
        text = await error_text(alice, id, "remote-server-timeout", "wait")
        assert "unable to verify" in text, text


@test("XEP-0220 §2")
async def a_wrong_certificate_where_dialback_is_allowed(world):
    async with federated(world, FAR, s2s=DIALBACK) as (server, far):
        alice = await world.client("alice", server=server)
        alice.message(ROMEO, "x")
        far.certificate = far.authority.server("tried", OTHER)
        stream = await far.incoming()
        await stream.serve_dialback()
        await one_arrives(alice, stream)


@test("RFC 6120 §5.3.1")
async def no_tls_no_stanzas(world):
    async with federated(world, FAR) as (server, far):
        alice = await world.client("alice", server=server)
        id = alice.message(ROMEO, "x")
        stream = await far.incoming()
        await stream.greet("")
        await stream.expect_close()
        assert "TLS" in await error_text(alice, id, "remote-server-timeout", "wait")


@test(
    "SECURITY 9",
    "XEP-0220 §2.1",
    "PEER unsolicited dialback result",
    cases={
        "a result before it was asked for": f"<db:result from='{FAR}' to='{HOST}' type='valid'/>",
        "a result of others": f"<db:result from='{OTHER}' to='{HOST}' type='valid'/>",
        "a verdict": f"<db:verify from='{FAR}' to='{HOST}' id='1' type='valid'/>",
    },
)
async def answers_that_nobody_asked_for(world, answer):
    async with federated(world, FAR) as (server, far):
        alice = await world.client("alice", server=server)
        alice.message(ROMEO, "x")
        stream = await far.incoming()
        await stream.serve_tls()
        stream.restart()
        await stream.expect_header()
        stream.send_header(id="s", to=HOST)
        stream.send(answer)  # is not believed: the proof goes on as if it had not come
        stream.send(f"<stream:features>{EXTERNAL}</stream:features>")
        await stream.take_external()
        await one_arrives(alice, stream)


@test(
    "RFC 6120 §4.5",
    cases={
        "a stanza": f"<message from='{ROMEO}' to='a@{HOST}'/>",
        "a claim": f"<db:result from='{FAR}' to='{HOST}'>key</db:result>",
    },
)
async def our_streams_are_one_way(world, element):
    async with federated(world, FAR, s2s=DIALBACK) as (server, far):
        alice = await world.client("alice", server=server)
        alice.message(ROMEO, "x")
        stream = await far.accepted()
        await one_arrives(alice, stream)
        stream.send(element)
        await stream.expect_stream_error("unsupported-stanza-type")


@test("XEP-0478 §2")
async def the_other_side_s_limit_is_kept(world):
    async with federated(world, FAR) as (server, far):
        alice = await world.client("alice", server=server)
        id = alice.message(ROMEO, "x" * 3000)
        alice.message(ROMEO, "small")
        stream = await far.incoming()
        await stream.serve_tls()
        await stream.greet(EXTERNAL)
        await stream.expect("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
        stream.send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
        await stream.greet("<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>2000</max-bytes></limits>")
        await one_arrives(alice, stream, "small")
        assert "2000" in await error_text(alice, id, "policy-violation", "modify")


# Finding and reaching


@test("RFC 6120 §3.2", "RFC 2782", "XEP-0368 §3")
async def the_next_server_when_one_does_not_answer(world):
    dead, records = free_port(), []
    for number, port in enumerate((dead, dead)):
        records.append(f"_xmpp-server._tcp.{FAR}. IN SRV 0 {number} {port} dead{number}.{FAR}.")
        records.append(f"dead{number}.{FAR}. IN A 127.0.0.{number + 2}")
    records.append(f"_xmpps-server._tcp.{FAR}. IN SRV 0 9 {dead} dead0.{FAR}.")
    async with federated(world, FAR, records=records) as (server, far):
        alice = await world.client("alice", server=server)
        alice.message(ROMEO, "x")
        stream = await far.accepted()
        await one_arrives(alice, stream)


@test("XEP-0368 §3")
async def direct_tls(world):
    async with federated(world, OTHER, start=False) as (server, far):
        records = [f"_xmpps-server._tcp.{FAR}. IN SRV 0 0 {far.port} xmpp.{OTHER}."]
        server.write_config({"dns": {"records": far.records + records}})
        await server.start()
        far.domain, far.certificate = FAR, far.authority.server(FAR, FAR)
        alice = await world.client("alice", server=server)
        alice.message(ROMEO, "x")
        stream = await far.incoming()
        await stream.wire.accept_tls(far.certificate)
        assert stream.wire.tls.get_servername() == FAR.encode()
        await stream.greet(EXTERNAL)
        await stream.take_external()
        await one_arrives(alice, stream)


FAILURES = {
    "no such domain": ([], "remote-server-not-found", "cancel", "DNS"),
    "no such service": (
        [f"_xmpp-server._tcp.{FAR}. IN SRV 0 0 0 ."],
        "remote-server-not-found",
        "cancel",
        "no XMPP server",
    ),
    "no address": (
        [f"_xmpp-server._tcp.{FAR}. IN SRV 0 0 1 x.{FAR}."],
        "remote-server-not-found",
        "cancel",
        f"x.{FAR}",
    ),
    "names in a circle": (
        [
            f"_xmpp-server._tcp.{FAR}. IN CNAME a.{FAR}.",
            f"a.{FAR}. IN CNAME _xmpp-server._tcp.{FAR}.",
            f"{FAR}. IN CNAME {FAR}.",
        ],
        "remote-server-not-found",
        "cancel",
        "DNS",
    ),
    "a literal": ([], "remote-server-timeout", "wait", "127.0.0.98 port 5269"),
    "refused": (
        [f"{FAR}. IN A 127.0.0.99"],
        "remote-server-timeout",
        "wait",
        "127.0.0.99 port 5269: Connection refused",
    ),
}


@test("RFC 6120 §8.3.3.16", "PEER name server in a circle", cases=FAILURES)
async def what_went_wrong_is_said(world, records, condition, type, words):
    async with federated(world, records=records) as (server,):
        alice = await world.client("alice", server=server)
        for _ in range(2):  # the second while the domain is left alone
            to = "romeo@127.0.0.98" if "127.0.0.98" in words else ROMEO
            text = await error_text(alice, alice.message(to, "x"), condition, type)
            assert words in text, text


@test("RULES 4", "PEER name server that is silent")
async def name_servers_that_do_not_answer(world):
    loop = asyncio.get_running_loop()
    silent, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
    port = silent.get_extra_info("sockname")[1]
    dns = {"zones": [], "records": [], "forwarders": [f"127.0.0.1@{port}"], "timeout": "1s"}
    async with federated(world, dns=dns) as (server,):
        alice = await world.client("alice", server=server)
        text = await error_text(alice, alice.message(ROMEO, "x"), "remote-server-not-found", "cancel")
        assert "no answer in time" in text, text
    silent.close()


@test("RFC 6120 §3.2")
async def a_name_server_is_asked_and_its_answer_kept(world):
    names = await NameServer().start()
    async with federated(world, FAR, dns=names.config) as (server, far):
        names.service(f"_xmpp-server._tcp.{FAR}", far.port, f"xmpp.{FAR}")
        names.address(f"xmpp.{FAR}", far.address)
        alice = await world.client("alice", server=server)
        for number in range(2):
            alice.message(ROMEO, f"text {number}")
            stream = await far.accepted()
            await one_arrives(alice, stream, f"text {number}")
            stream.send("</stream:stream>")
            await stream.expect_close()
        assert names.asked[f"_xmpp-server._tcp.{FAR}", SRV] == 1, names.asked
    names.stop()


@test("RFC 1034 §5.2.2", "PEER name server in a circle")
async def a_name_server_in_a_circle(world):
    names = await NameServer().start()
    async with federated(world, dns=names.config) as (server,):
        names.alias(f"_xmpp-server._tcp.{FAR}", f"a.{FAR}")
        names.alias(f"a.{FAR}", f"_xmpp-server._tcp.{FAR}")
        names.alias(FAR, FAR)
        alice = await world.client("alice", server=server)
        text = await error_text(alice, alice.message(ROMEO, "x"), "remote-server-not-found", "cancel")
        assert "DNS" in text, text
        assert sum(names.asked.values()) < 200, names.asked  # nobody went round for long
    names.stop()


@test("RFC 6120 §8.3.3.17")
async def a_server_that_says_nothing(world):
    async with federated(world, FAR, s2s={"connect_timeout": world.seconds(1)}) as (server, far):
        alice = await world.client("alice", server=server)
        id = alice.message(ROMEO, "x")
        await far.incoming()
        assert "in time" in await error_text(alice, id, "remote-server-timeout", "wait")


@test("RFC 6120 §4.9.3.6")
async def a_server_that_does_not_know_the_domain(world):
    async with federated(world, FAR) as (server, far):
        alice = await world.client("alice", server=server)
        id = alice.message(ROMEO, "x")
        stream = await far.incoming()
        stream.restart()
        await stream.expect_header()
        stream.send_header(id="s")
        stream.send(
            "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
        )
        assert "host-unknown" in await error_text(alice, id, "remote-server-not-found", "cancel")


# Queues


@test("RULES 4")
async def a_full_queue_refuses_and_keeps_what_it_has(world):
    async with federated(world, FAR, s2s={"queue_bytes": "64KiB"}) as (server, far):
        alice = await world.client("alice", server=server)
        ids = [alice.message(ROMEO, f"{number:05}" + "x" * 4000) for number in range(40)]
        answers = []
        while not answers or answers[-1]["id"] != ids[-1]:
            answers.append(await alice.expect("<message type='error'/>"))
            check_error(answers[-1], "resource-constraint", "wait")
        kept = len(ids) - len(answers)
        assert 5 < kept < 20, kept
        stream = await far.accepted()
        for number in range(kept):
            got = await stream.next()
            assert got.child("body").text.startswith(f"{number:05}"), got


@test("RULES 4", "SECURITY 3", "PEER stops reading")
async def a_server_that_stops_reading(world):
    limits = {"outbox_stall": world.seconds(1)}
    async with federated(world, FAR, s2s={"queue_bytes": "1MiB"}, limits=limits) as (server, far):
        alice = await world.client("alice", server=server)
        alice.message(ROMEO, "x")
        stream = await far.accepted()
        await one_arrives(alice, stream)
        conditions = set()
        while not conditions >= {"resource-constraint", "remote-server-timeout"}:
            for _ in range(40):  # again and again: how much the kernel takes is its own affair
                alice.message(ROMEO, "x" * 30_000, payload="<no-store xmlns='urn:xmpp:hints'/>")
            ping = alice.send_iq("get", "<ping xmlns='urn:xmpp:ping'/>", to=server.host)
            await alice.wait_for(f"<iq type='result' id='{ping}'/>")
            while alice.waiting:
                answer = await alice.expect("<message type='error'/>")
                conditions |= {e.name for e in answer.child("error").elements}


@test("RFC 6120 §4.4")
async def a_closed_stream_is_opened_anew(world):
    async with federated(world, FAR) as (server, far):
        alice = await world.client("alice", server=server)
        for number in range(3):
            alice.message(ROMEO, f"text {number}")
            stream = await far.accepted()
            await one_arrives(alice, stream, f"text {number}")
            stream.send("</stream:stream>")
            await stream.expect_close()


@test("RULES 4", "PEER reconnect storm")
async def a_domain_that_failed_is_left_alone_until_it_is_heard_of(world):
    async with federated(world, FAR, s2s={"retry_min": "1h", "retry_max": "1h"}) as (server, far):
        alice = await world.client("alice", server=server)
        id = alice.message(ROMEO, "x")
        (await far.incoming()).wire.reset()
        first = await error_text(alice, id, "remote-server-timeout", "wait")
        assert await error_text(alice, alice.message(ROMEO, "x"), "remote-server-timeout", "wait") == first
        await far.connected(server)
        await server.logged("s2s.in_open")
        alice.message(ROMEO, "again")
        stream = await far.accepted()
        await one_arrives(alice, stream, "again")


@test("DESIGN 4")
async def without_federation(world):
    async with federated(world, FAR, s2s={"enabled": False}) as (server, _):
        alice = await world.client("alice", server=server)
        await error_text(alice, alice.message(ROMEO, "x"), "remote-server-not-found", "cancel")
