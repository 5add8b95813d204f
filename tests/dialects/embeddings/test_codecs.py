"""Codecs for embeddings: what each request becomes, what each answer means, and what cannot be said."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.embeddings import embedding_codec_names, get_embedding_codec
from dragoman.dialects.embeddings.numbers import numbers_of, text_of
from dragoman.errors import ConfigurationError, ProviderError, Rejected, UnsupportedFeature
from dragoman.messages import EmbeddingRequest, EmbeddingResponse, Extra, Image, Usage, decode_json, encode_json

NAMES = embedding_codec_names()
PIXEL = Image(data="iVBORw0KGgo=", media_type="image/png")
OPTIONS = ("dimensions", "input_type", "dtype", "encoding", "truncate", "user")


def request(*inputs: Any, **options: Any) -> EmbeddingRequest:
    return EmbeddingRequest(model="m", inputs=inputs or ("a", "b"), **options)


REQUESTS: dict[str, list[tuple[EmbeddingRequest, dict[str, Any]]]] = {
    "openai_embeddings": [
        (request(), {"model": "m", "input": ["a", "b"]}),
        (request((1, 2), (3,)), {"model": "m", "input": [[1, 2], [3]]}),
        (
            request(dimensions=8, encoding="base64", user="u"),
            {"model": "m", "input": ["a", "b"], "dimensions": 8, "encoding_format": "base64", "user": "u"},
        ),
    ],
    "mistral_embeddings": [
        (
            request(dimensions=8, dtype="int8"),
            {"model": "m", "input": ["a", "b"], "output_dimension": 8, "output_dtype": "int8"},
        )
    ],
    "voyage_embeddings": [
        (
            request(dimensions=8, dtype="ubinary", input_type="query", truncate=False),
            {
                "model": "m",
                "input": ["a", "b"],
                "output_dimension": 8,
                "output_dtype": "ubinary",
                "input_type": "query",
                "truncation": False,
            },
        )
    ],
    "gemini_embed": [
        (
            request("a", PIXEL, dimensions=8, input_type="document"),
            {
                "requests": [
                    {
                        "model": "models/m",
                        "taskType": "RETRIEVAL_DOCUMENT",
                        "outputDimensionality": 8,
                        "content": {"parts": [part]},
                    }
                    for part in ({"text": "a"}, {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}})
                ]
            },
        ),
        (
            request("a", input_type="QUESTION_ANSWERING"),
            {
                "requests": [
                    {"model": "models/m", "taskType": "QUESTION_ANSWERING", "content": {"parts": [{"text": "a"}]}}
                ]
            },
        ),
    ],
    "vertex_predict_embed": [
        (
            request("a", dimensions=8, input_type="query", truncate=True),
            {
                "instances": [{"content": "a", "task_type": "RETRIEVAL_QUERY"}],
                "parameters": {"outputDimensionality": 8, "autoTruncate": True},
            },
        )
    ],
    "cohere_embed": [
        (
            request(dimensions=8, dtype="int8", input_type="query", truncate=True),
            {
                "model": "m",
                "texts": ["a", "b"],
                "input_type": "search_query",
                "embedding_types": ["int8"],
                "output_dimension": 8,
                "truncate": "END",
            },
        ),
        (
            request(PIXEL, encoding="base64"),
            {
                "model": "m",
                "images": ["data:image/png;base64,iVBORw0KGgo="],
                "input_type": "image",
                "embedding_types": ["base64"],
            },
        ),
    ],
    "ollama_embed": [
        (
            request(dimensions=8, truncate=False),
            {"model": "m", "input": ["a", "b"], "dimensions": 8, "truncate": False},
        )
    ],
}
ROWS = [(name, ours, wire) for name, rows in REQUESTS.items() for ours, wire in rows]


@pytest.mark.parametrize(("name", "ours", "wire"), ROWS, ids=lambda value: value if isinstance(value, str) else "")
def test_requests(name: str, ours: EmbeddingRequest, wire: dict[str, Any]) -> None:
    codec = get_embedding_codec(name)
    encoded = codec.encode_request(ours)
    assert (decode_json(encode_json(encoded.wire)), encoded.losses) == (wire, ())
    assert codec.decode_request(wire, codec.path(ours)) == ours


def test_every_codec_has_a_row() -> None:
    assert sorted(REQUESTS) == NAMES


options = st.fixed_dictionaries(
    {},
    optional={
        "dimensions": st.integers(1, 4096),
        "input_type": st.sampled_from(["query", "document", "classification", "clustering", "similarity", "OWN_WORD"]),
        "dtype": st.sampled_from(["float", "int8", "uint8", "binary", "ubinary"]),
        "encoding": st.sampled_from(["float", "base64"]),
        "truncate": st.booleans(),
        "user": st.text(min_size=1),
        "extra": st.just((Extra(fields={"own": 1}),)),
    },
)


@pytest.mark.parametrize("name", NAMES)
@given(inputs=st.lists(st.text(), min_size=1, max_size=4), given_options=options)
def test_each_option_arrives_or_is_reported(name: str, inputs: list[str], given_options: dict[str, Any]) -> None:
    codec = get_embedding_codec(name)
    asked = EmbeddingRequest(model="m", inputs=tuple(inputs), **given_options)
    encoded = codec.encode_request(asked)
    arrived = codec.decode_request(decode_json(encode_json(encoded.wire)), codec.path(asked))
    lost = {loss.where for loss in encoded.losses}
    assert (arrived.model, arrived.inputs) == (asked.model, asked.inputs)
    for option in OPTIONS:
        plain = (getattr(asked, option), getattr(arrived, option))
        assert option in lost or plain[0] == plain[1] or "float" in plain, option
    assert arrived.extra[0].fields["own"] == 1 if asked.extra else not arrived.extra


# ---------------------------------------------------------------------- what cannot be embedded

REFUSED = [(name, (1, 2), "token ids") for name in NAMES if name != "openai_embeddings"] + [
    (name, PIXEL, "pictures") for name in NAMES if name not in ("cohere_embed", "gemini_embed")
]


@pytest.mark.parametrize(("name", "each", "what"), REFUSED)
def test_an_input_is_never_left_out(name: str, each: Any, what: str) -> None:
    with pytest.raises(UnsupportedFeature, match=f"`{name}` takes no {what}"):
        get_embedding_codec(name).encode_request(request(each))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("wire", [{}, {"model": "m"}, {"model": "m", "input": 5, "requests": 5, "instances": [5]}])
def test_what_is_no_request_is_refused(name: str, wire: dict[str, Any]) -> None:
    with pytest.raises(Rejected) as caught:
        get_embedding_codec(name).decode_request(wire, "/models/m:predict")
    assert caught.value.http_status == 400


# ---------------------------------------------------------------------- answers

VECTORS: dict[str, list[float]] = {
    "float": [0.5, -0.25, 0.125],
    "int8": [-128, 0, 127],
    "uint8": [0, 128, 255],
    "binary": [-128, 127],
    "ubinary": [0, 255],
}
TYPES_OF = {
    "cohere_embed": [("float", None), ("float", "base64"), *((dtype, None) for dtype in VECTORS)],
    "voyage_embeddings": [(dtype, encoding) for dtype in VECTORS for encoding in (None, "float", "base64")],
    "mistral_embeddings": [(dtype, encoding) for dtype in VECTORS for encoding in (None, "base64")],
    "openai_embeddings": [("float", None), ("float", "float"), ("float", "base64")],
}
ANSWERS = [(name, dtype, encoding) for name in NAMES for dtype, encoding in TYPES_OF.get(name, [("float", None)])]


@pytest.mark.parametrize(("name", "dtype", "encoding"), ANSWERS)
def test_answers_there_and_back(name: str, dtype: Any, encoding: Any) -> None:
    codec, vector = get_embedding_codec(name), VECTORS[dtype]
    asked = request(dtype=None if dtype == "float" else dtype, encoding=encoding)
    answer = EmbeddingResponse(
        vectors=(vector, vector), dtype=dtype, model="m", usage=Usage(input_tokens=7, total_tokens=7)
    )
    wire = decode_json(encode_json(codec.encode_response(answer, asked).wire))
    read = codec.decode_response(wire, asked)
    assert (read.vectors, read.dtype, read.usage.input_tokens) == ((vector, vector), dtype, 7)
    assert read.dimensions == len(vector) * (8 if "binary" in dtype else 1)
    assert read.raw == wire
    assert read.model in ("m", "")  # not every wire names it


def test_vectors_are_put_in_the_order_of_their_index() -> None:
    rows = [{"index": index, "embedding": [float(index)]} for index in (2, 0, 1)]
    response = get_embedding_codec("openai_embeddings").decode_response({"data": rows}, request("a", "b", "c"))
    assert list(response) == [[0.0], [1.0], [2.0]]
    assert response.usage == Usage()


def test_numbers_come_although_base64_was_asked() -> None:
    wire = {"data": [{"index": 0, "embedding": [0.1, 0.2]}]}
    assert get_embedding_codec("openai_embeddings").decode_response(wire, request("a", encoding="base64"))[0] == [
        0.1,
        0.2,
    ]


def test_numbers_of_a_kind_that_the_host_cannot_be_asked_for_are_what_it_sends() -> None:
    codec = get_embedding_codec("openai_embeddings")
    asked = request("a", dtype="int8", encoding="base64")
    assert [loss.where for loss in codec.encode_request(asked).losses] == ["dtype"]
    wire = {"data": [{"index": 0, "embedding": text_of([0.5, -0.25], "float")}]}
    answer = codec.decode_response(wire, asked)
    assert (answer.dtype, answer.vectors) == ("float", ([0.5, -0.25],))


def test_an_error_in_a_good_reply_is_an_error() -> None:
    wire = {"error": {"message": "no such model", "code": 404}}
    with pytest.raises(ProviderError, match="no such model"):
        get_embedding_codec("openai_embeddings").decode_response(wire, request())


def test_no_codec_of_that_name() -> None:
    with pytest.raises(ConfigurationError, match="openai_embeddings"):
        get_embedding_codec("base")


# ---------------------------------------------------------------------- base64


@given(st.lists(st.floats(width=32, allow_nan=False)))
def test_floats_in_base64_are_what_they_were(numbers: list[float]) -> None:
    assert numbers_of(text_of(numbers, "float"), "float") == numbers


def test_base64_is_little_endian_on_every_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert text_of([1.0], "float") == "AACAPw=="  # 00 00 80 3f
    monkeypatch.setattr("dragoman.dialects.embeddings.numbers.sys.byteorder", "big")
    assert text_of([1.0], "float") == "P4AAAA=="  # turned, on a machine that (here) did not need it
    assert numbers_of("P4AAAA==", "float") == [1.0]


@pytest.mark.parametrize("text", ["AAC", "AACA", "!!!!"])
def test_what_is_no_base64_of_whole_numbers(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        numbers_of(text, "float")
