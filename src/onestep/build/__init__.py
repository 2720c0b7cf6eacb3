"""From chapters to the site: parameters, jobs and the kernel process, cache, staging, ledger, pdf."""
