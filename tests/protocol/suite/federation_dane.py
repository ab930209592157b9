"""Certificates that signed DNS records name (DANE, RFC 7673): the test plays the other server."""
import contextlib
import pathlib

from harness import check_error, federated, pki, test
from harness.signed_zone import SignedZone

FAR = "far.example"
SERVER = f"xmpp.{FAR}"
ROMEO = f"romeo@{FAR}"


@contextlib.asynccontextmanager
async def signed(world, shown, tlsa, forge=(), service=True, **options):
    """(server, far, certificate that far shows): `shown` and `tlsa` make the certificate and the records from
    far's authority and that of a stranger."""
    zone = SignedZone()
    try:
        changes = {"dns": zone.config | options.pop("dns", {})}
        async with federated(world, FAR, start=False, **(changes | options)) as (server, far):
            stranger = pki.Authority(pathlib.Path(far.authority.path).parent / "stranger", "stranger")
            certificate = shown(far.authority, stranger)
            if service:
                zone.service(f"_xmpp-server._tcp.{FAR}", far.port, SERVER)
            zone.address(SERVER, far.address)
            for data in tlsa(certificate[0], stranger):
                zone.tlsa(far.port, SERVER, data)
            await zone.serve(forge)
            await server.start()
            yield server, far, certificate
    finally:
        await zone.stop()


def with_chain(certificate, authority):
    """The same certificate, shown with its authority's."""
    path = pathlib.Path(certificate[0])
    path.write_text(path.read_text() + pathlib.Path(authority.path).read_text())
    return certificate


def trusted(ours, stranger):
    return ours.server("shown", FAR)


GOOD = {
    "the key of a certificate of nobody's": (
        lambda ours, stranger: stranger.server("shown", "nobody.example", expired=True),
        lambda certificate, stranger: [pki.tlsa_of_key(certificate)],
    ),
    "one of several": (
        lambda ours, stranger: stranger.server("shown", "nobody.example"),
        lambda certificate, stranger: [f"3 1 1 {'00' * 32}", pki.tlsa_of_key(certificate), "9 9 9 00"],
    ),
    "an authority, and the domain in the certificate": (
        lambda ours, stranger: with_chain(stranger.server("shown", FAR), stranger),
        lambda certificate, stranger: [pki.tlsa_of_authority(stranger.path)],
    ),
    "an authority, and the server in the certificate": (
        lambda ours, stranger: with_chain(stranger.server("shown", SERVER), stranger),
        lambda certificate, stranger: [pki.tlsa_of_authority(stranger.path)],
    ),
    "nothing": (trusted, lambda certificate, stranger: []),
    "nothing that could be understood": (trusted, lambda certificate, stranger: ["9 9 9 00"]),
}
BAD = {
    "another key": (trusted, lambda certificate, stranger: [f"3 1 1 {'00' * 32}"], "TLSA"),
    "an authority, and nobody in the certificate": (
        lambda ours, stranger: with_chain(stranger.server("shown", "nobody.example"), stranger),
        lambda certificate, stranger: [pki.tlsa_of_authority(stranger.path)],
        "neither",
    ),
    "an authority, and an old certificate": (
        lambda ours, stranger: with_chain(stranger.server("shown", FAR, expired=True), stranger),
        lambda certificate, stranger: [pki.tlsa_of_authority(stranger.path)],
        "expired",
    ),
}


async def arrives(world, server, far, certificate):
    alice = await world.client("alice", server=server)
    alice.message(ROMEO, "x")
    stream = await far.accepted(certificate=certificate)
    await stream.expect(f"<message from='{alice.full}'><body>x</body></message>")


async def comes_back(alice, id, words, condition, type):
    got = await alice.expect(f"<message type='error' id='{id}'/>")
    check_error(got, condition, type)
    assert words in got.child("error").child("text").text, got


@test("RFC 7673 §4", cases=GOOD)
async def records_name_the_certificate(world, shown, tlsa):
    async with signed(world, shown, tlsa) as (server, far, certificate):
        await arrives(world, server, far, certificate)


@test("RFC 7673 §4", cases=BAD)
async def records_name_another(world, shown, tlsa, words):
    for policy in ("secure", "dialback"):  # dialback does not make up for it
        async with signed(world, shown, tlsa, s2s={"policy": policy}) as (server, far, certificate):
            alice = await world.client("alice", server=server)
            id = alice.message(ROMEO, "x")
            stream = await far.incoming()
            await stream.serve_tls(certificate)
            await stream.greet("")
            await stream.expect_close()
            await comes_back(alice, id, words, "remote-server-timeout", "wait")


@test("RFC 7673 §4")
async def a_server_with_records_has_to_encrypt(world):
    tlsa = lambda certificate, stranger: [pki.tlsa_of_key(certificate)]  # noqa: E731
    async with signed(world, trusted, tlsa, s2s={"tls_required": False}) as (server, far, _):
        alice = await world.client("alice", server=server)
        id = alice.message(ROMEO, "x")
        stream = await far.incoming()
        await stream.greet("")
        await stream.expect_close()
        await comes_back(alice, id, "offers no TLS", "remote-server-timeout", "wait")


@test("RFC 7673 §3", cases={"an address": "127.0.0.1\n", "a certificate": "00" * 32})
async def a_forged_answer_leads_nowhere(world, text):
    new = "127.0.0.77\n" if text.endswith("\n") else "11" * 32
    tlsa = lambda certificate, stranger: [f"3 1 1 {'00' * 32}"]  # noqa: E731
    async with signed(world, trusted, tlsa, forge=(text, new)) as (server, _, _):
        alice = await world.client("alice", server=server)
        await comes_back(alice, alice.message(ROMEO, "x"), "forged", "remote-server-not-found", "cancel")


NOT_ASKED = {"without an anchor": ({"trust_anchor": ""}, {}), "turned off": ({}, {"dane": False})}


@test("RFC 7673 §3", cases=NOT_ASKED)
async def records_that_do_not_count(world, dns, s2s):
    tlsa = lambda certificate, stranger: [f"3 1 1 {'00' * 32}"]  # noqa: E731
    async with signed(world, trusted, tlsa, dns=dns, s2s=s2s) as (server, far, certificate):
        await arrives(world, server, far, certificate)
