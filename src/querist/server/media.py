"""Images and sounds that items show, from one folder: never beyond it, and never as a page that could do anything."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from fastapi.responses import FileResponse, Response

from querist.core.errors import NotFound
from querist.server.guard import Here, Reader
from querist.server.routing import router

POLICY = "sandbox; default-src 'none'"
KINDS = {
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".flac": "audio/flac",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".png": "image/png",
    ".wav": "audio/wav",
    ".webp": "image/webp",
}

routes = router("/media", "media")


@routes.head("/{path:path}", include_in_schema=False)
@routes.get(
    "/{path:path}",
    operation_id="media",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "The file, or a part of it."}},
)
def media(_: Reader, path: str, here: Here) -> Response:
    """A file of the media folder. What is no image or sound is sent to be saved, not shown."""
    found = inside(here.settings.media, path)
    kind = KINDS.get(found.suffix.lower())
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "private, max-age=3600"}
    if kind is None:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name)}"
    return FileResponse(found, media_type=kind or "application/octet-stream", headers=headers)


def inside(root: Path | None, path: str) -> Path:
    """The file at a path below the folder.

    Raises
    ------
    NotFound
        If there is none, it lies beyond the folder, a link leads out of it, or a name begins with a dot.
    """
    if root is not None and not any(part.startswith(".") for part in Path(path).parts):
        try:
            home = root.resolve()
            found = (home / path.lstrip("/")).resolve()
            if found.is_relative_to(home) and found.is_file():
                return found
        except (OSError, ValueError):
            pass
    raise NotFound("media: must be a file of the media folder; there is none of this name. Check the item's field.")
