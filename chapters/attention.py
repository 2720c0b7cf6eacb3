# ---
# jupyter:
#   jupytext:
#     default_lexer: ipython3
#     formats: md:myst,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Words and attention
#
# **The result of this chapter.**
# Random features of a sentence hardly notice when one of its many words changes; random attention features can notice it fully, and so a fit on them can learn what one word means.
#
# ```{strip}
# :level: first year of a graduate course
# :needs: what random features are, as in [Setup](setup)
# ```

# %% tags=["parameters"]
d = 256  # length of a word vector [>= 64]
topic = 0.5  # cosine of two words of a sentence [>= 0.2, <= 0.9]
seeds = 20  # draws that are averaged [>= 4]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
import numpy as np

from onestep import Problem
from onestep.book import claims, glue, over_seeds, provenance, record
from onestep.book.figures.curves import Curve, comparison, level
from onestep.simulation.neighbours import attention as draws
from onestep.theory.neighbours import attention as law

words = np.array([8, 16, 32, 64, 128])
fine = np.unique(np.geomspace(8, 128, 25).astype(int))


def fresh(place, times=seeds):
    """Seeds that no other place of the chapter uses."""
    return range(seed + 1000 * place, seed + 1000 * place + times)


def changes(place, M, d, topic, times=seeds, **how):
    """(draws, 2): sensitivity and transfer of attention when one of M words changes."""
    pairs = [draws.attention_change(M, d, topic, s, **how) for s in fresh(place, times)]
    return np.array([(draws.sensitivity(*p), draws.transfer(*p)) for p in pairs])


# %% tags=["hide-input"]
def features(place, M):
    """(draws, 2): sensitivity to a typical change, and to the largest that is found."""
    found = [draws.feature_change("relu", M, 32, 32 * M, s) for s in fresh(place, 10)]
    return np.array([(one.sensitivity, one.largest) for one in found])


plain = {M: features(k, int(M)) for k, M in enumerate(words)}
built = {M: changes(5 + k, int(M), d, topic) for k, M in enumerate(words)}
by_features = over_seeds(np.transpose([plain[M][:, 0] for M in words]))
by_attention = over_seeds(np.transpose([built[M][:, 0] for M in words]))
line = [law.feature_change("relu", int(M))[0] for M in fine]
curve = [law.attention_change(int(M), d, topic)[0] for M in fine]
largest, bound = over_seeds(plain[32][:, 1]), law.feature_bound("relu", 32, 32, 1024)

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-attention-words", "caption": "How much the features of a sentence move, relative to their size, when one word changes. Lines are theory, points are simulated."}, "image": {"alt": "Random features fall along a straight line of slope minus one half. Random attention features stay above one and rise slightly."}}
comparison(
    [
        Curve("random features", (fine, line), (words, by_features)),
        Curve("random attention", (fine, curve), (words, by_attention)),
    ],
    xlabel="words in the sentence",
    ylabel="sensitivity",
    xscale="log",
    yscale="log",
    xticks=words,
)

# %% [markdown]
# ## One word can change everything
#
# "The food was good" and "the food was not good" differ in one word, and mean opposite things.
# A model that is to tell them apart must notice one word among many.
# {cite:t}`BombariMondelli2024` ask whether *random* models do: networks whose first layer is not trained, as $F_0$ in this book.
#
# A sentence is $M$ words $x_1, \dots, x_M$, vectors of length $\sqrt d$, the rows of a matrix $X$.
# We compare two random maps:
#
# ```{math}
# :label: eq-attention-maps
# F = \sigma(V\,\mathbf x), \qquad\qquad
# F = \operatorname{softmax}\!\Big(\frac{X W X^\top}{\sqrt d}\Big)\, X .
# ```
#
# The first is the random feature map: $\mathbf x$ is the whole sentence as one column of $Md$ numbers, and $V$ has independent entries of variance $1/(Md)$.
# The second is one head of *attention*: row $j$ of $F$ is an average of all words, with weights that depend on how well word $j$ and word $k$ fit under a random $W$ with entries of variance $1/d$.
# The softmax works on rows: $\pi_{jk} = e^{S_{jk}}/\sum_l e^{S_{jl}}$ with the scores $S_{jk} = x_j^\top W x_k/\sqrt d$, which are of order one.
#
# Change one word by a vector $u$ no longer than the word itself.
# Two numbers say what the features $F$ before and $F'$ after make of it:
#
# ```{math}
# :label: eq-attention-numbers
# \mathcal S = \frac{\lVert F' - F\rVert}{\lVert F\rVert}, \qquad\qquad
# \mathcal T = \frac{\langle F', F\rangle}{\lVert F\rVert^2} .
# ```
#
# The *sensitivity* $\mathcal S$ is the relative change.
# The *transfer* $\mathcal T$ will tell how much of what is learned about the first sentence is repeated at the second.
#
# ## By hand
#
# *Random features, with $\sigma(z) = z$.*
# Then $F' - F = Vu$, and a random matrix keeps lengths: $\mathcal S = \lVert u\rVert/\lVert\mathbf x\rVert = \sqrt d/\sqrt{Md} = 1/\sqrt M$.
# The word is one of $M$, and no $u$ can do much better.
#
# *Attention.*
# Let $u = \sqrt d\; W^\top x_j/\lVert W^\top x_j\rVert$.
# The score of the new word in row $j$ grows by $x_j^\top Wu/\sqrt d = \lVert W^\top x_j\rVert \approx \sqrt d$.
# The others have scores of order one, so $e^{\sqrt d}$ competes with $M$ terms of order one, and row $j$ looks at the new word only.
# One $u$ can do this for all rows if the words have something in common.
#
# ## Statement
#
# Let the words share a topic: two of them have the cosine $\varpi$.
# That is, $x_j = \sqrt d\,(\sqrt\varpi\, h + \sqrt{1-\varpi}\; e_j)$ with a common unit vector $h$, and random unit vectors $e_j$ orthogonal to it.
# The change goes along the sum of what turns the single rows,
#
# ```{math}
# :label: eq-attention-change
# u = \sqrt d\;\frac{U}{\lVert U\rVert}, \qquad U = \sum_j W^\top x_j .
# ```
#
# ````{prf:result} Sensitivity to one word, in the form derived here
# :label: res-attention
#
# *Random features*, for a change orthogonal to its word: with independent standard Gaussians $Z$ and $g$,
#
# ```{math}
# :label: eq-attention-features
# \mathcal S^2 = \frac{\mathbb E\,\big(\sigma(Z + g/\sqrt M) - \sigma(Z)\big)^2}{\mathbb E\,\sigma(Z)^2}
# \;\simeq\; \frac1M\,\frac{\mathbb E\,\sigma'(Z)^2}{\mathbb E\,\sigma(Z)^2} .
# ```
#
# *Random attention*, for the change {eq}`eq-attention-change`: with $\mathcal P = \mathbb E\sum_k\pi_{jk}^2$ and $w$ the weight that a row gives to the new word,
#
# ```{math}
# :label: eq-attention-softmax
# \mathcal S^2 \simeq \mathbb E\,w^2\;\frac{2 - \varpi + (1-\varpi)\big(\mathcal P - \tfrac2M\big)}{\varpi + (1-\varpi)\,\mathcal P}
# \;\longrightarrow\; \frac{2 - \varpi}{\varpi}
# ```
#
# as $d$, then $M$ grow; $w \to 1$ where $\sqrt{\varpi d}$ is far above $\log M$.
# ````

# %%
# equations 4 and 5 for 32 words
fallen, _ = law.feature_change("relu", 32)
kept, _ = law.attention_change(32, d, topic)
limit, _ = law.attention_limit(topic)

# %% [markdown]
# The limit is easy to see.
# When every row looks at the new word only, each row of $F'$ is $x_1 + u$, of squared length $2d$.
# Each row of $F$ was an average of many words, of squared length $\varpi d$, and their product is $\varpi d$: so $\mathcal S^2 = (2 + \varpi - 2\varpi)/\varpi$.
#
# ````{dropdown} Where the formulas come from
# *Features.*
# A unit sees $Z = v^\top\mathbf x \sim \mathcal N(0,1)$ before and $Z + v^\top u$ after, and $v^\top u \sim \mathcal N(0, 1/M)$ is independent of $Z$.
#
# *Attention.*
# Within row $j$ the scores have a common part, which the softmax does not see, and independent parts of variance $r = 1-\varpi$.
# So $\mathcal P$ is that of a softmax of $M$ Gaussians $\mathcal N(0, r)$, about $e^{r}/M$; the library integrates it exactly.
# A row has the squared length $d\,(\varpi + r\mathcal P)$, up to a term $r^2$ from the chance overlaps of words.
# The average word has the squared length $d\,c^2$ with $c^2 = \varpi + r/M$, so that the score of the new word grows by $c\sqrt d$ on average, with fluctuations of order one.
# The weight of the new word is $w = 1/(1 + (M-1)e^{r/2 - \xi})$ with $\xi$ Gaussian.
# The change knows $W$, and so $u$ has a small product with every row, $c\,r(1-\mathcal P)\sqrt d$; the library keeps it.
# This is a derivation and not a proof.
# ````
#
# ## Experiment

# %% tags=["remove-input"]
for M in (32, 128):
    claims.check(
        f"Sensitivity of random features, {M} words",
        measured=over_seeds(plain[M][:, 0]),
        predicted=law.feature_change("relu", M)[0],
        source="this page, equation 4",
        control=("twice as many words", law.feature_change("relu", 2 * M)[0]),
    )
claims.check(
    "The largest sensitivity of random features that ascent finds, 32 words",
    measured=largest,
    predicted=bound,
    kind="at most",
    source="this page: the largest slope times the norm of a Gaussian matrix",
    control=("attention", float(built[32][:, 0].mean())),
)
for M in (8, 32, 128):
    claims.check(
        f"Sensitivity of random attention, {M} words",
        measured=over_seeds(built[M][:, 0]),
        predicted=law.attention_change(M, d, topic)[0],
        allowed=0.005,
        source="this page, equation 5",
        control=("falling from 4 words on", curve[0] * 2 / np.sqrt(M)),
    )

# %% [markdown]
# For random features no choice of $u$ helps.
# The features cannot move by more than the largest slope of $\sigma$ times $\lVert V_1\rVert\,\lVert u\rVert$, where $V_1$ is the part of $V$ that meets the word: with $p$ features, $\mathcal S \le \operatorname{Lip}(\sigma)\,(1 + \sqrt{d/p})/\sqrt{M\,\mathbb E\,\sigma^2}$.
# For ReLU and 32 words a typical change gives {glue:text}`typical:.3f`, ascent on $u$ finds {glue:text}`largest:.3f`, and the bound is {glue:text}`bound:.3f`.
#
# ## Where it breaks
#
# Two controls show what the effect needs.
#
# *The softmax.*
# Replace $e^S$ by $\max(S, 0)$, and divide by the sum of the row.
# The new word gets a score of order $\sqrt d$ among $M$ scores of order one, and its weight is about $\sqrt{\varpi d}$ over that plus $0.4\,M$.
# It falls when the sentence is long.
#
# *The right word.*
# A random $u$ changes scores by order one, and no row takes more notice of the new word than of any other.
# For long sentences the sensitivity is then even smaller than that of random features.
# High sensitivity means that *some* change is noticed, not that every change is.

# %% tags=["hide-input"]
relu, chance = (
    [changes(k + j, int(M), d, topic, **how)[:, 0] for j, M in enumerate(words)]
    for k, how in ((25, {"scores": "relu"}), (30, {"change": "random"}))
)
loose = changes(35, 16, 4 * d, 0.0)[:, 0]

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-attention-controls", "caption": "Random attention under the change that is built for it, with ReLU in place of the exponential, and under a random change. The line is theory, points are simulated."}, "image": {"alt": "The softmax points stay level on their line. Those with ReLU scores fall slowly, those of a random word fall fast."}}
comparison(
    [
        Curve("softmax", (fine, curve), (words, by_attention)),
        Curve("ReLU scores", None, (words, over_seeds(np.transpose(relu)))),
        Curve("random word", None, (words, over_seeds(np.transpose(chance)))),
    ],
    xlabel="words in the sentence",
    ylabel="sensitivity",
    xscale="log",
    yscale="log",
    xticks=words,
)

# %% tags=["remove-input"]
claims.check(
    "ReLU scores: by how much the sensitivity falls from 8 to 128 words",
    measured=over_seeds(relu[0] - relu[-1]),
    predicted=0.0,
    kind="more than",
    source="this page",
    control=("softmax", float((built[8] - built[128])[:, 0].mean())),
)
claims.check(
    "A random word among 128: sensitivity of softmax attention",
    measured=over_seeds(chance[-1]),
    predicted=law.feature_change("relu", 128)[0],
    kind="at most",
    source="this page: below that of random features",
    control=("the built change", float(built[128][:, 0].mean())),
)

# %% [markdown]
# *A topic.*
# For independent words, $\varpi = 0$, the formula says something else.
# Rows of $F$ are then averages of orthogonal words, of squared length $d\,\mathcal P \approx d\,e/M$, and $\mathcal S \approx \sqrt{2M/e}$ grows with the sentence, as long as $d/M$ is far above $\log^2 M$.

# %% tags=["remove-input"]
claims.check(
    "Sensitivity of random attention, 16 independent words",
    measured=over_seeds(loose),
    predicted=law.attention_change(16, 4 * d, 0.0)[0],
    allowed=0.03,
    source="this page, equation 5 without a topic",
    control=("a topic of 0.5", law.attention_change(16, 4 * d, 0.5)[0]),
)

# %% [markdown]
# ## Learning what one word means
#
# Let a linear model $f = \langle\theta, F\rangle$ know $y = 1$ at the sentence, and ask it for the changed sentence, where the truth is $-1$.
# Start from some $\theta$ and change it as little as possible so that $f = y$ at the first sentence.
# Then exactly
#
# ```{math}
# :label: eq-attention-learning
# f(x') \;\longrightarrow\; f(x') + \mathcal T\,\big(y - f(x)\big) .
# ```
#
# For random features $\mathcal T \approx 1$ and $f(x') \approx f(x)$: the model answers $y$ at both sentences, and its squared error is 4.
# This holds for every change of one word, because $|\mathcal T - 1| \le \mathcal S$.
#
# For attention $\mathcal T$ can be anything.
# The change {eq}`eq-attention-change` alone has $\mathcal T \approx 1$: the new rows are long, but they keep the topic, which is all that the old rows had.
# Let the new word lean against the topic, $u = \sqrt d\,(\sqrt{1-\varsigma^2}\,U'/\lVert U'\rVert - \varsigma\,h)$, with $U'$ the part of $U$ orthogonal to $h$.
# All rows follow it as long as $\sqrt{(1-\varsigma^2)\varpi d}$ is far above $\log M$, and
#
# ```{math}
# :label: eq-attention-transfer
# \mathcal T \simeq 1 + \mathbb E\,w\,\Big(\frac{\varpi - \varsigma\sqrt\varpi + (1-\varpi)/M}{\varpi + (1-\varpi)\mathcal P} - 1\Big)
# \;\longrightarrow\; 1 - \frac{\varsigma}{\sqrt\varpi} .
# ```
#
# For $\varpi \le \frac14$ it reaches $-1$ at $\varsigma = 2\sqrt\varpi$: what is learned at the first sentence is learned with the opposite sign at the second.

# %%
# equation 7 for 16 words with the cosine 0.2
leans = np.linspace(0, 0.9, 10)
transfer = [law.attention_change(16, 2 * d, 0.2, lean)[1] for lean in leans]

# %% tags=["hide-input"]
tried = (0.0, 0.3, 0.6)
given = (16, 2 * d, 0.2, 3 * seeds)
leaning = [changes(40 + k, *given, lean=s)[:, 1] for k, s in enumerate(tried)]
leaned, relu_leaned = transfer[6], changes(44, *given, lean=0.6, scores="relu")[:, 1]

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-attention-transfer", "caption": "Transfer to the changed sentence, against how much the new word leans against the topic. Lines are theory, points are simulated; 16 words."}, "image": {"alt": "Attention falls from about one to below zero as the lean grows, and turns back for large leans. Random features stay at one."}}
comparison(
    [
        Curve(
            "random attention",
            (leans, transfer),
            (tried, over_seeds(np.transpose(leaning))),
        ),
        Curve("random features", level(leans, law.feature_change("relu", 16)[1])),
    ],
    xlabel=r"lean $\varsigma$ of the new word",
    ylabel=r"transfer $\mathcal{T}$",
)

# %% tags=["remove-input"]
claims.check(
    "Transfer at the lean 0.6, 16 words",
    measured=over_seeds(leaning[2]),
    predicted=leaned,
    source="this page, equation 7 with the changed word's own row",
    control=("as if its own row followed, too", 1 + (leaned - 1) * 16 / 15),
)
claims.check(
    "Transfer at the lean 0.6, 16 words, ReLU scores less softmax",
    measured=over_seeds(relu_leaned - leaning[2]),
    predicted=0.0,
    kind="more than",
    source="this page",
    control=("a softmax draw less the next", float(np.diff(leaning[2]).mean())),
)


# %% [markdown]
# One row does not follow: that of the changed word itself.
# Its score for itself contains $u^\top Wu/\sqrt d$, which is negative when the change leans against what $W$ makes of the topic.
# For short sentences this shows: with 16 words one row in 16 keeps its old place, and the simulation tells the two formulas apart.
#
# Finally the whole experiment: train on 40 other sentences with random labels, then learn one more, and ask for the changed one.

# %% tags=["hide-input"]
def learn(s, rows, before, after):
    """Squared error at the changed sentence, transfer, how far equation 6 is off."""
    labels = np.random.default_rng(s).choice([-1.0, 1.0], len(rows))
    model = draws.learn(rows, labels, before, 1.0, after)
    move = draws.transfer(before, after)
    formula = model.changed + move * (1.0 - model.first)
    return (model.tuned + 1) ** 2, move, abs(model.tuned - formula)


drawn = (
    [draws.attended_sentences(32, 1024, 0.2, 0.8, 40, s) for s in fresh(50, 10)],
    [draws.plain_sentences("relu", 32, 32, 2048, 40, s) for s in fresh(51, 10)],
)
attending, plainly = (
    np.array([learn(k, *given) for k, given in enumerate(each)]) for each in drawn
)

# %% tags=["remove-input"]
claims.check(
    "The output at the changed sentence after the fit, less equation 6",
    measured=float(max(attending[:, 2].max(), plainly[:, 2].max())),
    predicted=0.0,
    tolerance=1e-9,
    source="this page, equation 6",
    control=("without transfer", float(attending[:, 1].max() ** 2)),
)
claims.check(
    "Squared error at the changed sentence, random features",
    measured=over_seeds(plainly[:, 0]),
    predicted=4.0,
    source="this page, equation 6 with a transfer of 1",
    control=("attention", float(attending[:, 0].mean())),
)
claims.check(
    "Transfer at the lean 0.8, 32 words in 1024 dimensions",
    measured=over_seeds(attending[:, 1]),
    predicted=law.attention_change(32, 1024, 0.2, 0.8)[1],
    source="this page, equation 7 with the changed word's own row",
    control=("the limit of longer words", law.attention_limit(0.2, 0.8)[1]),
)

# %% [markdown]
# With a transfer of {glue:text}`transfer_0:.2f` ± {glue:text}`transfer_standard_error_0:.2f` attention has the squared error {glue:text}`error_0:.2f` ± {glue:text}`error_standard_error_0:.2f` where the truth is $-1$; the limit of the transfer is $1 - 0.8/\sqrt{0.2} \approx -0.79$, for longer words.
# Random features have the transfer {glue:text}`transfer_1:.3f` and the error {glue:text}`error_1:.2f`.

# %% tags=["remove-cell"]
both = over_seeds(np.stack([attending, plainly], axis=1))
glue(error=both[:, 0], transfer=both[:, 1])
glue(largest=largest, typical=by_features[2], bound=bound)
record(kept=kept, fallen=fallen, by_attention=by_attention, by_features=by_features)

# %% [markdown]
# ## How it is related to the one step
#
# The untrained features $F_0$ of this book are random features: they notice a change of one part in $M$ by $1/\sqrt M$.
# Softmax attention notices more by its *architecture*.
# A gradient step buys the same by *training*, but in one direction: along $\beta$.
# A change of an input along $\beta$ moves unit $j$ by $w_j^\top\beta/\lVert\beta\rVert + s_j$ after the step, with the tilt $s_j$, and by the first part before it.
# So the sensitivity in this direction grows by the factor
#
# ```{math}
# :label: eq-attention-step
# \sqrt{1 + d\,\bar s^2},
# ```
#
# and in all other directions it stays.

# %% tags=["hide-input"]
problem, tilt = Problem(n=600, d=300, N=450), 0.04
ratios = [draws.along_the_step(problem, tilt, s) for s in fresh(60)]
ratios = over_seeds(ratios)

# %% tags=["remove-input"]
claims.check(
    "Sensitivity along the step's direction, after the step over before",
    measured=ratios[0],
    predicted=float(np.sqrt(1 + problem.d * tilt**2)),
    allowed=0.016,  # what the untrained output, which the gradient subtracts, takes off
    source="this page, equation 8",
    control=("another direction", float(ratios.mean[1])),
)

# %% [markdown]
# *Theirs*: the question, both maps, the sensitivity as a supremum over changes, its order for random features and for attention, the role of the softmax, and the consequences for learning one word {cite}`BombariMondelli2024`.
# *Ours*: sentences with a topic, the change {eq}`eq-attention-change` in this form, the closed forms {eq}`eq-attention-features` to {eq}`eq-attention-transfer`, the row that does not follow, and the comparison with the step.
# *Not checked*: the wording and the assumptions of their theorems, deep random features, and their experiments with word vectors of a language model.
#
# ```{admonition} Recap
# :class: recap
# * Random features move by $1/\sqrt M$ when one of $M$ words changes, whatever the change.
# * Softmax attention has a change that turns every row: its features move by more than their own size, {eq}`eq-attention-softmax`.
# * It takes the exponential, and it takes the right word.
# * A fit on random features answers the same at both sentences; one on attention need not, {eq}`eq-attention-learning`.
# ```
#
# ## Exercises
#
# ````{exercise-start} Two sentences in one (warm-up)
# :label: ex-attention-linear
# ````
#
# Half of the words change, each by a random vector of length $\sqrt d$.
# What is the sensitivity of random features with $\sigma(z) = z$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-attention-linear
# :class: dropdown
# ````
#
# $\sqrt{Md/2}/\sqrt{Md} = 1/\sqrt2$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Transfer and sensitivity (warm-up)
# :label: ex-attention-bound
# ````
#
# Show that $|\mathcal T - 1| \le \mathcal S$.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-attention-bound
# :class: dropdown
# ````
#
# $\mathcal T - 1 = \langle F' - F, F\rangle/\lVert F\rVert^2$, and the inner product is at most $\lVert F' - F\rVert\,\lVert F\rVert$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} The slope of ReLU
# :label: ex-attention-relu
# ````
#
# What is the limit of $\sqrt M\,\mathcal S$ for ReLU features, and for $\sigma(z) = z$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-attention-relu
# :class: dropdown
# ````
#
# Both are 1: for ReLU $\mathbb E\,\sigma'^2 = \mathbb E\,\sigma^2 = \frac12$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} How long may the sentence be?
# :label: ex-attention-long
# ````
#
# For which $M$ does the new word get half of a row's weight, if $\varpi = \frac12$ and $d = 256$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-attention-long
# :class: dropdown
# ````
#
# $\sqrt{\varpi d} = \log M + (1-\varpi)/2$ gives $\log M \approx 11.1$, so $M \approx 6\cdot 10^4$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Why $-1$ needs a weak topic
# :label: ex-attention-quarter
# ````
#
# Why can $\mathcal T$ not reach $-1$ in this way if $\varpi > \frac14$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-attention-quarter
# :class: dropdown
# ````
#
# $1 - \varsigma/\sqrt\varpi = -1$ needs $\varsigma = 2\sqrt\varpi$, and $\varsigma$ is at most one: no change is longer than a word.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Attention after one step (open)
# :label: ex-attention-open
# ````
#
# Take one gradient step on $W$ for labels that depend on one word.
# Does the built change stay the one that is noticed most?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-attention-open
# :class: dropdown
# ````
#
# We do not know.
# The gradient by $W$ is a sum of products $x_j x_k^\top$, so that to leading order it has the rank of the words, and a large step should turn $W^\top x_j$ towards the words that matter.
#
# ````{solution-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
