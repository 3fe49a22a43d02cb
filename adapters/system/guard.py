"""Runs one command and sees to it that nothing of it outlives the bot.

Started by `process` as `python -I -S guard.py LIFELINE GRACE ADDED -- ARGV…`, in a session of its own. The
standard library only, and little of it (no typing, no subprocess): every command pays for this start.

Why. A kill of the bot must end wrangler, and wrangler is two processes: its first one starts a second node,
which finishes the deploy when only the first is killed. So the guard is the subreaper of everything the
command starts (Linux): whoever is left without a parent becomes the guard's child, whatever group or session
it went to. When nobody is the guard's child any more, nobody is left.

- `LIFELINE` is a socket whose other end only the bot has: it ends when the bot dies, however it dies. One
  byte through it is the guard's last word: nobody is left. A guard that was killed does not say it.
- `ADDED` is a variable that Python itself may have put into the environment (PEP 538) and that is taken out
  again.
- The lifeline ends, or TERM, INT or HUP arrives: everybody gets TERM, and KILL after `GRACE` seconds (at most
  two when the bot is dead).
- The command ends: what it left behind is ended in the same way, then the guard ends as the command did.

Elsewhere (macOS) there is no subreaper and no /proc: the command's process group is all that is ended.
"""

import os
import resource
import select
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from time import monotonic  # noqa: TID251 - a program of its own: nobody can hand it a clock

ORPHAN_GRACE = 2.0
"""Seconds between TERM and KILL when the bot is dead: a restarted one waits for this."""
_ASKED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # <linux/prctl.h>
_LINUX = sys.platform == "linux"


class Guard:
    """One command. `status` is its wait status once it has ended."""

    def __init__(self, lifeline: int, grace: float) -> None:
        self._lifeline = lifeline
        self._grace = grace
        self._wake = _wake_on_signals()
        self._poll = select.poll()
        self._poll.register(lifeline, select.POLLIN)
        self._poll.register(self._wake, select.POLLIN)
        self._child = 0
        self.status: int | None = None

    def start(self, argv: Sequence[str]) -> None:
        """Start the command; from then on the guard itself holds none of its pipes."""
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _ASKED)
        self._child = os.fork()
        if self._child == 0:
            signal.set_wakeup_fd(-1)
            _become(argv, mask)
        with suppress(OSError):
            os.setpgid(self._child, self._child)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)

    def watch(self) -> None:
        """Return when the command has ended, or has to."""
        while self._reap() and self.status is None:
            ready = dict(self._poll.poll())
            if self._lifeline in ready:
                self._grace = min(self._grace, ORPHAN_GRACE)
                return
            if self._wake in ready and set(os.read(self._wake, 512)) & set(_ASKED):
                return

    def end(self) -> None:
        """Return when nobody is left: TERM first, KILL after the grace, again and again until it is so."""
        if not self._left():
            return
        self._tell(signal.SIGTERM)
        kill_at = monotonic() + self._grace
        while self._left():
            late = monotonic() >= kill_at
            if late:
                self._tell(signal.SIGKILL)
            self._pause(0.02 if late else kill_at - monotonic())

    def _pause(self, seconds: float) -> None:
        """Until a child ends or that time is over, and never long: not every end is signalled everywhere."""
        waiting = select.poll()
        waiting.register(self._wake, select.POLLIN)
        if waiting.poll(max(0.0, min(seconds, 0.25)) * 1000):
            os.read(self._wake, 512)

    def _left(self) -> bool:
        """True while anybody is there."""
        if self._reap():
            return True
        return not _LINUX and _group_lives(self._child)

    def _reap(self) -> bool:
        """Take note of every child that ended; False when there is none left."""
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == self._child:
                    self.status = status
                if pid == 0:
                    return True
        return False

    def _tell(self, sign: signal.Signals) -> None:
        # A group whose first process was reaped may be gone and its number somebody else's.
        group = self.status is None or not _LINUX
        if group:
            with suppress(OSError):
                os.killpg(self._child, sign)
        for pid, its_group in _descendants() if _LINUX else ():
            if not (group and its_group == self._child):
                with suppress(OSError):
                    os.kill(pid, sign)


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except OSError:
        return False
    return True


def _wake_on_signals() -> int:
    """A descriptor that a byte can be read from for each signal that came."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    for sign in (*_ASKED, signal.SIGCHLD):
        signal.signal(sign, lambda *_: None)
    return reading


def _become(argv: Sequence[str], mask: Iterable[int]) -> None:
    """In the new process: a group of its own, the signals as they should be, and the command in its place."""
    os.setpgid(0, 0)
    for sign in (*_ASKED, signal.SIGQUIT, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(sign, signal.SIG_DFL)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    try:
        os.execvp(argv[0], list(argv))  # noqa: S606 - no shell is what is wanted
    except OSError as error:
        os.write(2, os.fsencode(f"{argv[0]} cannot be run: {error.strerror}\n"))
    os._exit(126)


def _prctl(option: int, value: int) -> None:
    if _LINUX:
        from ctypes import CDLL  # noqa: PLC0415 - macOS does not pay for it

        CDLL(None).prctl(option, value, 0, 0, 0)


def _descendants() -> Iterator[tuple[int, int]]:
    """(process, its group) of everybody below this process who is not dead already."""
    found = {pid: (parent, group) for pid, parent, group in _processes()}
    for pid, (_, group) in found.items():
        above = pid
        while above in found and above != os.getpid():
            above = found[above][0]
        if above == os.getpid() and pid != above:
            yield pid, group


def _processes() -> Iterator[tuple[int, int, int]]:
    for name in os.listdir("/proc"):
        if name.isdigit():
            with suppress(OSError), open(f"/proc/{name}/stat", "rb") as stat:
                state, parent, group = stat.read().rpartition(b")")[2].split()[:3]
                if state != b"Z":
                    yield int(name), int(parent), int(group)


def _end_as(status: int) -> None:
    """End as the command did, killed by the same signal where it was killed."""
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def main() -> None:
    """Guard the command that the arguments name."""
    lifeline, grace, added, _, *argv = sys.argv[1:]
    os.environ.pop(added, None)  # noqa: TID251 - its own environment is the command's
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    guard = Guard(int(lifeline), float(grace))
    os.set_inheritable(int(lifeline), False)
    guard.start(argv)
    guard.watch()
    guard.end()
    with suppress(OSError):  # the bot may be dead
        os.write(int(lifeline), b".")
    _end_as(guard.status or 0)


if __name__ == "__main__":
    main()
