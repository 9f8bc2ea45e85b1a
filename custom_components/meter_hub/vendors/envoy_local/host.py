"""The address of a gateway, as people type it."""

from ipaddress import AddressValueError, IPv6Address

from yarl import URL

from ..base import UnexpectedAnswer


def clean_host(text: str) -> str:
    """Return the name or address, with its port where one is given.

    Scheme, path and user are taken off: the firmware decides how it is spoken to.
    Raises UnexpectedAnswer `not_a_gateway` where nothing is left.
    """
    text = text.strip()
    try:
        return f"[{IPv6Address(text)}]"
    except AddressValueError:
        pass
    try:
        url = URL(text if "//" in text else f"//{text}")
        host = url.host_port_subcomponent
    except ValueError:
        host = None
    if not host:
        raise UnexpectedAnswer("not_a_gateway")
    return host
