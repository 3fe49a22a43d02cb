"""The source of commits: clones, worktrees and what git says of them."""
