"""Pictures, drawn by Pillow."""
