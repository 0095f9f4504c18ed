"""Dense layers of a stack, forwards and backwards in one autograd function.

A layer of m members is one batched matrix product.  In small networks most time goes into the
bookkeeping of single operations, so autograd does not record the layers one by one.  A
training step of one member with layers 16-32-16-8 took 0.46 ms with recorded layers, and takes
0.17 ms like this.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from sklearn_gar.nn.cost import Cost

_aten = torch.ops.aten


class Activation(NamedTuple):
    """An activation that works in place, and its gradient as a function of its result."""

    forward: Callable[[Tensor], Tensor]
    backward: Callable[[Tensor, Tensor], Tensor]


ACTIVATIONS = {
    "elu": Activation(
        lambda z: functional.elu(z, inplace=True),
        lambda grad, h: _aten.elu_backward.grad_input(
            grad, 1.0, 1.0, 1.0, True, h, grad_input=grad)),
    "identity": Activation(lambda z: z, lambda grad, h: grad),
    "logistic": Activation(torch.sigmoid_, _aten.sigmoid_backward.default),
    "relu": Activation(
        torch.relu_, lambda grad, h: _aten.threshold_backward.default(grad, h, 0)),
    "tanh": Activation(torch.tanh_, _aten.tanh_backward.default),
}


def layers_cost(sizes: Sequence[int]) -> Cost:
    """Cost of :func:`forward_layers` with these numbers of inputs and of each layer's outputs."""
    return Cost(weights=sum(inputs * outputs for inputs, outputs in zip(sizes, sizes[1:])),
                activations=sum(sizes))


def forward_layers(h, parameters, activation, activated):
    """Layers h <- activation(h W + b); only the first `activated` layers have the activation.

    `h` is (n, in), shared by the members, or (m, n, in).  `parameters` are W (m, in, out) and
    b (m, 1, out) of each layer in turn.  Returns the input of the first layer and the output
    (m, n, out) of every layer.
    """
    outputs = [h.expand(len(parameters[0]), -1, -1)]
    for layer in range(len(parameters) // 2):
        weight, bias = parameters[2 * layer], parameters[2 * layer + 1]
        h = torch.baddbmm(bias, outputs[-1], weight)
        outputs.append(activation.forward(h) if layer < activated else h)
    return outputs


def backward_layers(grad, outputs, parameters, activation, activated, needs_input_grad):
    """Gradients of the parameters in their order, and of the input or None.

    `grad` is the gradient of the last output, which may be overwritten.
    """
    grads = [None] * len(parameters)
    for layer in reversed(range(len(parameters) // 2)):
        if layer < activated:
            grad = activation.backward(grad, outputs[layer + 1])
        grads[2 * layer] = torch.bmm(outputs[layer].mT, grad)
        grads[2 * layer + 1] = grad.sum(1, keepdim=True)
        if layer:
            grad = torch.bmm(grad, parameters[2 * layer].mT)
        elif needs_input_grad:  # with the rows last in memory, as an embedding keeps them
            grad = torch.bmm(parameters[0], grad.mT).mT
    return grads, grad if needs_input_grad else None


class StackedLayers(torch.autograd.Function):
    """:func:`forward_layers` as one node of autograd's graph."""

    @staticmethod
    def forward(ctx, h, activation, activated, *parameters):
        outputs = forward_layers(h, parameters, activation, activated)
        ctx.settings, ctx.input_shape = (activation, activated), h.shape
        ctx.save_for_backward(*parameters, *outputs)
        return outputs[-1]

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad):
        n_parameters = len(ctx.needs_input_grad) - 3
        parameters = ctx.saved_tensors[:n_parameters]
        outputs = ctx.saved_tensors[n_parameters:]
        grads, grad = backward_layers(grad.clone(), outputs, parameters, *ctx.settings,
                                      ctx.needs_input_grad[0])
        if grad is not None and grad.shape != ctx.input_shape:
            grad = grad.sum(0)
        return grad, None, None, *grads
