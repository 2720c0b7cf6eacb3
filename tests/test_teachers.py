"""Teachers of several directions: what one direction shows of them, against closed forms and other quadratures."""

import math
import pickle

import numpy as np
import pytest
from scipy.stats import norm, ortho_group

from onestep import InputError, Problem
from onestep.hermite import expand
from onestep.links import NAMES
from onestep.teachers import MultiIndex, hermite_tensor

Z = np.linspace(-4, 4, 16)  # no 0, where some jump
AXES = (((1, 0), 0.0), ((0, 1), 0.0))


def relus(x, y):
    return np.maximum(x, 0) + np.maximum(y, 0)


def wavy(x, y, w):
    return np.tanh(x + 0.5 * y) + 0.3 * np.sin(w) * y


def three_signs(x, y, w):
    return x + np.sign(x * y * w)


def test_a_polynomial_is_exact():
    """y = z_1 + z_1 z_2: E[y | z_1] = z_1, E[y z_2 | z_1] = z_1, E[y^2 | z_1] = 2 z_1^2."""
    seen = hermite_tensor({(1, 0): 1, (1, 1): 1}).marginals
    assert seen.frame == ((1.0, 0.0), (0.0, 1.0))
    for link, expected in ((seen.mean, Z), (seen.across[0], Z), (seen.square, 2 * Z**2)):
        np.testing.assert_allclose(link(Z), expected, atol=1e-12)
    assert seen.expansion.coefficients[:3] == pytest.approx((0, 1, 0), abs=1e-14)
    assert seen.expansion.second_moment == pytest.approx(2, rel=1e-14)


def test_the_first_axis_is_along_what_one_step_finds():
    teacher = hermite_tensor({(1, 0): 3, (0, 1): -4, (2, 0): 1})
    np.testing.assert_allclose(teacher.frame[0], [0.6, -0.8], atol=1e-14)
    assert teacher.expansion[1] == pytest.approx(5)
    # He_2(z_1) = He_2(.6 w_1 + .8 w_2): .36 He_2(w_1) remains of it, and .96 w_1 across
    assert teacher.expansion[2] == pytest.approx(0.36)
    sign = teacher.frame[1] @ [0.8, 0.6]
    np.testing.assert_allclose(teacher.marginals.across[0](Z), 0.96 * Z * sign, atol=1e-12)


def test_kinks_on_planes_that_no_axis_is_perpendicular_to():
    """relu(z_1) + relu(z_2): the step finds the diagonal, and both planes are oblique to it."""
    seen = MultiIndex("two", relus, 2, AXES).marginals
    s = math.sqrt(0.5)
    np.testing.assert_allclose(seen.frame[0], [s, s], atol=1e-13)
    np.testing.assert_allclose(seen.mean(Z), 2 * s * (Z * norm.cdf(Z) + norm.pdf(Z)), atol=1e-12)
    np.testing.assert_allclose(seen.across[0](Z), 0, atol=1e-12)  # by the symmetry between the two
    assert seen.expansion.second_moment == pytest.approx(1 + 1 / math.pi, rel=1e-13)
    signs = MultiIndex("parity", lambda x, y: np.sign(x * y), 2, AXES).marginals
    np.testing.assert_allclose(signs.across[0](Z), np.sign(Z) * math.sqrt(2 / math.pi), atol=1e-12)
    np.testing.assert_allclose(signs.mean(Z), 0, atol=1e-12)
    assert signs.expansion.second_moment == pytest.approx(1, rel=1e-13)


@pytest.mark.parametrize("name", ["tanh", "relu", "softplus"])
def test_of_one_direction_it_is_the_link(name):
    link = NAMES[name]
    seen = MultiIndex("one", link.function, 1, tuple(((1.0,), kink) for kink in link.kinks)).expansion
    known = expand(link)
    np.testing.assert_allclose(seen.coefficients[:8], known.coefficients[:8], atol=1e-11)
    assert seen.second_moment == pytest.approx(known.second_moment, rel=1e-11)
    assert seen.slope_second_moment == pytest.approx(known.slope_second_moment, rel=1e-8)


def test_polynomials_and_quadrature_agree():
    given = {(1, 0): 1.0, (0, 1): 0.4, (1, 2): 0.3, (2, 1): -0.2, (0, 0): 0.5}
    exact = hermite_tensor(given)
    found = MultiIndex("the same", exact.function, 2)
    np.testing.assert_allclose(found.frame, exact.frame, atol=1e-9)
    for one, other in zip(pairs(found), pairs(exact), strict=True):
        np.testing.assert_allclose(one(Z), other(Z), rtol=1e-8, atol=1e-8)


def pairs(teacher):
    return teacher.marginals.mean, *teacher.marginals.across, teacher.marginals.square


@pytest.mark.slow
@pytest.mark.parametrize(
    "teacher",
    [
        hermite_tensor({(1, 0, 0): 1, (1, 1, 0): 0.8, (0, 1, 1): 0.6, (3, 0, 0): 0.2}),
        MultiIndex("wavy", wavy, 3),
        MultiIndex("signs", three_signs, 3, tuple((tuple(row), 0.0) for row in np.eye(3))),
    ],
    ids=lambda teacher: teacher.name[:5],
)
def test_rotated_it_is_the_same_teacher(teacher):
    R = ortho_group.rvs(3, random_state=4)
    turned = teacher.rotated(R)
    np.testing.assert_allclose(turned(*Z[None] * R[:, :1]), teacher(*(R @ (Z[None] * R[:, :1]))), atol=1e-12)
    np.testing.assert_allclose(turned.frame[0], teacher.frame[0] @ R, atol=1e-9)
    np.testing.assert_allclose(turned.expansion.coefficients, teacher.expansion.coefficients, atol=1e-9)
    for mine, other in (
        (turned.marginals.mean, teacher.marginals.mean),
        (turned.marginals.square, teacher.marginals.square),
    ):
        np.testing.assert_allclose(mine(Z), other(Z), atol=1e-7)
    lengths = [sum(link(Z) ** 2 for link in t.marginals.across) for t in (turned, teacher)]
    np.testing.assert_allclose(*lengths, atol=1e-7)  # the other axes may be turned among themselves


def test_equal_polynomials_are_equal_and_cross_process_borders():
    one, other = hermite_tensor({(1, 1): 1, (1, 0): 1}), hermite_tensor(np.array([[0, 0], [1, 1.0]]))
    assert one == other and hash(one) == hash(other)
    assert Problem(teacher=one) == Problem(teacher=other) != Problem(teacher=hermite_tensor([[0, 0], [1, 2]]))
    assert one != one.rotated([[0, 1], [1, 0]]) == one.rotated(np.array([[0, 1.0], [1, 0]]))
    assert one.marginals and pickle.loads(pickle.dumps(Problem(teacher=one))) == Problem(teacher=other)
    with pytest.raises(AttributeError):
        one.directions = 3


HOSTILE = {
    "four directions": (lambda: hermite_tensor({(1, 0, 0, 0): 1}), "coefficients"),
    "none": (lambda: hermite_tensor({}), "coefficients"),
    "mixed": (lambda: hermite_tensor({(1, 0): 1, (1,): 1}), "coefficients"),
    "zero": (lambda: hermite_tensor([[0.0, 0.0]]), "coefficients"),
    "not a number": (lambda: hermite_tensor([[0.0, math.nan]]), "coefficients"),
    "negative order": (lambda: hermite_tensor({(-1, 0): 1}), "coefficients"),
    "degree": (lambda: hermite_tensor({(20, 5): 1}), "coefficients"),
    "huge": (lambda: hermite_tensor({(1, 0): 1e200}), "coefficients"),
    "count": (lambda: MultiIndex("f", relus, 4), "directions"),
    "no directions": (lambda: MultiIndex("f", relus, 0), "directions"),
    "half": (lambda: MultiIndex("f", relus, 1.5), "directions"),
    "no function": (lambda: MultiIndex("f", 3, 2), "function"),
    "no name": (lambda: MultiIndex(3, relus, 2), "name"),
    "plane": (lambda: MultiIndex("f", relus, 2, (((0, 0), 0.0),)), "kinks"),
    "plane of three": (lambda: MultiIndex("f", relus, 2, (((1, 0, 0), 0.0),)), "kinks"),
    "numbers": (lambda: MultiIndex("f", relus, 2, (0.0, 1.0)), "kinks"),
    "many": (lambda: MultiIndex("f", relus, 2, tuple(((1, 0), float(b)) for b in range(7))), "kinks"),
    "not orthonormal": (lambda: hermite_tensor([[0, 1]]).rotated([[1, 0], [0.1, 1]]), "rows"),
    "too few rows": (lambda: hermite_tensor([[0, 1]]).rotated([[1, 0]]), "rows"),
    "undeclared": (lambda: Problem(teacher=MultiIndex("f", relus, 2)), "kinks"),
    "curved": (lambda: Problem(teacher=MultiIndex("f", lambda x, y: np.sign(x * x + y * y - 1), 2)), "kinks"),
    "overflow": (lambda: Problem(teacher=MultiIndex("f", lambda x, y: np.exp(x**4), 2)), "f"),
    "growth": (lambda: Problem(teacher=MultiIndex("f", lambda x, y: np.exp(x * x / 3), 2)), "f"),
    "shape": (lambda: Problem(teacher=MultiIndex("f", lambda x, y: 1.0, 2)), "f"),
    "arity": (lambda: Problem(teacher=MultiIndex("f", lambda x: x, 2)), "f"),
    "wrong degree": (lambda: Problem(teacher=MultiIndex("f", lambda x, y: x + y**3, 2, (), 2)), "degree"),
    "squares overflow": (lambda: Problem(teacher=hermite_tensor({(1, 0): 1e60})), "teacher"),
    "few inputs": (lambda: Problem(d=2, teacher=hermite_tensor({(1, 0, 0): 1})), "d"),
    "activation": (lambda: Problem(activation=hermite_tensor({(1, 0): 1})), "activation"),
    "sigma_star": (lambda: Problem(teacher=hermite_tensor({(1, 0): 1})).sigma_star, "teacher"),
}


@pytest.mark.parametrize("call, name", HOSTILE.values(), ids=HOSTILE)
def test_refused_by_name(call, name):
    with pytest.raises(InputError) as error:
        call()
    assert error.value.name == name
