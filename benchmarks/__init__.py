"""Measurements of sklearn_gar, which use its public names only.

The files of this folder are the common floor: options, data, result files, environment, memory,
text, and the models that several experiments share.  Each subfolder is a room, one kind of
experiment:

- `speed`: how long two ways of doing the same work take, and where the time of a step goes;
- `search`: what halving costs a search;
- `peers`: GARRegressor beside other regressors, and beside itself with one parameter changed;
- `paper`: the tables and figures of the paper.

Rooms import from the floor and never from each other; the floor imports no room.  `__main__`
collects the commands of the rooms.  `results` holds the committed results.
"""
