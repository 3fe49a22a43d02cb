"""Is the canary worse than the baseline? Counts in, a judgement out; pure, and exact about what it does not know.

Design notes. The two sides are compared within each poll, over the very same time: whatever troubles both alike
(a busy hour, an outage of a third party, a change of the share) cancels out. Every poll is a bet against the
sentence "the canary is not worse"; the wealth won so far is the evidence, and Ville's inequality says that a canary
that is not worse lets it grow a hundredfold in one rollout of a hundred at most, however often somebody looks, over
all steps and all metrics. So looking at every poll costs nothing, and there is no number of looks to fix first.

    counts      what one poll counted
    histogram   latencies, in buckets a tenth apart
    series      readings of a source -> polls: resets, gaps, late and sampled counts
    split       errors: given that one happened, which side had it?
    latency     ranks and tails within one poll
    dispersion  errors that come in bursts say less than their number
    mixture     bets and beginnings put together: the wealth
    tolerance   what is harm, what is good enough, how sure one has to be
    tracks      one poll -> its bets, kept as a row of numbers
    evidence    rows -> wealth of each metric of each source, for harm and for good
    compare     rows -> rates, ratio and its interval: what a sentence needs
    forecast    how many minutes more
    trouble     both sides failing together
    judge       all of it -> a `Judgement`
"""
