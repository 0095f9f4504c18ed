"""The regressors that are compared on large tables, all with their defaults."""

from benchmarks.peers.contenders import GAR, PEERS, Contender, gar_contender
from benchmarks.peers.large.tables import MIXED_TABLES
from benchmarks.peers.large.variants import VARIANTS
from benchmarks.peers.mixed_contenders import MIXED_PEERS

REFERENCE = "CatBoost"  # times and errors are divided by those of this one
NAMES = (GAR, REFERENCE, "LightGBM", "HistGradientBoosting")


def contender(name: str, dataset: str) -> Contender:
    """The contender of this name as it takes this data set: an array, or a frame."""
    if name in VARIANTS:
        return gar_contender(name, **VARIANTS[name])
    return (MIXED_PEERS if dataset in MIXED_TABLES else PEERS)[name]
