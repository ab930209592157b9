"""STARTTLS and direct TLS (RFC 6120 §5, RFC 7590, XEP-0368)."""
import base64
import signal

from OpenSSL import SSL

from harness import CLIENT, SASL, STREAMS, TLS, Element, Wire, test
from harness.server import CYRILLIC, HOST, SECOND

REFUSALS_WITHOUT_TLS = ("encryption-required", "invalid-mechanism", "mechanism-too-weak")


def subject_names(wire):
    """The DNS names of the server's certificate."""
    certificate = wire.tls.get_peer_certificate()
    for index in range(certificate.get_extension_count()):
        extension = certificate.get_extension(index)
        if extension.get_short_name() == b"subjectAltName":
            return str(extension)
    return ""


def serial(wire):
    return wire.tls.get_peer_certificate().get_serial_number()


# STARTTLS


@test("TRAPS 16", "RFC 6120 §5.3.1", "DESIGN 4")
async def starttls_is_required(world):
    stream = await world.connect("plain")
    await stream.open()
    feature = stream.features.child("starttls", TLS)
    assert feature and feature.child("required", TLS), stream.features
    assert not stream.mechanisms, stream.features


@test(
    "TRAPS 16",
    "SECURITY 15",
    cases={mechanism: mechanism for mechanism in ("PLAIN", "SCRAM-SHA-256", "EXTERNAL", "ANONYMOUS")},
)
async def no_authentication_before_tls(world, mechanism):
    account = await world.account()
    stream = await world.connect("plain")
    await stream.open()
    stream.send_auth(mechanism, f"\0{account.local}\0{account.password}".encode())
    answer = await stream.next()
    refused = answer.name == "failure" and answer.elements[0].name in REFUSALS_WITHOUT_TLS
    assert refused or (answer.name, answer.ns) == ("error", STREAMS), answer


@test("TRAPS 16", "RFC 6120 §5.4.3.3")
async def the_feature_is_gone_after_tls(world):
    stream = await world.connect("starttls")
    await stream.open()
    assert not stream.features.child("starttls"), stream.features
    stream.send(f"<starttls xmlns='{TLS}'/>")
    answer = await stream.next()
    assert answer.name in ("failure", "error"), answer


@test("TRAPS 16", "XEP-0368 §3")
async def direct_tls_never_offers_starttls(world):
    stream = await world.connect("direct")
    await stream.open()
    assert not stream.features.child("starttls"), stream.features
    stream.send(f"<starttls xmlns='{TLS}'/>")
    answer = await stream.next()
    assert answer.name in ("failure", "error"), answer


@test(
    "TRAPS 16",
    "SECURITY 16",
    cases={
        "white space": " ",
        "stanza": "<iq type='get' id='injected'><ping xmlns='urn:xmpp:ping'/></iq>",
        "half a tag": "<auth xmlns=",
        "stream": "HEADER",
        "login": "HEADER AUTH",
    },
)
async def bytes_pipelined_across_starttls_are_discarded(world, injected):
    victim = await world.account("victim")
    login = base64.b64encode(f"\0{victim.local}\0{victim.password}".encode()).decode()
    injected = injected.replace(
        "HEADER",
        f"<stream:stream to='{world.host}' version='1.0' xmlns='{CLIENT}' " f"xmlns:stream='{STREAMS}'>",
    )
    injected = injected.replace("AUTH", f"<auth xmlns='{SASL}' mechanism='PLAIN'>{login}</auth>")
    stream = await world.connect("plain")
    await stream.open()
    stream.send(f"<starttls xmlns='{TLS}'/>{injected}")
    await stream.expect(Element("proceed", TLS))
    try:
        await stream.wire.start_tls(stream.domain)
    except (SSL.Error, ConnectionError):
        return  # taken for a broken handshake and cut off: nothing was injected either
    await stream.open()  # any answer to the injected bytes would stand before this stream's header
    account = await world.account()
    await stream.authenticate(account.local, account.password)


@test("RFC 6120 §5.4.2.1")
async def starttls_may_be_asked_with_alpn(world):
    stream = await world.connect("starttls", alpn=b"xmpp-client")
    await stream.open()


@test(
    "RFC 6120 §4.9.3.12",
    cases={
        "iq": "<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>",
        "message": "<message to='%s'/>",
        "presence": "<presence/>",
    },
)
async def stanzas_before_tls(world, stanza):
    stream = await world.connect("plain")
    await stream.open()
    stream.send(stanza.replace("%s", f"bob@{world.host}"))
    await stream.expect_stream_error("not-authorized")


@test("DESIGN 4")
async def without_tls_if_the_configuration_says_so(world):
    async with world.own_server({"c2s": {"tls_required": False}}) as server:
        account = await world.account(server=server)
        stream = await world.connect("plain", server=server)
        await stream.open()
        assert stream.features.child("starttls") and not stream.features.child("starttls").child("required")
        assert "SCRAM-SHA-256" in stream.mechanisms, stream.features
        assert not {"PLAIN", "EXTERNAL"} & set(stream.mechanisms), stream.features
        assert not any(m.endswith("-PLUS") for m in stream.mechanisms), stream.features
        stream.send_auth("PLAIN", f"\0{account.local}\0{account.password}".encode())
        failure = await stream.expect(Element("failure", SASL))
        assert failure.elements[0].name in REFUSALS_WITHOUT_TLS, failure
        await world.login(account, security="plain", server=server)


# The handshake


@test(
    "RFC 7590 §3",
    "TRAPS 16",
    cases={
        f"{security} {name}": (security, version)
        for security in ("direct", "starttls")
        for name, version in (("TLS 1.2", SSL.TLS1_2_VERSION), ("TLS 1.3", SSL.TLS1_3_VERSION))
    },
)
async def good_versions(world, security, version):
    account = await world.account()
    await world.login(account, security=security, version=version)


@test(
    "RFC 7590 §3",
    cases={
        f"{security} {name}": (security, version)
        for security in ("direct", "starttls")
        for name, version in (("TLS 1.0", SSL.TLS1_VERSION), ("TLS 1.1", SSL.TLS1_1_VERSION))
    },
)
async def old_versions_are_refused(world, security, version):
    try:
        await world.connect(security, version=version)
    except (SSL.Error, ConnectionError):
        return
    raise AssertionError("the handshake succeeded")


@test(
    "RFC 7590 §3",
    cases={
        name: name.encode()
        for name in (
            "AES128-SHA",
            "AES256-GCM-SHA384",
            "ECDHE-ECDSA-AES128-SHA",
            "NULL",
            "aNULL",
            "DES-CBC3-SHA",
        )
    },
)
async def weak_ciphers_are_refused(world, cipher):
    try:
        await world.connect("direct", version=SSL.TLS1_2_VERSION, ciphers=cipher + b":@SECLEVEL=0")
    except (SSL.Error, ConnectionError):
        return
    raise AssertionError("the handshake succeeded")


@test("SECURITY 6")
async def renegotiation_is_refused(world):
    stream = await world.connect("direct", version=SSL.TLS1_2_VERSION)
    await stream.open()
    try:
        await stream.wire.renegotiate()
    except (SSL.Error, ConnectionError):
        return
    raise AssertionError("renegotiated")


@test("XEP-0368 §3")
async def alpn_of_clients(world):
    wire = await Wire.connect(world.server.direct_port)
    await wire.start_tls(HOST, alpn=b"xmpp-client")
    assert wire.tls.get_alpn_proto_negotiated() == b"xmpp-client"


@test("XEP-0368 §3")
async def direct_tls_without_alpn(world):
    wire = await Wire.connect(world.server.direct_port)
    await wire.start_tls(HOST)
    assert wire.tls.get_alpn_proto_negotiated() == b""


@test("XEP-0368 §3", cases={"web": b"http/1.1", "server": b"xmpp-server"})
async def alpn_of_something_else(world, protocol):
    wire = await Wire.connect(world.server.direct_port)
    try:
        await wire.start_tls(HOST, alpn=protocol)
    except (SSL.Error, ConnectionError):
        return  # no_application_protocol, RFC 7301 §3.2
    assert wire.tls.get_alpn_proto_negotiated() == b"", "spoke a protocol that is not served here"


@test(
    "TRAPS 16",
    "RFC 6120 §13.7.2",
    cases={
        f"{security} {host}": (security, host, expected)
        for security in ("direct", "starttls")
        for host, expected in ((HOST, HOST), (SECOND, SECOND), (CYRILLIC, CYRILLIC.encode("idna").decode()))
    },
)
async def each_virtual_host_shows_its_certificate(world, security, host, expected):
    stream = await world.connect(security, domain=host)
    assert expected in subject_names(stream.wire), subject_names(stream.wire)
    assert (SECOND in subject_names(stream.wire)) == (host == SECOND)


@test("XEP-0368 §3")
async def unknown_server_name(world):
    wire = await Wire.connect(world.server.direct_port)
    try:
        await wire.start_tls("nowhere.example")
    except (SSL.Error, ConnectionError):
        return  # unrecognized_name is as good as the default certificate
    assert HOST in subject_names(wire)


@test(
    "SECURITY 19",
    cases={
        "plain XMPP": f"<stream:stream to='{HOST}' xmlns='{CLIENT}' xmlns:stream='{STREAMS}'>".encode(),
        "HTTP": b"GET / HTTP/1.1\r\nHost: vestnik.example\r\n\r\n",
        "noise": bytes(range(256)),
        "SSL 2": b"\x80\x2e\x01\x00\x02",
    },
)
async def no_tls_on_the_direct_port(world, data):
    wire = await Wire.connect(world.server.direct_port)
    wire.write(data)
    wire.finish()
    answer = b""
    while more := await wire.read():
        answer += more
    assert b"stream" not in answer and len(answer) < 64, answer


@test(
    "SECURITY 19",
    cases={
        "HTTP": b"GET / HTTP/1.1\r\nHost: vestnik.example\r\n\r\n",
        "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(600),
    },
)
async def no_xml_on_the_starttls_port(world, data):
    stream = await world.connect("plain")
    stream.send(data)
    await stream.expect_header()
    error = await stream.next()
    assert error.name == "error", error
    await stream.expect_close()


@test("RFC 7590 §3", "RFC 9266 §2")
async def a_resumed_tls_session_logs_in(world):
    account = await world.account()
    first = await world.login(account, version=SSL.TLS1_3_VERSION)
    session = first.wire.tls.get_session()
    again = await world.connect(account=account, session=session, version=SSL.TLS1_3_VERSION)
    await again.open()
    await again.authenticate(account.local, account.password, "SCRAM-SHA-256-PLUS")


# Certificates change while the server runs


@test("XEP-0368", "RULES 9")
async def a_reload_takes_new_certificates(world):
    async with world.own_server() as server:
        alice = await world.client(server=server)
        old = serial(alice.wire)
        server.authority.host(HOST, CYRILLIC, file="server")
        server.process.send_signal(signal.SIGHUP)
        while serial((await world.connect(server=server)).wire) == old:
            assert server.running
        assert serial((await world.connect("starttls", server=server)).wire) != old
        await alice.expect_nothing()  # the old connection lives on


@test("RULES 9")
async def a_reload_with_a_broken_certificate_changes_nothing(world):
    async with world.own_server() as server:
        alice = await world.client(server=server)
        (server.dir / "tls" / "server.pem").write_text("no certificate")
        code, out = await server.ctl("reload")
        assert code == 1 and "server.pem" in out + server.ctl_error, (code, out, server.ctl_error)
        stream = await world.connect(server=server)
        assert serial(stream.wire) == serial(alice.wire)
        await alice.expect_nothing()


@test("TRAPS 16", "RFC 6120 §5.4.3.2")
async def a_broken_handshake_ends_the_connection(world):
    stream = await world.connect("plain")
    await stream.open()
    stream.send(f"<starttls xmlns='{TLS}'/>")
    await stream.expect(Element("proceed", TLS))
    stream.wire.write(b"this is no ClientHello, not at all")
    stream.wire.finish()
    left = b""
    while more := await stream.wire.read():
        left += more
    assert b"<" not in left, left


@test("RFC 6120 §4.4", cases={"before the stream": 0, "in the stream": 1, "before the handshake": 2})
async def the_client_leaves_in_the_middle_of_negotiation(world, steps):
    stream = await world.connect("plain")
    if steps > 0:
        await stream.open()
    if steps > 1:
        stream.send(f"<starttls xmlns='{TLS}'/>")
        await stream.expect(Element("proceed", TLS))
    stream.wire.finish()
    while await stream.wire.read():
        pass
