"""Every route needs the key, in one of two forms, and no path leads outside the data folder."""

import base64
import http.client
from unittest.mock import ANY
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Route

from server.credentials import basic_credentials, carries_key
from server.http.app import ROUTES
from server.storage.records.files import FileNameError, checked_name
from tests.server_fixture import RunningServer

KEY = "0123456789abcdef" * 4


def request(
    server: RunningServer, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
) -> tuple[int, bytes]:
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def every_path() -> list[str]:
    found = [
        "/graphql",
        "/files/a/b/c/file_stream",
        "/files/a/b/c/d",
        "/artifacts/a/b",
        "/artifactsV2/a/b/c",
        "/no/such/route/at/all",
    ]
    for route in ROUTES:
        assert isinstance(route, Route)
        found.append(route.path.replace("{", "").replace("}", ""))
    return found


@pytest.mark.parametrize("path", every_path())
def test_no_route_answers_without_the_key(shared_server: RunningServer, path: str) -> None:
    wrong = base64.b64encode(b"api:" + b"0" * 64).decode()
    for method in ("GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE"):
        for headers in ({}, {"Authorization": f"Basic {wrong}"}, {"Authorization": "Bearer x"}):
            assert request(shared_server, method, path, headers)[0] == 401, (method, headers)


def test_the_key_is_accepted_as_basic_and_bearer_credentials(shared_server: RunningServer) -> None:
    for value in (basic_credentials(shared_server.key), f"Bearer {shared_server.key}"):
        assert request(shared_server, "GET", "/page-data/sweeps", {"Authorization": value})[0] == 200


@given(st.text(max_size=80))
def test_no_other_header_value_is_accepted(value: str) -> None:
    assert not carries_key(value, KEY)
    assert not carries_key(f"Basic {value}", KEY)
    assert not carries_key(f"Bearer {value}", KEY)


def test_cross_site_requests_are_refused(shared_server: RunningServer) -> None:
    headers = {"Authorization": f"Bearer {shared_server.key}", "Sec-Fetch-Site": "cross-site"}
    assert request(shared_server, "POST", "/graphql", headers, b"{}")[0] == 401


def test_a_preflight_request_is_accepted_from_the_servers_own_pages_only(
    shared_server: RunningServer,
) -> None:
    for origin, status in ((shared_server.url, 204), ("http://elsewhere.example", 401), ("null", 401)):
        headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        assert request(shared_server, "OPTIONS", "/files/local/p/r/f", headers) == (status, ANY)
        # The request itself still needs the key.
        assert request(shared_server, "GET", "/files/local/p/r/f", {"Origin": origin})[0] == 401


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/passwd", "", "a\0b", "a\\..\\b"])
def test_file_names_outside_the_data_folder_are_refused(name: str) -> None:
    with pytest.raises(FileNameError):
        checked_name(name)


@given(st.text(min_size=1, max_size=40))
def test_a_checked_name_is_relative_and_has_no_parent_references(name: str) -> None:
    try:
        checked = checked_name(name)
    except FileNameError:
        return
    assert not checked.startswith("/")
    assert ".." not in checked.split("/")


def test_encoded_paths_do_not_lead_outside_the_data_folder(shared_server: RunningServer) -> None:
    headers = {"Authorization": f"Bearer {shared_server.key}"}
    shared_server.graphql('mutation { upsertBucket(input: {name: "r", modelName: "p"}) { inserted } }')
    for path in ("/files/local/p/r/..%2f..%2fapi_key", "/files/local/p/r/%2e%2e/%2e%2e/api_key"):
        for method in ("GET", "PUT"):
            status, body = request(shared_server, method, path, headers, b"x")
            assert status in (400, 404, 405)
            assert shared_server.key.encode() not in body


def test_a_request_above_the_size_limit_is_refused(shared_server: RunningServer) -> None:
    from server.settings import ServerSettings

    limit = ServerSettings.model_fields["max_body"].default
    headers = {"Authorization": f"Bearer {shared_server.key}"}
    assert request(shared_server, "POST", "/graphql", headers, b" " * (limit + 1))[0] == 413
