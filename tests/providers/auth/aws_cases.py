"""Requests that are hard to sign, with the signatures that botocore 1.44.5 gives them (made on 2026-11-21).

`test_aws_signature.py` makes them anew with the botocore of the day, where there is one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from dragoman.providers.auth.aws_signature import AwsKeys
from dragoman.secret import Secret

KEYS = AwsKeys("AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
SESSION = AwsKeys(KEYS.access_key, KEYS.secret_key, Secret("AQoDYXdzEJr//////////wEaDPG+l/A=="))
AT = datetime(2026, 11, 21, 9, 5, 7, tzinfo=UTC)
HOST = "https://bedrock-runtime.us-east-1.amazonaws.com"


class Case(NamedTuple):
    url: str
    signature: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b"{}"
    keys: AwsKeys = KEYS
    method: str = "POST"
    region: str = "us-east-1"
    service: str = "bedrock"


CASES: dict[str, Case] = {
    "a model": Case(
        f"{HOST}/model/amazon.nova-micro/converse", "91df2f746f3d528ffdf694466ae516bdb695211a8d09ec7973e14a103232ba35"
    ),
    "a colon in the model": Case(
        f"{HOST}/model/us.amazon.nova-lite-v1%3A0/converse",
        "c3f7e7e5e1b3b8740ad68fb5f9f8b4dacbf2a1c46544ecf4043d5fa74d540f39",
    ),
    "a colon that is not encoded": Case(
        f"{HOST}/model/us.amazon.nova-lite-v1:0/converse-stream",
        "f60072a15a8c924440e4cd92e7e8d175417b49f54ba56cc0c51d9578957dcf69",
    ),
    "an ARN": Case(
        f"{HOST}/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fx.y-v1%3A0/converse",
        "3d96a5a313bf9f0736933b5ad727806e262a6ae6b5a5a532a092286fe9325aa2",
    ),
    "a session": Case(
        f"{HOST}/model/m/converse", "87f604eb500b1433ed849c627f9c480bb1ffec4eb6e10e042bce87f13d0ec3ed", keys=SESSION
    ),
    "a body that is not ASCII": Case(
        f"{HOST}/model/m/converse",
        "ec470e0ed581a1ddf20968366beb6c6b28744003078958b53d883f20c88dfdf8",
        body='{"text": "Grüße 好 \U0001f44b"}'.encode(),
    ),
    "no body": Case(
        f"{HOST}/foundation-models",
        "b996f872595cafaf26806c009347e6e8e93c5cf7de7438b3b9903e781fd6637d",
        body=b"",
        method="GET",
    ),
    "an encoded name": Case(
        f"{HOST}/model/Gr%C3%BC%C3%9Fe%20und%2520mehr/converse",
        "b6caeab37c92a5a3e8a4bdaf0ee19944715a1be1f460837a526b4022e22cf9c8",
    ),
    "a query": Case(
        f"{HOST}/foundation-models?byProvider=amazon&byOutputModality=TEXT",
        "9ee38b3293cf24a2a9e9366cad50a8d1de54381d84bba72fa869d9421c12dcbb",
        body=b"",
        method="GET",
    ),
    "a query out of order, twice the same": Case(
        f"{HOST}/x?b=2&a=3&a=1&a&c=%2F&A=0",
        "697a3d1eabcfd274db2342226535e2c104a18ff8e2f43776f69b2bb45cdb71cc",
        body=b"",
        method="GET",
    ),
    "empty segments and dots": Case(
        f"{HOST}/a//b/./c/../d/", "f8b166c26cc37e5c77f1f40f4e21bcc7a4da4ad1e19e9b57ab394c34fa3364d3"
    ),
    "no path": Case(HOST, "a75137d04aac334895c30407cfb2b53aab342623d201e8e25675059624b593ea", body=b"", method="GET"),
    "tilde, plus and star": Case(
        f"{HOST}/model/a~b+c*d(e)/converse", "4a3792bccad5e61088c1f7c2be2ef464b0c4e0dc4be7df5d74f7ffa5d5afd302"
    ),
    "another port": Case(
        "http://127.0.0.1:8080/model/m/converse", "cad6ada7a2edd3f371e28efa2e75fcfebce2cb6feab7d9141642b357d933d285"
    ),
    "the usual port": Case(
        "https://Example.COM:443/model/m/converse", "708d5b900717372e854f32ffad3eec5dc8f5cf642fc4f4173709f20f7cef466d"
    ),
    "IPv6": Case(
        "http://[::1]:8080/model/m/converse", "ca4cddd846abed70e7c65a48fcdf1d44e7c84b56ddf6478f071928c81cc252cb"
    ),
    "another region and service": Case(
        f"{HOST}/x",
        "602dde22a9fcfee9a66d180a16c794118cf047f426315fb6a2c7e82bc85619ff",
        region="ap-southeast-2",
        service="bedrock-mantle",
    ),
    "headers with spaces, twice, and in capitals": Case(
        f"{HOST}/x",
        "d06837e666991829aa67db004f889989d3c05973cf986f856a463aa8777e5a5f",
        headers=(("X-Two", "b"), ("Content-Type", "  application/json;   a=b "), ("x-two", "a")),
    ),
    "headers that proxies change": Case(
        f"{HOST}/x",
        "f8dd3521137170c48c782d8a3442ff6f4577804473322e79eb58610a88a30912",
        headers=(("user-agent", "me"), ("traceparent", "00-1"), ("connection", "keep-alive")),
    ),
}
