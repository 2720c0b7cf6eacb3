"""Whatever comes in: a finite result or a refusal in words that names the argument, soon, and with no warning.

The values are in `nasty`; each has found something once, or stands for a kind that did.
"""

import json
import math
import random
import warnings
from dataclasses import fields, is_dataclass

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nasty import EVERYTHING, NUMBERS
from onestep import Geometry, InputError, NotConverged, Problem, theory
from onestep.book import claims, glue, markdown_table
from onestep.book.average import Average
from onestep.book.displays import plain
from onestep.book.figures.spectrum import Spectrum
from onestep.book.statistics import chance, over_seeds, share_of_chance
from onestep.checks import broadcast, integer, real, reals
from onestep.hermite import basis, expand, expand_polynomial, gaussian_rule, hermite_in_monomials, monomials_in_hermite
from onestep.links import NAMES, Link, polynomial, sine
from onestep.simulation import Ensemble, MemoryRefusal, OneStep, krylov, run, run_many, sample, spectrum
from onestep.theory.equation import Bulk
from onestep.theory.resolvent import raw_atom, raw_density, raw_edges, raw_traces

DEFAULT = Problem()
BULK = Bulk(0.5, 0.7, 1.0, 0.5)
Z = np.linspace(-2, 2, 5)


def finite(value: object) -> bool:
    """Whether no number in `value`, however it is nested, is nan or infinite."""
    if isinstance(value, dict):
        return all(map(finite, value.values()))
    if isinstance(value, list | tuple):
        return all(map(finite, value))
    if is_dataclass(value):
        return all(finite(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, float | complex | np.ndarray | np.generic):
        return bool(np.all(np.isfinite(value)))
    return True


def attacked(call, *refusals):
    """What `call` returns, None if it refused; a refusal is one line, and the numbers of a result are finite."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            result = call()
        except (InputError, *refusals) as refusal:
            assert len(str(refusal)) < 600 and "\n" not in str(refusal)
            return None
    assert finite(result)
    return result


def seen(problem: Problem) -> list:
    """All that a problem tells of itself."""
    names = ("phi", "psi", "phi_gradient", "noise_variance", "centring", "student", "target", "rows_gradient")
    values = [getattr(problem, name) for name in names]
    return [
        *values,
        problem.step(0.3),
        problem.sigma(Z),
        problem.sigma.derivative(Z),
        problem.sigma_star(Z),
        hash(problem),
    ]


@pytest.mark.filterwarnings("ignore:Warning. converting a masked element")
@pytest.mark.parametrize("name", [field.name for field in fields(Problem)])
def test_every_field_of_a_problem(name):
    for value in EVERYTHING:
        attacked(lambda value=value: seen(Problem(**{name: value})))


GROUND = {
    "integer": lambda v: integer("x", v),
    "real": lambda v: real("x", v),
    "reals": lambda v: reals("x", v),
    "refusal": lambda v: str(InputError("x", v, "y")) and None,
    "step": DEFAULT.step,
    "resized": lambda v: seen(DEFAULT.resized(v)),
    "polynomial": lambda v: polynomial(v)(Z),
    "frequency": lambda v: sine(v, 0.1)(Z),
    "phase": lambda v: sine(1.0, v).derivative(Z),
    "name": lambda v: Link(v, np.sin, np.cos).kinks,
    "kinks": lambda v: Link("x", np.sin, np.cos, v).kinks,
    "function": lambda v: seen(Problem(activation=Link("x", v, np.cos))),
    "derivative": lambda v: seen(Problem(activation=Link("x", np.sin, v))),
    "derivative from value": lambda v: seen(Problem(activation=Link("x", np.sin, np.cos, (), v))),
    "plain function": lambda v: seen(Problem(activation=Link.of(v))),
    "its kinks": lambda v: Link.of(np.sin, v).derivative(Z),
    "its name": lambda v: Link.of(np.sin, (), v).derivative(Z),
    "link": lambda v: expand(v).coefficients,
    "order": lambda v: expand(NAMES["tanh"], v),
    "coefficients": expand_polynomial,
    "polynomial order": lambda v: expand_polynomial((0.0, 1.0), v),
    "rule kinks": gaussian_rule,
    "panel": lambda v: gaussian_rule((), v),
    "z": lambda v: basis(v, 3),
    "basis order": lambda v: basis(Z, v),
    "monomials": monomials_in_hermite,
    "hermite": hermite_in_monomials,
}
THEORY = {
    "traces": lambda v: theory.traces(DEFAULT, v),
    "density": lambda v: theory.density(DEFAULT, v),
    "ridge": lambda v: theory.test_error(DEFAULT, v, 1.0),
    "eta": lambda v: theory.train_error(DEFAULT, 0.1, v),
    "geometry": lambda v: theory.test_error(DEFAULT, 0.1, 1.0, v),
    "degree": lambda v: theory.improvement(DEFAULT, 0.1, v),
    "linear": lambda v: theory.linear_errors(DEFAULT, v),
    "alpha": lambda v: [theory.regime(DEFAULT, v).degree],
    "strengths": lambda v: theory.strengths(DEFAULT, v),
    "outliers": lambda v: theory.outliers(DEFAULT, v),
    "exponents": theory.critical_exponents,
    "constant": lambda v: theory.critical_constant(DEFAULT, v),
    "raw ridge": lambda v: raw_traces(BULK, v),
    "raw x": lambda v: raw_density(BULK, v),
    "phi": lambda v: raw_edges(Bulk(v, 0.7, 1.0, 0.5)),
    "psi": lambda v: raw_traces(Bulk(0.5, v, 1.0, 0.5), 0.1),
    "linear part": lambda v: raw_edges(Bulk(0.5, 0.7, v, 0.5)),
    "nonlinear part": lambda v: raw_atom(Bulk(0.5, 0.7, 1.0, v)),
    "cosine": lambda v: Geometry.measured(1.0, v, [0.1, -0.2], 1.0),
    "readout": lambda v: Geometry.measured(1.0, 0.5, v, 1.0),
    "projection": lambda v: Geometry.measured(1.0, 0.5, [0.1, -0.2], v),
    "law": lambda v: Geometry(1.0, 0.5, readout=v),
    "lengthening": lambda v: Geometry(1.0, 0.5, lengthening=v),
}


@pytest.mark.filterwarnings("ignore:Warning. converting a masked element")
@pytest.mark.parametrize("call", [*GROUND.values(), *THEORY.values()], ids=[*GROUND, *THEORY])
def test_every_argument(call):
    for value in EVERYTHING:
        if not (call is THEORY["geometry"] and value is None):
            attacked(lambda value=value: call(value), NotConverged)


SMALL = Problem(n=12, d=6, N=10)
F, Y = np.random.default_rng(0).standard_normal((12, 10)), np.ones(12)
STEP, AVERAGE = OneStep.draw(SMALL, 0), Average(1.0, 0.1, 3)
MEASURED = run(SMALL, [0.0, 1.0], [0.1, 1.0], 0)
SIMULATION = {
    "eta": lambda v: run(SMALL, v, 0.1, 0),
    "ridge": lambda v: run(SMALL, 1.0, v, 0),
    "krylov ridge": lambda v: run(SMALL, 1.0, v, 0, solver="krylov"),
    "seed": lambda v: run(SMALL, 1.0, 0.1, v).test_error,
    "seeds": lambda v: run_many(SMALL, 1.0, 0.1, v).mean("test_error"),
    "n_test": lambda v: run(SMALL, 1.0, 0.1, 0, n_test=v),
    "top": lambda v: run(SMALL, 1.0, 0.1, 0, top=v),
    "solver": lambda v: run(SMALL, 1.0, 0.1, 0, solver=v),
    "name": lambda v: Ensemble((MEASURED, MEASURED)).mean(v),
    "baseline": lambda v: Ensemble((MEASURED, MEASURED)).gain("test_error", v),
    "rows": lambda v: sample.batch(SMALL, 0, "test", v),
    "batch": lambda v: sample.batch(SMALL, 0, v, 3),
    "F": lambda v: spectrum.squared_singular_values(v),
    "k": lambda v: spectrum.top_krylov(F, v),
    "tolerance": lambda v: spectrum.top_krylov(F, 2, v),
    "y": lambda v: krylov.path(F, v, 0.1),
    "plain": lambda v: json.dumps(plain("x", v), allow_nan=False).encode() and None,
    "averages": over_seeds,
    "axis": lambda v: over_seeds(np.ones((3, 3)), v),
    "chance": chance,
    "predicted": lambda v: share_of_chance(np.arange(6.0).reshape(3, 2) ** 2, v),
    "step problem": lambda v: OneStep.draw(v, 0),
    "step seed": lambda v: OneStep.draw(SMALL, v),
    "step n_test": lambda v: OneStep.draw(SMALL, 0, v).errors(0.1, 1.0),
    "step eta": STEP.features,
    "step inputs": lambda v: STEP.features(1.0, v),
    "step top": lambda v: STEP.outliers(1.0, v),
    "step ridge": lambda v: STEP.errors(v, 1.0),
    "step coefficients": lambda v: STEP.predict(1.0, v),
    "step matrix": lambda v: STEP.with_gradient(v),
    "mean": lambda v: Average(v, 0.1, 3),
    "standard error": lambda v: Average(1.0, v, 3),
    "draws": lambda v: Average(1.0, 0.1, v),
    "sum": lambda v: Average(1.0, 0.1, 3) + v,
    "product": lambda v: Average([1.0, 2.0], [0.1, 0.2], 3) * v,
    "quotient": lambda v: Average(1.0, 0.1, 3) / v,
    "measured": lambda v: claims.check("x", measured=v, predicted=1.0, tolerance=0.1, source="s").payload() and None,
    "tolerance of a claim": lambda v: claims.check("x", measured=AVERAGE, predicted=1.0, tolerance=v, source="s").holds,
    "allowed": lambda v: claims.check("x", measured=AVERAGE, predicted=1.0, allowed=v, source="s").holds,
    "probability": lambda v: claims.check("x", measured=AVERAGE, predicted=1.0, probability=v, source="s").holds,
    "evidence": lambda v: claims.check("x", measured=AVERAGE, predicted=1.0, evidence=v, source="s").holds,
    "glue": lambda v: glue(x=v),
    "table": lambda v: markdown_table([("a", v)], ("b", "c")) and None,
    "eigenvalues": lambda v: Spectrum.of(v, lambda x: x) and None,
    "outliers": lambda v: Spectrum.of([1.0, 2.0], lambda x: x, outliers=v) and None,
}


@pytest.mark.filterwarnings("ignore:Warning. converting a masked element")
@pytest.mark.parametrize("call", SIMULATION.values(), ids=SIMULATION)
def test_every_argument_of_a_simulation(call):
    for value in EVERYTHING:
        attacked(lambda value=value: call(value), MemoryRefusal, NotConverged)


SPECS = ["relu", "tanh", [0, 1], [0, -1, 0, 0.3], [0, 1e-30, 1], [0, 1, 1e40], [0, 1, 1e-200], [0, 1] + [0] * 22 + [1]]


@given(st.integers(0, 2**32))
@example(8392006)  # spikes over 94 decades: the weak ones drown in the rounding of the strong
def test_extreme_but_valid_problems(seed):
    """d/n and d/N over six decades, n up to 10^12, ridge and step over twenty, noise 0 and 10^6, degrees up to 24."""
    rng = random.Random(seed)
    n = max(1, int(10 ** rng.uniform(0, 12)))
    d = max(1, int(n * 10 ** rng.uniform(-3, 3)))
    spec = rng.choice([*SPECS, [rng.gauss(0, 1) for _ in range(25)]])
    problem = attacked(
        lambda: Problem(
            n=n,
            d=d,
            N=rng.choice([n, d, max(1, int(d * 10 ** rng.uniform(-3, 3)))]),
            activation=spec,
            teacher=rng.choice([spec, [1], [0, 0, 1], [1e40]]),
            noise_std=rng.choice([0.0, 0.5, 1e6]),
            readout=rng.choice(["gaussian", "constant"]),
        )
    )
    ridge = rng.choice([10 ** rng.uniform(-12, 12), np.array([1e-12, 1.0, 1e12]), *(x for x in NUMBERS if x != 0)])
    eta = rng.choice([0.0, 10 ** rng.uniform(-9, 9), 1e300])
    calls = (
        lambda: theory.traces(problem, ridge),
        lambda: theory.density(problem, 10.0 ** np.linspace(-9, 9, 7)),
        lambda: theory.edges(problem),
        lambda: theory.test_error(problem, ridge, eta),
        lambda: theory.plateau(problem, ridge, rng.randint(0, 12)),
        lambda: theory.outliers(problem, eta),
        lambda: theory.critical_step(problem),
        lambda: theory.test_error(problem, ridge, eta, theory.limit_geometry(problem)),
    )
    if problem is not None:
        attacked(rng.choice(calls), NotConverged)


@pytest.mark.parametrize("linear", [0.0, 1e-12, 1e-20, 1e-24, 1e-60])
@pytest.mark.parametrize("phi, psi", [(0.5, 0.7), (483.0, 0.00733), (1.0, 1.0), (1e3, 1e-3)])
def test_a_linear_part_of_next_to_nothing_leaves_the_edges_of_marchenko_and_pastur(phi, psi, linear):
    """Roots that rounding had made used to be taken for edges: [0, 1e40] in silence."""
    (low, high), ratio = raw_edges(Bulk(phi, psi, linear, 1.0))[0], phi / psi
    assert high == pytest.approx((1 + math.sqrt(ratio)) ** 2, rel=1e-11)
    assert low == pytest.approx((1 - math.sqrt(ratio)) ** 2, rel=1e-6, abs=1e-6)


def test_a_spectrum_whose_edges_are_lost_says_so_and_is_not_empty():
    with pytest.raises(NotConverged):
        raw_edges(Bulk(1e-9, 1e9, 0.0, 1.0))


@given(st.lists(st.integers(0, 3), max_size=3), st.lists(st.integers(0, 3), max_size=3))
def test_shapes_broadcast_or_are_refused(one, two):
    a, b = np.ones(one), np.ones(two)
    attacked(lambda: theory.test_error(DEFAULT, a, b))
    attacked(lambda: raw_traces(Bulk(a, 0.7, 1.0, 0.5), b))
    attacked(lambda: broadcast(a=a, b=b))


@pytest.mark.parametrize("solver", ["auto", "exact", "krylov"])
@pytest.mark.parametrize("sizes", [(10**9,) * 3, (2**62, 1, 1), (1, 2**62, 1), (1, 1, 2**62)])
def test_what_does_not_fit_is_refused_before_it_is_drawn(sizes, solver):
    problem = Problem(**dict(zip("ndN", sizes, strict=True)))
    with pytest.raises((MemoryRefusal, InputError)):
        run(problem, 1.0, 0.1, 0, solver=solver)
