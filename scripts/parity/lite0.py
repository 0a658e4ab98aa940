"""EfficientNet-Lite0 as trainer/src/nets/efficientnet.rs has it, normalisations folded in:
as an eager PyTorch module and as an ONNX model, with weights by the formula of nets.py."""

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

import nets

SIDE, STEM, FEATURES = 224, 32, 1280
# repeats, kernel, stride of the first, expansion, channels out
STAGES = [(1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80),
          (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)]


def layers():
    """(Name, inputs, outputs, kernel, stride, groups, activated, block); a block's last layer
    adds the block's input where the channels and the side stay."""
    yield "stem", 3, STEM, 3, 2, 1, True, None
    number, inputs = 0, STEM
    for repeats, kernel, stride, expansion, outputs in STAGES:
        for repeat in range(repeats):
            wide, step = inputs * expansion, stride if repeat == 0 else 1
            adds = step == 1 and inputs == outputs
            name = f"blocks.{number}"
            if expansion > 1:
                yield f"{name}.expand", inputs, wide, 1, 1, 1, True, (number, False)
            yield f"{name}.depthwise", wide, wide, kernel, step, wide, True, (number, False)
            yield f"{name}.project", wide, outputs, 1, 1, 1, False, (number, adds)
            number, inputs = number + 1, outputs
    yield "head", inputs, FEATURES, 1, 1, 1, True, None


def padding(side, kernel, stride):
    """TensorFlow's SAME: what is uneven goes to the end."""
    out = -(-side // stride)
    total = max((out - 1) * stride + kernel - side, 0)
    return total // 2, total - total // 2, out


def weights(name, inputs, outputs, kernel, groups):
    shape = (outputs, inputs // groups, kernel, kernel)
    return nets.value(f"{name}.weight", shape), nets.value(f"{name}.bias", (outputs,))


class Lite0(nn.Module):
    def __init__(self):
        super().__init__()
        self.steps, side = [], SIDE
        for name, inputs, outputs, kernel, stride, groups, activated, block in layers():
            before, after, side = padding(side, kernel, stride)
            even = before == after
            conv = nn.Conv2d(inputs, outputs, kernel, stride, before if even else 0, groups=groups)
            conv.weight.data, conv.bias.data = weights(name, inputs, outputs, kernel, groups)
            self.add_module(name.replace(".", "_"), conv)
            self.steps.append((conv, None if even else (before, after, before, after), activated, block))
        self.probe = nn.Linear(FEATURES, 1)

    def forward(self, x):
        kept, current = x, None
        for conv, pad, activated, block in self.steps:
            number, adds = block or (None, False)
            if number != current:
                kept, current = x, number
            x = conv(x if pad is None else nn.functional.pad(x, pad))
            x = nn.functional.relu6(x, inplace=True) if activated else x
            x = x + kept if adds else x
        return self.probe(x.mean((2, 3)))


def onnx_model(batch):
    nodes, values, x, side, kept, current = [], [], "pixels", SIDE, "pixels", None
    limits = [("zero", 0.0), ("six", 6.0)]
    values += [numpy_helper.from_array(np.float32(limit), name) for name, limit in limits]
    for name, inputs, outputs, kernel, stride, groups, activated, block in layers():
        number, adds = block or (None, False)
        if number != current:
            kept, current = x, number
        before, after, side = padding(side, kernel, stride)
        pair = zip(("weight", "bias"), weights(name, inputs, outputs, kernel, groups))
        values += [numpy_helper.from_array(tensor.numpy(), f"{name}.{part}") for part, tensor in pair]
        nodes.append(helper.make_node(
            "Conv", [x, f"{name}.weight", f"{name}.bias"], [name], group=groups,
            kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[before] * 2 + [after] * 2))
        x = name
        if activated:
            nodes.append(helper.make_node("Clip", [x, "zero", "six"], [f"{name}.relu6"]))
            x = f"{name}.relu6"
        if adds:
            nodes.append(helper.make_node("Add", [x, kept], [f"{name}.sum"]))
            x = f"{name}.sum"
    for part, tensor in (("weight", nets.value("probe.weight", (1, FEATURES))),
                         ("bias", nets.value("probe.bias", (1,)))):
        values.append(numpy_helper.from_array(tensor.numpy(), f"probe.{part}"))
    nodes += [
        helper.make_node("GlobalAveragePool", [x], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["features"]),
        helper.make_node("Gemm", ["features", "probe.weight", "probe.bias"], ["margin"], transB=1)]
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [batch, 3, SIDE, SIDE])
    margin = helper.make_tensor_value_info("margin", TensorProto.FLOAT, [batch, 1])
    graph = helper.make_graph(nodes, "lite0", [pixels], [margin], values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()
