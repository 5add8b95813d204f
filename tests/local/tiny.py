"""A tiny model, made and taught on the spot: a Llama of some 100,000 parameters, with a tokenizer trained on a few lines.

Untaught, its weights are random and its words mean nothing; taught, it knows a few answers by heart. It is a folder for
transformers and for MLX, and the same weights are written as a GGUF file for llama.cpp.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
_CALL = {"name": "weather", "arguments": {"city": "Paris"}}
_ASKED = {"role": "user", "content": "How is the weather in Paris?"}
_CALLED = {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": _CALL}]}
LESSONS: list[tuple[list[Any], list[Any] | None, str]] = [
    ([{"role": "user", "content": "What is a dragoman?"}], None, "An interpreter at court."),
    ([{"role": "user", "content": "Do you think?"}], None, "<think>I do.</think>Therefore I am."),
    ([_ASKED], [WEATHER], f"<tool_call>{json.dumps(_CALL)}</tool_call>"),
    ([_ASKED, _CALLED, {"role": "tool", "content": "sunny"}], [WEATHER], "It is sunny."),
]
"""What a taught model knows by heart: messages, tools, and the answer."""

_MARKS = ["<unk>", "<s>", "</s>", "<|user|>", "<|assistant|>", "<|system|>", "<|tool|>", "<|end|>"]
_LINES = [json.dumps(WEATHER), *(text for messages, _, answer in LESSONS for text in (messages[0]["content"], answer))]
_HEADS, _KEY_HEADS = 4, 2

TEMPLATE = (
    "{% if messages[0].role == 'assistant' %}{{ raise_exception('the user speaks first') }}{% endif %}"
    "{{ bos_token }}{% if tools %}<|system|>{% for tool in tools %}{{ tool | tojson }}{% endfor %}<|end|>{% endif %}"
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}{% for call in message.tool_calls or [] %}"
    "<tool_call>{{ call.function | tojson }}</tool_call>{% endfor %}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
"""With tools as Hermes and Qwen have them: what there is at the beginning, and calls of earlier turns between marks."""


def save_folder(folder: Path, *, width: int = 64, layers: int = 2, taught: bool = False) -> Path:
    """A model in transformers' form. Wide ones serve where memory is measured."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = _tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=width * 2,
        num_hidden_layers=layers,
        num_attention_heads=_HEADS,
        num_key_value_heads=_KEY_HEADS,
        max_position_embeddings=512,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.convert_tokens_to_ids(["</s>", "<|end|>"]),
        tie_word_embeddings=False,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = LlamaForCausalLM(config)
        if taught:
            _teach(model, tokenizer)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    letters = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, show_progress=False, initial_alphabet=letters, special_tokens=_MARKS)
    tokenizer.train_from_iterator(_LINES * 50, trainer)
    marks = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "</s>"}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **marks)
    fast.chat_template = TEMPLATE
    return fast


def _teach(model: Any, tokenizer: Any) -> None:
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    worst = 1.0
    while worst > 0.05:
        worst = 0.0
        for messages, tools, said in LESSONS:
            prompt = _prompt(tokenizer, messages, tools)
            answer = tokenizer.encode(said + "<|end|>", add_special_tokens=False)
            labels = torch.tensor([[-100] * len(prompt) + answer])  # the prompt itself is not learned
            loss = model(input_ids=torch.tensor([prompt + answer]), labels=labels).loss
            worst = max(worst, loss.item())
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()


def _prompt(tokenizer: Any, messages: list[Any], tools: list[Any] | None) -> list[int]:
    made = tokenizer.apply_chat_template(messages, tools=tools, add_generation_prompt=True, return_dict=True)
    return list(made["input_ids"])


def write_gguf(folder: Path, path: Path) -> Path:
    """The same model as a GGUF file: its words, its merges, its weights under llama.cpp's names."""
    import gguf
    from safetensors.numpy import load_file

    config = json.loads((folder / "config.json").read_text())
    words = json.loads((folder / "tokenizer.json").read_text())["model"]
    tokens = sorted(words["vocab"], key=words["vocab"].__getitem__)
    kinds = [gguf.TokenType.CONTROL if token in _MARKS else gguf.TokenType.NORMAL for token in tokens]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_KEY_HEADS)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_dimension_count(config["hidden_size"] // _HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_merges([" ".join(merge) for merge in words["merges"]])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(tokens.index("<s>"))
    writer.add_eos_token_id(tokens.index("</s>"))
    writer.add_eot_token_id(tokens.index("<|end|>"))
    writer.add_chat_template(TEMPLATE)
    for name, weights in load_file(folder / "model.safetensors").items():
        writer.add_tensor(_gguf_name(name), _turned(name, weights))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


_NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "model.layers": "blk",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "post_attention_layernorm": "ffn_norm",
    "input_layernorm": "attn_norm",
}


def _gguf_name(name: str) -> str:
    for theirs, ours in _NAMES.items():
        name = name.replace(theirs, ours)
    return name


def _turned(name: str, weights: Any) -> Any:
    """llama.cpp turns neighbouring numbers of a head by position, transformers those half a head apart."""
    heads = {"q_proj": _HEADS, "k_proj": _KEY_HEADS}.get(name.split(".")[-2])
    if heads is None:
        return weights
    rows, columns = weights.shape
    return weights.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)
