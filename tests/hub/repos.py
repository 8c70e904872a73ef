"""The repositories a test hub serves, and what it answers about them.

It answers as the hub does (headers, error codes, status codes), with these deviations: an LFS file
is served by the hub itself rather than through a redirect to a storage host; no xet headers are
sent, so the client takes its plain HTTP path; and a repository unknown to an anonymous caller is
answered 401 with `X-Error-Code: RepoNotFound`, where the hub leaves the code out: the client
understands a bare 401 on https only.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlsplit

LFS_MIN_BYTES = 1_000_000
LFS_SUFFIXES = (".bin", ".safetensors", ".pt", ".onnx", ".h5", ".parquet", ".arrow", ".npz", ".gz")
SHORTEST_ABBREVIATION = 7
COMMIT = re.compile(r"[0-9a-f]{40}")
API = re.compile(
    r"/api/(?P<kind>model|dataset)s/(?P<repo>[^/]+(?:/(?!(?:revision|tree|refs)(?:/|$))[^/]+)?)"
    r"(?:/(?P<verb>revision|tree|refs)(?:/(?P<rev>[^/]+)(?:/(?P<file>.+))?)?)?"
)
RESOLVE = re.compile(
    r"/(?:(?P<kind>dataset)s/)?(?P<repo>[^/]+(?:/[^/]+)?)/resolve/(?P<rev>[^/]+)/(?P<file>.+)"
)
DATE = "2024-01-01T00:00:00.000Z"


class Response(NamedTuple):
    """An answer before it is sent."""

    status: int
    body: bytes
    headers: dict[str, str]


def _json(value: Any, status: int = 200, **headers: str) -> Response:
    headers["Content-Type"] = "application/json; charset=utf-8"
    return Response(status, json.dumps(value).encode(), headers)


def error(status: int, message: str, code: str | None = None, **headers: str) -> Response:
    """An error as the hub words it; `X_Some_Name="value"` adds a header."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers["X-Error-Message"] = message
    if code is not None:
        headers["X-Error-Code"] = code
    return _json({"error": message}, status, **headers)


def _sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Blob:
    """One file's content, stored either in git or, when large or binary by name, in LFS."""

    content: bytes
    lfs: bool

    @cached_property
    def sha256(self) -> str:
        """Digest of the content: what the hub calls an LFS object."""
        return hashlib.sha256(self.content).hexdigest()

    @cached_property
    def oid(self) -> str:
        """Git object id: of the content, or for an LFS file of (a stand-in for) its pointer."""
        body = self.sha256.encode() if self.lfs else self.content
        return _sha1(b"blob %d\0" % len(body) + body)

    @property
    def etag(self) -> str:
        """Entity tag as the hub sends it, without quotes."""
        return self.sha256 if self.lfs else self.oid

    def lfs_info(self, digest_key: str) -> dict[str, Any]:
        """How the API describes the LFS object: nothing for a file in git."""
        if not self.lfs:
            return {}
        size = len(self.content)
        pointer_size = 125 + len(str(size))
        return {"lfs": {digest_key: self.sha256, "size": size, "pointerSize": pointer_size}}


@dataclass
class Repo:
    """A repository: every commit's files, and the branches that name commits."""

    repo_id: str
    repo_type: str
    private: bool = False
    gated: bool = False
    commits: dict[str, dict[str, Blob]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)

    def add_commit(
        self, files: Mapping[str, bytes], commit: str | None, branches: Mapping[str, str | None]
    ) -> str:
        """Store one commit, point `branches` at theirs (None: at this one); return its name."""
        blobs = {
            path: Blob(bytes(data), path.endswith(LFS_SUFFIXES) or len(data) >= LFS_MIN_BYTES)
            for path, data in sorted(files.items())
        }
        if commit is None:
            listing = "".join(f"{path}\0{blob.sha256}\n" for path, blob in blobs.items())
            commit = _sha1(f"{self.repo_type}\0{self.repo_id}\0{listing}".encode())
        if not COMMIT.fullmatch(commit):
            raise ValueError(f"not a 40-digit lower-case commit: {commit!r}")
        self.commits[commit] = blobs
        for branch, target in branches.items():
            if target is not None and target not in self.commits:
                raise ValueError(f"branch {branch!r} names an unknown commit: {target!r}")
            self.branches[branch] = target or commit
        return commit

    def resolve(self, revision: str) -> str | None:
        """The commit that a branch, a commit or an unambiguous abbreviation of one names."""
        if revision in self.branches:
            return self.branches[revision]
        if len(revision) < SHORTEST_ABBREVIATION:
            return None
        found = [commit for commit in self.commits if commit.startswith(revision)]
        return found[0] if len(found) == 1 else None

    def info(self, commit: str, blobs: bool) -> dict[str, Any]:
        """What `/api/models/...` and `/api/datasets/...` answer; `blobs` adds sizes and digests."""
        siblings: list[dict[str, Any]] = []
        for path, blob in self.commits[commit].items():
            sibling: dict[str, Any] = {"rfilename": path}
            if blobs:
                sibling |= {"size": len(blob.content), "blobId": blob.oid}
                sibling |= blob.lfs_info("sha256")
            siblings.append(sibling)
        return {
            "_id": commit[:24],
            "id": self.repo_id,
            "modelId": self.repo_id,
            "author": self.repo_id.partition("/")[0] if "/" in self.repo_id else None,
            "sha": commit,
            "private": self.private,
            "gated": "auto" if self.gated else False,
            "disabled": False,
            "downloads": 0,
            "likes": 0,
            "tags": [],
            "createdAt": DATE,
            "lastModified": DATE,
            "siblings": siblings,
        }

    def tree(self, commit: str, folder: str, recursive: bool) -> list[dict[str, Any]]:
        """What `/api/.../tree/...` answers: what lies below `folder`, empty if it is not there."""
        prefix = f"{folder}/" if folder else ""
        entries: dict[str, dict[str, Any]] = {}
        for path, blob in self.commits[commit].items():
            if not path.startswith(prefix):
                continue
            parts = path[len(prefix) :].split("/")
            for depth in range(1, len(parts) if recursive else min(2, len(parts))):
                name = prefix + "/".join(parts[:depth])
                oid = _sha1(name.encode())
                entries[name] = {"type": "directory", "oid": oid, "size": 0, "path": name}
            if recursive or len(parts) == 1:
                size = len(blob.content)
                entries[path] = {"type": "file", "oid": blob.oid, "size": size, "path": path}
                entries[path] |= blob.lfs_info("oid")
        return list(entries.values())

    def refs(self) -> dict[str, Any]:
        """What `/api/.../refs` answers."""
        heads = [
            {"name": name, "ref": f"refs/heads/{name}", "targetCommit": commit}
            for name, commit in self.branches.items()
        ]
        return {"branches": heads, "tags": [], "converts": []}


@dataclass
class Store:
    """All repositories of a hub, by type and id; `token` opens the private and gated ones."""

    token: str
    repos: dict[tuple[str, str], Repo] = field(default_factory=dict)

    def answer(self, target: str, token: str) -> Response:
        """The answer to a request target, failures aside."""
        url = urlsplit(target)
        match = API.fullmatch(url.path) or RESOLVE.fullmatch(url.path)
        if match is None:
            return error(404, "Sorry, we can't find the page you are looking for.")
        part = {name: unquote(value) for name, value in match.groupdict(default="").items()}
        repo = self.repos.get((part["kind"] or "model", part["repo"]))
        if repo is None or (repo.private and token != self.token):
            if token:
                return error(404, "Repository not found", "RepoNotFound")
            return error(401, "Invalid username or password.", "RepoNotFound")
        if part.get("verb") == "refs":
            return _json(repo.refs())
        commit = repo.resolve(part["rev"] or "main")
        if commit is None:
            return error(404, f"Invalid rev id: {part['rev']!a}", "RevisionNotFound")
        missing = error(404, "Entry not found", "EntryNotFound", X_Repo_Commit=commit)
        query = parse_qs(url.query)
        if part.get("verb") == "tree":
            recursive = query.get("recursive", [""])[0].lower() in ("1", "true")
            entries = repo.tree(commit, part["file"], recursive)
            return missing if part["file"] and not entries else _json(entries)
        if match.re is API:
            return _json(repo.info(commit, blobs="blobs" in query))
        if repo.gated and token != self.token:
            message = f"Access to {repo.repo_type} {repo.repo_id} is restricted"
            return error(403 if token else 401, message, "GatedRepo")
        blob = repo.commits[commit].get(part["file"])
        if blob is None:
            return missing
        name = quote(part["file"].rpartition("/")[2])
        headers = {
            "ETag": f'"{blob.etag}"',
            "X-Repo-Commit": commit,
            "Accept-Ranges": "bytes",
            "Content-Type": "application/octet-stream" if blob.lfs else "text/plain",
            "Content-Disposition": f'inline; filename="{name}";',
        }
        if blob.lfs:
            headers["X-Linked-Size"] = str(len(blob.content))
            headers["X-Linked-Etag"] = f'"{blob.sha256}"'
        return Response(200, blob.content, headers)
