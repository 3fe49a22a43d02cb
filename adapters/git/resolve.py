"""From a word that a person typed to one commit: branch before tag before hash."""

import difflib
from collections.abc import Sequence

from adapters.git.mirror import Mirror
from adapters.git.refs import is_full_hash, is_hash, problem, shown
from bot.domain.values import Commit
from bot.ports.errors import Permanent

FORMAT = "--format=%H%n%an%n%s"
"""Three lines a commit; git makes one line of a subject and of a name."""


async def resolve(mirror: Mirror, ref: str) -> Commit:
    """The commit that the word names now; `Permanent`, with a sentence, where it names none or several."""
    if what := problem(ref):
        raise Permanent(f"{shown(ref)!r} {what}: give a branch, a tag or a commit's hash")
    if not (is_full_hash(ref) and await mirror.has(ref)):
        await mirror.fetch()
    named = [f"refs/heads/{ref}^{{commit}}", f"refs/tags/{ref}^{{commit}}"]
    answers = await mirror.kinds([*named, *([f"{ref.lower()}^{{commit}}"] if is_hash(ref) else [])])
    found = [line.removesuffix(" commit") for line in answers if line.endswith(" commit")]
    if found:
        return (await commits(mirror, ["--max-count=1", found[0]]))[0]
    raise Permanent(await _why_not(mirror, ref))


async def commits(mirror: Mirror, argv: Sequence[str]) -> list[Commit]:
    """What `git log` lists, in its order."""
    out = await mirror.read(["log", "--no-show-signature", FORMAT, *argv, "--"])
    lines = out.split("\n")[:-1]
    rows = zip(lines[0::3], lines[1::3], lines[2::3], strict=True)
    return [Commit(sha, subject=_plain(subject), author=_plain(author)) for sha, author, subject in rows]


def _plain(text: str) -> str:
    """Without what cannot be seen: anybody may have written it."""
    return "".join(one for one in text if one.isprintable())


async def _why_not(mirror: Mirror, ref: str) -> str:
    candidates = await _candidates(mirror, ref.lower()) if is_hash(ref) else []
    if candidates:
        listed = ", ".join(f"{one.sha[:12]} ({one.subject})" for one in candidates[:5])
        return f"{ref} is the beginning of {len(candidates)} commits: {listed}; give more digits"
    names = [line.split("/", 2)[2] for line in await _refs(mirror)]
    close = difflib.get_close_matches(ref, names, n=3)
    hint = f"did you mean {' or '.join(close)}?" if close else "give a branch, a tag or a commit's hash"
    return f"{mirror.address.url} has no branch, tag or commit {shown(ref)}: {hint}"


async def _refs(mirror: Mirror) -> list[str]:
    return (await mirror.read(["for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags"])).splitlines()


async def _candidates(mirror: Mirror, digits: str) -> list[Commit]:
    """The commits whose hashes begin so, where there are several."""
    objects = (await mirror.read(["rev-parse", f"--disambiguate={digits}"])).split()
    found = [line.split()[0] for line in await mirror.kinds(objects) if line.endswith(" commit")]
    return await commits(mirror, ["--no-walk", *found]) if found else []
