#!/usr/bin/env python3
"""Writes cases.json: what SciPy answers for samples and counts drawn with a fixed seed. Needs numpy and scipy.

usage: python3 write_cases.py > cases.json
"""
import itertools, json, math
import numpy as np
from scipy import stats

random = np.random.default_rng(20260601)


def rounded(values, digits):
    return [float(round(v, digits)) for v in values]


def distribution(n, m):
    """How many ways there are to each value of U, in whole numbers."""
    ways = [[0] * (n * m + 1) for _ in range(m + 1)]
    ways[0][0] = 1
    for rank in range(1, n + m + 1):
        for k in range(min(rank, m), 0, -1):
            below = rank - k
            if below <= n:
                for u in range(n * m, below - 1, -1):
                    ways[k][u] += ways[k - 1][u - below]
    return ways[m]


def by_enumeration(old, new):
    """The two-sided p-value of the rank sum over all ways to deal the samples out: ties and all."""
    ranks = stats.rankdata(old + new)
    own = sum(ranks[len(old):])
    sums = [sum(c) for c in itertools.combinations(ranks, len(new))]
    below = sum(s <= own + 1e-9 for s in sums) / len(sums)
    above = sum(s >= own - 1e-9 for s in sums) / len(sums)
    return min(1.0, 2 * min(below, above))


def rank_case(name, old, new, limit, how):
    shifted = [v * limit for v in old]
    if how == "enumeration":
        p = by_enumeration(shifted, new)
    else:
        p = float(stats.mannwhitneyu(new, shifted, alternative="two-sided", method=how).pvalue)
    ratios = sorted(y / x for x in old for y in new)
    pairs = len(ratios)
    if len(old) + len(new) <= 60:
        ways = distribution(len(old), len(new))
        all_, below, cut = sum(ways), 0, None
        for u, w in enumerate(ways):
            below += w
            if below / all_ > 0.025:
                break
            cut = u
    else:
        n, m = len(old), len(new)
        cut = math.floor(n * m / 2 - stats.norm.ppf(0.975) * math.sqrt(n * m * (n + m + 1) / 12)) - 1
    interval = [ratios[cut], ratios[pairs - 1 - cut]] if cut is not None and 2 * cut < pairs else None
    return {"name": name, "old": old, "new": new, "limit": limit, "p": p, "ratio": float(np.median(ratios)), "interval": interval}


def ranks():
    out = []
    for n, m, factor, limit in [(3, 3, 1.5, 1.0), (4, 4, 2.0, 1.05), (5, 7, 1.1, 1.0), (12, 12, 1.02, 1.05), (20, 30, 1.0, 1.0), (30, 30, 1.2, 1.1), (8, 1, 1.0, 1.0)]:
        old, new = rounded(random.normal(100, 3, n), 6), rounded(random.normal(100 * factor, 3, m), 6)
        out.append(rank_case(f"exact {n} v {m}", old, new, limit, "exact"))
    for n, m, limit in [(4, 4, 1.0), (5, 5, 1.0), (6, 6, 1.0), (3, 8, 1.0)]:
        old, new = rounded(random.normal(10, 2, n), 0), rounded(random.normal(11, 2, m), 0)
        out.append(rank_case(f"ties {n} v {m}", old, new, limit, "enumeration"))
    out.append(rank_case("constant and equal", [100.0] * 5, [100.0] * 5, 1.0, "enumeration"))
    out.append(rank_case("constant and beyond", [100.0] * 5, [120.0] * 5, 1.05, "enumeration"))
    for n, m, digits, limit in [(60, 60, 6, 1.0), (60, 60, 1, 1.0), (40, 90, 0, 1.05), (500, 300, 2, 1.01), (31, 31, 0, 1.0)]:
        old, new = rounded(random.normal(100, 5, n), digits), rounded(random.normal(101, 5, m), digits)
        out.append(rank_case(f"many {n} v {m}, {digits} digits", old, new, limit, "asymptotic"))
    return out


def welches():
    out = []
    for n, m, factor, limit in [(2, 2, 1.0, 1.0), (3, 3, 1.5, 1.05), (12, 12, 1.15, 1.05), (10, 40, 1.0, 1.0), (200, 150, 1.05, 1.05)]:
        old, new = rounded(random.normal(1000, 30, n), 4), rounded(random.normal(1000 * factor, 60, m), 4)
        test = stats.ttest_ind(np.log(new), np.log(old) + math.log(limit), equal_var=False)
        plain = stats.ttest_ind(np.log(new), np.log(old), equal_var=False)
        low, high = plain.confidence_interval(0.95)
        ratio = math.exp(np.mean(np.log(new)) - np.mean(np.log(old)))
        out.append({"name": f"{n} v {m}", "old": old, "new": new, "limit": limit, "p": float(test.pvalue), "ratio": ratio, "interval": [math.exp(low), math.exp(high)]})
    return out


def rates():
    out = []
    for a, n, b, m in [(30, 9000, 3, 212), (0, 60, 0, 60), (0, 9000, 50, 9000), (30, 9000, 300, 9000), (1, 1, 0, 1), (5, 5, 5, 5), (7, 100, 1, 50), (120, 100000, 180, 100000), (0, 1, 1, 1), (3, 10, 7, 10)]:
        p = float(stats.fisher_exact([[a, n - a], [b, m - b]]).pvalue)
        one = stats.binomtest(a, n).proportion_ci(0.95, method="wilson")
        two = stats.binomtest(b, m).proportion_ci(0.95, method="wilson")
        d = b / m - a / n
        low = d - math.hypot(b / m - two.low, one.high - a / n)
        high = d + math.hypot(two.high - b / m, a / n - one.low)
        out.append({"a": a, "n": n, "b": b, "m": m, "p": p, "difference": d, "interval": [low, high]})
    return out


def bootstraps():
    """Percentile intervals of the ratio of medians: of so many rounds that what is left of chance is far below the tolerance of the test."""
    own, out = np.random.default_rng(20261130), []
    for n, m, factor in [(6, 6, 1.0), (12, 12, 1.2), (20, 30, 1.05), (60, 40, 0.9)]:
        old, new = rounded(own.normal(100, 5, n), 4), rounded(own.normal(100 * factor, 5, m), 4)
        ratio = lambda a, b, axis: np.median(b, axis=axis) / np.median(a, axis=axis)
        ci = stats.bootstrap((old, new), ratio, n_resamples=400_000, batch=20_000, method="percentile", confidence_level=0.95, random_state=7).confidence_interval
        out.append({"name": f"{n} v {m}", "old": old, "new": new, "ratio": float(np.median(new) / np.median(old)), "interval": [float(ci.low), float(ci.high)]})
    return out


def holms():
    """Holm's procedure by its definition: a hypothesis falls where its adjusted p-value, the running maximum of (m - i) p, is within the level."""
    own, out = np.random.default_rng(20261201), []
    for n in [1, 2, 3, 5, 8, 20]:
        for _ in range(5):
            p = rounded(own.beta(0.3, 3, n), 6)
            order, running, adjusted = sorted(range(n), key=lambda i: p[i]), 0.0, [0.0] * n
            for i, at in enumerate(order):
                running = max(running, min(1.0, (n - i) * p[at]))
                adjusted[at] = running
            out.append({"p": p, "level": 0.05, "rejected": [a <= 0.05 for a in adjusted]})
    return out


print(json.dumps({"ranks": ranks(), "welch": welches(), "rates": rates(), "bootstrap": bootstraps(), "holm": holms(), "scipy": __import__("scipy").__version__}, indent=1))
