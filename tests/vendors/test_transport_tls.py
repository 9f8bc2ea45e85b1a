"""A host whose certificate nobody vouches for."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
import ssl

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
import pytest

from custom_components.meter_hub.vendors.allowance import Allowance
from custom_components.meter_hub.vendors.base import Unavailable
from custom_components.meter_hub.vendors.transport import Transport

from .conftest import SECRET, Clock


def self_signed() -> bytes:
    """Return a certificate that its own key has signed, and the key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


# The library remembers the class of instants that it sees first: it must not be one
# of a test that has frozen the clock.
PEM = self_signed()


@pytest.fixture
async def untrusted(tmp_path: Path, socket_enabled: None) -> AsyncIterator[str]:
    """Serve with a certificate of its own making; return the URL."""
    pem = tmp_path / "server.pem"
    pem.write_bytes(PEM)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = TestServer(web.Application())
    await server.start_server(ssl=context)
    yield str(server.make_url("/things").with_scheme("https"))
    await server.close()


async def test_it_is_told_apart_from_a_host_that_is_not_there(
    session: ClientSession, clock: Clock, allowance: Allowance, untrusted: str
) -> None:
    transport = Transport(session, clock, allowance, attempts=1)
    with pytest.raises(Unavailable) as caught:
        await transport.request_json("GET", untrusted, params={"password": SECRET})
    assert caught.value.reason == "tls_error"
    assert str(caught.value) == "tls_error: ClientConnectorCertificateError"
    assert caught.value.__suppress_context__
    assert caught.value.__cause__ is None
