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
# # One Big Step
#
# *How a single gradient step teaches a two-layer network non-linear features.*

# %% tags=["parameters", "remove-input"]
n = 1000  # rows of each batch [>= 200]
d = 500  # input dimension [>= 20]
N = 750  # hidden units [>= 20]
activation = "relu"  # of the network
teacher = [0.0, 1.0, 0.5]  # Hermite coefficients of the teacher
noise_std = 0.5  # standard deviation of the label noise [>= 0]
steps = 26  # frames, from alpha = 0 to 1/2 [>= 2, <= 60]
seed = 0  # of the one draw that is shown [>= 0]

# %% tags=["remove-input"]
import numpy as np

from onestep import Problem
from onestep.book import calibration, glue, provenance
from onestep.book.figures import opening
from onestep.simulation import network, sample
from onestep.simulation.spectrum import squared_singular_values
from onestep.theory import any_step

problem = Problem(
    n=n, d=d, N=N, activation=activation, teacher=teacher, noise_std=noise_std
)
data = sample.draw(problem, seed)
step = network.gradient(problem, data.W0, data.a, data.gradient).matrix
alphas = np.linspace(0, 0.5, steps)


def eigenvalues(alpha):
    """Of F F'/n after the step n**alpha, without the zeros that F has by its shape."""
    F = network.features(problem, data.ridge.X, data.W0, step, problem.step(alpha))
    return squared_singular_values(F)


spectra = {alpha: eigenvalues(alpha) for alpha in alphas}
largest = max(values[-1] for values in spectra.values())
bins = np.geomspace(0.01, 2 * largest, 61)
x = np.geomspace(0.01, 6, 70)


def frame(alpha):
    """What theory says and what the draw shows after the step n**alpha."""
    eta, values = problem.step(alpha), spectra[alpha]
    predicted = [o.position for o in any_step.outliers(problem, eta)]
    bulk, own = np.split(values, [len(values) - len(predicted)])
    height = np.histogram(bulk, bins)[0] / n / np.diff(np.log(bins))
    return opening.Frame(
        rf"$\alpha = {alpha:.2f}$:  step $\eta = {eta:.1f}$",
        height,
        x * any_step.density(problem, x, eta),
        own,
        predicted,
    )


frames = [frame(alpha) for alpha in alphas]

# %% tags=["remove-input"] mystnb={"figure": {"caption": "The result at a glance. As the step grows from $\\eta = 1$ to $\\eta = \\sqrt n$, eigenvalues of the feature matrix $FF^\\top\\!/n$ leave the bulk one after the other: the first carries a linear function of the input along the direction that the network has found, each later one a polynomial of higher degree. Grey and triangles: one simulated network. Blue: what the theory of this book predicts for it.", "name": "fig-opening"}, "image": {"classes": "onestep-film", "alt": "A spectrum on a logarithmic axis, a film of five seconds that ends with the picture of the largest step. A grey histogram with a blue line on it, the bulk, hardly moves. With growing step a blue spike leaves it to the right and runs away, and later a second one follows; an orange triangle, the simulated eigenvalue, sits at the foot of each spike."}}
opening.growing(x, bins, frames, r"eigenvalue of $FF^\top/n$")

# %% [markdown]
# Take a two-layer network with random weights and fit only its last layer.
# In high dimension it learns nothing but a *linear* function of its input, however non-linear its activation is.
# Now let the first layer take **one** gradient step, and fit the last layer again.
# What can the network learn?
#
# The answer depends on a single number, the exponent $\alpha$ in the step size $\eta = n^\alpha$, where $n$ is the number of training rows {cite}`Moniri2024`:
#
# ````{prf:theorem} One step, informally
# :label: thm-informal
#
# Let the dimension of the inputs, the number of rows and the number of hidden units grow together.
# If
#
# ```{math}
# :label: eq-staircase
# \frac{\ell - 1}{2\ell} < \alpha < \frac{\ell}{2\ell + 2},
# ```
#
# and the first $\ell$ Hermite coefficients of the activation are not zero, then the spectrum of the features after the step has exactly $\ell$ outliers.
# Their singular vectors are polynomials, of degree up to $\ell$, in one direction that the step has found in the data.
# Ridge regression on the features can use these polynomials as if they were new regressors.
# The gain over the untrained network is a staircase in $\alpha$: constant between the thresholds $0, \frac14, \frac13, \frac38, \dots$, with one more polynomial at each.
# ````
#
# A constant step ($\alpha = 0$) finds a noisy copy of the teacher's direction and still learns a linear function.
# A step with $\alpha$ just above $\frac14$ learns from the quadratic part as well, though not all of it: even degrees are learned in part.
# Towards $\alpha = \frac12$ every degree becomes visible.
# The neighbouring regimes are well studied: constant steps by {cite:t}`Ba2022`, the maximal step $\eta \sim \sqrt n$ by {cite:t}`Cui2024` and {cite:t}`Dandi2024`, spiked matrices under non-linear maps by {cite:t}`MoniriHassani2024`.
#
# ## Three ways to use this book
#
# **Read it.**
# [In ten minutes](ten_minutes) has the whole idea.
# The chapters explain every statement from the ground up and then *run* it: theory and simulation meet in one figure, and a line under it says what was predicted and what was measured.
# All numbers on a page, those in the sentences included, were computed by the run that made the page.
# The fold at the end of a page tells with which parameters, versions and seeds.
# Of {glue:text}`count:d` tests of two-sided statistical claims, at several seeds, {glue:text}`within_0:.1f`, {glue:text}`within_1:.1f` and {glue:text}`within_2:.1f` % lie within 1, 2 and 3 standard errors, where chance gives {glue:text}`chance_0:.1f`, {glue:text}`chance_1:.1f` and {glue:text}`chance_2:.1f` ([how this book is checked](checks)).
#
# **Run it.**
# Execute a chapter on your own machine, as a notebook or as a script.
#
# **Change it.**
# Run a chapter, or all of them, with *your* parameters, and get your own edition:
#
# ```bash
# onestep chapters                               # the chapters and their parameters
# onestep run setup -p activation relu -p n 2000
# onestep book -p seeds 4
# ```
#
# Under every figure you find the command that makes it again.
#
# You know linear algebra and probability at the level of a first graduate course.
# No random matrix theory and no theory of neural networks is assumed.
#
# ## A map
#
# | Page | What it shows | Minutes |
# |---|---|---|
# | [In ten minutes](ten_minutes) | the whole idea in twenty lines of NumPy and six pictures | {minutes}`ten_minutes` |
# | **Part I: One step** | | |
# | [Random matrices](random_matrices) | what noise looks like, and when a signal in it is seen | {minutes}`random_matrices` |
# | [Setup](setup) | the model; Hermite expansions; the untrained spectrum; why the gradient has rank one | {minutes}`setup` |
# | [Constant step: one spike](one_spike) | the transition at which the first eigenvalue leaves the bulk, and what it knows | {minutes}`one_spike` |
# | [Growing step: many spikes](many_spikes) | one more spike at each critical exponent, and the polynomial that it carries | {minutes}`many_spikes` |
# | [Errors](errors) | training and test error in the proportional limit; double descent; three models on one draw | {minutes}`errors` |
# | [Improvement](improvement) | the staircase: what every degree takes off the errors, and when a step is worth it | {minutes}`improvement` |
# | **Part II: Every step** | | |
# | [From lazy to maximal](lazy_to_maximal) | one theory for every step size, up to the one that is as large as the weights | {minutes}`lazy_to_maximal` |
# | [Large steps](large_steps) | what the noise of the gradient does to large steps: rows that grow, and a structure that all units share | {minutes}`large_steps` |
# | [Which step?](which_step) | a rule for the size of the step, and what it costs against the best one | {minutes}`which_step` |
# | [Many directions](many_directions) | teachers that use several directions: what one step finds of them, and what the network learns | {minutes}`many_directions` |
# | [Inputs with structure](structured_inputs) | inputs whose directions have different variances | {minutes}`structured_inputs` |
# | [Real data](real_data) | handwritten digits: what the law of inputs says of them, and what only the features tell | {minutes}`real_data` |
# | **Part III: Neighbours** | | |
# | [Spiked matrices seen through a function](spiked_functions) | why $n^{(k-1)/(2k)}$: the same exponents without a network | {minutes}`spiked_functions` |
# | [Deep features](deep_features) | what ridge regression must know of any features, and where one step goes beyond it | {minutes}`deep_features` |
# | [Signals in data](data_spikes) | a long direction in the inputs acts like a step; when it harms; shortcuts | {minutes}`data_spikes` |
# | [More steps](more_steps) | what a second step sees on the same batch; repeated samples, large batches; which rows stand out | {minutes}`more_steps` |
# | [Alignment](alignment) | when weights and gradients are alike, and why that does not show learning | {minutes}`alignment` |
# | [Words and attention](attention) | what random features and random attention notice when one word of a sentence changes | {minutes}`attention` |
# | [What can be learned at all](limits_of_learning) | what a function of the labels shows that the labels hide, and from how many rows on | {minutes}`limits_of_learning` |
# | [Narrow networks](narrow_networks) | what one step leaves on the table against a neuron trained to the end; features that stand an attack | {minutes}`narrow_networks` |
# | **Appendices** | | |
# | [Explorer](explorer) | spectrum, overlaps and errors under a slider | {minutes}`explorer` |
# | [Run it with your own numbers](rerun) | parameters, editions, sweeps on one machine or many | {minutes}`rerun` |
# | [Questions and answers](questions) | what readers of the theory ask, and where the book answers | {minutes}`questions` |
# | [Notation](notation), [Glossary](glossary) | every symbol, in mathematics and in code; the words of the field |  |
# | [How this book is checked](checks) | what a claim is, and whether chance is as large as the error bars say | {minutes}`checks` |
# | [Ledger of claims](claims) | every claim of every chapter, with its verdict |  |
#
# The chapters build on one another, but each can be run alone.
# What is the paper's is cited; what was derived for this book is marked *ours*.

# %% tags=["remove-cell"]
told = calibration.summary(calibration.scores(calibration.read("data/calibration.csv")))
glue(count=told.count, within=[100 * share for share in told.within])
glue(chance=[100 * share for share in calibration.CHANCE])

# %% [markdown]
# ## Bibliography
#
# ```{bibliography}
# :style: plain
# ```

# %% tags=["remove-input"]
provenance.stamp()
