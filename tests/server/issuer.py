"""A small issuer: a process of its own with keys that it signs with, and where it tells of them.

Run as a program it answers at a free port of the loopback; which, and its private keys, it prints.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

AUDIENCE = "gsctl"


@dataclass(frozen=True)
class TheIssuer:
    """An issuer that runs. `keys` are private, as PEM, by their ids; the last is published later."""

    process: subprocess.Popen[str]
    url: str
    keys: dict[str, str]

    def token(
        self, kid: str = "first", *, alg: str = "RS256", key: Any = None, **claims: Any
    ) -> str:
        """A token of his, right but for what is said; a claim that is None is left out."""
        now = time.time()
        whole = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "ada",
            "iat": now,
            "exp": now + 60,
            **claims,
        }
        body = {name: value for name, value in whole.items() if value is not None}
        return jwt.encode(body, key or self.keys[kid], alg, {"kid": kid})

    def forged(self, header: dict[str, Any], signature: bytes = b"") -> str:
        """A token with a header of somebody's own."""
        body = self.token().split(".")[1]
        return f"{_part(json.dumps(header).encode())}.{body}.{_part(signature)}"

    def public_pem(self, kid: str = "first") -> bytes:
        """What everybody may know, in the form that libraries take as a secret."""
        key = serialization.load_pem_private_key(self.keys[kid].encode(), None)
        return key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def rotate(self) -> None:
        """From now on the key `second` is among those that he publishes."""
        assert self.process.stdin
        self.process.stdin.write("rotate\n")
        self.process.stdin.flush()
        assert self.process.stdout
        assert self.process.stdout.readline() == "rotated\n"


@contextmanager
def issuing() -> Iterator[TheIssuer]:
    """Start one, and end it."""
    process = subprocess.Popen([sys.executable, __file__], text=True, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)  # fmt: skip
    assert process.stdout
    try:
        told = json.loads(process.stdout.readline())
        yield TheIssuer(process, told["url"], told["keys"])
    finally:
        process.kill()
        process.communicate()


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def main() -> None:
    keys = {kid: rsa.generate_private_key(65537, 2048) for kid in ("first", "second")}
    public = [{**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())), "kid": kid}
              for kid, key in keys.items()]  # fmt: skip
    shown = public[:1]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = f"http://127.0.0.1:{self.server.server_port}"
            answers = {
                "/.well-known/openid-configuration": {"issuer": url, "jwks_uri": f"{url}/keys"},
                "/keys": {"keys": [*shown, {"kty": "oct", "kid": "oct", "k": _part(b"x" * 32)}]},
            }
            body = json.dumps(answers.get(self.path, {})).encode()
            self.send_response(200 if self.path in answers else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    pems = {kid: key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                   serialization.NoEncryption()).decode() for kid, key in keys.items()}  # fmt: skip
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}", "keys": pems}), flush=True)
    import threading

    threading.Thread(target=server.serve_forever, daemon=True).start()
    for _ in sys.stdin:
        shown[:] = public[1:]
        print("rotated", flush=True)


if __name__ == "__main__":
    main()
