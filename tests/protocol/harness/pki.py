"""Certificates for the tests: an authority, certificates of hosts, and of clients for SASL EXTERNAL."""
import datetime
import hashlib
import ipaddress
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

XMPP_ADDR = ObjectIdentifier("1.3.6.1.5.5.7.8.5")  # id-on-xmppAddr, RFC 6120 §13.7.1.4
DNS_SRV = ObjectIdentifier("1.3.6.1.5.5.7.8.7")  # id-on-dnsSRV, RFC 4985


class Authority:
    """Issues certificates as PEM files in a folder; `path` is its own certificate."""

    def __init__(self, folder, name="ca"):
        self._folder = pathlib.Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Vestnik test {name}")])
        builder = self._builder(self._name, self._key).add_extension(x509.BasicConstraints(True, 0), True)
        self.path = self._write(name, builder.sign(self._key, hashes.SHA256()), self._key)[0]

    def host(self, *domains, file=None):
        """(certificate, key) for server domains and addresses."""
        names = [_general_name(domain) for domain in domains]
        return self._issue(file or names[0].value, domains[0], names, [ExtendedKeyUsageOID.SERVER_AUTH])

    def server(self, file, *names, common_name="nobody", srv=(), xmpp=(), expired=False, client=False):
        """(certificate, key) of another server: subjectAltNames of each kind, whether it is for clients too
        (clientAuth), and whatever is wrong with it."""
        alternatives = [_general_name(name) for name in names]
        alternatives += [_other_name(DNS_SRV, 0x16, f"_xmpp-server.{name}") for name in srv]
        alternatives += [_other_name(XMPP_ADDR, 0x0C, name) for name in xmpp]
        usages = [ExtendedKeyUsageOID.SERVER_AUTH] + [ExtendedKeyUsageOID.CLIENT_AUTH] * client
        return self._issue(file, common_name, alternatives, usages, expired)

    def client(self, jid, file):
        """(certificate, key) of a person, the address in a subjectAltName of type xmppAddr (XEP-0178)."""
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH]
        return self._issue(file, jid, [_other_name(XMPP_ADDR, 0x0C, jid)], usages)

    def _builder(self, subject, key, expired=False):
        now = datetime.datetime.utcnow()
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30 if not expired else -0.5))
        )

    def _issue(self, file, common_name, alternatives, usages, expired=False):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        builder = (
            self._builder(subject, key, expired)
            .add_extension(x509.SubjectAlternativeName(alternatives), False)
            .add_extension(x509.ExtendedKeyUsage(usages), False)
        )
        return self._write(file, builder.sign(self._key, hashes.SHA256()), key)

    def _write(self, file, certificate, key):
        paths = self._folder / f"{file}.pem", self._folder / f"{file}.key"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        paths[1].touch(0o600)
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return str(paths[0]), str(paths[1])


def tlsa_of_key(path):
    """The data of a TLSA record (RFC 6698 §2.1) for a certificate's own key."""
    key = x509.load_pem_x509_certificate(pathlib.Path(path).read_bytes()).public_key()
    formats = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return f"3 1 1 {hashlib.sha256(key.public_bytes(*formats)).hexdigest()}"


def tlsa_of_authority(path):
    """The same for the certificate of an authority that issued another."""
    certificate = x509.load_pem_x509_certificate(pathlib.Path(path).read_bytes())
    return f"2 0 1 {certificate.fingerprint(hashes.SHA256()).hex()}"


def _other_name(oid, tag, text):
    """A name of a type that X.509 itself does not know; `tag`: the ASN.1 type of its text in DER."""
    data = text.encode()
    assert len(data) < 128
    return x509.OtherName(oid, bytes([tag, len(data)]) + data)


def _general_name(domain):
    try:
        return x509.IPAddress(ipaddress.ip_address(domain))
    except ValueError:
        return x509.DNSName(domain.encode("idna").decode())
