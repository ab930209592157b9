"""Bytes to and from the server: TCP, and TLS in the test's own hands so that it can misbehave."""
import asyncio

from OpenSSL import SSL


class Wire:
    """A TCP connection that may switch to TLS. Reads only when asked, so a test can be a peer that never
    reads."""

    def __init__(self, reader, writer):
        self._reader, self._writer, self._tls = reader, writer, None

    @classmethod
    async def connect(cls, port, source=None, host="127.0.0.1", buffer=65536):
        reader, writer = await asyncio.open_connection(
            host, port, limit=buffer, local_addr=(source, 0) if source else None
        )
        return cls(reader, writer)

    async def start_tls(
        self, name, trust=None, alpn=None, version=None, ciphers=None, certificate=None, session=None
    ):
        """Does the client's part of a handshake. `trust`: path of the CA that the certificate must come from,
        `version`: the only version offered, `certificate`: (path, path of the key). Raises SSL.Error when
        refused."""
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        if version:
            # The client's own policy must not be what refuses.
            context.set_cipher_list(ciphers or b"DEFAULT:@SECLEVEL=0")
            context.set_min_proto_version(version)
            context.set_max_proto_version(version)
        if trust:
            context.load_verify_locations(trust)
            context.set_verify(SSL.VERIFY_PEER, lambda _c, _x, _e, _d, ok: bool(ok))
        if certificate:
            context.use_certificate_file(certificate[0])
            context.use_privatekey_file(certificate[1])
        if alpn:
            context.set_alpn_protos([alpn])
        tls = SSL.Connection(context, None)
        tls.set_tlsext_host_name(name.encode("idna"))
        tls.set_connect_state()
        if session:
            tls.set_session(session)
        self._tls = tls
        await self._handshake()

    async def accept_tls(self, certificate):
        """Does the server's part of a handshake; asks for a certificate and takes any."""
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.use_certificate_chain_file(certificate[0])
        context.use_privatekey_file(certificate[1])
        context.set_verify(SSL.VERIFY_PEER, lambda _c, _x, _e, _d, _ok: True)
        self._tls = SSL.Connection(context, None)
        self._tls.set_accept_state()
        await self._handshake()

    async def _handshake(self):
        while True:
            try:
                self._tls.do_handshake()
                self._flush()
                return
            except SSL.WantReadError:
                self._flush()
                if not await self._feed():
                    raise ConnectionError("connection closed during the handshake") from None
            except SSL.Error:
                self._flush()
                raise

    async def renegotiate(self):
        """Asks for a TLS 1.2 renegotiation; returns once the handshake is done, raises when the server
        refuses."""
        self._tls.renegotiate()
        await self._handshake()
        if self._tls.renegotiate_pending():
            raise ConnectionError("renegotiation not answered")

    def write(self, data):
        if self._tls:
            self._tls.sendall(data)
            self._flush()
        else:
            self._writer.write(data)

    def write_raw(self, data):
        """Writes past TLS."""
        self._writer.write(data)

    async def drain(self):
        await self._writer.drain()

    async def read(self):
        """The next bytes; b'' at the end of the connection, however it came."""
        if not self._tls:
            return await self._receive()
        while True:
            try:
                data = self._tls.recv(65536)
                self._flush()
                return data
            except SSL.WantReadError:
                self._flush()
                if not await self._feed():
                    return b""
            except (SSL.ZeroReturnError, SSL.SysCallError):
                return b""

    async def _receive(self):
        try:
            return await self._reader.read(65536)
        except ConnectionError:
            return b""

    async def _feed(self):
        data = await self._receive()
        if data:
            self._tls.bio_write(data)
        return bool(data)

    def _flush(self):
        while True:
            try:
                self._writer.write(self._tls.bio_read(65536))
            except SSL.WantReadError:
                return

    @property
    def encrypted(self):
        return self._tls is not None

    @property
    def tls(self):
        return self._tls

    def channel_binding(self):
        """(type, data) of this TLS connection as XEP-0440 names them."""
        if self._tls.get_protocol_version_name() == "TLSv1.3":
            return "tls-exporter", self._tls.export_keying_material(b"EXPORTER-Channel-Binding", 32)
        return "tls-unique", self._tls.get_finished()

    def reset(self):
        """Ends the connection with a TCP reset, as a dying network does."""
        self._writer.transport.abort()

    def finish(self):
        """Says at TCP level that nothing more will be written."""
        self._writer.write_eof()

    def close(self):
        self._writer.close()
