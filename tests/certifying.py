"""Makes the certificates and keys that tests need; nobody else trusts them."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

__all__ = ["KEY", "OTHER", "certificate", "pem", "serial_of"]

KEY = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())


def pem(private):
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def certificate(*names, key=KEY, days=90, lived=1, signed=None):
    """A self-signed certificate as PEM."""
    called = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0] if names else "nobody")])
    now = datetime.now(UTC)
    begun = min(now, now + timedelta(days=days)) - timedelta(days=lived)
    builder = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begun)
        .not_valid_after(now + timedelta(days=days))
    )
    if names:
        general = [
            x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name) for name in names
        ]
        builder = builder.add_extension(x509.SubjectAlternativeName(general), critical=False)
    return builder.sign(key, signed or hashes.SHA256()).public_bytes(Encoding.PEM)


def serial_of(text):
    return x509.load_pem_x509_certificate(text).serial_number
