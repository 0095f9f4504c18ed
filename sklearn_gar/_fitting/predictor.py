"""From raw features to predictions in the units of the targets."""

from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from sklearn_gar._fitting.blend import Blend
from sklearn_gar._input import Categories, Encoding, Scaling
from sklearn_gar._input.pieces import row_slices
from sklearn_gar._training import StackNet, default_modes, suited_arithmetic


@dataclass
class Predictor:
    """All that a prediction needs: encoding, scaling, networks, blend and units.

    Parameters
    ----------
    size : int
        Number of rows of the first call of the training.
    categories : Categories
        Codes of the levels of categories.
    encoding : Encoding
        What categories and missing values become.
    scaling : Scaling
        Units of encoded features and of targets.
    net : StackNet
        Net of the trained networks.
    blend : Blend or None
        What the mean of the networks is blended with.
    target_shape : tuple
        Shape of one row's prediction: () or (k,).
    members : slice
        Networks of the net that predict.
    """

    size: int
    categories: Categories
    encoding: Encoding
    scaling: Scaling
    net: StackNet
    blend: Blend | None
    target_shape: tuple
    members: slice

    @property
    def n_outputs(self) -> int:
        return self.target_shape[0] if self.target_shape else 1

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the networks."""
        return self.net.module_.tensors[0].dtype

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Predictions (n,) or (n, k) for checked features (n, d), float64."""
        with self._arithmetic(len(X)):
            pieces = [self._predict_scaled(self._scaled_features(X[rows]))
                      for rows in row_slices(X)]
        scaled = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
        return self.scaling.unscale_targets(scaled).reshape(-1, *self.target_shape)

    def features_and_scaled(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Features as the networks take them, and predictions (n, k), both in scaled units."""
        with self._arithmetic(len(X)):
            features = [self._scaled_features(X[rows]) for rows in row_slices(X)]
            scaled = np.concatenate([self._predict_scaled(piece) for piece in features])
        return torch.cat(features).numpy(force=True), scaled

    @torch.no_grad()
    def averaged_variance(self, features: np.ndarray, unit: np.ndarray) -> np.ndarray:
        """How much less the mean of the networks varies than one of them, for each target (k,).

        It is a mean over rows of features (n, d) as the networks take them, in squares of a
        unit (k,).  The mean of m networks lacks 1 - 1/m of the variance between them.
        """
        with self._arithmetic(len(features)):
            outputs = self.net.member_outputs(
                to_tensor(features, self.dtype, self.net.device), self.members)
        share = 0.0 if self.blend is None else self.blend.share
        outputs = outputs.double().numpy(force=True) / unit
        return (1 - share) ** 2 * outputs.var(0).mean(0)  # 1 - 1/m of the unbiased variance

    @contextmanager
    def _arithmetic(self, n_rows):
        module = self.net.module_
        n_operations = n_rows * module.n_members * module.cost.weights
        with default_modes(), suited_arithmetic(n_operations), torch.inference_mode():
            yield

    def _scaled_features(self, X):
        X = self.scaling.scale_features(self.encoding.transform(X))
        return to_tensor(X, self.dtype, self.net.device)

    def _predict_scaled(self, features):
        outputs = self.net.member_outputs(features, self.members)
        prediction = to_numpy(outputs.mean(0))
        return prediction if self.blend is None else self.blend(prediction, to_numpy(features))


def to_numpy(tensor: torch.Tensor) -> np.ndarray:
    """An array of the numbers of a tensor; the force of numpy takes time where none is needed."""
    is_array = tensor.is_cpu and not tensor.requires_grad
    return tensor.numpy() if is_array else tensor.numpy(force=True)


def to_tensor(array: np.ndarray, dtype: torch.dtype, device) -> torch.Tensor:
    """A tensor of this precision on this device."""
    if not (array.flags.c_contiguous and array.flags.writeable):
        array = np.require(array, requirements=["C", "W"])
    return torch.from_numpy(array).to(device, dtype)
