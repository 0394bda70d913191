"""The console's files, as CloudFront serves them on AWS."""

from __future__ import annotations

import json
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from local.settings import OPS_TOKEN

PREFIX = "/console/"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Page:
    status: int
    content_type: str
    body: bytes


def page(folder: Path, target: str) -> Page:
    """The file that `target` names below `folder`; a name without a suffix is a view of the
    console and gets its index."""
    name = unquote(urlsplit(target).path)[len(PREFIX) :]
    if name == "config.json":
        return Page(200, _TYPES[".json"], config())
    path = (folder / (name or "index.html")).resolve()
    if not path.is_relative_to(folder.resolve()):
        return _missing()
    if not path.suffix:
        path = folder / "index.html"
    if not path.is_file():
        return _missing()
    return Page(200, _type_of(path), path.read_bytes())


def config() -> bytes:
    """What the console is told about this stage. On AWS a deployment writes it."""
    told = {"api_base": "/", "cognito": None, "local_token_hint": OPS_TOKEN}
    return json.dumps(told).encode()


def _type_of(path: Path) -> str:
    guessed = mimetypes.guess_type(path.name)[0]
    return _TYPES.get(path.suffix) or guessed or "application/octet-stream"


def _missing() -> Page:
    return Page(404, "text/plain; charset=utf-8", b"no such file\n")
