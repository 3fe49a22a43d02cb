"""Files on their way: an address for each, to be used once, and what has arrived there."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Upload:
    """`content` is None until it has arrived; `done` once it was posted."""

    file: str
    name: str
    length: int
    alt: str
    content: bytes | None = None
    done: bool = False

    def shown(self, title: str) -> dict[str, Any]:
        """As a message shows it."""
        media = "image/png" if self.name.endswith(".png") else "application/json"
        about = {"id": self.file, "name": self.name, "title": title, "mimetype": media, "size": self.length}
        return {**about, "alt_txt": self.alt, "content": self.content}


@dataclass
class Uploads:
    """By ticket, the last part of the address."""

    begun: dict[str, Upload] = field(default_factory=dict)

    def begin(self, name: str, length: int, alt: str) -> tuple[str, Upload]:
        """A ticket and its upload."""
        number = len(self.begun) + 1
        made = Upload(f"F{number:04}", name, length, alt)
        self.begun[f"t{number}"] = made
        return f"t{number}", made

    def arrive(self, ticket: str, content: bytes) -> str:
        """Take the bytes; why not, where they are not taken."""
        upload = self.begun.get(ticket)
        if upload is None or upload.content is not None:
            return "an upload's address was used twice, or never given"
        if len(content) != upload.length:
            return f"{len(content)} bytes were uploaded of a file of {upload.length}"
        upload.content = content
        return ""

    def find(self, file: str) -> Upload | None:
        """The upload that was begun for this file."""
        return next((one for one in self.begun.values() if one.file == file), None)
