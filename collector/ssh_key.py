"""Has an SSH server prove the host keys it has, one kind after the other, until one is pinned."""

from __future__ import annotations

from functools import lru_cache

import asyncssh

from availability.outcome import Outcome, Reason, failed, ok
from collector.errors import LookEnded
from collector.happy_eyeballs import connect
from collector.probes.ssh import IDENTIFICATION
from collector.streams import Endpoint, Stopwatch

_KINDS: tuple[tuple[str, ...], ...] = (
    ("ssh-ed25519",),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    ("rsa-sha2-512", "rsa-sha2-256"),
    ("ssh-ed448",),
    ("ssh-rsa",),
)
"""The algorithms of host keys by kind of key (RFC 5656, 8332, 8709); ssh-rsa, with SHA-1, for equipment of old."""

_VERSION = IDENTIFICATION.decode().removeprefix("SSH-2.0-")


@lru_cache(maxsize=1)
def _anonymous() -> asyncssh.SSHClientConnectionOptions:
    """Nothing of the user whom we run as: no configuration, key, agent or name."""
    return asyncssh.SSHClientConnectionOptions(
        config=None, known_hosts=None, client_keys=None, agent_path=None, username="nobody"
    )


async def check_host_key(addresses: list[str], endpoint: Endpoint, pinned: frozenset[str], watch: Stopwatch) -> Outcome:
    """OK where the server proves one of the keys `pinned` (fingerprints).

    A server has several keys and shows one, of the kind that both sides like best: the others are asked for as well
    before a key counts as wrong. OSError where no connection could be made, LookEnded where no key was shown.
    """
    kinds = list(_KINDS)
    first = ""
    while kinds:
        try:
            key = await _shown(addresses, endpoint, [name for kind in kinds for name in kind], watch)
        except (LookEnded, OSError):
            if not first:
                raise
            break  # a server hangs up on whoever asks for a kind of key that it does not have
        fingerprint = key.get_fingerprint("sha256")
        if fingerprint in pinned:
            return ok()
        first = first or fingerprint
        kinds = [kind for kind in kinds if not _is_of(key.get_algorithm(), kind)]
    return failed(Reason.WRONG_HOST_KEY, f"{endpoint} has the host key {first}, which is not pinned")


def _is_of(algorithm: str, kind: tuple[str, ...]) -> bool:
    """Whether a key of `algorithm` is of `kind`; every RSA key calls itself ssh-rsa, whatever it signs with."""
    return algorithm in kind or (algorithm == "ssh-rsa" and kind[0].startswith("rsa-"))


async def _shown(addresses: list[str], endpoint: Endpoint, algorithms: list[str], watch: Stopwatch) -> asyncssh.SSHKey:
    """The key that the server proves to have in a key exchange (RFC 4253, 8) for one of `algorithms`."""
    watch.begin()
    with await connect(addresses, endpoint.port, endpoint.source) as sock:
        watch.phase("connect")
        try:
            key = await asyncssh.get_server_host_key(
                sock=sock,
                client_version=_VERSION,
                server_host_key_algs=algorithms,
                config=None,
                options=_anonymous(),
            )
        except OSError:
            raise
        except TypeError as error:
            # The library asks for the address of the other side, and has none where that has already hung up.
            raise LookEnded(failed(Reason.RESET, f"{endpoint}: connection reset by peer")) from error
        except asyncssh.ConnectionLost as error:
            raise LookEnded(failed(Reason.CLOSED, f"{endpoint} closed the connection")) from error
        except asyncssh.KeyExchangeFailed as error:
            raise LookEnded(failed(Reason.BAD_RESPONSE, f"{endpoint} and we have no key exchange in common")) from error
        except Exception as error:
            # The library hands on whatever its parsers raise of what the server sent.
            raise LookEnded(failed(Reason.BAD_RESPONSE, f"{endpoint} does not speak version 2 of SSH")) from error
    watch.phase("key_exchange")
    if key is None:
        raise LookEnded(failed(Reason.BAD_RESPONSE, f"{endpoint} showed no host key"))
    return key
