"""Documents of a terminal: written into a folder, as nobody reads a file between the lines of a talk."""

from pathlib import Path

import structlog

from bot.view.document import Document

log = structlog.get_logger("console")


def kept(folder: Path, document: Document) -> str:
    """Write it there and return its path, the shortest way from here; empty where that cannot be."""
    file = folder / Path(document.name).name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_bytes(document.content)
    except OSError as fault:
        log.warning("a file was not written", file=str(file), reason=fault.strerror)
        return ""
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)
