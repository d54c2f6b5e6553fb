"""Encoder states, logits and greedy tokens of tiny OFA models, by OFA's public Hugging Face port.

Versions: torch 2.13.0 (CPU), transformers 5.18.0, safetensors 0.8.0 (reference/requirements.txt), and
the port, which was never released: branch feature/add_transformers of the public repository
OFA-Sys/OFA, folder transformers/src/transformers/models/ofa.

  git clone --depth 1 --branch feature/add_transformers https://github.com/OFA-Sys/OFA.git /tmp/OFA
  python reference/ofa.py /tmp/OFA/transformers/src/transformers/models/ofa

Writes test/fixtures/ofa. No code of the port is stored here: its modules are loaded from the given
folder. They were written for transformers 4.18; what they import from there comes from today's
transformers, but for the base classes of models and configurations, which are stood in for below
(the port only stores parameters in them).

Weights are not stored: they are `value_of` of a parameter's name and shape, which the tests compute
again (test/models/ofa/hashed-weights.ts). A case is a safetensors file, with config.json's keys in its metadata and
  input_ids [B, S], decoder_input_ids [B, T], states [B, S', D], logits [B, T, V], image_size [2] of
  the pixels [B, 3, H, W] (some cases; they are hashed("pixels", size)), and greedy [32] (codes 16):
  the first sample's target, from its first token on, always by the best token not yet in it.
Further files are buckets.safetensors (the tables of relative positions), and one small model as
torch writes it: hf/pytorch_model.bin, and fairseq.pt under fairseq's names, with objects of classes
that no reader has.
"""

import argparse
import importlib
import json
import sys
import types
from pathlib import Path

import numpy as np
import torch
import transformers
import transformers.activations
import transformers.modeling_outputs
import transformers.utils
from safetensors.numpy import save_file
from torch import nn

torch.set_num_threads(1)
OUT = Path(__file__).parent.parent / "test/fixtures/ofa"
GREEDY = 32
MIN_MARGIN = 1e-3  # between the best and the second logit of a greedy step


class PreTrainedModel(nn.Module):
    """Stands in for the base class: keeps the configuration, initialises nothing."""

    def __init__(self, config):
        super().__init__()
        self.config = config

    def post_init(self):
        pass

    @property
    def device(self):
        return next(self.parameters()).device


class PretrainedConfig:
    """Stands in for the base class: keeps what it is given."""

    def __init__(self, **keys):
        self.forced_bos_token_id = None
        self.output_attentions = self.output_hidden_states = False
        self.__dict__.update(keys)


def load_port(folder):
    """The port's modeling and configuration modules, under a package of their own."""

    def module(name, **members):
        made = types.ModuleType(name)
        made.__dict__.update(members)
        made.__path__ = members.get("__path__", [])
        sys.modules[name] = made

    keep = lambda *a, **k: lambda f: f  # decorators that only write docstrings
    docs = "add_code_sample_docstrings add_end_docstrings add_start_docstrings"
    docs += " add_start_docstrings_to_model_forward replace_return_docstrings"
    module("port")
    module("port.models")
    module("port.models.ofa", __path__=[str(folder)])
    module("port.modeling_utils", PreTrainedModel=PreTrainedModel)
    module("port.configuration_utils", PretrainedConfig=PretrainedConfig)
    module("port.file_utils", ModelOutput=transformers.utils.ModelOutput,
           **{name: keep for name in docs.split()})
    sys.modules["port.activations"] = transformers.activations
    sys.modules["port.modeling_outputs"] = transformers.modeling_outputs
    sys.modules["port.utils"] = transformers.utils
    modeling = importlib.import_module("port.models.ofa.modeling_ofa")
    configuration = importlib.import_module("port.models.ofa.configuration_ofa")
    return modeling, configuration


def hashed(name, count):
    """Numbers in [-1, 1) from a name: FNV-1a of it, then murmur3's finaliser of seed and index."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    x = np.uint32(seed) + np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B9)
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    x = (x ^ (x >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    x = x ^ (x >> np.uint32(16))
    return x.astype(np.float64) / 2.0**31 - 1


def value_of(name, shape):
    """f32 of a parameter: 1 ± 0.3 for factors, ± 0.3 for biases, ± sqrt(3 / inputs) for maps."""
    u = hashed(name, int(np.prod(shape)))
    if name.endswith("running_var"):
        values = 1 + 0.5 * u
    elif len(shape) == 1:
        values = (1 if name.endswith(("weight", "c_attn")) else 0) + 0.3 * u
    else:
        gain = 2 if len(shape) == 4 else 1
        values = u * np.sqrt(3 * gain / int(np.prod(shape[1:])))
    return torch.tensor(values.astype(np.float32).reshape(shape))


BUFFERS = ("token_rp_bucket", "image_rp_bucket", "image_position_idx", "num_batches_tracked")
TIED = ("decoder.embed_tokens.weight", "decoder.output_projection.weight")
BASE = dict(
    vocab_size=60, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
    decoder_attention_heads=4, encoder_ffn_dim=64, decoder_ffn_dim=64, max_position_embeddings=64,
    token_bucket_size=8, image_bucket_size=6, code_image_size=32, resnet_type="resnet18",
)
CASES = {
    "text": dict(batch=3, source=40, padded=True),
    "image": dict(batch=2, source=9, image=(64, 96)),
    "image-padded": dict(batch=2, source=9, image=(64, 64), padded=True),
    "plain": dict(batch=2, source=9, keys=dict(normformer=False)),
    "bare": dict(
        batch=2, source=9, image=(32, 32), padded=True,
        keys=dict(layernorm_embedding=False, patch_layernorm_embedding=False,
                  add_type_embedding=False, share_decoder_input_output_embed=False,
                  scale_embedding=True)),
    "codes": dict(batch=2, source=7, padded=True, target=17, codes=True),
    "codes-norm": dict(batch=2, source=7, target=17, codes=True,
                       keys=dict(code_layernorm_embedding=False)),
    "heads": dict(batch=2, source=12, padded=True,
                  keys=dict(encoder_attention_heads=2, decoder_attention_heads=8, encoder_layers=3,
                            decoder_layers=1, encoder_ffn_dim=48, decoder_ffn_dim=80)),
}


def build(modeling, configuration, keys):
    torch.manual_seed(0)
    model = modeling.OFAModel(configuration.OFAConfig(**keys)).eval()
    state = model.state_dict()
    for name, tensor in state.items():
        if name.endswith(BUFFERS):
            continue
        is_tied = name in TIED and keys.get("share_decoder_input_output_embed", True)
        if name == TIED[0] or is_tied:
            name = "encoder.embed_tokens.weight"
        tensor.copy_(value_of(name, tuple(tensor.shape)))
    return model


def ids_of(name, shape, vocab):
    """Token ids from 4 on."""
    u = hashed(name, int(np.prod(shape)))
    return torch.tensor(np.floor((u + 1) / 2 * (vocab - 4)).astype(np.int64).reshape(shape) + 4)


@torch.no_grad()
def run_case(modeling, configuration, name, case, seed=0):
    keys = {**BASE, **case.get("keys", {})}
    model = build(modeling, configuration, keys)
    batch, vocab = case["batch"], keys["vocab_size"]
    ids = ids_of(f"input_ids {seed}", (batch, case["source"]), vocab)
    if case.get("padded"):
        for row in range(1, batch):
            ids[row, case["source"] - 3 * row :] = 1
    target = ids_of("decoder_input_ids", (batch, case.get("target", 12)), vocab)
    target[:, 0] = 0
    inputs = dict(input_ids=ids)
    if "image" in case:
        height, width = case["image"]
        pixels = hashed("pixels", batch * 3 * height * width).astype(np.float32)
        inputs["patch_images"] = torch.tensor(pixels.reshape(batch, 3, height, width))
        inputs["patch_masks"] = torch.ones(batch, dtype=torch.bool)
    is_code = bool(case.get("codes"))
    codes = lambda n: torch.ones(n, dtype=torch.bool) if is_code else None
    encoded = model.encoder(**inputs)
    logits = model(**inputs, decoder_input_ids=target, code_masks=codes(batch)).logits
    one = {key: value[:1] for key, value in inputs.items()}
    text = target[:1, :1]
    margins = []
    for _ in range(16 if is_code else GREEDY):
        last = model(**one, decoder_input_ids=text, code_masks=codes(1)).logits[0, -1]
        last[text[0]] = -torch.inf  # a random tied model would repeat itself
        best = torch.topk(last, 2).values
        margins.append((best[0] - best[1]).item())
        text = torch.cat([text, last.argmax()[None, None]], dim=1)
    if min(margins) < MIN_MARGIN:  # the first seed without a near tie; nothing else is selected for
        return run_case(modeling, configuration, name, case, seed + 1)
    print(f"{name}: seed {seed}, smallest margin {min(margins):.1e}")
    arrays = dict(input_ids=ids, decoder_input_ids=target, states=encoded.last_hidden_state,
                  logits=logits, greedy=text[0, 1:])
    if "image" in case:
        arrays["image_size"] = torch.tensor(case["image"])
    fixture = dict(keys={"model_type": "ofa", **keys}, codes=is_code, seed=seed, margin=min(margins))
    save_file({key: value.contiguous().numpy() for key, value in arrays.items()},
              OUT / f"{name}.safetensors", metadata={"fixture": json.dumps(fixture)})


def write_buckets(modeling):
    """First row (distances 0, -1, …) and column (0, 1, …) of the tables, which say all."""
    arrays = {}
    for size in (8, 32, 256):
        table = modeling.make_token_bucket_position(size)
        for i in range(0, 1024, 97):  # they depend on the distance alone
            assert torch.equal(table[i, i:], table[0, : 1024 - i])
            assert torch.equal(table[i:, i], table[: 1024 - i, 0])
        arrays[f"text.{size}"] = torch.stack([table[0], table[:, 0]])
    arrays["image.4"] = modeling.make_image_bucket_position(4, 7 * 7 + 3)
    save_file({key: value.contiguous().numpy() for key, value in arrays.items()},
              OUT / "buckets.safetensors")


SMALL = {**BASE, "vocab_size": 24, "d_model": 16, "encoder_layers": 1, "decoder_layers": 1,
         "encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 24,
         "decoder_ffn_dim": 24, "image_bucket_size": 3, "max_position_embeddings": 20}


def fairseq_name(name):
    """The name in fairseq's checkpoints, by models/ofa/unify_transformer_layer.py."""
    own = "attn_ln" if name.startswith("encoder") else "self_attn_ln"
    for ours, theirs in ((".self_attn_mid_layer_norm.", f".{own}."),
                         (".cross_attn_mid_layer_norm.", ".cross_attn_ln."),
                         (".cross_attn_layer_norm.", ".encoder_attn_layer_norm."),
                         (".cross_attn.", ".encoder_attn."),
                         (".ffn_layer_norm.", ".ffn_layernorm.")):
        name = name.replace(ours, theirs)
    return name


def write_checkpoints(modeling, configuration):
    """One model as both projects store it; without the ResNet, and with buffers cut short."""
    model = build(modeling, configuration, SMALL)
    state = {name: tensor[:4] if name.endswith(BUFFERS) else tensor
             for name, tensor in model.state_dict().items()
             if not name.startswith("encoder.embed_images")}
    state = {name: tensor.clone() if name.endswith(BUFFERS) else tensor
             for name, tensor in state.items()}
    hf = OUT / "hf"
    hf.mkdir(exist_ok=True)
    torch.save(state, hf / "pytorch_model.bin")
    keys = {"model_type": "ofa", **SMALL}
    (hf / "config.json").write_text(json.dumps(keys, indent=2) + "\n")
    # What fairseq's files hold besides the model: settings as objects of its own classes.
    omegaconf = types.ModuleType("omegaconf.dictconfig")
    DictConfig = type("DictConfig", (), {"__module__": "omegaconf.dictconfig"})
    omegaconf.DictConfig = DictConfig
    sys.modules["omegaconf"] = types.ModuleType("omegaconf")
    sys.modules["omegaconf.dictconfig"] = omegaconf
    settings = DictConfig()
    settings.__dict__.update(_content={"model": argparse.Namespace(arch="ofa_tiny")}, _parent=None)
    fairseq = {fairseq_name(name): tensor for name, tensor in state.items()}
    fairseq["encoder.version"] = torch.tensor([3.0])
    fairseq["decoder.version"] = torch.tensor([3.0])
    halves = {name: tensor.half() if name.endswith("fc1.weight") else tensor
              for name, tensor in fairseq.items()}
    torch.save({"args": None, "cfg": settings, "model": halves,
                "optimizer_history": [{"num_updates": 7}], "extra_state": {"epoch": 1}},
               OUT / "fairseq.pt")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("port", type=Path, help="the port's folder, …/models/ofa")
    OUT.mkdir(parents=True, exist_ok=True)
    modeling, configuration = load_port(parser.parse_args().port.resolve())
    for name, case in CASES.items():
        run_case(modeling, configuration, name, case)
    write_buckets(modeling)
    write_checkpoints(modeling, configuration)


if __name__ == "__main__":
    main()
