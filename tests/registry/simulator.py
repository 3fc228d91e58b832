"""A registry in this process: enough of the OCI distribution-spec v1.1 to work with, and every fault a test asks for.

The real one, Debian's docker-registry, stands in `conftest.py`; this one does what that cannot be made to do.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

_INDEX = "application/vnd.oci.image.index.v1+json"


@dataclass
class Simulator:
    """What the registry holds, how it behaves, and what it was asked."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # digest or tag → media type, bytes
    referrers_api: bool = False
    user: tuple[str, str] | None = None  # who may come in
    bearer: bool = False  # by a token, which the user's password buys
    break_at: list[int] = field(default_factory=list)  # of each next blob download: the byte after which it breaks
    announce: bool = True  # the length of a blob
    ranges: bool = True
    serve_wrong: bytes | None = None  # instead of any blob
    redirect_to: str = ""  # another host, for blobs
    chunk_length: int = 0  # OCI-Chunk-Min-Length
    fail_next: list[int] = field(default_factory=list)  # status of the next answers
    page_length: int = 0
    lose_listings: int = 0  # how many writes of a fallback index another writer undoes
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)
    token: str = "good"
    silent: str = ""  # a header that HEAD of a manifest leaves out
    address: str = ""

    def asked(self, method: str, part: str = "") -> list[dict[str, str]]:
        """Give the headers of the requests of one method whose path has `part` in it."""
        return [headers for verb, path, headers in self.requests if verb == method and part in path]


@contextmanager
def serve(simulator: Simulator, certificate: Path | None = None) -> Iterator[Simulator]:
    """Let the registry answer on this machine's loopback, at `simulator.address`. certificate: speak TLS with it."""
    handler = type("Handler", (_Handler,), {"simulator": simulator})
    server = _Server(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    simulator.address = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02))
    thread.start()
    try:
        yield simulator
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Stay silent: a client that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    simulator: Simulator
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._serve()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the names that http.server calls

    def _serve(self) -> None:
        sim = self.simulator
        body = self._body()
        sim.requests.append((self.command, self.path, dict(self.headers)))
        path = urlsplit(self.path).path
        query = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
        if path == "/token":
            self._token(query, body)
        elif sim.fail_next and path != "/v2/":
            self._answer(sim.fail_next.pop(0), b"", {"Retry-After": "0"})
        elif not self._may_enter():
            challenge = 'Basic realm="simulator"'
            if sim.bearer:
                challenge = (
                    f'Bearer realm="http://{sim.address}/token",service="simulator",scope="repository:x:pull,push"'
                )
            errors = {"errors": [{"code": "UNAUTHORIZED", "message": "authentication\nrequired"}]}
            self._answer(401, json.dumps(errors).encode(), {"WWW-Authenticate": challenge})
        elif match := re.fullmatch(r"/v2/(?:(.+)/(blobs|manifests|referrers|tags)/(.+))?", path):
            handlers = {
                "blobs": self._blobs,
                "manifests": self._manifests,
                "referrers": self._referrers,
                "tags": self._tags,
            }
            handlers[match[2]](match[3], query, body) if match[2] else self._answer(200)
        else:
            self._answer(404)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            found = b""
            while length := int(self.rfile.readline(), 16):
                found += self.rfile.read(length)
                self.rfile.readline()
            self.rfile.readline()
            return found
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(self, status: int, data: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        if not {"Content-Length", "Connection"} & set(headers or {}):
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    # ── who may come in ──────────────────────────────────────────────────────────────────────────────────────────────

    def _may_enter(self) -> bool:
        sim = self.simulator
        if sim.user is None:
            return True
        return self.headers.get("Authorization") == ("Bearer good" if sim.bearer else self._basic())

    def _basic(self) -> str:
        user, password = self.simulator.user or ("", "")
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def _token(self, query: dict[str, str], body: bytes) -> None:
        form = {key: values[0] for key, values in parse_qs(body.decode()).items()}
        if self.headers.get("Authorization") == self._basic() and query.get("service") == "simulator":
            self._answer(200, json.dumps({"token": self.simulator.token}).encode())
        elif form.get("refresh_token") == "identity":
            self._answer(200, b'{"access_token": "good"}')
        else:
            self._answer(401, b'{"errors": [{"code": "DENIED"}]}')

    # ── what it holds ────────────────────────────────────────────────────────────────────────────────────────────────

    def _blobs(self, name: str, query: dict[str, str], body: bytes) -> None:
        if name.startswith("uploads/"):
            self._upload(name.removeprefix("uploads/"), query, body)
        elif name not in self.simulator.blobs:
            self._answer(404, b'{"errors": [{"code": "BLOB_UNKNOWN"}]}')
        elif self.simulator.redirect_to and self.command == "GET":
            self._answer(307, b"", {"Location": f"http://{self.simulator.redirect_to}/v2/x/blobs/{name}"})
        else:
            self._download(self.simulator.serve_wrong or self.simulator.blobs[name])

    def _download(self, data: bytes) -> None:
        sim = self.simulator
        start = 0
        if (asked := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))) and sim.ranges:
            start = int(asked[1])
        headers = {"Content-Length": str(len(data) - start)} if sim.announce else {"Connection": "close"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        cut = sim.break_at.pop(0) if sim.break_at and self.command == "GET" else len(data)
        self._answer(206 if start else 200, data[start:cut], headers)
        if cut < len(data):
            self.close_connection = True

    def _upload(self, name: str, query: dict[str, str], body: bytes) -> None:
        sim = self.simulator
        if self.command == "POST":
            if query.get("mount") in sim.blobs:
                self._answer(201)
                return
            name = f"u{len(sim.uploads)}"
            sim.uploads[name] = b""
        elif name not in sim.uploads:
            self._answer(404)
            return
        sim.uploads[name] += body
        if self.command == "DELETE":
            self._answer(204)
        elif self.command == "PUT":
            digest = "sha256:" + hashlib.sha256(sim.uploads[name]).hexdigest()
            if digest == query["digest"]:
                sim.blobs[digest] = sim.uploads.pop(name)
            self._answer(201 if digest == query["digest"] else 400, b"", {"Docker-Content-Digest": digest})
        else:
            headers = {"Location": f"/v2/x/blobs/uploads/{name}?state=1"}
            if sim.chunk_length:
                headers["OCI-Chunk-Min-Length"] = str(sim.chunk_length)
            self._answer(202, b"", headers)

    def _manifests(self, name: str, query: dict[str, str], body: bytes) -> None:
        sim = self.simulator
        if self.command == "PUT":
            digest = "sha256:" + hashlib.sha256(body).hexdigest()
            if name.startswith("sha256-") and sim.lose_listings:
                sim.lose_listings -= 1  # as if another writer had put its own list right after this one
                self._answer(201, b"", {"Docker-Content-Digest": digest})
                return
            kept = (self.headers["Content-Type"], body)
            sim.manifests[name] = sim.manifests[digest] = kept
            headers = {"Docker-Content-Digest": digest}
            subject = json.loads(body).get("subject")
            if subject and sim.referrers_api:
                headers["OCI-Subject"] = subject["digest"]
            self._answer(201, b"", headers)
        elif name in sim.manifests:
            media_type, data = sim.manifests[name]
            digest = "sha256:" + hashlib.sha256(data).hexdigest()
            headers = {"Content-Type": media_type, "Docker-Content-Digest": digest, "Content-Length": str(len(data))}
            if self.command == "HEAD":
                headers.pop(sim.silent, None)
            self._answer(200, data, headers)
        else:
            self._answer(404, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')

    def _referrers(self, name: str, query: dict[str, str], body: bytes) -> None:
        if not self.simulator.referrers_api:
            self._answer(404)
            return
        found: list[dict[str, Any]] = []
        for key, (media_type, data) in sorted(self.simulator.manifests.items()):
            document = json.loads(data)
            if key.startswith("sha256:") and document.get("subject", {}).get("digest") == name:
                kind = document.get("artifactType") or document["config"]["mediaType"]
                about = {"mediaType": media_type, "digest": key, "size": len(data), "artifactType": kind}
                found.append({**about, "annotations": document.get("annotations", {})})
        page, headers = self._page(found, query, {"Content-Type": _INDEX})
        self._answer(200, json.dumps({"schemaVersion": 2, "mediaType": _INDEX, "manifests": page}).encode(), headers)

    def _tags(self, name: str, query: dict[str, str], body: bytes) -> None:
        names = sorted(key for key in self.simulator.manifests if not key.startswith("sha256:"))
        page, headers = self._page(names, query, {})
        self._answer(200, json.dumps({"name": "x", "tags": page}).encode(), headers)

    def _page(
        self, items: list[Any], query: dict[str, str], headers: dict[str, str]
    ) -> tuple[list[Any], dict[str, str]]:
        length = self.simulator.page_length
        start = int(query.get("last", 0))
        if not length or start + length >= len(items):
            return items[start:], headers
        path = urlsplit(self.path).path
        link = f'<{path}?last={start + length}&n={length}>; rel="next"'
        return items[start : start + length], {**headers, "Link": link}
