"""All measurements."""

from pathlib import Path

from benchmarks.speed import fits, latent, losses, memory, searches
from benchmarks.speed.measurement import Measurement


def catalogue(folder: Path | None = None) -> dict[str, Measurement]:
    """Measurements by name, in the order of a run; `folder` may hold data for the searches."""
    measurements = [*losses.measurements(), *latent.measurements(), *fits.measurements(),
                    *searches.measurements(folder), *memory.measurements()]
    return {measurement.name: measurement for measurement in measurements}
