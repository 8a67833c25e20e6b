"""The vault: bytes at rest, sealed with AES-256-GCM under a data key per dossier, which the master key wraps.

Destroying a wrapped key erases its dossier: nothing sealed under it can be opened again. The purpose of a seal
(version, paper, reply) is authenticated with it, so that no sealed text can be put in the place of another.
"""

import base64
import binascii
import hmac
import os
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from isal import isal_zlib as zlib  # the same streams, in a third of the time

MASTER_KEY_VARIABLE = "LIENTHONG_MASTER_KEY"
NONCE_BYTES = 12
NAME_BYTES = 4
BLIND_INDEX_BYTES = 16


class VaultError(Exception):
    """A key is missing, wrong or destroyed, or sealed bytes were changed; the message says which."""


@dataclass(frozen=True)
class DataKey:
    """The unwrapped data key of one dossier."""

    _cipher: AESGCM = field(repr=False)

    def seal(self, content: bytes, purpose: str) -> bytes:
        """Compresses and encrypts; `unseal` needs the same `purpose` again."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, zlib.compress(content, 1), purpose.encode())

    def unseal(self, sealed: bytes, purpose: str) -> bytes:
        """Opens what `seal` made. Raises VaultError when the bytes were changed, or belong to another key or
        purpose."""
        try:
            return zlib.decompress(self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose.encode()))
        except (InvalidTag, ValueError):  # ValueError: too short to be one
            raise VaultError(f"sealed bytes ({purpose}) were changed, or belong elsewhere") from None


class Vault:
    """Makes and opens data keys under one master key of 32 bytes."""

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != 32:
            raise VaultError(f"the master key ({MASTER_KEY_VARIABLE}) has {len(master_key)} bytes instead of 32")
        self._cipher = AESGCM(master_key)
        self._name = sha256(b"lienthong master key" + master_key).digest()[:NAME_BYTES]
        self._blind_index_key = HKDF(SHA256(), 32, salt=None, info=b"lienthong traces").derive(master_key)
        search_key = HKDF(SHA256(), 32, salt=None, info=b"lienthong search").derive(master_key)
        self.search_key = DataKey(AESGCM(search_key))
        """Seals what a search shows and what was searched for: one key, since a hit is one of a million rows."""

    @classmethod
    def from_environment(cls) -> "Vault":
        text = os.environ.get(MASTER_KEY_VARIABLE, "").strip()
        if not text:
            raise VaultError(f"{MASTER_KEY_VARIABLE} is missing: make one with `lienthong new-key` and keep it safe")
        try:
            return cls(base64.b64decode(text, validate=True))
        except binascii.Error:
            raise VaultError(f"{MASTER_KEY_VARIABLE} is not base64: make one with `lienthong new-key`") from None

    def new_key(self, owner: str) -> tuple[DataKey, bytes]:
        """A new data key and its wrapped form; `open_key` needs the same `owner` (portal/dossier code) again."""
        key = AESGCM.generate_key(256)
        nonce = os.urandom(NONCE_BYTES)
        return DataKey(AESGCM(key)), self._name + nonce + self._cipher.encrypt(nonce, key, owner.encode())

    def blind_index(self, kind: str, content: str) -> bytes:
        """A keyed digest of a text: equal texts of one kind have equal digests. Without the key nobody can try texts
        out."""
        return hmac.digest(self._blind_index_key, f"{kind}\0{content}".encode(), "sha256")[:BLIND_INDEX_BYTES]

    def blind_token(self, kind: str, content: str) -> int:
        """Like `blind_index`, as a signed number of 64 bits: a million rows hold a dozen each."""
        return int.from_bytes(self.blind_index(kind, content)[:8], "big", signed=True)

    def open_key(self, wrapped: bytes | None, owner: str) -> DataKey:
        """Unwraps a data key. Raises VaultError when it was destroyed (None), was wrapped under another master key, was
        changed, or belongs to another owner."""
        if wrapped is None:
            raise VaultError("the key of this dossier was destroyed: its content is erased for good")
        if wrapped[:NAME_BYTES] != self._name:
            raise VaultError(f"wrapped under another master key: set {MASTER_KEY_VARIABLE} to the one used then")
        nonce, rest = wrapped[NAME_BYTES : NAME_BYTES + NONCE_BYTES], wrapped[NAME_BYTES + NONCE_BYTES :]
        try:
            return DataKey(AESGCM(self._cipher.decrypt(nonce, rest, owner.encode())))
        except (InvalidTag, ValueError):
            raise VaultError("a wrapped key was changed, or belongs to another dossier") from None


def new_master_key() -> str:
    """A fresh master key in base64."""
    return base64.b64encode(AESGCM.generate_key(256)).decode()
