"""Random draws for the papers around the one step: one room for each chapter of Part III, under the chapter's name.

`onestep.theory.neighbours` has the formulas, in a room of the same name. A room may use the rest of the simulation;
rooms do not import each other.
"""
