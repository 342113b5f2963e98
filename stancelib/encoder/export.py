"""From a trained transformer to an ONNX graph that computes in int8. Needs torch and onnx.

Weights are rounded once, a step for each output; the inputs of each layer while it runs, a step for each token. So what
stands beside a sentence in a batch cannot change its answer, as it can where a whole batch shares one step.
"""

from __future__ import annotations

import io
import warnings

import numpy as np
import onnx
import torch
from onnx import NodeProto, TensorProto, helper, numpy_helper
from torch import Tensor, nn

from stancelib.encoder.bases import INT8, STEP
from stancelib.encoder.network import ROUNDED_ROWS, unround_weights

_OPSET = 17
_ONE, _ZERO_POINT, _SHARE, _LEAST = "rounding.one", "rounding.zero_point", "rounding.share", "rounding.least"


def export_encoder(encoder: nn.Module) -> bytes:
    """Return the graph of a transformer with int8 weights, from ``input_ids`` and ``attention_mask`` to its states."""
    return bytes(_round(trace_encoder(encoder), encoder).SerializeToString())


class _States(nn.Module):
    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        states: Tensor = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return states


def trace_encoder(encoder: nn.Module) -> onnx.ModelProto:
    """Return the graph of a transformer as it is, in floats."""
    unround_weights(encoder)
    encoder.cpu().float().eval()
    encoder.config._attn_implementation = "eager"  # type: ignore[union-attr]
    ids = torch.arange(5, 5 + 3 * 17).reshape(3, 17)
    mask = torch.ones_like(ids)
    mask[1, 10:] = 0
    file = io.BytesIO()
    axes = {0: "sentences", 1: "length"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _States(encoder),
            (ids, mask),
            file,  # type: ignore[arg-type]  # the annotation forgets files
            input_names=["input_ids", "attention_mask"],
            output_names=["states"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "states": axes},
            opset_version=_OPSET,
            dynamo=False,
        )
    return onnx.load_from_string(file.getvalue())


def _round(model: onnx.ModelProto, encoder: nn.Module) -> onnx.ModelProto:
    """Put int8 weights in the place of those of layers and of large embeddings."""
    graph = model.graph
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    copies = [node for node in graph.node if node.op_type == "Identity" and node.input[0] in arrays]
    for node in copies:  # of equal weights the tracer keeps one; each has its own name again
        arrays[node.output[0]] = arrays[node.input[0]]
        graph.node.remove(node)
    layers = {
        weight.detach().numpy().T.tobytes(): name for name, weight in encoder.named_parameters() if weight.ndim == 2
    }
    new: dict[str, np.ndarray] = {
        _ONE: np.asarray(np.float32(1.0)),
        _ZERO_POINT: np.asarray(np.uint8(128)),
        _SHARE: np.asarray(np.float32(1 / 127)),
        _LEAST: np.asarray(np.float32(1e-12)),
    }
    nodes: list[NodeProto] = []
    rounded_inputs: set[str] = set()
    for node in graph.node:
        node.doc_string = ""
        weight = arrays.get(node.input[1]) if node.op_type == "MatMul" else None
        table = arrays.get(node.input[0]) if node.op_type == "Gather" else None
        if weight is not None and weight.ndim == 2:
            name = layers.get(np.ascontiguousarray(weight).tobytes(), node.input[1])
            step = np.maximum(np.abs(weight).max(axis=0) / 127, 1e-12).astype(np.float32)
            new[name + INT8], new[name + STEP] = np.round(weight / step).astype(np.int8), step
            nodes += _layer(node, name, fresh=node.input[0] not in rounded_inputs)
            rounded_inputs.add(node.input[0])
        elif table is not None and table.ndim == 2 and len(table) >= ROUNDED_ROWS:
            name = node.input[0].removeprefix("encoder.")
            step = np.maximum(np.abs(table).max(axis=1, keepdims=True) / 127, 1e-12).astype(np.float32)
            new[name + INT8], new[name + STEP] = np.round(table / step).astype(np.int8), step
            nodes += _look_up(node, name)
        else:
            nodes.append(node)
    own = {f"encoder.{name}": name for name, _ in encoder.named_parameters()}
    for node in nodes:
        node.input[:] = [own.get(name, name) for name in node.input]
    new |= {own.get(name, name): array for name, array in arrays.items()}
    used = {name for node in nodes for name in node.input}
    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in new.items() if name in used]
    rounded = helper.make_graph(nodes, "encoder", list(graph.input), list(graph.output), tensors)
    result = helper.make_model(rounded, opset_imports=list(model.opset_import), producer_name="stancelib")
    result.ir_version = model.ir_version
    return result


def _layer(node: NodeProto, name: str, *, fresh: bool) -> list[NodeProto]:
    """Return what multiplies by rounded weights; the input is rounded once for all layers that read it."""
    x, out = node.input[0], node.output[0]
    step, whole = f"{x}.step", f"{x}.int8"
    rounding = [
        helper.make_node("Abs", [x], [f"{x}.abs"]),
        helper.make_node("ReduceMax", [f"{x}.abs"], [f"{x}.max"], axes=[-1], keepdims=1),
        helper.make_node("Mul", [f"{x}.max", _SHARE], [f"{x}.raw"]),
        helper.make_node("Max", [f"{x}.raw", _LEAST], [step]),
        helper.make_node("Div", [x, step], [f"{x}.steps"]),
        helper.make_node("QuantizeLinear", [f"{x}.steps", _ONE, _ZERO_POINT], [whole]),
    ]
    return [
        *(rounding if fresh else []),
        helper.make_node("MatMulInteger", [whole, name + INT8, _ZERO_POINT], [f"{out}.sum"]),
        helper.make_node("Cast", [f"{out}.sum"], [f"{out}.float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{out}.float", step], [f"{out}.scaled"]),
        helper.make_node("Mul", [f"{out}.scaled", name + STEP], [out]),
    ]


def _look_up(node: NodeProto, name: str) -> list[NodeProto]:
    index, out = node.input[1], node.output[0]
    return [
        helper.make_node("Gather", [name + INT8, index], [f"{out}.int8"]),
        helper.make_node("Cast", [f"{out}.int8"], [f"{out}.float"], to=TensorProto.FLOAT),
        helper.make_node("Gather", [name + STEP, index], [f"{out}.step"]),
        helper.make_node("Mul", [f"{out}.float", f"{out}.step"], [out]),
    ]
