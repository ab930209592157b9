"""The client's side of SASL SCRAM (RFC 5802, RFC 7677), with every field open to abuse."""
import base64
import functools
import hashlib
import hmac
import secrets


@functools.lru_cache(maxsize=4096)
def salted_password(digest, password, salt, iterations):
    return hashlib.pbkdf2_hmac(digest, password.encode(), salt, iterations)


class Scram:
    """`binding`: (type, data) for a -PLUS mechanism; `flag`: the gs2 flag for the others, `n` or `y`."""

    def __init__(self, mechanism, user, password, binding=None, flag="n", authzid=""):
        self.mechanism = mechanism
        self._digest = "sha256" if "SHA-256" in mechanism else "sha1"
        self._password = password
        plus = mechanism.endswith("-PLUS")
        self._gs2 = f"{'p=' + binding[0] if plus else flag},{'a=' + self._name(authzid) if authzid else ''},"
        self._binding = binding[1] if plus else b""
        self._nonce = secrets.token_urlsafe(18)
        self._bare = f"n={self._name(user)},r={self._nonce}"
        self._signature = None

    @staticmethod
    def _name(text):
        return text.replace("=", "=3D").replace(",", "=2C")

    def first(self):
        return (self._gs2 + self._bare).encode()

    def final(self, server_first):
        """The client's final message; sets what the server must prove."""
        fields = dict(part.split("=", 1) for part in server_first.decode().split(","))
        assert fields["r"].startswith(self._nonce) and len(fields["r"]) > len(self._nonce), server_first
        self.salt, self.iterations = base64.b64decode(fields["s"]), int(fields["i"])
        channel = base64.b64encode(self._gs2.encode() + self._binding).decode()
        without_proof = f"c={channel},r={fields['r']}"
        message = f"{self._bare},{server_first.decode()},{without_proof}".encode()
        salted = salted_password(self._digest, self._password, self.salt, self.iterations)
        client_key = self._hmac(salted, b"Client Key")
        proof = bytes(
            a ^ b
            for a, b in zip(client_key, self._hmac(hashlib.new(self._digest, client_key).digest(), message))
        )
        self._signature = self._hmac(self._hmac(salted, b"Server Key"), message)
        return f"{without_proof},p={base64.b64encode(proof).decode()}".encode()

    def verify(self, server_final):
        assert server_final == b"v=" + base64.b64encode(
            self._signature
        ), f"wrong server signature {server_final}"

    def _hmac(self, key, data):
        return hmac.digest(key, data, self._digest)
