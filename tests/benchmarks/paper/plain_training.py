"""What a plain program trains and scores."""

import numpy as np
import torch
from scipy import stats
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from benchmarks.paper.training import combined_seed, weights_seed
from sklearn_gar.nn import StackedMLP, learning_rate_factor


def reference_scores(y, prediction):
    """The four metrics by scikit-learn and scipy, target by target."""
    by_target = []
    for true, pred in zip(y.T, prediction.T):
        by_target.append([
            mean_absolute_error(true, pred), root_mean_squared_error(true, pred),
            stats.pearsonr(true, pred).statistic, stats.spearmanr(true, pred).statistic])
    return np.mean(by_target, axis=0)


def plain_training(rows, candidate, method, recipe, loss, after_epoch=lambda *_: None):
    """Train one network in a plain torch loop, from the initial weights of the stack."""
    sizes = rows.X.shape[1], *recipe.hidden_layer_sizes, rows.y.shape[1]
    initial = StackedMLP(sizes, [weights_seed(rows, candidate)])
    layers = []
    for weight, bias in zip(initial.tensors[::2], initial.tensors[1::2]):
        linear = torch.nn.Linear(*weight.shape[1:])
        linear.load_state_dict({"weight": weight[0].detach().T, "bias": bias[0, 0].detach()})
        layers += [linear, torch.nn.ELU()]
    body, head = torch.nn.Sequential(*layers[:-2]), layers[-2]
    half = recipe.n_epochs / 2 if method.pretrains else 0
    generator = torch.Generator().manual_seed(combined_seed(*rows.seed))

    def make_optimizer(parameters):
        if recipe.solver == "adam":
            return torch.optim.Adam(parameters, candidate.learning_rate,
                                    weight_decay=candidate.weight_decay)
        return torch.optim.SGD(parameters, candidate.learning_rate, momentum=recipe.momentum,
                               weight_decay=candidate.weight_decay)
    optimizer = make_optimizer(body.parameters())
    for epoch in range(recipe.n_epochs):
        if epoch == half:
            optimizer = make_optimizer([*body.parameters(), *head.parameters()])
        for group in optimizer.param_groups:
            group["lr"] = candidate.learning_rate * learning_rate_factor(
                "step", epoch / recipe.n_epochs)
        order = torch.randperm(len(rows.X), generator=generator)
        for first_row in range(0, len(rows.X) - recipe.batch_size + 1, recipe.batch_size):
            batch = order[first_row:first_row + recipe.batch_size]
            optimizer.zero_grad()
            features = body(rows.X[batch])
            loss(head(features), rows.y[batch], features, epoch < half).backward()
            optimizer.step()
        after_epoch(epoch, torch.nn.Sequential(body, head))
    return torch.nn.Sequential(body, head)


def on_features(prediction, target, weight=None, features=None):
    """A loss that pulls features together, by member, and predictions to the targets."""
    return features.square().mean((-2, -1)) + (prediction - target).abs().mean((-2, -1))
