"""What the analysis found, in one plain sentence with its numbers.

Half a sentence, lower case and without a full stop, so that it can stand in the card and behind a colon in a notice.
It says what was counted; a number of times always comes with what one can be sure of.
"""

from bot.domain.analysis.compare import Comparison, Rates, Times
from bot.domain.analysis.judge import Judgement, Lack
from bot.domain.analysis.tolerance import ERRORS, LATENCY
from bot.domain.analysis.trouble import Trouble
from bot.domain.values import Mark

MOST_SURE = 1e6
"""Nobody believes more than one in a million of a model."""


def verdict_words(judgement: Judgement) -> str:
    """The whole sentence: verdict, numbers, how sure, and what is missing."""
    said = _failed(judgement) if judgement.mark is Mark.FAIL else _not_failed(judgement)
    quiet = [name for name in judgement.silent if judgement.lack is not Lack.MEASURED_NOTHING]
    return f"{said}; no numbers lately from {', '.join(quiet)}" if quiet else said


def _failed(judgement: Judgement) -> str:
    seen = judgement.comparison
    if seen is None:
        return "the canary is worse"
    if judgement.metric == LATENCY:
        said = f"the canary is slower: {_times(seen.canary_times, seen.baseline_times)}"
    elif judgement.metric == ERRORS:
        said = f"the canary fails more: {_rates(seen.errors, 'errors')}"
    else:
        said = f"the canary counts more {judgement.metric}: {_counter(dict(seen.extra)[judgement.metric])}"
    return f"{said}. Of {_chance(judgement.evidence)} releases that do no harm, one at most ever looks this bad"


def _chance(evidence: float) -> str:
    sure = min(evidence, MOST_SURE)
    digits = 10 ** max(0, len(str(int(sure))) - 2)
    return f"{int(sure // digits * digits):,}"


def _not_failed(judgement: Judgement) -> str:
    seen = judgement.comparison
    match judgement.lack:
        case Lack.NOTHING:
            return f"the canary does as well as the baseline: {_both(seen)}"
        case Lack.MEASURED_NOTHING:
            return (
                f"nothing could be measured: no numbers lately from {', '.join(judgement.silent)}; nothing goes on so"
            )
        case Lack.SHARED_TROUBLE:
            return _trouble(judgement.trouble)
        case Lack.SUSPICION:
            return f"the canary may be worse, but that can still be chance: {_both(seen)}"
        case Lack.NO_TRAFFIC:
            return f"no request has reached the canary{f' at {seen.weight} %' if seen and seen.weight else ''} yet"
        case Lack.TIME:
            return f"good so far, but too early to go on: {_both(seen)}{_more(judgement)}"
        case Lack.EVIDENCE:
            return f"not enough traffic to tell: {_both(seen)}{_more(judgement)}"


def _more(judgement: Judgement) -> str:
    """How long it may take: `; about 14 minutes more at this rate`."""
    minutes = judgement.minutes_more
    if minutes is None:
        return "; how long it will take cannot be said yet"
    if minutes < 1.5:
        return "; about a minute more at this rate"
    if minutes < 90:
        return f"; about {round(minutes)} minutes more at this rate"
    hours = minutes / 60
    return f"; about {round(hours)} hours more at this rate" if hours < 48 else "; days more at this rate"


def _both(seen: Comparison | None) -> str:
    if seen is None:
        return "nothing was counted yet"
    said = [_rates(seen.errors, "errors")]
    if seen.canary_times.count and seen.baseline_times.count:
        said.append(_times(seen.canary_times, seen.baseline_times))
    said += [_counter(rates, f" {name}") for name, rates in seen.extra]
    return ", ".join(said)


def _rates(rates: Rates, name: str) -> str:
    """`2.4 % errors against 0.1 % (22 of 900 requests against 8 of 8,100; 95 % sure of more than 8 times the rate)`."""
    amounts = f"{rates.canary_hits:,} of {rates.canary_requests:,} requests"
    against = f"{rates.baseline_hits:,} of {rates.baseline_requests:,}"
    mine, other = _share(rates.canary), _share(rates.baseline)
    return f"{mine} {name} against {other} ({amounts} against {against}{_sure(rates)})"


def _counter(rates: Rates, name: str = "") -> str:
    """`4.9 in 100 requests against 1.1 (17 in 350 requests against 34 in 3,150; …)`: one request may raise it twice."""
    mine, other = (f"{_number(100 * (one or 0.0))}" for one in (rates.canary, rates.baseline))
    amounts = f"{rates.canary_hits:,} in {rates.canary_requests:,} requests"
    against = f"{rates.baseline_hits:,} in {rates.baseline_requests:,}"
    return f"{mine}{name} in 100 requests against {other} ({amounts} against {against}{_sure(rates)})"


def _sure(rates: Rates) -> str:
    if rates.above > 1:
        return f"; 95 % sure of more than {_number(rates.above)} times the rate"
    if rates.below is not None and rates.below < 1.05:
        return "; 95 % sure that it is no higher"
    if rates.below is not None and rates.below < 1e3:
        return f"; 95 % sure of less than {_number(rates.below)} times the rate"
    return ""


def _share(rate: float | None) -> str:
    """`0.04 %`, `2.1 %`, `38 %`; never 0 % or 100 % of what is neither."""
    if rate is None:
        return "no"
    value = rate * 100
    if 99 < value < 100:
        return "over 99 %"
    return f"{_number(value)} %"


def _number(value: float) -> str:
    if value >= 10:
        return f"{value:,.0f}"
    return f"{value:.1f}".removesuffix(".0") if value >= 1 else f"{value:.2g}"


def _times(canary: Times, baseline: Times) -> str:
    """The median, and of the two tails the one that differs more."""
    pairs = [("95 of 100 within", canary.p95, baseline.p95), ("99 of 100 within", canary.p99, baseline.p99)]
    label, mine, other = max(pairs, key=lambda pair: abs((pair[1] or 1) / (pair[2] or 1) - 1))
    return (
        f"half within {_took(canary.p50)} against {_took(baseline.p50)}, {label} {_took(mine)} against {_took(other)}"
    )


def _took(seconds: float | None) -> str:
    if seconds is None:
        return "no time"
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{_number(seconds)} s"


def _trouble(trouble: Trouble | None) -> str:
    if trouble is None:
        return "both sides are in trouble"
    before = f", {_share(trouble.before)} before" if trouble.before is not None else ""
    return (
        f"both sides fail: {_share(trouble.canary)} errors of the canary, {_share(trouble.baseline)} of the baseline"
        f"{before}. What both of them use may be in trouble, so this need not be the canary's fault; nothing goes on "
        "until it is over"
    )


def evidence_words(judgement: Judgement) -> str:
    """A few words for a row of the card: `900 canary requests, 22 errors`."""
    seen = judgement.comparison
    if seen is None:
        return "no requests yet"
    requests, errors = seen.errors.canary_requests, seen.errors.canary_hits
    return f"{_count(requests, 'canary request')}, {_count(errors, 'error')}"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
