"""A document: a file that travels with a notice, and how much of one a platform can show by itself."""

from dataclasses import dataclass, field

IMAGES = frozenset({"image/png", "image/jpeg", "image/gif"})
"""Media types that every platform shows as a picture, where it shows pictures."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file. `name` is one that a person recognises, of letters, digits, dots and dashes only."""

    name: str
    media: str
    """Its media type, such as `application/json` or `image/png`."""
    content: bytes = field(repr=False)
    alt: str
    """One sentence for whoever does not open it, or cannot see it."""

    @property
    def image(self) -> bool:
        """Something to look at: shown inline where the platform can, else a file like any other."""
        return self.media in IMAGES
