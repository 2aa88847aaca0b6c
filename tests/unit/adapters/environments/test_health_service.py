"""What the standard gRPC health service is asked, and what its answers mean."""

from __future__ import annotations

import pytest

from verdigris.adapters.environments.health_service import judge_call, message

SERVING = b"\0\0\0\0\x02\x08\x01"


@pytest.mark.parametrize(
    ("service", "framed"),
    [("", b"\0\0\0\0\0"), ("shop.Orders", b"\0\0\0\0\x0d\x0a\x0bshop.Orders")],
)
def test_the_question_is_one_uncompressed_message(service, framed):
    assert framed == message(service)


@pytest.mark.parametrize("headers", [{"grpc-status": "0"}, {}], ids=["with trailers", "without"])
def test_serving_is_healthy(headers):
    assert (True, "SERVING") == judge_call(200, headers, SERVING)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\0\0\0\0\x02\x08\x02", "it answers NOT_SERVING"),
        (b"\0\0\0\0\0", "it answers UNKNOWN"),
        (b"\0\0\0\0\x02\x08\x03", "it answers SERVICE_UNKNOWN"),
        (b"\0\0\0\0\x02\x08\x09", "it answers 9, which no version of the health service says"),
        (b"", "no health status came back"),
        (SERVING[:-1], "no health status came back"),
        (b"\x01" + SERVING[1:], "no health status came back"),
        (b"<html>hello</html>", "no health status came back"),
    ],
    ids=repr,
)
def test_everything_else_is_not(body, said):
    assert (False, said) == judge_call(200, {"grpc-status": "0"}, body)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("12", "UNIMPLEMENTED (nobody home): the server has no health service"),
        ("5", "NOT_FOUND (nobody home): the service of `health.grpc` is not registered"),
        ("14", "UNAVAILABLE (nobody home)"),
        ("77", "grpc-status 77 (nobody home)"),
    ],
)
def test_a_call_that_fails_says_why_and_what_to_do(code, told):
    passed, said = judge_call(200, {"grpc-status": code, "grpc-message": "nobody home"}, b"")
    assert (False, True) == (passed, said.startswith(f"the call failed with {told}"))


def test_a_status_of_http_is_not_one_of_grpc():
    assert (False, "the HTTP status is 404, so nobody speaks gRPC there") == judge_call(404, {}, b"")
