"""What all tests share: how property tests draw their examples."""

import os

from hypothesis import Phase, settings

# No deadline: a time limit per example says how busy the machine was. Fixed examples in CI, so that a red run can be
# repeated; new ones everywhere else, so that the properties go on being tried.
settings.register_profile("onestep", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("onestep")
# For `make mutants`, where it matters that an example fails, not which is the smallest that does.
settings.register_profile("unshrunk", deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
