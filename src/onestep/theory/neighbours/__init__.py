"""Theory for the papers around the one step: one room for each chapter of Part III, under the chapter's name.

`onestep.simulation.neighbours` has the draws, in a room of the same name. A room may use the rest of the theory;
rooms do not import each other.
"""
