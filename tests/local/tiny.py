"""Tiny models with random weights, made on the spot: a Llama of some 100,000 parameters and a tokenizer trained on a few
sentences, as a folder for transformers and MLX, and another as a GGUF file. Their words mean nothing; the rest is real.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

MARKS = ["<s>", "</s>", "<|user|>", "<|assistant|>", "<|system|>", "<|tool|>", "<|end|>"]
CORPUS = [
    "The quick brown fox jumps over the lazy dog.",
    "What is a dragoman? An interpreter at court.",
    '{"name": "Ada", "age": 36}',
    "Hello, how are you today?",
]
CHAT = (
    "{{ bos_token }}{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
HERMES = (
    "{{ bos_token }}{% if tools %}<|system|>{% for tool in tools %}{{ tool | tojson }}{% endfor %}"
    'Call as <tool_call>{"name": ..., "arguments": ...}</tool_call><|end|>{% endif %}'
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}"
    "{% for call in message.tool_calls or [] %}<tool_call>{{ call.function | tojson }}</tool_call>{% endfor %}<|end|>"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
"""As Hermes and Qwen have it: which tools there are, and the calls of earlier turns, between these marks."""


def save_folder(folder: Path, template: str = CHAT, *, width: int = 64, layers: int = 2, context: int = 512) -> Path:
    """A model in transformers' form. Wide ones serve where memory is measured."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = _tokenizer(template)
    torch.manual_seed(0)
    ends = tokenizer.convert_tokens_to_ids(["</s>", "<|end|>"])
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=width * 2,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=context,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=ends,
        tie_word_embeddings=False,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer(template: str) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=MARKS,
    )
    tokenizer.train_from_iterator(CORPUS * 50, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="</s>")
    fast.chat_template = template
    return fast


def save_gguf(path: Path, template: str = CHAT, *, width: int = 64, layers: int = 2, context: int = 512) -> Path:
    """A Llama of bytes: 256 letters, one merge (llama.cpp wants some), and the marks."""
    import gguf

    letters = [*_byte_letters(), "he", *MARKS]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(width * 2)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // 4)
    writer.add_vocab_size(len(letters))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(letters)
    writer.add_token_merges(["h e"])
    writer.add_token_types([gguf.TokenType.NORMAL] * 257 + [gguf.TokenType.CONTROL] * len(MARKS))
    writer.add_bos_token_id(letters.index("<s>"))
    writer.add_eos_token_id(letters.index("</s>"))
    writer.add_eot_token_id(letters.index("<|end|>"))
    writer.add_chat_template(template)
    for name, weights in _weights(len(letters), width, layers).items():
        writer.add_tensor(f"{name}.weight", weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _byte_letters() -> list[str]:
    """GPT-2's letters for bytes: printable ones are themselves, the rest are moved beyond 256."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]


def _weights(vocabulary: int, width: int, layers: int) -> dict[str, Any]:
    import numpy as np

    random = np.random.default_rng(0)

    def any_of(*shape: int) -> Any:
        return (random.standard_normal(shape) * 0.2).astype(np.float32)

    ones = np.ones(width, np.float32)
    weights = {"token_embd": any_of(vocabulary, width), "output": any_of(vocabulary, width), "output_norm": ones}
    for layer in range(layers):
        for name in ("attn_q", "attn_output"):
            weights[f"blk.{layer}.{name}"] = any_of(width, width)
        for name in ("attn_k", "attn_v"):
            weights[f"blk.{layer}.{name}"] = any_of(width // 2, width)
        for name in ("ffn_gate", "ffn_up"):
            weights[f"blk.{layer}.{name}"] = any_of(width * 2, width)
        weights[f"blk.{layer}.ffn_down"] = any_of(width, width * 2)
        weights |= {f"blk.{layer}.attn_norm": ones, f"blk.{layer}.ffn_norm": ones}
    return weights
