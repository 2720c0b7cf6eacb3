"""What chapters and the command line need: claims, figures, provenance, the runner."""
