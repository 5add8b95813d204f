"""Signatures are those that AWS's own library makes, and differ when anything that is signed differs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dragoman.providers.auth.aws_signature import AwsKeys, canonical_request, sign
from dragoman.secret import Secret

from .aws_cases import AT, CASES, KEYS, Case


def signed(case: Case, **changes: object) -> dict[str, str]:
    case = case._replace(**changes)
    return dict(
        sign(
            case.keys,
            case.method,
            case.url,
            case.headers,
            case.body,
            region=case.region,
            service=case.service,
            at=AT,
        )
    )


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_signature_is_botocores(case: Case) -> None:
    assert signed(case)["authorization"].endswith(f"Signature={case.signature}")


def test_the_example_of_the_documentation() -> None:
    """IAM's `ListUsers`, signed step by step in AWS's General Reference of 2015."""
    headers = (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),)
    url = "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08"
    at = AT.replace(year=2015, month=8, day=30, hour=12, minute=36, second=0)
    found = dict(sign(KEYS, "GET", url, headers, b"", region="us-east-1", service="iam", at=at))
    assert found["x-amz-date"] == "20150830T123600Z"
    assert found["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    )


def test_the_canonical_request() -> None:
    url = "https://h.example/model/a%3A0/converse?b=1&a=2"
    assert canonical_request("post", url, [("Host", "h.example"), ("X-A", " 1   2 ")], b"") == (
        "POST\n/model/a%253A0/converse\na=2&b=1\nhost:h.example\nx-a:1 2\n\nhost;x-a\n"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"body": b"{} "},
        {"method": "PUT"},
        {"url": CASES["a model"].url + "?a"},
        {"headers": (("x-a", "b"),)},
        {"region": "eu-west-1"},
        {"service": "iam"},
        {"keys": AwsKeys("AKIDEXAMPLE", Secret("another"))},
        {"keys": AwsKeys("AKIDEXAMPLE", KEYS.secret_key, Secret("session"))},
    ],
    ids=str,
)
def test_whatever_is_signed_counts(changes: dict[str, object]) -> None:
    assert signed(CASES["a model"], **changes)["authorization"] != signed(CASES["a model"])["authorization"]


def test_a_session_is_told() -> None:
    found = signed(CASES["a session"])
    assert found["x-amz-security-token"] == "AQoDYXdzEJr//////////wEaDPG+l/A=="
    assert "x-amz-security-token" in found["authorization"]
    assert "x-amz-security-token" not in signed(CASES["a model"])


def test_another_second_is_another_signature() -> None:
    case = CASES["a model"]
    later = sign(case.keys, "POST", case.url, (), case.body, region="r", service="s", at=AT + timedelta(seconds=1))
    assert dict(later)["x-amz-date"] == "20261121T090508Z"


def test_keys_do_not_show() -> None:
    assert "wJalr" not in repr(KEYS)


@pytest.mark.clients
@pytest.mark.parametrize("name", CASES)
def test_the_signature_is_that_of_the_botocore_of_the_day(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import botocore.auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    case = CASES[name]
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: AT.replace(tzinfo=None))
    request = AWSRequest(method=case.method, url=case.url, data=case.body)
    for header, value in case.headers:
        request.headers.add_header(header, value)
    token = None if case.keys.token is None else case.keys.token.reveal()
    keys = Credentials(case.keys.access_key, case.keys.secret_key.reveal(), token)
    botocore.auth.SigV4Auth(keys, case.service, case.region).add_auth(request)
    assert signed(case)["authorization"] == request.headers["Authorization"]
