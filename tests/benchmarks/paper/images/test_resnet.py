"""ResNet18: what is known of it."""

import pytest
import torch

from benchmarks.paper.images.resnet import Block, ResNet18


def test_parameters_are_those_of_the_known_network():
    """11,689,512 parameters with 1,000 outputs of 512 features; this one has one output."""
    n_parameters = sum(parameter.numel() for parameter in ResNet18().parameters())
    assert n_parameters == 11_689_512 - 999 * 513


def test_it_has_eighteen_layers_with_weights_besides_the_shortcuts():
    main = [module for name, module in ResNet18(1, 2).named_modules()
            if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)) and "shortcut" not in name]
    assert len(main) == 18


@pytest.mark.parametrize("small_images, size, expected", [
    (False, 64, [(4, 16), (8, 8), (16, 4), (32, 2)]),
    (True, 16, [(4, 16), (8, 8), (16, 4), (32, 2)]),
])
def test_stages_halve_the_size_and_double_the_channels(small_images, size, expected):
    network, found = ResNet18(1, 4, small_images), []
    for module in network.body:
        if isinstance(module, Block):
            module.register_forward_hook(lambda *hook: found.append(tuple(hook[2].shape[1:3])))
    assert network(torch.zeros(2, 1, size, size)).shape == (2, 1)
    assert found[::2] == found[1::2] == expected


def test_block_is_its_definition():
    torch.manual_seed(0)
    block, X = Block(3, 5, stride=2).eval(), torch.randn(2, 3, 6, 6)
    (first, _, _, second, _), (shortcut, _) = block.body, block.shortcut
    for layer in (first, second, shortcut):
        assert layer.bias is None
    scale = (1 + 1e-5) ** -0.5  # of a batch normalisation that has seen no batch
    inner = torch.relu(torch.conv2d(X, first.weight, stride=2, padding=1) * scale)
    expected = torch.relu(torch.conv2d(inner, second.weight, padding=1) * scale
                          + torch.conv2d(X, shortcut.weight, stride=2) * scale)
    torch.testing.assert_close(block(X), expected)


def test_features_are_what_the_output_layer_gets():
    network = ResNet18(1, 2, True, returns_features=True).eval()
    prediction, features = network(torch.rand(3, 1, 8, 8))
    assert features.shape == (3, 16)
    torch.testing.assert_close(
        prediction, features @ network.output.weight.T + network.output.bias)
