"""The web server itself: requests, what is served, and what no web server should take (SECURITY 26, 27)."""
import json

from harness import test
from harness.web import ask, connect, read_answer, request

WEBSOCKET = "urn:xmpp:alt-connections:websocket"


@test("XEP-0156 §3", cases={"https": True, "http": False})
async def host_meta(world, tls):
    """For clients that know a domain only; scripts of any page may read it."""
    scheme = "wss" if tls else "ws"
    url = f"{scheme}://{world.host}/ws"
    answer = await ask(world.server, "/.well-known/host-meta", tls=tls)
    assert answer.status == 200 and answer.fields["access-control-allow-origin"] == "*", answer
    assert answer.fields["content-type"] == "application/xrd+xml", answer
    assert f"rel='{WEBSOCKET}' href='{url}'" in answer.text, answer
    answer = await ask(world.server, "/.well-known/host-meta.json", tls=tls)
    assert answer.fields["access-control-allow-origin"] == "*", answer
    assert json.loads(answer.text)["links"] == [{"rel": WEBSOCKET, "href": url}], answer


@test("XEP-0156 §3")
async def host_meta_behind_a_proxy(world):
    async with world.own_server({"http": {"public_url": "https://chat.example/"}}) as server:
        answer = await ask(server, "/.well-known/host-meta.json", tls=False)
        assert json.loads(answer.text)["links"][0]["href"] == "wss://chat.example/ws", answer
    answer = await ask(
        world.server, "/.well-known/host-meta.json", tls=False, fields={"X-Forwarded-Proto": "https"}
    )
    assert json.loads(answer.text)["links"][0]["href"].startswith("wss://"), answer


@test("SECURITY 26")
async def what_comes_in_a_host_field_is_only_text(world):
    wire = await connect(world.server)
    wire.write(request("GET", "/.well-known/host-meta", host="x'><script>alert(1)</script>"))
    answer, _ = await read_answer(wire)
    assert "<script>" not in answer.text and answer.fields["x-content-type-options"] == "nosniff", answer
    wire.close()


@test("DESIGN 4", cases={"healthz": "/healthz", "readyz": "/readyz"})
async def healthy(world, path):
    answer = await ask(world.server, path)
    assert (answer.status, answer.text) == (200, "ok\n"), answer
    assert answer.fields["cache-control"] == "no-store", answer
    answer = await ask(world.server, path, method="HEAD")
    assert answer.status == 200 and answer.fields["content-length"] == "3", answer


@test("DESIGN 4", cases={"GET": ("GET", "/elsewhere", 404), "POST": ("POST", "/healthz", 405)})
async def what_is_not_there(world, method, path, status):
    answer = await ask(world.server, path, method=method)
    assert answer.status == status, answer
    assert status != 405 or answer.fields["allow"] == "OPTIONS, GET, HEAD", answer


@test("RFC 9110 §9.3.7")
async def options(world):
    answer = await ask(world.server, "/.well-known/host-meta", method="OPTIONS")
    assert answer.status == 204 and "GET" in answer.fields["access-control-allow-methods"], answer


@test("RFC 9112 §9.3")
async def one_request_after_another(world):
    """On one connection, and when they come together."""
    wire = await connect(world.server)
    wire.write(request("GET", "/healthz") * 3)
    rest = b""
    for _ in range(3):
        while rest.count(b"ok\n") == 0:
            rest += await wire.read()
        rest = rest.partition(b"ok\n")[2]
    wire.write(request("GET", "/healthz", {"Connection": "close"}))
    answer, _ = await read_answer(wire)
    assert answer.status == 200 and answer.fields["connection"] == "close", answer
    assert await wire.read() == b""


BAD = {
    "no HTTP": (b"<stream:stream>\r\n\r\n", 400),
    "bad line": (b"GET\r\n\r\n", 400),
    "bad field": (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
    "folded field": (b"GET / HTTP/1.1\r\nHost: x\r\n\0: y\r\n\r\n", 400),
    "two lengths": (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400),
    "length and chunks": (
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "negative length": (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
    "bad chunk": (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    "long line": (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n", 431),
    "many fields": (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5_000 + b"\r\n", 431),
    "large body": (b"POST / HTTP/1.1\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70_000, 413),
    "large chunk": (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFF\r\n", 413),
}


@test("SECURITY 26", "SECURITY 5", cases=BAD)
async def requests_that_are_refused(world, data, status):
    wire = await connect(world.server, tls=False)
    wire.write(data)
    answer, _ = await read_answer(wire)
    assert answer.status == status, answer
    assert await wire.read() == b"", "the connection goes on after bytes that were not understood"


@test(
    "SECURITY 27",
    cases={"dots": "/../../etc/passwd", "encoded": "/%2e%2e/%2e%2e/etc/passwd", "nul": "/%00"},
)
async def paths_that_lead_nowhere(world, path):
    answer = await ask(world.server, path)
    assert answer.status == 404, answer


@test("SECURITY 4")
async def connections_that_say_nothing_end(world):
    async with world.own_server({"http": {"idle_timeout": "1s"}}) as server:
        for tls in (False, True):
            wire = await connect(server, tls)
            assert await wire.read() == b""


@test("SECURITY 26")
async def nobody_is_asked_for_a_certificate(world):
    """Browsers would ask the person; only the XMPP listeners want one, for SASL EXTERNAL."""
    wire = await connect(world.server)
    assert not wire.tls.get_client_ca_list(), wire.tls.get_client_ca_list()
    wire.close()


@test("RULES 9", "DESIGN 4")
async def a_reload_changes_what_is_served(world):
    async with world.own_server() as server:
        server.write_config({"http": {"public_url": "https://new.example"}})
        code, _ = await server.ctl("reload")
        assert code == 0, server.ctl_error
        answer = await ask(server, "/.well-known/host-meta.json")
        assert json.loads(answer.text)["links"][0]["href"] == "wss://new.example/ws", answer


@test("DESIGN 4")
async def a_server_without_the_web(world):
    async with world.own_server({"http": {"port": 0, "tls_port": 0}}) as server:
        await (await world.client(server=server)).online()
