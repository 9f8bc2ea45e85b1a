"""A port that speaks TLS or not, as its vendor does when a connection arrives."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
import socket
import ssl
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
VALIDITY = timedelta(days=3650)


@asynccontextmanager
async def listen(
    connected: Callable[[], asyncio.Protocol], port: int, encrypted: Callable[[], bool]
) -> AsyncGenerator[str]:
    """Accept connections on a port, 0 for any; give host and port of it."""
    with socket.create_server((HOST, port)) as door:
        door.setblocking(False)
        keeper = asyncio.create_task(_keep(door, connected, encrypted))
        try:
            yield f"{HOST}:{door.getsockname()[1]}"
        finally:
            keeper.cancel()
            with suppress(asyncio.CancelledError):
                await keeper


async def _keep(
    door: socket.socket,
    connected: Callable[[], asyncio.Protocol],
    encrypted: Callable[[], bool],
) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as connections:
        while True:
            caller, _ = await loop.sock_accept(door)
            context = _self_signed() if encrypted() else None
            connections.create_task(_let_in(caller, connected, context))


async def _let_in(
    caller: socket.socket,
    connected: Callable[[], asyncio.Protocol],
    context: ssl.SSLContext | None,
) -> None:
    # Who speaks no TLS, or doesn't trust us, is gone again before the handshake ends.
    with suppress(OSError):
        await asyncio.get_running_loop().connect_accepted_socket(
            connected, caller, ssl=context
        )


@cache
def _self_signed() -> ssl.SSLContext:
    """Return what a device shows that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "simulator.local")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - VALIDITY)
        .not_valid_after(now + VALIDITY)
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pem = serialization.Encoding.PEM
    with TemporaryDirectory() as folder:  # OpenSSL reads certificates from files only
        file = Path(folder, "simulator.pem")
        file.write_bytes(
            key.private_bytes(
                pem,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(pem)
        )
        context.load_cert_chain(file)
    return context
