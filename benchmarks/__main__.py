"""python -m benchmarks          the parts against matrix products, the whole job against NumPy, torch and JAX
python -m benchmarks scale    growth with n, up to n = 20,000 in float32

Needs `pip install -e ".[bench]"` for torch and JAX; what is not installed is left out. One thread, CPU seconds.
"""

import json
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import click
import numpy as np
from threadpoolctl import threadpool_info

from benchmarks import job, usual
from onestep.simulation import memory, sample
from onestep.simulation.experiment import EXACT_BELOW

STEP = 10.0


@click.group(invoke_without_command=True)
@click.option("--n", default=4000, show_default=True, help="d = n/2, N = 3n/4.")
@click.option("--repeats", default=3, show_default=True, help="Every repeat runs all contenders in turn.")
@click.pass_context
def main(context, n, repeats):
    """The whole job in float64: parts against matrix products, and the usual ways beside it."""
    if context.invoked_subcommand is None:
        click.echo(machine())
        compare(n, repeats)


def machine() -> str:
    """What ran: processor, cores, versions, BLAS kernels."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        cpu = models[0] if models else cpu
    versions = []
    for name in ("numpy", "scipy", "torch", "jax"):
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            versions.append(f"{name} not installed")
    kernels = sorted({f"{i['internal_api']} {i['version']} {i.get('architecture')}" for i in threadpool_info()})
    versions.insert(0, f"Python {platform.python_version()}")
    return f"{cpu}, {os.cpu_count()} cores; {', '.join(versions)}; {'; '.join(kernels)}"


def contenders() -> dict:
    """Name -> job(draw, eta, ridges), this package aside."""
    jobs = {"NumPy, linalg.svd, one solve per ridge": usual.numpy_job}
    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)
        jobs["torch, autograd, linalg.eigh"] = usual.torch_job
        jobs["torch, autograd, linalg.svd"] = lambda *arguments: usual.torch_job(*arguments, svd=True)
    if find_spec("jax"):
        jobs["JAX, grad, linalg.eigh"] = usual.jax_job()
    return jobs


def compare(n: int, repeats: int) -> None:
    """Print both tables; every contender must give our numbers."""
    problem, ridges = job.problem(n), job.RIDGES
    flops = job.products(problem)
    bound_flops, draw, jobs = sum(flops.values()), sample.draw(problem, 0), contenders()
    if find_spec("jax"):
        jobs["JAX, grad, linalg.eigh"](draw, STEP, ridges)  # compile
    job.timed(job.problem(200), STEP)
    parts, rates, others = [], [], {name: [] for name in jobs}
    for repeat in range(repeats):
        rates.append(job.product_rate(problem.precision, min(n, 3000)))
        seconds, ours = job.timed(problem, STEP)
        parts.append(seconds)
        for name, run in jobs.items():
            if "svd" in name and repeat > 0:
                continue  # the slow ones once
            start = time.process_time()
            theirs = run(draw, STEP, ridges)
            others[name].append((time.process_time() - start) / seconds["total"])
            _agree(name, ours, theirs)
        rates.append(job.product_rate(problem.precision, min(n, 3000)))
    rate, ours = np.median(rates), {name: np.median([seconds[name] for seconds in parts]) for name in parts[0]}
    click.echo(
        f"\nn = {n}, d = {problem.d}, N = {problem.N}, {len(ridges)} ridge values, top {job.TOP}, float64, one thread"
    )
    click.echo(f"matrix product: {rate / 1e9:.1f} GFLOP/s; bound of the whole job: {bound_flops / 1e9:.0f} GFLOP\n")
    click.echo("| part | CPU s | of which products, s | ratio |\n|---|---|---|---|")
    for name, seconds in ours.items():
        bound = (bound_flops if name == "total" else flops.get(name, 0)) / rate
        ratio = f"{seconds / bound:.2f}" if bound else ""
        click.echo(
            f"| {name} | {seconds:.2f} | {bound:.2f} | {ratio} |" if bound else f"| {name} | {seconds:.2f} | | |"
        )
    click.echo("\n| the whole job, draw excluded | CPU s | times ours | range |\n|---|---|---|---|")
    click.echo(f"| onestep | {ours['total']:.2f} | 1.00 | |")
    for name, ratios in others.items():
        middle = np.median(ratios)
        click.echo(f"| {name} | {middle * ours['total']:.1f} | {middle:.2f} | {min(ratios):.2f} - {max(ratios):.2f} |")


def _agree(name, ours, theirs) -> None:
    train, test, freedom, values, left = theirs
    expected = (ours.train_error, ours.test_error, ours.degrees_of_freedom, ours.top_values)
    for got, mine in zip((train, test, freedom, values), expected, strict=True):
        np.testing.assert_allclose(got, mine[0], rtol=1e-7, err_msg=name)
    np.testing.assert_allclose(np.abs(left[:, 0] @ ours.top_vectors[0, :, 0]), 1, rtol=1e-7, err_msg=name)


@main.command()
@click.option("--sizes", default="1000,2000,4000,8000,14000,20000", show_default=True)
@click.option("--precision", default="float32", show_default=True)
def scale(sizes, precision):
    """Cost against n, each size in a process of its own: CPU seconds by part, peak memory, fitted exponents."""
    sizes, results = [int(size) for size in sizes.split(",")], []
    for n in sizes:
        command = [sys.executable, "-m", "benchmarks", "one", str(n), precision]
        results.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        click.echo(f"n = {n}: {results[-1]['total']:.1f} CPU s", err=True)
    click.echo(machine() + f"; {precision}, 10 ridge values, top {job.TOP}, n test rows\n")
    click.echo(growth(sizes, results))


def growth(sizes: list[int], results: list[dict]) -> str:
    """The table of `scale`: a row for each n, and the slope of log(seconds) against log(n) over what is not noise."""
    names = list(results[0])
    lines = [f"| n | {' | '.join(names)} |", "|" + "---|" * (len(names) + 1)]
    for n, result in zip(sizes, results, strict=True):
        lines.append(f"| {n} | " + " | ".join(f"{result[name]:.2f}" for name in names) + " |")
    exponents = []
    for name in names:
        points = [(n, result[name]) for n, result in zip(sizes, results, strict=True) if result[name] > 0.02]
        slope = np.polyfit(*np.log(np.array(points).T), 1)[0] if len(points) >= 3 else None
        exponents.append("" if slope is None else f"{slope:.2f}")
    return "\n".join([*lines, f"| exponent | {' | '.join(exponents)} |"])


@main.command(hidden=True)
@click.argument("n", type=int)
@click.argument("precision")
def one(n, precision):
    """One size: JSON on standard output."""
    import resource

    problem, ridges = job.problem(n, precision), np.logspace(-2, 1, 10)
    job.timed(job.problem(200, precision), STEP, ridges=ridges)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    seconds, _ = job.timed(problem, n**0.3, ridges=ridges)
    unit = 2**30 if sys.platform == "darwin" else 2**20  # ru_maxrss: bytes there, KiB elsewhere
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / unit
    solver = "exact" if min(problem.n, problem.N) <= EXACT_BELOW else "krylov"
    estimate = memory.estimate(problem, n, len(ridges), job.TOP, solver) / 2**30
    wall = time.perf_counter() - start
    click.echo(json.dumps({**seconds, "clock": wall, "peak GiB": peak, "estimate GiB": estimate}))


if __name__ == "__main__":
    main()
