"""Losses over features as modules.

They take ``(input, target, weight=None, *, features)``.  `takes_features` asks a training
loop to pass the output of the last hidden layer.  `validation_loss` scores predictions alone.
It is the mean absolute error, which is part of all three losses and comparable across epochs.
"""

from torch import Tensor, nn

from sklearn_gar.losses._checks import check_setting, check_positive
from sklearn_gar.losses.functional import absolute_error
from sklearn_gar.losses._settings import SettingsMixin
from sklearn_gar.losses.latent import functional
from sklearn_gar.losses.modules import PerMemberSettings


class _FeatureLoss(PerMemberSettings, SettingsMixin, nn.Module):
    takes_features = True

    validation_loss = staticmethod(absolute_error)


class RankSimLoss(_FeatureLoss):
    """RankSim, :func:`~sklearn_gar.losses.latent.functional.ranksim_loss`.

    Parameters
    ----------
    gamma : float or Tensor, default=100.0
        Weight of the regulariser, above 0.  A tensor holds one value per member.
    interpolation : float or Tensor, default=2.0
        The lambda of the gradient of ranks, above 0.  A tensor holds one value per member.

    Examples
    --------
    >>> import torch
    >>> from sklearn_gar.losses import RankSimLoss
    >>> features = torch.randn(8, 4, requires_grad=True)
    >>> RankSimLoss(gamma=10.0)(torch.zeros(8), torch.arange(8.0), features=features).backward()
    >>> features.grad.shape
    torch.Size([8, 4])
    """

    per_member = ("gamma", "interpolation")

    def __init__(self, gamma: float | Tensor = 100.0, interpolation: float | Tensor = 2.0):
        super().__init__()
        self.gamma = check_setting("gamma", gamma)
        self.interpolation = check_setting("interpolation", interpolation)

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None, *,
                features: Tensor) -> Tensor:
        return functional.ranksim_loss(input, target, weight, features=features,
                                       gamma=self.gamma, interpolation=self.interpolation)

    def extra_repr(self) -> str:
        return f"gamma={self.gamma}, interpolation={self.interpolation}"


class RNCLoss(_FeatureLoss):
    """Rank-N-Contrast, :func:`~sklearn_gar.losses.latent.functional.rnc_loss`, in two stages.

    Parameters
    ----------
    temperature : float or Tensor, default=2.0
        Divisor of the distances of features, above 0.  A tensor holds one value per
        member.

    Attributes
    ----------
    pretrains : bool
        Whether the loss is in its first stage, which is the default.  In the first stage it
        is contrastive: it trains the hidden layers and leaves the output layer unchanged.  In
        the second stage it is the mean absolute error of the predictions, which trains all
        layers.  :class:`~sklearn_gar.GARRegressor` sets it to True for the first half of the
        epochs, rounded down.

    Examples
    --------
    >>> import torch
    >>> from sklearn_gar.losses import RNCLoss
    >>> loss = RNCLoss(temperature=1.0)
    >>> loss.pretrains = False
    >>> loss(torch.zeros(4), torch.ones(4), features=torch.zeros(4, 2)).item()
    1.0
    """

    per_member = ("temperature",)

    def __init__(self, temperature: float | Tensor = 2.0):
        super().__init__()
        self.temperature = check_setting("temperature", temperature)
        self.pretrains = True

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None, *,
                features: Tensor) -> Tensor:
        if self.pretrains:
            return functional.rnc_loss(input, target, weight, features=features,
                                       temperature=self.temperature)
        return absolute_error(input, target, weight)

    def extra_repr(self) -> str:
        return f"temperature={self.temperature}"


class ConRLoss(_FeatureLoss):
    """ConR, :func:`~sklearn_gar.losses.latent.functional.conr_loss`.

    Parameters
    ----------
    beta : float or Tensor, default=1.0
        Weight of the regulariser, above 0.  A tensor holds one value per member.
    window : float, default=1.0
        Distance, in units of the target, up to which labels or predictions are alike.
    temperature : float, default=0.07
        Divisor of the cosines of features, above 0.

    Examples
    --------
    >>> import torch
    >>> from sklearn_gar.losses import ConRLoss
    >>> features = torch.randn(8, 4, requires_grad=True)
    >>> ConRLoss(beta=0.2)(torch.zeros(8), torch.arange(8.0), features=features).backward()
    >>> features.grad.shape
    torch.Size([8, 4])
    """

    per_member = ("beta",)

    def __init__(self, beta: float | Tensor = 1.0, window: float = 1.0,
                 temperature: float = 0.07):
        super().__init__()
        self.beta = check_setting("beta", beta)
        self.window = check_positive("window", window)
        self.temperature = check_positive("temperature", temperature)

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None, *,
                features: Tensor) -> Tensor:
        return functional.conr_loss(input, target, weight, features=features, beta=self.beta,
                                    window=self.window, temperature=self.temperature)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, window={self.window}, temperature={self.temperature}"
