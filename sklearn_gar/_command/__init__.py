"""The shell command ``python -m sklearn_gar``.

It uses the public names of the package only.  A file becomes scores in this order:

- ``arguments``: what the user asks for;
- ``files`` and ``csv_files``: the file as a data frame;
- ``columns``, with ``text_dates`` and ``text_numbers``: each column as numbers or categories;
- ``dataset``: features and target;
- ``preprocessing``: encoders for models that do not take such columns as they are;
- ``comparison``: the models, cross-validated on the same folds;
- ``report``, ``verdict`` and ``plot``: the table, the sentence below it, and the figures;
- ``html_report``, of ``markup``: all of these on one page.

``program`` runs these steps, and ``outputs`` checks and writes the files that are asked for.
``messages`` holds what is said to the user, on the ``streams`` that may be closed or full.
"""
