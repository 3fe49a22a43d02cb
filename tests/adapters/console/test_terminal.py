"""The console in a real terminal, as a person sees it."""

from pathlib import Path

import pytest

from tests.adapters.console.person import Person, person

PROMPT = "▸"


def running(one: Person) -> list[str]:
    """A run that stays at its health step."""
    one.see("/help")
    one.type("/deploy slow")
    return one.see("waiting for health")


def prompt_at(lines: list[str]) -> int:
    """The input line is the only one that begins with the prompt and has nothing but what is being typed."""
    return max(number for number, line in enumerate(lines) if line.startswith(PROMPT))


def test_the_live_card_stands_above_the_input_line() -> None:
    with person() as one:
        lines = running(one)
        top = lines.index("▌ 1a2b3c4 Greet people by their name")
        assert lines[top - 1].startswith("▌ Deploy moltworker → canary")
        assert lines[top - 1].endswith("ana · run00001")
        assert lines[top + 1] == "▌ ● waiting for health, up to 2m (a cold start may take that long)"
        assert prompt_at(lines) > top + 1
        assert lines[prompt_at(lines) - 2] == "▌ [1] Abort"


def test_notices_scroll_above_while_a_line_is_being_typed() -> None:
    with person() as one:
        running(one)
        one.type("/say first")
        one.see("· first")
        one.type("/roll", enter=False)
        one.see(f"{PROMPT} /roll")
        one.type("\x15/say second\r/sta", enter=False)
        lines = one.wait(lambda seen: "· second" in seen and f"{PROMPT} /sta" in seen)
        assert lines.index("· second") < prompt_at(lines)
        cards = [line for line in one.scrollback() if "▌ Deploy moltworker" in line]
        assert len(cards) == 1


def test_a_card_is_redrawn_in_place_and_its_last_drawing_stays() -> None:
    with person() as one:
        running(one)
        one.type("/finish")
        one.see("Deploy moltworker → canary  [2] Roll back  [3] Promote")
        whole = one.scrollback()
        assert len([line for line in whole if "▌ Deploy moltworker → canary" in line]) == 1
        assert len([line for line in whole if "▌ ✓ live: 1a2b3c4" in line]) == 1
        assert not [line for line in whole if "waiting for health" in line]
        assert whole.index("✓ 1a2b3c4 is live in canary after 4m 29s.") < whole.index("▌ ✓ live: 1a2b3c4")
        lines = one.look()
        assert lines[prompt_at(lines) - 2] == "Deploy moltworker → canary  [2] Roll back  [3] Promote"


def test_a_number_presses_its_button_and_only_while_it_is_there() -> None:
    with person() as one:
        running(one)
        one.type("1")
        one.see("Pressed abort:run00001.")
        one.type("/finish")
        one.see("[2] Roll back")
        one.type("1")
        one.see("Pressed nothing.")
        one.type("2")
        one.see("Pressed rollback:run00001.")


def test_a_low_window_gets_the_card_in_brief() -> None:
    with person(rows=14) as one:
        lines = running(one)
        assert any("✓ checkout  ✓ gates  ✓ snapshot" in line for line in lines)
        assert lines[prompt_at(lines) - 2] == "▌ [1] Abort"
        one.resize(40, 80)
        one.wait(lambda seen: any(line.startswith("▌ ✓ checkout           1a2b3c4") for line in seen))


@pytest.mark.parametrize("columns", [60, 120])
def test_the_card_follows_the_width_of_the_window(columns: int) -> None:
    with person() as one:
        running(one)
        one.resize(30, columns)
        lines = one.wait(lambda seen: any(line.endswith("ana · run00001") and len(line) != 80 for line in seen))
        title = next(line for line in lines if line.endswith("ana · run00001"))
        assert len(title) == min(columns, 100)
        one.type("/say still here")
        one.see("· still here")


def test_tab_completes_verbs_environments_and_targets() -> None:
    with person() as one:
        one.see("/help")
        one.type("/dep\t", enter=False)
        one.see(f"{PROMPT} /deploy")
        one.type("\x15/deploy can\t", enter=False)
        one.see(f"{PROMPT} /deploy canary")
        one.type("mol\t", enter=False)
        one.see(f"{PROMPT} /deploy canarymol")
        one.type("\x15/d\t", enter=False)
        one.see("/drill")


def test_the_line_below_says_what_a_verb_takes() -> None:
    with person() as one:
        one.see("Tab completes")
        one.type("/d", enter=False)
        one.see("/deploy  /drill")
        one.type("eploy ", enter=False)
        one.see("/deploy ENV [TARGET] [REF]")


def test_lines_typed_before_come_back(tmp_path: Path) -> None:
    for _ in range(2):
        with person(args=[str(tmp_path / "history")]) as one:
            one.see("/help")
            one.type("/say remembered" if not (tmp_path / "history").exists() else "\x1b[A\x1b[A")
            one.see("· remembered")
            one.type("/quit")
            assert one.status() == 0


def test_a_demo_word_answers_and_its_trouble_is_a_sentence() -> None:
    with person() as one:
        one.see("/help")
        one.type("/break")
        one.see("· Broken: health.")
        one.type("/break badly")
        lines = one.see("/break did not work: the repository is not there")
        assert not any("Traceback" in line for line in lines)
        one.type("/help")
        one.see("/break  Break the sample Worker.")


@pytest.mark.parametrize("way", ["/quit\r", "\x04", "\x03\x03"])
def test_leaving_is_clean(way: str) -> None:
    with person() as one:
        one.see("/help")
        one.type(way, enter=False)
        assert one.status() == 0
        shown = "\n".join(one.scrollback())
        assert "Traceback" not in shown
        assert "Ctrl-D leaves" not in shown


def test_ctrl_c_cancels_the_line_first() -> None:
    with person() as one:
        one.see("/help")
        one.type("/deploy can\x03", enter=False)
        one.see("Ctrl-C again leaves")
        one.type("/say alive")
        one.see("· alive")
        one.type("\x03", enter=False)
        one.see("Ctrl-C again leaves")
        one.type("x\x7f\x03", enter=False)
        one.see("Ctrl-C again leaves")
        one.type("\x03", enter=False)
        assert one.status() == 0


def test_leaving_in_the_middle_of_a_run_is_clean_too() -> None:
    with person() as one:
        running(one)
        one.type("/quit")
        assert one.status() == 0
        assert "Traceback" not in "\n".join(one.scrollback())


def test_a_notice_cannot_steer_the_terminal() -> None:
    with person() as one:
        one.see("/help")
        one.type("\x16\x1b\x16\x1b[2J/x", enter=False)
        one.type("\x15/say before")
        one.see("· before")
        one.type("/break \x16\x1b[2J\x16\x07 \u202egnp")
        lines = one.see("Broken:")
        assert "· before" in lines
        assert "\x1b[2J\x07" not in one.raw


def test_no_color_is_obeyed() -> None:
    with person(env={"NO_COLOR": "1"}) as plain, person() as colored:
        running(plain)
        running(colored)
        assert "\x1b[0;36m" in colored.raw
        assert not any(f"\x1b[0;{code}m" in plain.raw for code in (31, 32, 33, 36, 90))


def test_a_terminal_without_the_signs_gets_ascii() -> None:
    with person(env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}) as one:
        one.see("/help")
        one.type("/deploy slow")
        lines = one.see("* waiting for health")
        assert any(line.startswith("| Deploy moltworker -> canary") for line in lines)
        assert all(line.isascii() for line in lines)
