"""From chapters to the site: parameters, jobs and their processes, cache, jupyter-book, ledger, pdf."""
