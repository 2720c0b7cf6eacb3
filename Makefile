# make book   the whole book in _build/html       make test   lint and tests
# Both prepare .venv on their first run; all they need is Python 3.11 or later and a package index.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.installed
OPTIONS ?=
# One BLAS thread per test process: threads in every worker would only wait for one another.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

.PHONY: book strict pdf test test-fast test-long test-site test-oldest mutants setup sync format lock clean

book: $(READY)
	$(BIN)/onestep book $(OPTIONS)

strict: $(READY)  ## a claim that fails stops the build
	$(BIN)/onestep book --strict $(OPTIONS)

pdf: book  ## the pages of the book in one file, _build/one-big-step.pdf; needs Chromium
	$(BIN)/python -m onestep.build.pdf

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(ONE_THREAD) $(BIN)/pytest -n logical --dist loadfile $(OPTIONS)

test-fast: $(READY)  ## the inner loop, under a minute
	$(ONE_THREAD) $(BIN)/pytest -n logical --dist loadfile -m "not slow and not long and not browser" $(OPTIONS)

test-long: $(READY)  ## trials of minutes
	$(ONE_THREAD) $(BIN)/pytest -m long $(OPTIONS)

test-site: $(READY)  ## the built site in Chromium
	$(BIN)/pytest -m browser $(OPTIONS)

test-oldest:  ## with the oldest versions that pyproject.toml allows; needs uv (https://docs.astral.sh/uv)
	uv venv --quiet --clear --python 3.11 .venv-oldest
	uv pip install --quiet --python .venv-oldest --resolution lowest-direct -e ".[sweep,test,build]"
	$(ONE_THREAD) .venv-oldest/bin/python -m pytest $(OPTIONS)

mutants: $(READY)  ## wrong formulas, one at a time: which test finds each? OPTIONS=theory/errors for some of them
	$(BIN)/python tests/mutation/attack.py $(OPTIONS)

setup: $(READY)

# Bring each chapter's .md and .py together; the one that was edited wins. OPTIONS="setup --keep py" where both were.
sync: $(READY)
	$(BIN)/onestep sync $(OPTIONS)

format: $(READY)  ## the package, the tests, and the cells of the chapters
	$(BIN)/ruff format .
	$(BIN)/jupytext --pipe "$(BIN)/ruff format --line-length 88 -" $(or $(OPTIONS),$$(grep -l "^jupytext:" chapters/*.md))
	$(BIN)/onestep sync

# Refresh the lock from the ranges in pyproject.toml; needs uv (https://docs.astral.sh/uv).
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
		--extra sweep --extra test --extra build pyproject.toml -o requirements.txt

clean:
	rm -rf _build .jupyter_cache

# Two commands at once must not fill one .venv: the first holds this lock, the second finds the work done.
LOCKED := import fcntl, os, sys; lock = os.open("requirements.txt", os.O_RDWR); os.set_inheritable(lock, True); \
	fcntl.flock(lock, fcntl.LOCK_EX); os.execvp(sys.argv[1], sys.argv[1:])

$(READY): requirements.txt pyproject.toml
ifndef HAVE_LOCK
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c '$(LOCKED)' $(MAKE) --no-print-directory HAVE_LOCK=1 $@
else
	@# What was interrupted is begun anew: it may lack pip, or have half a package that pip takes for whole.
	test -e $@ || $(PYTHON) -m venv --clear .venv
	@rm -f $@
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
endif
