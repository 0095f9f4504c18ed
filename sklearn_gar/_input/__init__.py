"""From what users hand in to scaled numbers: validation, rows, encoding, scaling.

All of it is NumPy.  Tensors are made where training or prediction needs them.
"""

from sklearn_gar._input.categories import Categories
from sklearn_gar._input.encoding import Encoding
from sklearn_gar._input.parts import (
    Division,
    Part,
    check_groups,
    check_splits,
    divide,
    folds_at_random,
    k_fold_parts,
    shuffled_parts,
)
from sklearn_gar._input.rows import Rows
from sklearn_gar._input.scaling import Scaling
from sklearn_gar._input.validation import (
    check_chunk,
    check_features,
    check_rows,
    check_validation_rows,
)

__all__ = [
    "Categories",
    "Division",
    "Encoding",
    "Part",
    "Rows",
    "Scaling",
    "check_chunk",
    "check_features",
    "check_groups",
    "check_rows",
    "check_splits",
    "check_validation_rows",
    "divide",
    "folds_at_random",
    "k_fold_parts",
    "shuffled_parts",
]
