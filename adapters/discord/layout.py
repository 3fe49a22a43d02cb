"""A rendered payload as the library's own components, and the button that works after a restart.

`Press` is told by its token alone (`bot.domain.press.TOKEN`), so the library keeps no button of ours in memory, however
many cards are drawn. What is pressed is heard by our client: the library answers nothing where the button is not on the
message any more, and a card may have been drawn anew while somebody pressed.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Self, cast

import discord
from discord import ui

from adapters.discord import render
from bot.domain.press import TOKEN

Payload = Mapping[str, Any]
NOBODY = discord.AllowedMentions.none()
"""Whom a message may call. Said with each, as edits and answers do not take the client's own setting."""


class Press(ui.DynamicItem[ui.Button[ui.LayoutView]], template=TOKEN):
    """A button of ours."""

    def __init__(self, token: str, label: str, style: int) -> None:
        super().__init__(ui.Button(custom_id=token, label=label, style=discord.ButtonStyle(style)))

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],  # noqa: ARG003  # the library passes it
        item: ui.Item[Any],
        match: re.Match[str],
        /,
    ) -> Self:
        """The button that was pressed, as it stands on the message."""
        pressed = cast("ui.Button[ui.LayoutView]", item)
        return cls(match.string, pressed.label or "", pressed.style.value)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Nothing: our client hears every press itself, also of a button that is gone from its message by now."""


def layout(components: Sequence[Payload]) -> ui.LayoutView:
    """The message's components. Raises ValueError above the platform's 40."""
    view = ui.LayoutView(timeout=None)
    for component in components:
        view.add_item(_item(component))
    return view


def _item(component: Payload) -> ui.Item[Any]:
    inner = [_item(one) for one in component.get("components", ())]
    match component["type"]:
        case render.CONTAINER:
            return ui.Container(*inner, accent_colour=component.get("accent_color"))
        case render.SECTION:
            return ui.Section(*inner, accessory=_item(component["accessory"]))
        case render.ACTION_ROW:
            return ui.ActionRow(*inner)
        case render.SEPARATOR:
            return ui.Separator()
        case render.FILE:
            return ui.File(component["file"]["url"])
        case render.GALLERY:
            shown = [
                discord.MediaGalleryItem(one["media"]["url"], description=one["description"])
                for one in component["items"]
            ]
            return ui.MediaGallery(*shown)
        case render.BUTTON:
            return Press(component["custom_id"], component["label"], component["style"])
        case _:
            return ui.TextDisplay(component["content"])
