"""The network that is trained, its int8 export, and the way back from the export to a network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from encoder_kit import make_base, make_candidates
from torch import nn
from transformers import BertModel

from stancelib.encoder.bases import INT8, STEP, Base, describe, model_base, pretrained_base
from stancelib.encoder.export import export_encoder
from stancelib.encoder.model import Encoder, EncoderModel
from stancelib.encoder.network import ROUNDED_ROWS, Batch, StanceNetwork, round_weights, unround_weights
from stancelib.encoder.rendering import RenderedSentence, RoleRenderer
from stancelib.errors import DataError

SENTENCES = (
    "Talvia condemned the Red League.",
    "Morvia praised Talvia, and the Blue Front will send weapons to the Red League on Monday.",
    "Rain fell.",
)


@pytest.fixture(scope="module")
def base(encoder_base: Path) -> Base:
    return pretrained_base(str(encoder_base), seed=0)


@pytest.fixture(scope="module")
def encoder(base: Base) -> Encoder:
    return Encoder(export_encoder(base.encoder), base.tokenizer, describe(base.encoder))


@pytest.fixture(scope="module")
def rendered(base: Base) -> list[RenderedSentence]:
    renderer = RoleRenderer(base.tokenizer)
    spans = [("TALVIA", "Talvia"), ("RED", "Red League")]
    first = renderer.render(make_candidates(SENTENCES[0], spans)[0], style="marked")
    return [first, *(RenderedSentence(tuple(base.tokenizer.encode(text).ids), {}) for text in SENTENCES[1:])]


def _batch(rendered: list[RenderedSentence]) -> tuple[torch.Tensor, torch.Tensor]:
    length = max(len(sentence.ids) for sentence in rendered)
    ids = torch.tensor([[*sentence.ids, *[0] * (length - len(sentence.ids))] for sentence in rendered])
    return ids, torch.tensor([[1] * len(s.ids) + [0] * (length - len(s.ids)) for s in rendered])


def _states(encoder: nn.Module, rendered: list[RenderedSentence], *, rounded: bool = True) -> list[np.ndarray]:
    """Return what the torch network says of the tokens."""
    (round_weights if rounded else unround_weights)(encoder)
    encoder.eval()
    ids, mask = _batch(rendered)
    with torch.no_grad():
        states = encoder(input_ids=ids, attention_mask=mask).last_hidden_state.numpy()
    unround_weights(encoder)
    return [states[row, : len(sentence.ids)] for row, sentence in enumerate(rendered)]


def _assert_close(found: list[np.ndarray], expected: list[np.ndarray], *, within: float) -> None:
    for one, two in zip(found, expected, strict=True):
        assert one.shape == two.shape
        np.testing.assert_allclose(one, two, rtol=0, atol=within)


def test_the_export_computes_as_the_rounded_network(
    base: Base, encoder: Encoder, rendered: list[RenderedSentence]
) -> None:
    exported, rounded = encoder.encode(rendered), _states(base.encoder, rendered)
    _assert_close(exported, rounded, within=1e-4)
    plain = _states(base.encoder, rendered, rounded=False)
    assert max(np.abs(one - two).max() for one, two in zip(rounded, plain, strict=True)) > 1e-3  # rounding is seen


def test_what_stands_beside_a_sentence_changes_nothing(encoder: Encoder, rendered: list[RenderedSentence]) -> None:
    alone = [encoder.encode([sentence])[0] for sentence in rendered]
    _assert_close(encoder.encode(rendered), alone, within=1e-6)
    _assert_close(encoder.encode(rendered[::-1])[::-1], alone, within=1e-6)


def test_a_trained_encoder_becomes_a_network_again(encoder_model: EncoderModel) -> None:
    restored = model_base(encoder_model)
    renderer = RoleRenderer(restored.tokenizer)
    spans = [("TALVIA", "Talvia"), ("RED", "Red League")]
    rendered = [renderer.render(make_candidates(SENTENCES[0], spans)[0], style="masked")]
    exported = encoder_model.encoder.encode(rendered)
    _assert_close(_states(restored.encoder, rendered), exported, within=1e-4)
    again = Encoder(export_encoder(restored.encoder), restored.tokenizer, describe(restored.encoder))
    _assert_close(again.encode(rendered), exported, within=1e-4)
    assert restored.types == encoder_model.codebook.types
    assert restored.label == "tiny-encoder@1"
    assert restored.heads.keys() == encoder_model.weights.keys()


def test_layers_and_the_large_embedding_are_held_as_int8(base: Base, encoder: Encoder) -> None:
    found = {tensor.name: tensor for tensor in onnx.load_from_string(encoder.graph).graph.initializer}
    for name, module in base.encoder.named_modules():
        if isinstance(module, nn.Linear) or name.endswith("word_embeddings"):
            assert found[f"{name}.weight{INT8}"].data_type == onnx.TensorProto.INT8
            assert f"{name}.weight{STEP}" in found
            assert f"{name}.weight" not in found
    assert "embeddings.position_embeddings.weight" in found  # few rows: stays floats
    state = base.encoder.state_dict()
    assert len(encoder.graph) < 0.5 * sum(tensor.numel() * 4 for tensor in state.values())


def test_int8_weights_are_the_weights_up_to_half_a_step(base: Base, encoder: Encoder) -> None:
    found = {
        tensor.name: onnx.numpy_helper.to_array(tensor)
        for tensor in onnx.load_from_string(encoder.graph).graph.initializer
    }
    name = "encoder.layer.0.intermediate.dense.weight"
    weight, step = base.encoder.state_dict()[name].numpy().T, found[name + STEP]
    assert np.abs(found[name + INT8]).max(axis=0).tolist() == [127] * weight.shape[1]
    assert (np.abs(found[name + INT8] * step - weight) <= step * 0.5001).all()


def test_equal_weights_keep_their_own_names(base: Base, encoder: Encoder) -> None:
    """All biases of a fresh transformer are zero; the tracer makes one of them."""
    found = {tensor.name for tensor in onnx.load_from_string(encoder.graph).graph.initializer}
    biases = {name for name in base.encoder.state_dict() if name.endswith("dense.bias")}
    assert biases
    assert biases <= found


def test_a_graph_tells_nothing_of_the_machine(encoder: Encoder) -> None:
    graph = onnx.load_from_string(encoder.graph)
    onnx.checker.check_model(graph)
    for place in ("site-packages", str(Path.home()), str(Path(__file__).parent.parent), "torch/", ".py"):
        assert place.encode() not in encoder.graph
    assert not graph.metadata_props
    assert not any(node.doc_string or node.metadata_props for node in graph.graph.node)


def test_the_description_makes_the_same_transformer(base: Base) -> None:
    described = describe(base.encoder)
    assert (described["model_type"], described["hidden_size"]) == ("bert", 32)
    assert described["vocab_size"] == base.tokenizer.get_vocab_size()
    assert not any("tiny-base" in str(value) for value in described.values())


def test_roles_begin_near_the_other_tokens(base: Base, encoder_base: Path) -> None:
    weight = base.encoder.get_input_embeddings().weight.detach()  # type: ignore[operator]
    known = weight[: base.tokenizer.token_to_id("[R0]")]
    roles = weight[len(known) :]
    assert len(roles) == 31
    assert float((roles.mean(0) - known.mean(0)).abs().max()) < float(known.std(0).max())
    assert float(roles.std()) == pytest.approx(0.5 * float(known.std()), rel=0.2)
    same = pretrained_base(str(encoder_base), seed=0).encoder.state_dict()
    assert all(torch.equal(tensor, same[name]) for name, tensor in base.encoder.state_dict().items())
    other = pretrained_base(str(encoder_base), seed=1).encoder.get_input_embeddings().weight  # type: ignore[operator]
    assert not torch.equal(other[-1], weight[-1])


def test_a_base_with_spare_rows_keeps_them_and_its_roles_begin_anew(tmp_path: Path) -> None:
    folder = make_base(tmp_path / "base", SENTENCES)
    spare = BertModel.from_pretrained(folder)
    spare.resize_token_embeddings(ROUNDED_ROWS + 40, mean_resizing=False)
    with torch.no_grad():
        spare.embeddings.word_embeddings.weight[-40:] = 5.0
    spare.save_pretrained(folder)
    found = pretrained_base(str(folder), seed=0)
    weight = found.encoder.get_input_embeddings().weight.detach()  # type: ignore[operator]
    assert (len(weight), found.tokenizer.get_vocab_size()) == (ROUNDED_ROWS + 40, ROUNDED_ROWS + 31)
    assert float(weight[found.tokenizer.token_to_id("[R3]")].abs().max()) < 1.0


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_base_that_lacks_a_file_is_refused(name: str, tmp_path: Path) -> None:
    folder = make_base(tmp_path / "base", SENTENCES)
    (folder / name).unlink()
    with pytest.raises(DataError, match=rf"{folder}: no pretrained encoder: .*; expected a folder with config"):
        pretrained_base(str(folder), seed=0)


def test_a_base_without_its_tokenizer_is_refused(tmp_path: Path) -> None:
    """transformers makes up one that knows the special tokens alone."""
    folder = make_base(tmp_path / "base", SENTENCES)
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").unlink()
    with pytest.raises(DataError, match=r"base: 5 tokens, but weights for 4096; expected its tokenizer\.json"):
        pretrained_base(str(folder), seed=0)


def test_a_base_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone: no pretrained encoder: .*; expected a folder with config\.json"):
        pretrained_base(str(tmp_path / "gone"), seed=0)


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    folder = make_base(tmp_path / "base", SENTENCES)
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(DataError, match="base: no pretrained encoder"):
        pretrained_base(str(folder), seed=0)


# --- The network ---


def _network(base: Base) -> StanceNetwork:
    torch.manual_seed(0)
    return StanceNetwork(base.encoder, 4)


def _pooled(rendered: list[RenderedSentence]) -> Batch:
    """Return a batch with two actors in the first sentence, one in the second, none in the third."""
    ids, mask = _batch(rendered)
    pool = torch.zeros(3, ids.shape[1])
    pool[0, 1], pool[1, 5], pool[2, [2, 4]] = 1.0, 1.0, 0.5
    return Batch(ids, mask, pool, torch.tensor([0, 0, 1]), torch.tensor([[0, 1], [1, 0]]))


def test_the_heads_give_a_row_an_actor_or_a_pair(base: Base, rendered: list[RenderedSentence]) -> None:
    network = _network(base).eval()
    found = network(_pooled(rendered))
    assert (found.types.shape, found.status.shape) == ((3, 4), (3,))
    assert (found.direction.shape, found.target.shape) == ((2, 3), (2,))
    assert not torch.allclose(found.direction[0], found.direction[1])  # pairs are ordered
    nobody = replace(_pooled(rendered), pairs=torch.zeros(0, 2, dtype=torch.long))
    assert network(nobody).direction.shape == (0, 3)
    assert network.head_state().keys() == {
        f"{name}.{part}"
        for name in ("actor", "pair", "types", "status", "direction", "target")
        for part in ("weight", "bias")
    }


def test_rounding_comes_and_goes(base: Base, rendered: list[RenderedSentence]) -> None:
    before = {name: type(module) for name, module in base.encoder.named_modules()}
    plain = _states(base.encoder, rendered, rounded=False)
    round_weights(base.encoder)
    round_weights(base.encoder)  # twice is once
    assert {name: type(module) for name, module in base.encoder.named_modules()} != before
    unround_weights(base.encoder)
    assert {name: type(module) for name, module in base.encoder.named_modules()} == before
    for one, two in zip(_states(base.encoder, rendered, rounded=False), plain, strict=True):
        assert np.array_equal(one, two)


def test_a_gradient_passes_through_the_rounding() -> None:
    """The rounded product's gradient is that of the rounded factors, as if rounding were the identity."""
    torch.manual_seed(0)
    layer = nn.Sequential(nn.Linear(6, 3))
    round_weights(layer)
    x = torch.randn(4, 6, requires_grad=True)
    layer(x).sum().backward()

    def rounded(row: Any) -> Any:
        step = row.abs().amax(dim=-1, keepdim=True) / 127
        return (row / step).round() * step

    assert x.grad is not None
    torch.testing.assert_close(x.grad, rounded(layer[0].weight.detach()).sum(0).expand(4, 6))
    torch.testing.assert_close(layer[0].weight.grad, rounded(x.detach()).sum(0).expand(3, 6))
