"""Addresses of mirrors: what is taken as one, and how messages name it."""

from __future__ import annotations

from urllib.parse import urlsplit

from custody.errors import UsageError

__all__ = ["check_address", "without_user"]


def without_user(address: str) -> str:
    """Give an address as it can be shown: whatever stands before an `@` may be a password, so it is left out."""
    scheme, mark, rest = address.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}" if mark else address.rpartition("@")[2]


def check_address(address: str) -> None:
    """Raise UsageError for what is no address of a file that anybody may read: https://HOST/PATH, http or file.

    An address with a user in it is refused rather than asked without: nobody should think that it was used.
    """
    expected = "expected https://HOST/PATH"
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port  # the port is parsed only when it is asked for
    except ValueError:
        raise UsageError(without_user(address), "not an address", expected) from None
    if "@" in parts.netloc:
        fix = "fetch it with another program, then import the file"
        raise UsageError(without_user(address), "an address with a user or a password is not supported", fix)
    if parts.scheme not in ("https", "http", "file") or (not host and parts.scheme != "file"):
        raise UsageError(without_user(address), "not an address that can be fetched", expected)
