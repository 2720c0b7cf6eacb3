"""Many runs of one chapter: values, workers, engine, results, plots."""
